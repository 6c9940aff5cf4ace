"""A membership ends because its member says so: at once, everywhere, with a letter that confirms it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from core.database import db, transaction
from core.ids import new_id
from core.outbox import post
from core.refusal import Refusal
from core.sealed import Seal
from experience.asks.answer import tell_before
from experience.asks.models import Hope, Means
from experience.asks.solicitations import PAGE
from experience.journey import Step
from experience.record.observe import observe
from portal.account.leave.at_leaving import do_at_leaving
from portal.account.leave.in_the_way import in_the_way
from portal.account.leave.models import Departure, Reason
from portal.account.models import Member, MemberStatus
from portal.account.plans.ahead import drop_with_membership
from portal.account.sessions import end_all_sessions


@dataclass(frozen=True, slots=True)
class Instead:
    """What somebody who leaves answered to the question shown to them: what they will use, and what they hope for there."""

    ask_id: UUID
    means: Means | None
    hope: Hope | None


class NoMemberYet(Refusal):
    """An applicant: there is nothing to end, only something to withdraw."""

    code, status = "no_member_yet", 409
    says = _l("You are no member yet, so there is no membership to end.")
    remedy = _l("Withdraw your application, or have everything erased that we know of you.")


class NotYet(Refusal):
    """Something has to be brought to its end first."""

    code, status = "not_yet", 409
    says = _l("Your membership cannot end yet.")
    remedy = _l("Do first what this page lists; then leave with one tap.")


def leave(*, member: Member, reason: Reason | None, words: str, instead: Instead | None = None, seal: Seal,
          now: datetime) -> Departure:
    """End the membership now and sign the member out everywhere; twice ends it once. Raises NotYet, and NoMemberYet for
    applicants: who leaves may come back, and whoever was never approved has nowhere to come back to.

    Trips, receipts and answers stay, and so does the account: they can sign in and read them.
    """
    with observe(Step.LEAVE_CLOSE, member=member) as seen, transaction():
        # Nobody books meanwhile: a booking holds this row too (reservations/booking/book.py).
        db.session.refresh(member, ["status"], with_for_update={"of": Member})
        if member.status == MemberStatus.CLOSED and (before := departure_of(member.id)) is not None:
            seen.was_repeated()
            return before
        if member.status == MemberStatus.APPLICANT:
            raise NoMemberYet()
        if in_the_way(member.id, now):
            raise NotYet()
        departure = Departure(id=new_id(), member_id=member.id, at=now, reason=reason,
                              words_sealed=seal.close_words(words) if words else None)
        member.status = MemberStatus.CLOSED
        drop_with_membership(member.id, now)
        db.session.add(departure)
        db.session.flush()
        do_at_leaving(member.id, now)
        post("membership_ended", member_id=member.id, once=f"left-{departure.id}", departure_id=str(departure.id))
        if instead is not None and (instead.means or instead.hope):
            tell_before(ask_id=instead.ask_id, means=instead.means, hope=instead.hope, heard=None, words="", channel=PAGE,
                        session_id=None, seal=seal, now=now)
        end_all_sessions(member.user)
    return departure


def departure_of(member_id: int) -> Departure | None:
    """The last time that the member left, if ever."""
    return db.session.scalar(
        select(Departure).where(Departure.member_id == member_id).order_by(Departure.at.desc()).limit(1))
