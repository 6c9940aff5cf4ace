"""Looking into a dispute: somebody takes it, and decides it with a reply."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from core.database import db, transaction
from core.money import Money
from core.outbox import post
from core.refusal import NotFound
from core.sealed import Seal
from experience.journey import Phase, Step
from experience.promises.by_hand import give_owner
from experience.promises.correct import correct
from experience.promises.kinds import Cause, PromiseKind
from experience.promises.kinds import Outcome as Became
from experience.promises.settle import settle
from experience.record.observe import Seen, record
from portal.billing.adjustments.give import decide_adjustment, give_back
from portal.billing.adjustments.models import Adjustment, AdjustmentState
from portal.billing.disputes.errors import AlreadyDecided, WaitsForSecond
from portal.billing.disputes.models import Dispute, Outcome
from portal.billing.disputes.note import note_dispute
from portal.billing.ledger.models import Origin
from portal.billing.payers.payer_of import locked
from portal.billing.payments.errors import MoreThanPaid


def the_dispute(dispute_id: UUID) -> Dispute:
    """A dispute, for staff. Raises NotFound."""
    found = db.session.get(Dispute, dispute_id)
    if found is None:
        raise NotFound()
    return found


def take(*, dispute: Dispute, by_user_id: int) -> None:
    """It is theirs to decide from now on. Raises AlreadyDecided."""
    with transaction():
        _load(dispute)
        dispute.owner_id = by_user_id
        db.session.flush()
        give_owner(f"dispute:{dispute.id}", PromiseKind.DISPUTE, by_user_id)


def decide(*, dispute: Dispute, back: Money, reply: str, seal: Seal, by_user_id: int, now: datetime) -> bool:
    """Give back an amount of the line, or none, and say why; whether it is decided now. Raises AlreadyDecided and
    MoreThanPaid. Above the limit of one person it waits for a second one, and is decided when they agree."""
    with transaction():
        locked(dispute.payer_id)  # before the dispute, as everybody does who moves money
        _load(dispute)
        if waits_for_second(dispute) is not None:
            raise WaitsForSecond()
        if back.cents < 0 or back.cents > dispute.line.amount.cents:
            raise MoreThanPaid()
        dispute.owner_id, dispute.reply_sealed = by_user_id, seal.close_words(reply)
        db.session.flush()
        if back.cents:
            given = give_back(line=dispute.line, amount=back, why="dispute", by_user_id=by_user_id,
                              once=f"{_mark(dispute)}{_tries(dispute)}", now=now)
            if given.state != AdjustmentState.GIVEN:
                return False
        close(dispute, back, by_user_id, now)
    return True


def second_opinion(*, adjustment: Adjustment, agree: bool, by_user_id: int, now: datetime) -> None:
    """A second person decides what was to be given; a dispute that waited for it is decided with it. Raises as
    decide_adjustment()."""
    with transaction():
        decide_adjustment(adjustment=adjustment, agree=agree, by_user_id=by_user_id, now=now)
        waiting = db.session.scalar(select(Dispute).where(Dispute.line_id == adjustment.line_id, Dispute.outcome.is_(None)))
        if waiting is not None:
            db.session.refresh(waiting, with_for_update={"of": Dispute})
        mine = waiting is not None and waiting.outcome is None and adjustment.once.startswith(_mark(waiting))
        if agree and waiting is not None and mine and waiting.owner_id is not None:
            close(waiting, adjustment.amount, waiting.owner_id, now)


def waits_for_second(dispute: Dispute) -> Adjustment | None:
    """What this dispute is to give back and waits for a second person."""
    return db.session.scalar(select(Adjustment).where(
        Adjustment.once.startswith(_mark(dispute)), Adjustment.state == AdjustmentState.WAITING))


def _mark(dispute: Dispute) -> str:
    """How the adjustments of a dispute begin: which one it was is counted behind it."""
    return f"dispute-{dispute.id}-"


def _tries(dispute: Dispute) -> int:
    return db.session.scalar(select(func.count(Adjustment.id)).where(Adjustment.once.startswith(_mark(dispute)))) or 0


def close(dispute: Dispute, back: Money, by_user_id: int, now: datetime) -> None:
    """Write the outcome and tell the member, within the open transaction."""
    whole = back.cents == dispute.line.amount.cents
    dispute.outcome = Outcome.GIVEN_BACK if whole else Outcome.PARTLY if back.cents else Outcome.STANDS
    dispute.back_cents, dispute.decided_at, dispute.decided_by = back.cents, now, by_user_id
    db.session.flush()
    note_dispute(dispute, dispute.line, Phase.SUCCEEDED, "decided")
    if back.cents:
        _bill_was_wrong(dispute, now)
    in_time = now <= dispute.due_at
    settle(kind=PromiseKind.DISPUTE, outcome=Became.KEPT if in_time else Became.BROKEN, at=now, subject=f"dispute:{dispute.id}",
           actual=round((now - dispute.opened_at) / timedelta(days=1), 2), cause=None if in_time else Cause.STAFF,
           evidence={"outcome": str(dispute.outcome), "decided_by": by_user_id})
    post("dispute_decided", member_id=dispute.member_id, due=now, once=f"dispute_decided-{dispute.id}",
         dispute_id=str(dispute.id))
    post("ask", member_id=dispute.member_id, once=f"ask-dispute-{dispute.id}", solicitation="dispute_ease",
         subject=f"dispute:{dispute.id}", reservation_id=dispute.line.reservation_id)


def _bill_was_wrong(dispute: Dispute, now: datetime) -> None:
    """Whoever wins a line of a trip's bill was billed something else than what was shown: that promise was not kept."""
    line = dispute.line
    if line.reservation_id is None or line.origin not in (Origin.QUOTE, Origin.AFTER):
        return
    broken = correct(kind=PromiseKind.PRICE, reservation_id=line.reservation_id, cause=Cause.BILLING, at=now,
                     about=f"dispute:{dispute.id}", evidence={"line_id": line.id, "back_cents": dispute.back_cents})
    if broken is not None:
        seen = Seen(Step.PAY_BILL, broken.member_id, line.reservation_id)
        seen.note(quoted_cents=int(broken.expected or 0), billed_cents=int(broken.actual or 0))
        seen.settles(broken)
        record(seen, Phase.UNDONE, error_code="dispute_won")


def _load(dispute: Dispute) -> None:
    db.session.refresh(dispute, with_for_update={"of": Dispute})
    if dispute.outcome is not None:
        raise AlreadyDecided()
