"""What is known of a member's needs, for the places where it matters: search, help, and the clock of a booked car."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from core.database import db
from core.sealed import Seal
from fleet.tariffs.quote import Policies
from portal.account.needs.kinds import EQUIPMENT, Need
from portal.account.needs.models import MemberNeeds


@dataclass(frozen=True, slots=True)
class Told:
    """What a member told us: the needs in the order of the list, their own words, and when they agreed that we keep it."""

    needs: tuple[Need, ...]
    words: str
    agreed_at: datetime

    @property
    def equipment(self) -> tuple[str, ...]:
        """What a car must have, as features of fleet/cars."""
        return tuple(EQUIPMENT[need] for need in self.needs if need in EQUIPMENT)


def needs_of(member_id: int, seal: Seal) -> Told | None:
    """What the member told us; None for nothing, and for what was sealed with a key that we no longer have."""
    row = db.session.get(MemberNeeds, member_id)
    said = seal.read(row.needs_sealed) if row is not None else None
    if row is None or said is None:
        return None
    told = said.split()
    return Told(tuple(need for need in Need if need in told), seal.read(row.words_sealed) or "", row.agreed_at)


def waits_for(member_id: int, policies: Policies) -> timedelta:
    """How long after its start a booked car waits for this member."""
    more = db.session.scalar(select(MemberNeeds.more_time).where(MemberNeeds.member_id == member_id))
    return timedelta(minutes=policies["no_show"].value + (policies["more_time"].value if more else 0))
