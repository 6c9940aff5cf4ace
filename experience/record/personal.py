"""What the event log has of a person: nothing but a random id, and the one row that says whose it is."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, or_, select

from core.database import db
from core.personal import Because, Fate, Held, Holder, Person
from experience.record.models import BrowserEvent, Event, Identity


def _own_ids(person: Person) -> ColumnElement[bool]:
    """The member's row, and those of the trips they drove."""
    trips = db.metadata.tables["reservations"]
    return or_(and_(Identity.kind == "member", Identity.ref == person.member_id),
               and_(Identity.kind == "trip", Identity.ref.in_(
                   select(trips.c.id).where(trips.c.member_id == person.member_id))))


def own_pids(person: Person):  # type: ignore[no-untyped-def]  # a Select of one column
    """The random ids under which somebody appears in the log."""
    return select(Identity.pid).where(Identity.kind == "member", Identity.ref == person.member_id)


PERSONAL = Holder(
    "record", _l("The tie between you and what was noted of each step: the notes themselves are nobody’s from then on"),
    (Held("events", lambda person: Event.member_pid.in_(own_pids(person)), Fate.KEPT, Because.FIGURES,
          secret=frozenset({"app_version", "dataschema", "source", "is_demo", "experiment", "recorded_at"})),
     Held("browser_events", lambda person: BrowserEvent.member_pid.in_(own_pids(person)), Fate.KEPT, Because.FIGURES,
          secret=frozenset({"app_version", "dataschema", "source", "is_demo"})),
     Held("identities", _own_ids)))
