"""What somebody at a desk turns to next: round and round a line, so that skipping comes to everything that waits."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from core.database import db


def next_in_line(key: ColumnElement[Any] | InstrumentedAttribute[Any], waiting: Sequence[ColumnElement[bool]],
                 order: Sequence[Any], *, after: Any = None) -> Any:
    """The key of the first that waits, or with `after` of the one behind that; behind the last, and behind what waits no
    more, comes the first. None when nothing else waits.
    """
    line = (select(key.label("key"), func.row_number().over(order_by=order).label("place"))
            .where(*waiting).subquery())
    here = select(line.c.place).where(line.c.key == after).scalar_subquery()
    return db.session.scalar(
        select(line.c.key).where(line.c.key != after).order_by(line.c.place < here, line.c.place).limit(1))
