"""A reviewer and a request for the reduced tier: on whose desk it is, and what they say of it, each with a letter."""

from datetime import date, datetime
from uuid import UUID

from core.database import db, transaction
from core.outbox import post
from core.refusal import NotFound
from core.time import months_later
from fleet.tariffs.in_force import policies_at
from portal.account.errors import ReviewersOnly
from portal.account.models import Member, Role, User
from portal.account.tier.errors import OwnTier, TierNotWaiting, TierOnAnotherDesk
from portal.account.tier.models import TierReason, TierRequest, TierState
from portal.web.say import CITY_ZONE


def take(*, request_id: UUID, reviewer: User, instead_of: int | None = None) -> None:
    """Have it on the desk; `instead_of` is the colleague it is taken from. Raises NotFound, TierNotWaiting, TierOnAnotherDesk,
    OwnTier, and ReviewersOnly for whoever may not see what is to be decided by."""
    with transaction():
        held = _waiting(request_id)
        if held.member.user_id == reviewer.id:
            raise OwnTier()
        if Role.REVIEWER not in reviewer.roles:
            raise ReviewersOnly()
        if held.taken_by_id not in (None, reviewer.id, instead_of):
            raise TierOnAnotherDesk()
        held.taken_by_id = reviewer.id


def put_back(*, request_id: UUID, reviewer: User) -> None:
    """Back into the queue. Raises NotFound, TierNotWaiting and TierOnAnotherDesk."""
    with transaction():
        held = _waiting(request_id)
        if held.taken_by_id not in (None, reviewer.id):
            raise TierOnAnotherDesk()
        held.taken_by_id = None


def grant(*, request_id: UUID, reviewer: User, now: datetime, answer: str | None = None, instead_of: int | None = None) -> None:
    """It counts from now on for the policy's months; what was granted before and asked for again goes on from its end.
    `answer` is a sentence to the member, sealed. Raises as `take` does."""
    with transaction():
        take(request_id=request_id, reviewer=reviewer, instead_of=instead_of)
        held = _waiting(request_id)
        member = db.session.get_one(Member, held.member_id, with_for_update={"of": Member}, populate_existing=True)
        held.counts_until = _until(member, now)
        member.reduced_until = held.counts_until
        _conclude(held, TierState.GRANTED, reviewer, answer, now)


def refuse(*, request_id: UUID, reason: TierReason, reviewer: User, now: datetime, answer: str | None = None,
           instead_of: int | None = None) -> None:
    """It does not count; what was granted before goes on until its last day. Raises as `take` does."""
    with transaction():
        take(request_id=request_id, reviewer=reviewer, instead_of=instead_of)
        held = _waiting(request_id)
        held.reason = reason
        _conclude(held, TierState.REFUSED, reviewer, answer, now)


def _until(member: Member, now: datetime) -> date:
    today = now.astimezone(CITY_ZONE).date()
    begins = max(today, member.reduced_until) if member.reduced_until else today
    return months_later(begins, policies_at(now)["tier_months"].value)


def _conclude(held: TierRequest, state: TierState, reviewer: User, answer: str | None, now: datetime) -> None:
    held.state, held.decided_at, held.decided_by_id = state, now, reviewer.id
    held.answer_sealed, held.taken_by_id = answer, None
    db.session.flush()
    post("tier_decided", member_id=held.member_id, due=now, once=f"tier_decided-{held.id}", request_id=str(held.id))


def _waiting(request_id: UUID) -> TierRequest:
    held = db.session.get(TierRequest, request_id, with_for_update={"of": TierRequest}, populate_existing=True)
    if held is None:
        raise NotFound(request_id=str(request_id))
    if held.state != TierState.WAITING:
        raise TierNotWaiting()
    return held
