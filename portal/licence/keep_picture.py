"""Keeping a picture of a licence: made anew, sealed, in place of the one of the same side that was there."""

from datetime import datetime, timedelta
from typing import IO

from sqlalchemy import select

from core.database import db, transaction
from core.files import Files, new_key
from core.ids import random_id
from core.pictures import Label, clean_picture
from core.sealed import Seal
from fleet.tariffs.in_force import policies_at
from portal.account.picture_limits import MB, picture_limits
from portal.licence.errors import LicenceIsSent, TooManyPictures
from portal.licence.models import Licence, LicencePicture, LicenceStatus, Side
from portal.licence.queries import bytes_kept, pictures_since

KIND = "licence"  # of the keys in the file store


def form_most(now: datetime) -> int:
    """How many bytes a form with a picture of each side may have."""
    return len(Side) * picture_limits(now).most_bytes + MB


def keep_picture(*, licence: Licence, side: Side, stream: IO[bytes], now: datetime, files: Files,
                 seal: Seal, label: Label | None = None) -> LicencePicture:
    """Keep what was sent as the picture of this side, and delete the one before. `label` is what it was sent as. Nothing is
    decoded in a transaction.

    Raises a core.pictures.PictureRefused with what to do about it, TooManyPictures for the member's day or space, and
    LicenceIsSent when it is no draft any more.
    """
    _check_room(licence.member_id, 0, now)
    picture = clean_picture(stream, limits=picture_limits(now), label=label)
    sealed, key = seal.close_bytes(picture.jpeg), new_key(KIND)
    files.put(key, sealed)
    try:
        with transaction():
            held = db.session.get_one(Licence, licence.id, with_for_update={"of": Licence}, populate_existing=True)
            if held.status != LicenceStatus.DRAFT:
                raise LicenceIsSent()
            before = db.session.scalars(select(LicencePicture).where(
                LicencePicture.licence_id == held.id, LicencePicture.side == side, LicencePicture.gone_at.is_(None))).all()
            for old in before:
                old.gone_at = now
            db.session.flush()
            _check_room(held.member_id, len(sealed), now)
            row = LicencePicture(id=random_id(), licence_id=held.id, member_id=held.member_id, side=side, file_key=key,
                                 sha256=picture.sha256, width=picture.width, height=picture.height, stored_bytes=len(sealed),
                                 taken_at=now)
            db.session.add(row)
            db.session.flush()
    except BaseException:
        files.delete(key)
        raise
    for old in before:
        files.delete(old.file_key)
    db.session.expire(held, ["pictures"])
    return row


def _check_room(member_id: int, more_bytes: int, now: datetime) -> None:
    """Raises TooManyPictures."""
    rules = policies_at(now)
    if (pictures_since(member_id, now - timedelta(days=1)) >= rules["pictures_a_day"].value
            or bytes_kept(member_id) + more_bytes > rules["pictures_kept"].value * MB):
        raise TooManyPictures()
