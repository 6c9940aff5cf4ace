"""Floor and subject in turn, in one process, and the median of their ratios: a slow moment of the machine meets both."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from time import perf_counter, thread_time
from typing import Any

from benchmarks.bulk import Scale

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a question is asked on, and how often."""

    database: str
    scale: Scale
    rounds: int


@dataclass(frozen=True, slots=True)
class Result:
    """A figure, what it says, and the goal of goals.toml that it is held against."""

    question: str
    goal: str
    says: str
    value: float
    unit: str = "×"
    low: float | None = None  # the interval that holds the median in 19 of 20 runs
    high: float | None = None
    micros: float | None = None  # of the subject, the median
    database: str = ""
    scale: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def line(self, held: bool | None) -> str:
        between = f" [{self.low:.2f} – {self.high:.2f}]" if self.low is not None else ""
        took = f"  p50 {self.micros:8.0f} µs" if self.micros is not None else ""
        verdict = {True: "held", False: "MISSED", None: ""}[held]
        return (f"  {self.question}  {self.database:10} {self.scale:6} {self.value:9.2f} {self.unit}{between}{took}  "
                f"{self.says}   {verdict}")


@dataclass(frozen=True, slots=True)
class Pairs:
    """The seconds that floor and subject took, round by round, and how many of them the processor worked for it."""

    floor: list[float]
    subject: list[float]
    floor_worked: list[float] = field(default_factory=list)
    subject_worked: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        return [after / before for before, after in zip(self.floor, self.subject, strict=True)]

    def result(self, ask: Ask, question: str, goal: str, says: str, *, faster: bool = False) -> Result:
        """The median of the ratios; with `faster` it is how much of the floor's speed is left instead."""
        ratios = sorted(1 / ratio if faster else ratio for ratio in self.ratios)
        low, high = interval(ratios)
        return Result(question, goal, says, statistics.median(ratios), "×", low, high, statistics.median(self.subject) * 1e6,
                      ask.database, ask.scale.name)

    def p95(self, ask: Ask, question: str, goal: str, says: str) -> list[Result]:
        """The 95th percentile of the subject over the median of the floor, which has the goal; and, without a goal, median and
        95th percentile of processor time over the floor's median: what of it all is not the machine's other work.
        """
        def over(name: str, what: str, subject: float, floor: list[float]) -> Result:
            return Result(question, name, f"{says}, {what}", subject / statistics.median(floor), micros=subject * 1e6,
                          database=ask.database, scale=ask.scale.name)

        def slow(took: list[float]) -> float:
            return statistics.quantiles(took, n=20)[-1]

        return [over(goal, "95th percentile / median", slow(self.subject), self.floor),
                over("p1_p95_worked", "the same of processor time", slow(self.subject_worked), self.floor_worked),
                over("p1_worked", "medians of processor time", statistics.median(self.subject_worked), self.floor_worked)]


def in_turn(rounds: int, floor: Work, subject: Work, before: Work, worked: Callable[[], float] = thread_time) -> Pairs:
    """Run both, each after `before`, which is not timed: three times to warm up, then the rounds. `worked`: a clock of
    processor time, in seconds.
    """
    for warm in (floor, subject) * 3:
        before()
        warm()
    took = [(*_timed(floor, before, worked), *_timed(subject, before, worked)) for _ in range(rounds)]
    first, first_worked, second, second_worked = (list(each) for each in zip(*took, strict=True))
    return Pairs(first, second, first_worked, second_worked)


def _timed(work: Work, before: Work, worked: Callable[[], float]) -> tuple[float, float]:
    """Seconds by the clock, and of the processor."""
    before()
    used, began = worked(), perf_counter()
    work()
    return perf_counter() - began, worked() - used


def interval(ordered: Sequence[float]) -> tuple[float, float]:
    """Where the median is in 19 of 20 runs, by the order of what was seen alone."""
    reach = 0.98 * math.sqrt(len(ordered))
    middle = (len(ordered) - 1) / 2
    return ordered[max(0, math.floor(middle - reach))], ordered[min(len(ordered) - 1, math.ceil(middle + reach))]
