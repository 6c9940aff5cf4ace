"""What is kept for how long: what browsers told 90 days, steps 25 months. Older is deleted, a month at once where it can be."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Table, delete, select, text

from core.database import db, transaction
from core.ids import uuid7_at
from experience.record.models import BrowserEvent, Event, QuarantinedEvent

BROWSER_KEPT = timedelta(days=90)
STEPS_KEPT_MONTHS = 25
AT_ONCE = 2000  # rows in a transaction: nobody waits long behind it


def forget_old(now: datetime) -> dict[str, int]:
    """Delete what is past its time, and say how many rows of each went, and how many whole months. Bears being stopped."""
    browser, quarantined = BrowserEvent.__table__, QuarantinedEvent.__table__
    return {
        "browser_events": _delete(browser, browser.c.id, browser.c.recorded_at < now - BROWSER_KEPT),
        "quarantined_events": _delete(quarantined, quarantined.c.id, quarantined.c.at < now - BROWSER_KEPT),
        "months": _drop_months(months_before(now, STEPS_KEPT_MONTHS)),
        "events": _forget_steps(months_before(now, STEPS_KEPT_MONTHS)),
    }


def months_before(moment: datetime, count: int) -> datetime:
    """The first instant of the month that lies so many months before the moment's own."""
    months = moment.year * 12 + moment.month - 1 - count
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


def _forget_steps(before: datetime) -> int:
    events = Event.__table__
    return _delete(events, events.c.id, events.c.id < uuid7_at(before))  # the time inside its id, as partitions are cut


def _delete(table: Table, key: object, condition: object) -> int:
    gone = 0
    while True:
        old = list(db.session.scalars(select(key).where(condition).limit(AT_ONCE)))  # type: ignore[call-overload]
        if not old:
            return gone
        with transaction():
            db.session.execute(delete(table).where(key.in_(old), condition))  # type: ignore[attr-defined,arg-type]
        gone += len(old)


_MONTHS = text("SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid "
               "WHERE inhparent = 'events'::regclass AND relname ~ '^events_[0-9]{4}_[0-9]{2}$' AND relname < :first "
               "ORDER BY relname")


def _drop_months(before: datetime) -> int:
    """PostgreSQL: a whole month is a table of its own, and goes at once."""
    if db.engine.dialect.name != "postgresql":
        return 0
    names = list(db.session.scalars(_MONTHS, {"first": f"events_{before:%Y_%m}"}))
    for name in names:
        with transaction():
            db.session.execute(text(f"DROP TABLE {name}"))  # of the form checked above
    return len(names)
