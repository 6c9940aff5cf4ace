"""A new licence that its driver sent in time, and that we had not answered when their trip began: then it is we who keep the
car shut."""

from datetime import date, timedelta

from sqlalchemy import select

from core.database import db
from fleet.tariffs.in_force import policies_at
from portal.licence.models import Licence, LicenceStatus
from portal.licence.port import Says
from portal.web.say import CITY_ZONE
from reservations.booking.models import Reservation


def renewal_answered_late(reservation: Reservation) -> Licence | None:
    """The new one, which its driver sent before the start and while the one before still counted: it waits with us
    (`decided_at` is None), or was found good only after the start. None as well where the one before counts to the trip's end,
    or the new one does not."""
    if reservation.member.licence_until is None:
        return None
    sent = db.session.scalars(select(Licence).where(
        Licence.member_id == reservation.member_id, Licence.submitted_at < reservation.starts_at,
        (Licence.status == LicenceStatus.PENDING)
        | (Licence.status == LicenceStatus.VERIFIED) & (Licence.decided_at > reservation.starts_at))
        .order_by(Licence.submitted_at.desc()).limit(1)).first()
    if sent is None:
        return None
    assert sent.submitted_at is not None  # what was sent is whole: a CHECK
    assert sent.expires_on is not None
    zone = reservation.car.lot.zone
    before = reservation.member.licence_until if sent.decided_at is None else _last_day_before(sent)
    last = (reservation.ends_at - timedelta(microseconds=1)).astimezone(zone).date()
    in_time = before is not None and sent.submitted_at.astimezone(zone).date() <= before < last
    return sent if in_time and last <= sent.expires_on else None


def _last_day_before(new: Licence) -> date | None:
    """The last day of the licence before it: as printed, or as a check again that was not clear left it."""
    old = db.session.scalars(select(Licence).where(
        Licence.member_id == new.member_id, Licence.status.in_((LicenceStatus.SUPERSEDED, LicenceStatus.EXPIRED)))
        .order_by(Licence.decided_at.desc()).limit(1)).first()
    if old is None:
        return None
    assert old.expires_on is not None
    assert old.decided_at is not None
    if old.checked_at is None or old.checked_at <= old.decided_at or old.verdict == Says.CLEAR:
        return old.expires_on
    days = policies_at(old.checked_at)["licence_warn"].value
    return min(old.expires_on, old.checked_at.astimezone(CITY_ZONE).date() + timedelta(days=days))
