"""A new member's start: "can book at once" is kept when they are shown their first price that they could book at."""

from datetime import datetime

from sqlalchemy import update

from core.database import rows_changed, transaction
from core.outbox import post
from experience.journey import Phase, Step
from experience.record.observe import Seen, record
from portal.account.models import Member
from portal.signup.queries import application_of
from portal.signup.submit import journey_of


def begin_activation(member: Member, journey: str, now: datetime) -> None:
    """Their application is approved: the step begins, within the open transaction."""
    member.new_since = now
    record(Seen(Step.JOIN_ACTIVATE, member.id, None, journey=journey), Phase.ENTERED)


def was_shown_a_price(*, member: Member, now: datetime) -> None:
    """They could book at a price: the first one is the end of the step, and is asked about. Every later one changes nothing,
    and asks the database nothing."""
    if member.new_since is None or not member.may_drive:
        return
    with transaction():
        first = update(Member).where(Member.id == member.id, Member.new_since.is_not(None)).values(new_since=None)
        application = application_of(member.id)
        if application is None or rows_changed(first) == 0:  # in another window just before
            return
        record(Seen(Step.JOIN_ACTIVATE, member.id, None, journey=journey_of(application)), Phase.SUCCEEDED)
        post("ask", member_id=member.id, due=now, once=f"ask-activate_ease-{application.id}", solicitation="activate_ease",
             root=f"activate_ease-{application.id}")
