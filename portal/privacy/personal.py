"""What this room itself has of a person, and the queue of all rooms."""

from collections.abc import Iterator
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, or_, select

from core.database import db, hold_nothing_open
from core.outbox import OutboxRow
from core.personal import Because, Fate, Held, Holder, Person
from portal.privacy.models import DataExport


def erase_downloads(person: Person, outside: Any) -> None:
    """Delete the files that were packed for them; their rows go afterwards."""
    keys: Iterator[str | None] = iter(db.session.scalars(
        select(DataExport.file_key).where(DataExport.user_id == person.user_id)).all())
    hold_nothing_open()
    for key in keys:
        if key is not None:
            outside.files.delete(key)


def _jobs_about(person: Person) -> ColumnElement[bool]:
    """A member's, and those that name their account, as letters to who has no membership do."""
    return or_(OutboxRow.member_id == person.member_id, OutboxRow.facts["user_id"].as_integer() == person.user_id)


PERSONAL = Holder(
    "privacy", _l("What was packed for your downloads, and every job about you that is done or waits"),
    (Held("data_exports", ("user_id",)), Held("export_downloads", ("export_id",)),
     Held("erasures", ("user_id",), Fate.KEPT, Because.TRAIL, secret=frozenset({"number"})),
     Held("outbox", _jobs_about, shown=False)),
    before=erase_downloads)
