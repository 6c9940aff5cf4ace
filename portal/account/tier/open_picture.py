"""Opening the picture of a request: for its member and for reviewers, and never without a trace."""

import hashlib
from datetime import datetime
from uuid import UUID

from core.database import db, transaction
from core.files import FileGone, Files
from core.refusal import NotFound
from core.sealed import Seal, Unreadable
from portal.account.models import Role, User
from portal.account.tier.models import TierLook, TierLookedFor, TierRequest


def open_tier_picture(*, request_id: UUID, viewer: User, files: Files, seal: Seal, now: datetime,
                      as_reviewer: bool = False) -> bytes:
    """The picture as JPEG, once it is written down who looked. Raises NotFound for one that is gone, and for everybody but the
    member themselves and reviewers; Unreadable when this is not the file that was put there. `as_reviewer`: a reviewer is let
    in as such, by two factors where the site asks staff for them."""
    request = db.session.get(TierRequest, request_id)
    looked_for = _may_look(request, viewer, as_reviewer)
    if request is None or request.gone_at is not None or looked_for is None:
        raise NotFound()
    try:
        sealed = files.get(request.file_key)
    except FileGone as error:
        raise NotFound(request_id=str(request_id)) from error
    with transaction():
        db.session.add(TierLook(request_id=request.id, user_id=viewer.id, looked_for=looked_for, at=now))
    jpeg = seal.open_bytes(sealed)
    if hashlib.sha256(jpeg).hexdigest() != request.sha256:
        raise Unreadable("this is not the picture that was kept under this key")
    return jpeg


def _may_look(request: TierRequest | None, viewer: User, as_reviewer: bool) -> TierLookedFor | None:
    if request is not None and viewer.member is not None and request.member_id == viewer.member.id:
        return TierLookedFor.OWN
    return TierLookedFor.REVIEW if as_reviewer and Role.REVIEWER in viewer.roles else None
