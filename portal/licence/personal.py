"""What we have of a person's licences: their pictures are handed out, each look at one written down, and erased first."""

from collections.abc import Iterator
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from core.database import db, hold_nothing_open
from core.files import FileGone, Files
from core.personal import Held, Holder, Person
from core.sealed import Seal, Unreadable
from core.time import now
from portal.licence.models import LicencePicture, LookedFor
from portal.licence.open_picture import note_look, unsealed


def pictures_of(person: Person, files: Files, seal: Seal) -> Iterator[tuple[str, bytes | None]]:
    """The pictures that are still kept. That they were packed is written down beside who else looked."""
    for picture in db.session.scalars(_kept(person)).all():
        try:
            sealed = files.get(picture.file_key)
        except FileGone:  # the day's sweep was faster
            continue
        note_look(picture, person.user_id, LookedFor.EXPORT, now())
        jpeg: bytes | None
        try:
            jpeg = unsealed(picture, sealed, seal)
        except Unreadable:  # said in the file that is packed: the others go on
            jpeg = None
        yield f"licence-{picture.side}-{picture.taken_at:%Y-%m-%d}-{str(picture.id)[:8]}.jpg", jpeg


def erase_pictures(person: Person, outside: Any) -> None:
    """Delete the files; their rows go afterwards."""
    keys = [picture.file_key for picture in db.session.scalars(
        select(LicencePicture).where(LicencePicture.member_id == person.member_id))]
    hold_nothing_open()
    for key in keys:
        outside.files.delete(key)


def _kept(person: Person):  # type: ignore[no-untyped-def]  # a Select of pictures
    return select(LicencePicture).where(LicencePicture.member_id == person.member_id,
                                        LicencePicture.gone_at.is_(None)).order_by(LicencePicture.taken_at)


PERSONAL = Holder(
    "licence", _l("Your driving licences with their numbers and pictures, and who looked at them"),
    (Held("licences", ("member_id",)), Held("licence_pictures", ("member_id",), secret=frozenset({"sha256"})),
     Held("picture_views", ("picture_id",))),
    files=pictures_of, before=erase_pictures)
