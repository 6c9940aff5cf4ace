"""Making it good with money, through the doors of all staff's money: limits, and a second person above them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.database import db, transaction
from core.money import Money
from core.outbox import Job
from experience.cases.change import case_to_change, enter, locked_case, the_case, was_done
from experience.cases.errors import MoreThanACaseGives, NotTheirLine
from experience.cases.models import Act, Case, CaseEntry
from experience.journey import Step
from experience.record.observe import observe
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member
from portal.billing.adjustments.give import give_back, give_credit
from portal.billing.adjustments.models import Adjustment, AdjustmentKind, AdjustmentState
from portal.billing.ledger.models import LedgerRow
from portal.billing.payers.payer_of import locked, own_payer
from reservations.booking.models import Reservation

SAME_DAY_HOURS = 24.0  # what is promised at help.recovery
CASE = "case-"  # begins the key of what was given in a case; the rest is that of its entry


def give_case_credit(*, case_id: UUID, amount: Money, why: str, by_user_id: int, seen: int, once: str,
                     now: datetime) -> Adjustment:
    """Credit for later trips, to the member; above the limit of one person it waits for a second one.

    The same form posted again gives it once. Raises MoreThanACaseGives, and as case_to_change() and give_credit().
    """
    return _give(case_id, None, amount, why, by_user_id, seen, once, now)


def give_case_refund(*, case_id: UUID, line_id: int, amount: Money, why: str, by_user_id: int, seen: int, once: str,
                     now: datetime) -> Adjustment:
    """Take an amount off a line of the member's bill, and send back what was paid of it.

    The same form posted again gives it once. Raises NotTheirLine, and as case_to_change() and give_back().
    """
    line = db.session.get(LedgerRow, line_id)
    if line is None or line.payer_id is None or line.member_id != the_case(case_id).member_id:
        raise NotTheirLine(line_id=line_id)
    return _give(case_id, line, amount, why, by_user_id, seen, once, now)


def _give(case_id: UUID, line: LedgerRow | None, amount: Money, why: str, by_user_id: int, seen: int, once: str,
          now: datetime) -> Adjustment:
    case, key = the_case(case_id), f"{CASE}{once}"
    payer = own_payer(case.member_id)
    with transaction():
        locked((line.payer_id if line is not None else None) or payer.id)  # first, as everybody does who moves money
        again = was_done(once)
        if not again:
            case = case_to_change(case_id, by_user_id=by_user_id, seen=seen)
            if line is None:
                _within_a_case(case, amount, now)
        given = (give_credit(payer=payer, amount=amount, why=why, by_user_id=by_user_id, once=key, now=now) if line is None
                 else give_back(line=line, amount=amount, why=why, by_user_id=by_user_id, once=key, now=now))
        if not again:
            enter(case, Act.CREDIT if line is None else Act.REFUND, now=now, by_user_id=by_user_id, once=once,
                  facts={"adjustment_id": str(given.id), "amount_cents": amount.cents})
            if given.state == AdjustmentState.GIVEN:
                _made_whole(case, given, now)
    return given


def _within_a_case(case: Case, amount: Money, now: datetime) -> None:
    """Raise MoreThanACaseGives when the goodwill of the case, with what waits for a second person, passes its bound."""
    most = policies_at(now)["goodwill_case"].value
    so_far = sum(one.amount_cents for one in adjustments_of(case.id)
                 if one.kind == AdjustmentKind.GOODWILL and one.state != AdjustmentState.TURNED_DOWN)
    if so_far + amount.cents > most:
        raise MoreThanACaseGives(most, so_far)


def adjustments_of(case_id: UUID) -> list[Adjustment]:
    """The money that was given in a case, or waits to be, in order."""
    return list(db.session.scalars(
        select(Adjustment).join(CaseEntry, Adjustment.once == CASE + CaseEntry.once)
        .where(CaseEntry.case_id == case_id, CaseEntry.act.in_((Act.CREDIT, Act.REFUND))).order_by(CaseEntry.id)))


def case_of(adjustment: Adjustment) -> Case | None:
    """The case in which this money was given, if it was in one."""
    return db.session.scalar(select(Case).join(CaseEntry, CaseEntry.case_id == Case.id).where(
        CaseEntry.once == adjustment.once.removeprefix(CASE))) if adjustment.once.startswith(CASE) else None


def note_agreed(job: Job) -> None:
    """Handle the outbox's `adjustment_agreed`: the case hears that a second person agreed, and the member is made whole now."""
    adjustment = db.session.get_one(Adjustment, UUID(job.facts["adjustment_id"]))
    found, once = case_of(adjustment), f"agreed-{adjustment.id}"
    if found is None:
        return
    with transaction():
        case = locked_case(found.id)
        if was_done(once):
            return
        assert adjustment.decided_at is not None  # it was agreed to
        enter(case, Act.CREDIT if adjustment.line_id is None else Act.REFUND, now=adjustment.decided_at,
              by_user_id=adjustment.second_id, once=once, facts={"agreed": True, "amount_cents": adjustment.amount_cents})
        _made_whole(case, adjustment, adjustment.decided_at)


def _made_whole(case: Case, given: Adjustment, at: datetime) -> None:
    """The member's step: only what they have makes them whole, not what waits for a second person."""
    with observe(Step.HELP_RECOVERY, member=db.session.get_one(Member, case.member_id), trip=_trip(case)) as step:
        step.note(amount_cents=given.amount_cents)
        step.measured((at - case.opened_at).total_seconds() / 3600, "h", expected=SAME_DAY_HOURS)


def _trip(case: Case) -> Reservation | None:
    return db.session.get(Reservation, case.reservation_id) if case.reservation_id is not None else None
