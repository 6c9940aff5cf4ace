"""Floor and subject in turn, in one process, and the median of their ratios: a slow moment of the machine meets both."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter
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
    """The seconds that floor and subject took, round by round."""

    floor: list[float]
    subject: list[float]

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
        """The 95th percentile of the subject over the median of the floor, which has the goal, and over the floor's own.

        The second tells how much of the first is the machine: its slow moments meet both.
        """
        slow, slow_floor = (statistics.quantiles(took, n=20)[-1] for took in (self.subject, self.floor))

        def over(name: str, of: str, floor: float) -> Result:
            return Result(question, name, f"{says}, 95th percentile / {of}", slow / floor, micros=slow * 1e6,
                          database=ask.database, scale=ask.scale.name)

        return [over(goal, "median of the floor", statistics.median(self.floor)),
                over(f"{goal}_slow", "that of the floor", slow_floor)]


def in_turn(rounds: int, floor: Work, subject: Work, before: Work) -> Pairs:
    """Run both, each after `before`, which is not timed: three times to warm up, then the rounds."""
    for warm in (floor, subject) * 3:
        before()
        warm()
    took = [(_timed(floor, before), _timed(subject, before)) for _ in range(rounds)]
    return Pairs([first for first, _ in took], [second for _, second in took])


def _timed(work: Work, before: Work) -> float:
    before()
    began = perf_counter()
    work()
    return perf_counter() - began


def interval(ordered: Sequence[float]) -> tuple[float, float]:
    """Where the median is in 19 of 20 runs, by the order of what was seen alone."""
    reach = 0.98 * math.sqrt(len(ordered))
    middle = (len(ordered) - 1) / 2
    return ordered[max(0, math.floor(middle - reach))], ordered[min(len(ordered) - 1, math.ceil(middle + reach))]
