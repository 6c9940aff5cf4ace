"""One step's events, newest first, and why it was refused or failed."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from experience.insight.window import Window
from experience.journey import Phase, Step
from experience.record.models import Event


@dataclass(frozen=True, slots=True)
class StepEvents:
    """The events of a step, all or those of one phase and one error code."""

    step: Step
    window: Window
    phase: Phase | None = None
    error_code: str | None = None

    def select(self) -> Select[Event]:
        query = select(Event).where(*self._conditions())
        return query.order_by(Event.time.desc(), Event.id.desc())

    def count(self) -> Select[int]:
        return select(func.count()).select_from(Event).where(*self._conditions())

    def _conditions(self) -> list[Any]:
        wanted = [Event.step == str(self.step), *self.window.spans(Event.time), *self.window.fitting()]
        if self.phase is not None:
            wanted.append(Event.phase == str(self.phase))
        if self.error_code is not None:
            wanted.append(Event.error_code == self.error_code)
        return wanted


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a step was refused or failed: error codes, the commonest first."""

    step: Step
    window: Window
    limit: int = 20

    def select(self) -> Select[Any]:
        return (
            select(Event.phase, Event.error_code, func.count().label("n"))
            .where(Event.step == str(self.step), *self.window.spans(Event.time), *self.window.fitting(),
                   Event.phase.in_((Phase.REFUSED, Phase.FAILED)))
            .group_by(Event.phase, Event.error_code)
            .order_by(func.count().desc(), Event.error_code).limit(self.limit)
        )
