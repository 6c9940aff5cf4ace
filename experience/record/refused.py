"""Whether a step of a trip was refused or failed: rooms above the log ask here, not the log itself."""

from sqlalchemy import select

from core.database import db
from experience.journey import Phase, Step
from experience.record.models import Event
from experience.record.pids import pid_of


def was_refused(step: Step, trip_id: int) -> bool:
    """Whether this step of this trip was refused or failed at least once."""
    return db.session.scalar(select(Event.id).where(
        Event.journey_id == str(pid_of("trip", trip_id)), Event.step == str(step),
        Event.phase.in_((Phase.REFUSED, Phase.FAILED))).limit(1)) is not None
