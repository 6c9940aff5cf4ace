"""One journey: everything that happened on it, in order."""

from dataclasses import dataclass

from sqlalchemy import Select, select

from experience.record.models import Event

MOST = 500


@dataclass(frozen=True, slots=True)
class JourneyEvents:
    """The newest events of a journey (a trip, or a visit that became none), in the order in which they happened."""

    journey_id: str

    def select(self) -> Select[Event]:
        newest = (select(Event.id).where(Event.journey_id == self.journey_id)
                  .order_by(Event.time.desc(), Event.id.desc()).limit(MOST))
        return select(Event).where(Event.id.in_(newest)).order_by(Event.time, Event.id)
