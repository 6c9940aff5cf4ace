"""On PostgreSQL the event log is cut into months by the time inside its ids, so that old months drop at once."""

from datetime import UTC, datetime
from itertools import pairwise

import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from core.database import db, transaction
from core.ids import uuid7_at

log = structlog.get_logger()

MONTHS_AHEAD = 4


def months_from(moment: datetime, count: int) -> list[tuple[datetime, datetime]]:
    """The first instants of `count` months from the moment's own on, each with the end of its month."""
    starts = [datetime(moment.year + (moment.month - 1 + n) // 12, (moment.month - 1 + n) % 12 + 1, 1, tzinfo=UTC)
              for n in range(count + 1)]
    return list(pairwise(starts))


def keep_ahead(now: datetime) -> None:
    """Make the next months' partitions; without them rows fall into the one for everything else. SQLite needs none.

    A month whose rows lie there already gets none until somebody moves them: that is logged, and the others are made.
    """
    if db.engine.dialect.name != "postgresql":
        return
    for month, _ in months_from(now, MONTHS_AHEAD):
        try:
            with transaction():
                make_partitions(db.session.connection(), month, 1)
        except DBAPIError:
            log.exception("partition not made", month=f"{month:%Y-%m}")


def make_partitions(connection: Connection, moment: datetime, count: int) -> list[str]:
    """Make the partitions for `count` months from the moment's on; those that exist stay. Returns their names."""
    names = []
    for start, end in months_from(moment, count):
        name = f"events_{start:%Y_%m}"
        connection.execute(text(
            f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF events "
            f"FOR VALUES FROM ('{uuid7_at(start)}') TO ('{uuid7_at(end)}')"))
        names.append(name)
    return names
