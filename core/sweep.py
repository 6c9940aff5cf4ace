"""Files that no row points at go, by one sweep for every kind of file."""

from datetime import timedelta
from itertools import islice

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from core.database import db, hold_nothing_open
from core.files import Files
from core.time import wall_now

AT_ONCE = 500  # keys that are looked for in one read
SETTLED = timedelta(days=1)  # a file without a row that is older belongs to nobody: its transaction has long ended


def sweep(files: Files, kind: str, pointed_at: InstrumentedAttribute[str] | InstrumentedAttribute[str | None],
          *still: ColumnElement[bool]) -> int:
    """Delete the files of the kind whose key stands in no row (that `still` counts), of which a transaction that is cut off
    leaves some. Returns how many went."""
    keys, swept = files.keys(kind, before=wall_now() - SETTLED), 0
    while some := list(islice(keys, AT_ONCE)):
        kept = set(db.session.scalars(select(pointed_at).where(pointed_at.in_(some), *still)))
        hold_nothing_open()
        for key in set(some) - kept:
            files.delete(key)
            swept += 1
    return swept
