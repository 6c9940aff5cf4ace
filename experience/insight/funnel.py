"""What became of each step: how often entered, how it ended, how long it took."""

from dataclasses import dataclass, field, replace

from sqlalchemy import select

from core.database import db
from experience.insight.days import Tally, tally
from experience.insight.times import times_counted
from experience.insight.wilson import Share, wilson
from experience.insight.window import Window
from experience.journey import STEPS, Phase, Stage, Step, steps_of
from experience.record.models import Event


class Counted:
    """Anything with counts by phase: a share of what ended well."""

    counts: dict[Phase, int]

    @property
    def ended(self) -> int:
        """Succeeded, refused, failed or abandoned."""
        return sum(self.counts.get(phase, 0)
                   for phase in (Phase.SUCCEEDED, Phase.REFUSED, Phase.FAILED, Phase.ABANDONED))

    @property
    def success(self) -> Share | None:
        """Succeeded, of all that ended."""
        return wilson(self.counts.get(Phase.SUCCEEDED, 0), self.ended)


@dataclass(frozen=True, slots=True)
class StepFigures(Counted):
    """One step in numbers. Times are milliseconds over `timed` finished visits and measured ends."""

    step: Step
    counts: dict[Phase, int] = field(default_factory=dict)
    timed: int = 0
    median_ms: int | None = None
    p90_ms: int | None = None

    @property
    def opened(self) -> int | None:
        """How often its page was opened; None of a step that ends without a page."""
        return self.counts.get(Phase.ENTERED) or (None if self.ended else 0)


@dataclass(frozen=True, slots=True)
class StageFigures(Counted):
    """One stage: the sums of its steps."""

    stage: Stage
    steps: list[StepFigures]
    counts: dict[Phase, int]


def journey_figures(window: Window) -> list[StageFigures]:
    """Every stage and step in the order of the journey, those without an event too."""
    figures = _count(window)
    return [_stage(stage, [figures[step] for step in steps_of(stage)]) for stage in Stage]


def step_figures(step: Step, window: Window) -> StepFigures:
    """One step alone."""
    return _count(replace(window, step=step))[step]


def _count(window: Window) -> dict[Step, StepFigures]:
    found = tally(window)
    return {step: _figures(step, found[step]) if step in found else StepFigures(step) for step in STEPS}


def _figures(step: Step, of: Tally) -> StepFigures:
    counts, times = {Phase(phase): n for phase, n in of.phases.items()}, times_counted(of.times)
    if times is None:
        return StepFigures(step, counts)
    return StepFigures(step, counts, times.n, times.median_ms, times.p90_ms)


def _stage(stage: Stage, steps: list[StepFigures]) -> StageFigures:
    return StageFigures(stage, steps, {phase: sum(each.counts.get(phase, 0) for each in steps) for phase in Phase})


def newest_event() -> str:
    """The id of the newest event: while it stays, so do the figures."""
    return str(db.session.scalar(select(Event.id).order_by(Event.id.desc()).limit(1)))
