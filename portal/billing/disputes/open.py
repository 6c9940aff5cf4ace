"""Disputing a line: in the member's words, with a day by which it is decided."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from core.database import db, transaction
from core.ids import new_id
from core.refusal import NotFound
from core.sealed import Seal
from experience.journey import Phase, Step
from experience.promises.kinds import Cause, PromiseKind
from experience.promises.kinds import Outcome as Became
from experience.promises.mint import Promised, mint
from experience.promises.settle import settle
from experience.record.observe import observe
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member
from portal.billing.disputes.errors import AlreadyDecided, AlreadyDisputed, NotDisputable
from portal.billing.disputes.models import Dispute, Outcome
from portal.billing.disputes.note import note_dispute
from portal.billing.ledger.models import CHARGES, LedgerRow
from portal.billing.payers.models import Payer
from portal.billing.payments.refund import given_back


def my_line(member: Member, line_id: int) -> LedgerRow:
    """A row of the member's own statement, or one of a trip of theirs that a business pays. Raises NotFound."""
    found = db.session.get(LedgerRow, line_id)
    own = db.session.scalar(select(Payer.id).where(Payer.member_id == member.id))  # looking makes no payer
    if found is None or (found.member_id != member.id and (own is None or found.payer_id != own)):
        raise NotFound()
    return found


def is_disputable(line: LedgerRow) -> bool:
    """Whether it is a line that cost something."""
    return line.origin in CHARGES and line.amount.cents > 0


def open_dispute(*, member: Member, line: LedgerRow, words: str, seal: Seal, now: datetime) -> Dispute:
    """Say that a line is not right. Raises NotDisputable and AlreadyDisputed."""
    with observe(Step.PAY_DISPUTE, member=member) as seen, transaction():
        if not is_disputable(line) or given_back(line.id) >= line.amount.cents:
            raise NotDisputable()
        if db.session.scalar(select(Dispute.id).where(Dispute.line_id == line.id, Dispute.outcome.is_(None))) is not None:
            raise AlreadyDisputed()
        if line.reservation_id:
            seen.of_trip(line.reservation_id)
        seen.note(amount_cents=line.amount.cents)
        dispute = Dispute(id=new_id(), line_id=line.id, payer_id=line.payer_id, member_id=member.id,
                          words_sealed=seal.close_words(words), opened_at=now,
                          due_at=now + timedelta(minutes=policies_at(now)["dispute_decided"].value))
        db.session.add(dispute)
        db.session.flush()
        seen.was_repeated()  # it has succeeded when it is decided
        note_dispute(dispute, line, Phase.ENTERED, "opened")
        mint(member_id=member.id, reservation_id=line.reservation_id, subject=f"dispute:{dispute.id}", at=now,
             promised=[Promised(PromiseKind.DISPUTE, dispute.due_at, (dispute.due_at - now) / timedelta(days=1))])
    return dispute


def my_dispute(member: Member, dispute_id: UUID) -> Dispute:
    """The member's own dispute. Raises NotFound."""
    found = db.session.scalar(select(Dispute).where(Dispute.id == dispute_id, Dispute.member_id == member.id))
    if found is None:
        raise NotFound()
    return found


def disputes_of(member: Member) -> list[Dispute]:
    """A member's disputes, newest first."""
    return list(db.session.scalars(
        select(Dispute).where(Dispute.member_id == member.id).order_by(Dispute.opened_at.desc())))


def withdraw_dispute(*, dispute: Dispute, now: datetime) -> None:
    """The member takes it back. Raises AlreadyDecided."""
    with transaction():
        db.session.refresh(dispute, with_for_update=True)
        if dispute.outcome is not None:
            raise AlreadyDecided()
        dispute.outcome, dispute.decided_at = Outcome.WITHDRAWN, now
        db.session.flush()
        note_dispute(dispute, dispute.line, Phase.UNDONE, "withdrawn")
        settle(kind=PromiseKind.DISPUTE, outcome=Became.WAIVED, at=now, subject=f"dispute:{dispute.id}", cause=Cause.MEMBER,
               evidence={"withdrawn": True})
