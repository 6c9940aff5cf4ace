"""Making it good with money, through the doors of all staff's money: limits, and a second person above them."""

from datetime import datetime
from uuid import UUID

from core.database import db, transaction
from core.money import Money
from experience.cases.change import case_to_change, enter, the_case, was_done
from experience.cases.errors import NotTheirLine
from experience.cases.models import Act, Case
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import Member
from portal.billing.adjustments.give import give_back, give_credit
from portal.billing.adjustments.models import Adjustment
from portal.billing.ledger.models import LedgerRow
from portal.billing.payers.payer_of import locked, own_payer
from reservations.booking.models import Reservation

SAME_DAY_HOURS = 24.0  # what is promised at help.recovery


def give_case_credit(*, case_id: UUID, amount: Money, why: str, by_user_id: int, seen: int, once: str,
                     now: datetime) -> Adjustment:
    """Credit for later trips, to the member; above the limit of one person it waits for a second one.

    The same form posted again gives it once. Raises as case_to_change() and give_credit().
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
    case, key = the_case(case_id), f"case-{once}"
    payer = own_payer(case.member_id)
    member, trip = db.session.get_one(Member, case.member_id), _trip(case)
    with observe(Step.HELP_RECOVERY, member=member, trip=trip) as step, transaction():
        locked((line.payer_id if line is not None else None) or payer.id)  # first, as everybody does who moves money
        again = was_done(once)
        if again:
            step.was_repeated()
        else:
            case = case_to_change(case_id, by_user_id=by_user_id, seen=seen)
        given = (give_credit(payer=payer, amount=amount, why=why, by_user_id=by_user_id, once=key, now=now) if line is None
                 else give_back(line=line, amount=amount, why=why, by_user_id=by_user_id, once=key, now=now))
        if not again:
            step.note(amount_cents=amount.cents)
            step.measured((now - case.opened_at).total_seconds() / 3600, "h", expected=SAME_DAY_HOURS)
            enter(case, Act.CREDIT if line is None else Act.REFUND, now=now, by_user_id=by_user_id, once=once,
                  facts={"adjustment_id": str(given.id), "amount_cents": amount.cents})
    return given


def _trip(case: Case) -> Reservation | None:
    return db.session.get(Reservation, case.reservation_id) if case.reservation_id is not None else None
