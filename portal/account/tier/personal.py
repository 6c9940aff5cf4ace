"""What we have of a person's requests for the reduced tier: the picture is handed out like any look, and erased first."""

from collections.abc import Iterator
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from core.database import db, hold_nothing_open
from core.files import Files
from core.personal import Held, Holder, Person
from core.refusal import NotFound
from core.sealed import Seal, Unreadable
from core.time import now
from portal.account.models import User
from portal.account.tier.models import TierRequest
from portal.account.tier.open_picture import open_tier_picture


def pictures_of(person: Person, files: Files, seal: Seal) -> Iterator[tuple[str, bytes | None]]:
    """The pictures that are still kept."""
    viewer = db.session.get_one(User, person.user_id)
    for request in db.session.scalars(select(TierRequest).where(
            TierRequest.member_id == person.member_id, TierRequest.gone_at.is_(None)).order_by(TierRequest.asked_at)).all():
        jpeg: bytes | None
        try:
            jpeg = open_tier_picture(request_id=request.id, viewer=viewer, files=files, seal=seal, now=now())
        except NotFound:  # the day's sweep was faster
            continue
        except Unreadable:  # said in the file that is packed: the others go on
            jpeg = None
        yield f"benefit-{request.asked_at:%Y-%m-%d}-{str(request.id)[:8]}.jpg", jpeg


def erase_pictures(person: Person, outside: Any) -> None:
    """Delete the files; their rows go afterwards."""
    keys = list(db.session.scalars(select(TierRequest.file_key).where(TierRequest.member_id == person.member_id)))
    hold_nothing_open()
    for key in keys:
        outside.files.delete(key)


PERSONAL = Holder(
    "tier", _l("Your requests for the reduced tier with their pictures, and who looked at them"),
    (Held("tier_requests", ("member_id",), secret=frozenset({"sha256"})), Held("tier_looks", ("request_id",))),
    files=pictures_of, before=erase_pictures)
