"""The scales of answers: their ends, and from where an answer asks for a person."""

from dataclasses import dataclass

from experience.journey import Ask


@dataclass(frozen=True, slots=True)
class Scale:
    """Whole numbers from `low` to `high`; up to `bad` an answer opens a case, under the rule of that name."""

    low: int
    high: int
    bad: int | None = None
    case_rule: str = "detractor"

    @property
    def values(self) -> range:
        return range(self.low, self.high + 1)

    def is_bad(self, value: int) -> bool:
        return self.bad is not None and value <= self.bad


SCALES: dict[Ask, Scale] = {
    Ask.EASE: Scale(1, 7, 3, "hard"),
    Ask.SATISFACTION: Scale(1, 5, 2),
    Ask.EXPECTATION: Scale(1, 5, 2),
    Ask.RECOMMEND: Scale(0, 10, 6),
    Ask.VERIFY: Scale(0, 1),
}

# What the database checks of an answer: written out, so that a migration can stand for itself.
ON_THE_SCALE = ("(metric = 'ease' AND value BETWEEN 1 AND 7) OR (metric IN ('satisfaction', 'expectation') "
                "AND value BETWEEN 1 AND 5) OR (metric = 'recommend' AND value BETWEEN 0 AND 10) "
                "OR (metric = 'verify' AND value BETWEEN 0 AND 1)")
