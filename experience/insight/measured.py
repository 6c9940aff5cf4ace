"""Steps whose events carry what was measured against what was promised, and how long the measured ones took."""

from sqlalchemy import ColumnElement, and_, func

from experience.journey import Step
from experience.record.models import Event

AT_MOST, AT_LEAST = -1, 1  # whether less or more is the good side
MEASURED: dict[Step, int] = {
    Step.BOOK_CONFIRMATION: AT_MOST, Step.PICKUP_IDENTIFY: AT_MOST, Step.PICKUP_UNLOCK: AT_MOST, Step.PICKUP_CHECK: AT_LEAST,
    Step.PICKUP_ENERGY: AT_LEAST, Step.PICKUP_DRIVE_AWAY: AT_MOST, Step.DRIVE_LOCK: AT_MOST, Step.RETURN_LOCK: AT_MOST,
    Step.RETURN_RECEIPT: AT_MOST, Step.PAY_REFUND: AT_MOST,
}
SECONDS = {"s": 1, "min": 60, "h": 3600, "days": 86_400}  # in one of the unit; what is measured in others is no time
CLOCKED = frozenset(step for step, good in MEASURED.items() if good == AT_MOST)


def took_seconds(step: str, actual: float | None, unit: str | None) -> float | None:
    """How long the car, the mail or the money took, when the event says so."""
    return actual * SECONDS[unit] if step in CLOCKED and actual is not None and unit in SECONDS else None


def is_clocked() -> ColumnElement[bool]:
    """The same of an event in a query: that `took_seconds` of it is known."""
    return and_(Event.step.in_([str(step) for step in CLOCKED]), Event.actual.is_not(None),
                func.coalesce(Event.unit, "").in_(list(SECONDS)))
