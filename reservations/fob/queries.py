"""Questions about fobs."""

from datetime import datetime

from sqlalchemy import select

from core.database import db
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Policy
from reservations.fob.models import Fob, FobState, FobTap, FobWhy

MOST = 20


def fob_of(member_id: int) -> Fob | None:
    """The one that the member has, or waits for."""
    return db.session.scalars(select(Fob).where(
        Fob.member_id == member_id, Fob.state.in_((FobState.WANTED, FobState.ISSUED)))).first()


def last_fob_of(member_id: int) -> Fob | None:
    """The latest one that was ever issued."""
    return db.session.scalars(select(Fob).where(Fob.member_id == member_id, Fob.issued_at.is_not(None)).order_by(
        Fob.issued_at.desc(), Fob.id.desc()).limit(1)).first()


def fee_for(member_id: int, now: datetime) -> Policy:
    """What a fob costs now: nothing for the first one, and for one in place of one that broke."""
    fee, last = policies_at(now)["fob_replace"], last_fob_of(member_id)
    free = last is None or last.why == FobWhy.BROKEN
    return Policy(0, fee.version) if free else fee


def taps_of(fob: Fob) -> list[FobTap]:
    """When it was held to a car lately, newest first."""
    return list(db.session.scalars(select(FobTap).where(FobTap.fob_id == fob.id).order_by(FobTap.at.desc()).limit(MOST)))
