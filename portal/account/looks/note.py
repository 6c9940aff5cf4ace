"""Writing down that somebody of our staff looked, before the page is shown."""

from datetime import datetime, timedelta

from sqlalchemy import select

from core.database import db, transaction
from portal.account.looks.models import DeskLook, Opened

SAME_LOOK = timedelta(hours=1)


def note_desk_look(*, member_id: int | None, by_user_id: int, opened: Opened, now: datetime) -> None:
    """Once an hour for each colleague and kind of page; nobody's page is no look."""
    if member_id is None:
        return
    again = db.session.scalar(select(DeskLook.id).where(
        DeskLook.member_id == member_id, DeskLook.at > now - SAME_LOOK, DeskLook.by_user_id == by_user_id,
        DeskLook.opened == opened).limit(1))
    if again is None:
        with transaction():
            db.session.add(DeskLook(at=now, by_user_id=by_user_id, member_id=member_id, opened=opened))
