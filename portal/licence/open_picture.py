"""Opening a picture of a licence: for whom it shows and for reviewers, and never without a trace."""

import hashlib
from datetime import datetime
from uuid import UUID

from core.database import db, transaction
from core.files import FileGone, Files
from core.refusal import NotFound
from core.sealed import Seal, Unreadable
from portal.account.models import Role, User
from portal.licence.models import LicencePicture, LookedFor, PictureView


def open_picture(*, picture_id: UUID, viewer: User, files: Files, seal: Seal, now: datetime,
                 as_reviewer: bool = False) -> bytes:
    """The picture as JPEG, once it is written down who looked. Raises NotFound for one that is gone, and for everybody but the
    member themselves and reviewers: the CX team, support and whoever runs the service have no need of it. `as_reviewer`: a
    reviewer is let in as such, by two factors where the site asks staff for them."""
    picture = db.session.get(LicencePicture, picture_id)
    looked_for = _may_look(picture, viewer, as_reviewer)
    if picture is None or picture.gone_at is not None or looked_for is None:
        raise NotFound()
    try:
        sealed = files.get(picture.file_key)
    except FileGone as error:
        raise NotFound(picture_id=str(picture_id)) from error
    note_look(picture, viewer.id, looked_for, now)
    return unsealed(picture, sealed, seal)


def unsealed(picture: LicencePicture, sealed: bytes, seal: Seal) -> bytes:
    """The JPEG. Raises Unreadable for another key's, and when this is not the file that was put there."""
    jpeg = seal.open_bytes(sealed)
    if hashlib.sha256(jpeg).hexdigest() != picture.sha256:
        raise Unreadable("this is not the picture that was kept under this key")
    return jpeg


def note_look(picture: LicencePicture, user_id: int | None, looked_for: LookedFor, now: datetime) -> None:
    """Write down who looked, nobody for the check."""
    with transaction():
        db.session.add(PictureView(picture_id=picture.id, user_id=user_id, looked_for=looked_for, at=now))


def _may_look(picture: LicencePicture | None, viewer: User, as_reviewer: bool) -> LookedFor | None:
    if picture is not None and viewer.member is not None and picture.member_id == viewer.member.id:
        return LookedFor.OWN
    return LookedFor.REVIEW if as_reviewer and Role.REVIEWER in viewer.roles else None
