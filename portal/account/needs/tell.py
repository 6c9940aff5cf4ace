"""Telling us of needs, and withdrawing that."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete

from core.database import db, rows_changed, take_turns, transaction
from core.sealed import Seal
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import Member
from portal.account.needs.kinds import CONSENT_VERSION, Need
from portal.account.needs.models import MemberNeeds


def tell_needs(*, member: Member, needs: Collection[Need], words: str, seal: Seal, now: datetime) -> None:
    """Keep them in the place of those before, with the consent to it. Raises ValueError when there is nothing to keep."""
    if not needs and not words:
        raise ValueError("nothing was told")
    with observe(Step.MANAGE_DETAILS, member=member), transaction():
        take_turns(f"needs of {member.id}")
        row = db.session.get(MemberNeeds, member.id, populate_existing=True) or MemberNeeds(member_id=member.id)
        row.needs_sealed = seal.close(" ".join(sorted(needs)))
        row.words_sealed = seal.close_words(words) if words else None
        row.more_time = Need.MORE_TIME in needs
        row.consent_version, row.agreed_at = CONSENT_VERSION, now
        db.session.add(row)


def withdraw_needs(*, member: Member) -> None:
    """Forget all of it, and the consent with it; again changes nothing."""
    with observe(Step.MANAGE_DETAILS, member=member) as seen, transaction():
        if not rows_changed(delete(MemberNeeds).where(MemberNeeds.member_id == member.id)):
            seen.was_repeated()
