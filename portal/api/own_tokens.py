"""A member's own tokens: at most so many, each with an end, and ended by its member at once."""

from collections.abc import Collection
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from core.database import db, take_turns, transaction
from core.outbox import Job
from core.refusal import NotFound, Refusal
from core.time import wall_now
from experience.journey import Step
from experience.record.observe import observe
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member
from portal.api.models import ApiToken, Scope
from portal.api.tokens import give_token, revoke_token, tokens_of


class TooManyTokens(Refusal):
    code, status = "too_many_tokens", 409
    says = _l("You have as many tokens as we keep for one member.")
    remedy = _l("End one that you use no more, then make this one.")


def live_tokens(member_id: int) -> list[ApiToken]:
    """Those that still open something, newest first."""
    at = wall_now()
    return [row for row in tokens_of(member_id) if row.revoked_at is None and (row.ends_at is None or row.ends_at > at)]


def make_own_token(*, member: Member, name: str, scopes: Collection[Scope], days: int, now: datetime) -> tuple[ApiToken, str]:
    """Make a token that ends after so many days, or after the most that the rules allow; returns its row and the token itself,
    which exists nowhere else. Raises TooManyTokens."""
    with observe(Step.MANAGE_DETAILS, member=member), transaction():
        take_turns(f"tokens of {member.id}")
        rules = policies_at(now)
        if len(live_tokens(member.id)) >= rules["tokens_most"].value:
            raise TooManyTokens()
        ends_at = wall_now() + timedelta(days=min(days, rules["token_ends"].value))
        return give_token(member=member, name=name, scopes=scopes, ends_at=ends_at)


def end_own_token(*, member: Member, token_id: int) -> ApiToken:
    """End one of the member's own, now and everywhere; twice ends it once. Raises NotFound, also for another member's."""
    with observe(Step.MANAGE_DETAILS, member=member) as seen, transaction():
        row = db.session.scalar(select(ApiToken).where(ApiToken.id == token_id, ApiToken.member_id == member.id))
        if row is None:
            raise NotFound()
        if row.revoked_at is not None:
            seen.was_repeated()
        return revoke_token(token_id=row.id)


def end_tokens_since(job: Job) -> None:
    """Handle `tokens_end`: somebody else was in this account from then on, so what was made there opens nothing more."""
    with transaction():
        db.session.execute(update(ApiToken).where(
            ApiToken.member_id == job.member_id, ApiToken.revoked_at.is_(None),
            ApiToken.created_at >= datetime.fromisoformat(job.facts["since"])).values(revoked_at=wall_now()))
