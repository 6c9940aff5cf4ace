"""Pausing: no monthly fee and no booking until a day that the member chooses; and its end, with one tap or by that day.

A month that was paid for is not given back. Whoever drives again pays what is left of that month by the day, unless it was
paid before.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import select

from core.database import db, transaction
from core.ids import new_id
from core.outbox import post
from experience.journey import Phase, Step
from experience.record.observe import Seen, observe, record
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member, MemberStatus
from portal.account.plans.ahead import pause_of
from portal.account.plans.models import EndedBy, Pause
from portal.billing.ledger.models import LedgerRow
from portal.billing.membership.charge import charge_rest_of_month
from portal.membership.change_plan import hold_member
from portal.membership.errors import NoMembership, PauseTooLong, TripsAhead
from portal.web.say import CITY_ZONE
from reservations.booking.leaving import trips_in_the_way

AT_ONCE = 100


def pause(*, member: Member, until: date, now: datetime) -> Pause:
    """Pause from now on until that day begins in the city; paused already, it is the same pause.

    Raises NoMembership, TripsAhead while anything is booked or out, and PauseTooLong beyond the policy `pause_most` (days) or
    for a day that has begun.
    """
    with observe(Step.STAY_PAUSE, member=member) as seen, transaction():
        # Nobody books meanwhile: a booking holds this row too (reservations/booking/book.py).
        held = hold_member(member)
        seen.note(plan=held.plan)
        if (going := pause_of(held.id)) is not None:
            seen.was_repeated()
            return going
        if not may_pause_until(until, now):
            raise PauseTooLong(policies_at(now)["pause_most"].value)
        if trips_in_the_way(held.id, now):
            raise TripsAhead()
        ends = datetime(until.year, until.month, until.day, tzinfo=CITY_ZONE)
        made = Pause(id=new_id(), member_id=held.id, begun_at=now, until=ends)
        held.status = MemberStatus.PAUSED
        db.session.add(made)
        db.session.flush()
        post("pause_begins", member_id=held.id, due=now, once=f"pause_begins-{made.id}", pause_id=str(made.id))
        if (remind_at := reminder_of(made)) is not None:
            post("pause_ends", member_id=held.id, due=remind_at, once=f"pause_ends-{made.id}", pause_id=str(made.id))
        post("ask", member_id=held.id, due=now, once=f"ask-pause_ease-{made.id}", solicitation="pause_ease",
             root=f"pause_ease-{made.id}")
    return made


def reminder_of(pause: Pause) -> datetime | None:
    """When the letter before its end goes out; none for one so short that it would come before the pause."""
    remind_at = pause.until - timedelta(days=policies_at(pause.begun_at)["pause_remind"].value)
    return remind_at if remind_at > pause.begun_at else None


def may_pause_until(day: date, now: datetime) -> bool:
    """Whether a pause may last until that day: from tomorrow on, for as long as the policy says."""
    first, last = pause_days(now)
    return first <= day <= last


def pause_days(now: datetime) -> tuple[date, date]:
    """The first and the last day that a pause which begins now may last until."""
    today = now.astimezone(CITY_ZONE).date()
    return today + timedelta(days=1), today + timedelta(days=policies_at(now)["pause_most"].value)


def resume(*, member: Member, now: datetime) -> LedgerRow | None:
    """Drive again from now on; what that costs for the rest of the month, if anything. Twice does it once. Raises
    NoMembership."""
    with transaction():
        held = hold_member(member)
        if held.status == MemberStatus.ACTIVE:
            return None
        return _end(held, EndedBy.MEMBER, now)


def end_pauses(now: datetime) -> int:
    """End the pauses whose day has come, each with a letter; how many there were."""
    due = select(Pause.member_id).where(Pause.ended_at.is_(None), Pause.until <= now).order_by(Pause.until).limit(AT_ONCE)
    found = db.session.scalars(due).all()
    for member_id in found:
        with transaction():
            member = db.session.get_one(Member, member_id, with_for_update={"of": Member}, populate_existing=True)
            going = pause_of(member_id)
            if going is not None and member.status != MemberStatus.PAUSED:
                going.ended_at, going.ended_by = now, EndedBy.LEAVING  # we ended the membership meanwhile: no clock opens it
            elif going is not None and going.until <= now:
                _end(member, EndedBy.CLOCK, now)
    return len(found)


def _end(member: Member, by: EndedBy, now: datetime) -> LedgerRow | None:
    going = pause_of(member.id)
    if going is None:
        raise NoMembership()
    going.ended_at, going.ended_by = now, by
    member.status, member.fees_from = MemberStatus.ACTIVE, now
    charged = charge_rest_of_month(member, now, CITY_ZONE)
    db.session.flush()
    seen = Seen(Step.STAY_PAUSE, member.id, None)
    seen.note(plan=member.plan)
    record(seen, Phase.UNDONE)
    post("pause_ended", member_id=member.id, due=now, once=f"pause_ended-{going.id}", pause_id=str(going.id))
    return charged
