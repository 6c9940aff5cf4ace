"""Questions about licences."""

from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from core.database import db
from portal.licence.models import OPEN, Licence, LicencePicture, LicenceStatus


def licence_of(member_id: int) -> Licence | None:
    """The one that counts; None before one was found good, and after it has ended."""
    return db.session.scalars(select(Licence).where(
        Licence.member_id == member_id, Licence.status == LicenceStatus.VERIFIED)).first()


def open_licence_of(member_id: int) -> Licence | None:
    """The one that is being filled in, or waits for an answer."""
    return db.session.scalars(select(Licence).where(Licence.member_id == member_id, Licence.status.in_(OPEN))).first()


def last_refused_of(member_id: int) -> Licence | None:
    """The latest one if it was refused and none is open since: its reasons are still to be mended."""
    last = db.session.scalars(select(Licence).where(Licence.member_id == member_id).order_by(
        Licence.begun_at.desc(), Licence.id).limit(1)).first()
    return last if last is not None and last.status == LicenceStatus.REFUSED else None


def pictures_since(member_id: int, since: datetime) -> int:
    """How many pictures a member has sent since then, kept or not."""
    return db.session.scalar(select(func.count()).select_from(LicencePicture).where(
        LicencePicture.member_id == member_id, LicencePicture.taken_at > since)) or 0


def bytes_kept(member_id: int) -> int:
    """How much of a member's pictures is stored."""
    return db.session.scalar(select(func.coalesce(func.sum(LicencePicture.stored_bytes), 0)).where(
        LicencePicture.member_id == member_id, LicencePicture.gone_at.is_(None))) or 0


def number_is_of_another(licence: Licence) -> bool:
    """Whether another member's licence with this number counts, or waits."""
    return db.session.scalar(select(Licence.id).where(
        Licence.number_digest == licence.number_digest, Licence.member_id != licence.member_id,
        Licence.status.in_((LicenceStatus.PENDING, LicenceStatus.VERIFIED))).limit(1)) is not None


def renewable(licence: Licence, today: date, warn_days: int) -> bool:
    """Whether a new one is asked for: it ends soon, or its re-check found something."""
    assert licence.expires_on is not None
    until = licence.member.licence_until or licence.expires_on
    return until <= today + timedelta(days=warn_days)
