"""Giving money: at once within the limit of one person, else when a second one agrees."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from core.database import db, transaction
from core.ids import new_id
from core.money import Money
from core.outbox import post
from core.refusal import NotFound
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member
from portal.billing.adjustments.errors import AlreadySettled, NotYourOwn
from portal.billing.adjustments.models import Adjustment, AdjustmentKind, AdjustmentState
from portal.billing.credits.grant import grant
from portal.billing.credits.models import CreditKind
from portal.billing.ledger.models import LedgerRow
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import locked
from portal.billing.payments.errors import MoreThanPaid
from portal.billing.payments.refund import correct, given_back


def give_back(*, line: LedgerRow, amount: Money, why: str, by_user_id: int, once: str, now: datetime) -> Adjustment:
    """Take an amount off a line, and send back what was paid of it. Raises MoreThanPaid, counting what waits already."""
    with transaction():
        assert line.payer_id is not None  # a line of a bill
        payer = locked(line.payer_id)
        _not_their_own(by_user_id, payer.member_id, line.member_id)
        again = _again(once)
        if again is not None:
            return again
        waiting = db.session.scalar(select(func.coalesce(func.sum(Adjustment.amount_cents), 0)).where(
            Adjustment.line_id == line.id, Adjustment.state == AdjustmentState.WAITING)) or 0
        if amount.cents <= 0 or amount.cents > line.amount.cents - given_back(line.id) - waiting:
            raise MoreThanPaid()
        return _ask(payer, AdjustmentKind.REFUND, line, amount, why, by_user_id, once, now)


def give_credit(*, payer: Payer, amount: Money, why: str, by_user_id: int, once: str, now: datetime) -> Adjustment:
    """Give a payer credit for later trips, as goodwill."""
    with transaction():
        payer = locked(payer.id)
        _not_their_own(by_user_id, payer.member_id)
        return _again(once) or _ask(payer, AdjustmentKind.GOODWILL, None, amount, why, by_user_id, once, now)


def _not_their_own(by_user_id: int, *member_ids: int | None) -> None:
    """Nobody gives money to themselves. Raises NotYourOwn."""
    if db.session.scalar(select(Member.id).where(Member.user_id == by_user_id, Member.id.in_(member_ids))) is not None:
        raise NotYourOwn()


def _again(once: str) -> Adjustment | None:
    return db.session.scalar(select(Adjustment).where(Adjustment.once == once))


def _ask(payer: Payer, kind: AdjustmentKind, line: LedgerRow | None, amount: Money, why: str, by_user_id: int, once: str,
         now: datetime) -> Adjustment:
    limit = policies_at(now)[f"{kind}_alone"]
    adjustment = Adjustment(
        id=new_id(), kind=kind, payer_id=payer.id, line_id=line.id if line else None, amount_cents=amount.cents,
        currency=amount.currency, why=why, state=AdjustmentState.WAITING, limit_version=limit.version,
        by_user_id=by_user_id, asked_at=now, once=once)
    db.session.add(adjustment)
    db.session.flush()
    if amount.cents + _given_today(payer, kind, by_user_id, now) <= limit.value:
        _carry_out(adjustment, now)
    return adjustment


def _given_today(payer: Payer, kind: AdjustmentKind, by_user_id: int, now: datetime) -> int:
    """Cents that this person gave this payer within a day: a limit is not passed by giving in pieces."""
    return int(db.session.scalar(select(func.coalesce(func.sum(Adjustment.amount_cents), 0)).where(
        Adjustment.payer_id == payer.id, Adjustment.kind == kind, Adjustment.by_user_id == by_user_id,
        Adjustment.state == AdjustmentState.GIVEN, Adjustment.second_id.is_(None),
        Adjustment.asked_at > now - timedelta(days=1))) or 0)


def decide_adjustment(*, adjustment: Adjustment, agree: bool, by_user_id: int, now: datetime) -> None:
    """A second person decides. Raises NotYourOwn and AlreadySettled."""
    with transaction():
        _not_their_own(by_user_id, locked(adjustment.payer_id).member_id)
        db.session.refresh(adjustment, with_for_update=True)
        if adjustment.state != AdjustmentState.WAITING:
            raise AlreadySettled()
        if adjustment.by_user_id == by_user_id:
            raise NotYourOwn()
        adjustment.second_id = by_user_id
        if agree:
            _carry_out(adjustment, now)
            post("adjustment_agreed", due=now, once=f"adjustment_agreed-{adjustment.id}", adjustment_id=str(adjustment.id))
        else:
            adjustment.state, adjustment.decided_at = AdjustmentState.TURNED_DOWN, now
            db.session.flush()


def withdraw_adjustment(*, adjustment: Adjustment, now: datetime) -> None:
    """What waits for a second person is asked for no more. Raises AlreadySettled."""
    with transaction():
        locked(adjustment.payer_id)
        db.session.refresh(adjustment, with_for_update=True)
        if adjustment.state != AdjustmentState.WAITING:
            raise AlreadySettled()
        adjustment.state, adjustment.decided_at = AdjustmentState.TURNED_DOWN, now


def _carry_out(adjustment: Adjustment, now: datetime) -> None:
    adjustment.state, adjustment.decided_at = AdjustmentState.GIVEN, now
    db.session.flush()
    if adjustment.kind == AdjustmentKind.REFUND:
        line = db.session.get_one(LedgerRow, adjustment.line_id)
        correct(line=line, amount=adjustment.amount, why=adjustment.why, rule="refund_alone",
                rule_version=adjustment.limit_version, once=f"adjustment-{adjustment.id}", now=now)
    else:
        credit = grant(payer_id=adjustment.payer_id, kind=CreditKind.SERVICE, amount=adjustment.amount, why=adjustment.why,
                       once=f"adjustment-{adjustment.id}", now=now)
        _tell(adjustment.payer_id, credit.id, now)


def _tell(payer_id: int, credit_id: UUID, now: datetime) -> None:
    """Whoever has credit hears of it; a business has no inbox and sees it on its invoice."""
    member_id = db.session.scalar(select(Payer.member_id).where(Payer.id == payer_id))
    if member_id is not None:
        post("credit_given", member_id=member_id, due=now, once=f"credit_given-{credit_id}", credit_id=str(credit_id))


def the_adjustment(adjustment_id: UUID) -> Adjustment:
    """An adjustment, for staff. Raises NotFound."""
    found = db.session.get(Adjustment, adjustment_id)
    if found is None:
        raise NotFound()
    return found
