"""Questions about fobs."""

from datetime import datetime, timedelta

from sqlalchemy import select

from core.database import db
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Policy
from reservations.fob.models import Fob, FobState, FobTap, FobWhy

MOST = 20
YEAR = timedelta(days=365)
GONE = (FobWhy.LOST, FobWhy.STOLEN)


def fob_of(member_id: int) -> Fob | None:
    """The one that the member has, or waits for."""
    return db.session.scalars(select(Fob).where(
        Fob.member_id == member_id, Fob.state.in_((FobState.WANTED, FobState.ISSUED)))).first()


def last_fob_of(member_id: int) -> Fob | None:
    """The latest one that was ever issued."""
    return db.session.scalars(select(Fob).where(Fob.member_id == member_id, Fob.issued_at.is_not(None)).order_by(
        Fob.issued_at.desc(), Fob.id.desc()).limit(1)).first()


def fee_for(member_id: int, now: datetime) -> Policy:
    """What a fob costs now: something in place of one that was lost or stolen and is not back with us, or of a second one that
    broke within a year and is not back either; else nothing."""
    fee, last = policies_at(now)["fob_replace"], last_fob_of(member_id)
    if last is None or last.state == FobState.HANDED_IN:
        return Policy(0, fee.version)
    owed = last.why in GONE or (last.why == FobWhy.BROKEN and _broke_before(last))
    return fee if owed else Policy(0, fee.version)


def _broke_before(last: Fob) -> bool:
    """Whether another one of the member's had broken within the year before this one, and did not come back."""
    return last.blocked_at is not None and db.session.scalar(select(Fob.id).where(
        Fob.member_id == last.member_id, Fob.id != last.id, Fob.state == FobState.BLOCKED, Fob.why == FobWhy.BROKEN,
        Fob.blocked_at > last.blocked_at - YEAR).limit(1)) is not None


def why_before(fob: Fob) -> str | None:
    """Why the one that the member had before this one is blocked; None when there was none, or it never was."""
    return db.session.scalar(select(Fob.why).where(
        Fob.member_id == fob.member_id, Fob.id != fob.id, Fob.issued_at.is_not(None)).order_by(
            Fob.issued_at.desc(), Fob.id.desc()).limit(1))


def taps_of(fob: Fob) -> list[FobTap]:
    """When it was held to a car lately, newest first."""
    return list(db.session.scalars(select(FobTap).where(FobTap.fob_id == fob.id).order_by(FobTap.at.desc()).limit(MOST)))
