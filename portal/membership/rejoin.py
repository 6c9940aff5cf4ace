"""Coming back: whoever left by themselves opens their membership again, with everything that was theirs.

Trips, receipts, favourites, credit that has not ended and the member's number never went. The rest of the month costs what is
left of it by the day, unless that month is paid: so nobody leaves over its beginning, or out of a pause, to save its fee.
"""

from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import func, select

from core.database import db, transaction
from core.outbox import post
from experience.asks.models import Expectation, Stage
from experience.journey import Step
from experience.record.observe import observe
from portal.account.contact.number import number_of
from portal.account.leave.in_the_way import Obstacle
from portal.account.leave.leave import departure_of
from portal.account.leave.models import Departure
from portal.account.models import Member, MemberStatus
from portal.billing.ledger.models import LedgerRow
from portal.billing.membership.charge import charge_rest_of_month
from portal.billing.payers.how_paid import how_paid
from portal.billing.payers.leaving import money_in_the_way
from portal.licence.models import Licence
from portal.licence.queries import licence_of, open_licence_of
from portal.membership.errors import MayNotComeBack, NoMembership, StillMissing
from portal.signup.queries import application_of, never_approved
from portal.web import say
from portal.web.say import CITY_ZONE
from reservations.booking.models import Reservation, Status


def rejoin(*, member: Member, texts: bool, now: datetime) -> LedgerRow | None:
    """Open the membership again, on the plan it had; what the rest of the month costs, if anything. Twice does it once.

    Raises MayNotComeBack for whoever did not leave by themselves or was never approved, and StillMissing while a debt is open,
    no licence counts, no number is confirmed (without `texts` nobody can confirm one; who drove with us before people applied
    never had to) or nothing could pay. A licence that is due to be looked at again is, at once; until then it counts.
    """
    with observe(Step.LEAVE_REJOIN, member=member) as seen, transaction():
        held = db.session.get_one(Member, member.id, with_for_update={"of": Member}, populate_existing=True)
        if held.status in (MemberStatus.ACTIVE, MemberStatus.PAUSED):
            seen.was_repeated()
            return None
        if held.status != MemberStatus.CLOSED:
            raise NoMembership()
        departure = way_back_of(held)
        if departure is None:
            raise MayNotComeBack()
        if still_missing(held, now, texts=texts):
            raise StillMissing()
        seen.note(plan=held.plan)
        if (means := went_to(held, departure)) is not None:
            seen.note(means=means)
        departure.came_back_at = now
        held.status, held.fees_from = MemberStatus.ACTIVE, now
        charged = charge_rest_of_month(held, now, CITY_ZONE)
        _look_again(held, now)
        db.session.flush()
        post("came_back", member_id=held.id, due=now, once=f"came_back-{departure.id}", departure_id=str(departure.id))
        post("ask", member_id=held.id, due=now, once=f"ask-rejoin_expectation-{departure.id}",
             solicitation="rejoin_expectation", root=f"rejoin_expectation-{departure.id}")
    return charged


def way_back_of(member: Member) -> Departure | None:
    """The leaving from which they may come back; None for whom we have excluded, who never left by themselves, and for whoever
    was never approved, who was no member."""
    departure = departure_of(member.id)
    return departure if departure is not None and departure.came_back_at is None and not never_approved(member.id) else None


def still_missing(member: Member, now: datetime, *, texts: bool) -> list[Obstacle]:
    """Exactly what keeps somebody from coming back, each with the page on which it is mended."""
    before_codes = application_of(member.id) is None  # they drove with us before numbers were confirmed
    reached = number_of(member.id) is not None or ((before_codes or not texts) and member.phone)
    number = [Obstacle(_("We have no mobile number of yours that is confirmed."), _("Confirm your number"), "contact.show")]
    pays = how_paid(member.id, now)
    card = [Obstacle(_("There is no card that could pay for a trip."), _("Add a card"), "cards.payments")]
    return [*money_in_the_way(member.id, now), *_licence_in_the_way(member, now), *([] if reached else number),
            *(card if pays.nobody else [])]


def _licence_in_the_way(member: Member, now: datetime) -> list[Obstacle]:
    """What was verified and has not ended; of who drove with us before licences were shown, the last day that we set them."""
    until, waiting = member.licence_until, open_licence_of(member.id)
    known = db.session.scalar(select(Licence.id).where(Licence.member_id == member.id).limit(1)) is not None
    if until is not None and until >= now.astimezone(CITY_ZONE).date() and (licence_of(member.id) is not None or not known):
        return []
    if waiting is not None and waiting.submitted_at is not None:
        return [Obstacle(_("We are still looking at your licence."), _("See where it stands"), "licence.show")]
    if until is None:
        return [Obstacle(_("We have no licence of you that counts."), _("Show your licence"), "licence.show")]
    return [Obstacle(_("Your licence counted until %(day)s.", day=say.day(until, year=True)), _("Show your new one"),
                     "licence.show")]


def trips_behind(member_id: int) -> int:
    """How many trips a member has behind them."""
    return db.session.scalar(select(func.count()).select_from(Reservation).where(
        Reservation.member_id == member_id, Reservation.status == Status.RETURNED)) or 0


def went_to(member: Member, departure: Departure) -> str | None:
    """What they said at leaving that they would use instead, if they did."""
    found: str | None = db.session.scalar(select(Expectation.means).where(
        Expectation.member_id == member.id, Expectation.stage == Stage.LEAVING,
        Expectation.at >= departure.at - timedelta(hours=1)).order_by(Expectation.at.desc()).limit(1))
    return found


def _look_again(member: Member, now: datetime) -> None:
    licence = licence_of(member.id)
    if licence is not None and licence.recheck_on is not None and licence.recheck_on <= now.astimezone(CITY_ZONE).date():
        post("licence_recheck", member_id=member.id, due=now, licence_id=str(licence.id), recheck_on=f"{licence.recheck_on}",
             once=f"licence_recheck-{licence.id}-{licence.recheck_on}")
