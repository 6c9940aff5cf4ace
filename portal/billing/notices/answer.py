"""Answering a notice: agreeing, contesting, what finance decides; and the charge, never before somebody was heard."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.database import db, transaction
from core.outbox import post
from core.refusal import NotFound
from core.sealed import Seal
from experience.journey import Phase
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, Origin
from portal.billing.notices.errors import AlreadyAnswered, NotHeardYet, SentByYou
from portal.billing.notices.models import Notice, NoticeState
from portal.billing.notices.note import note_notice
from portal.billing.payers.payer_of import locked


def my_notice(member_id: int, notice_id: UUID) -> Notice:
    """The member's own notice. Raises NotFound, also for somebody else's."""
    found = db.session.scalar(select(Notice).where(Notice.id == notice_id, Notice.member_id == member_id))
    if found is None:
        raise NotFound()
    return found


def notices_of(member_id: int) -> list[Notice]:
    """A member's notices, newest first."""
    return list(db.session.scalars(select(Notice).where(Notice.member_id == member_id).order_by(Notice.sent_at.desc())))


def accept(*, notice: Notice, now: datetime) -> None:
    """The member agrees: it is charged at once. Raises AlreadyAnswered."""
    with transaction():
        _load(notice, NoticeState.OPEN)
        notice.state, notice.accepted_at = NoticeState.ACCEPTED, now
        db.session.flush()
        charge(notice, now)


def contest(*, notice: Notice, words: str, seal: Seal, now: datetime) -> None:
    """The member says why not: nothing is charged until finance has decided. Raises AlreadyAnswered."""
    with transaction():
        _load(notice, NoticeState.OPEN)
        notice.state, notice.contested_at, notice.words_sealed = NoticeState.CONTESTED, now, seal.close_words(words)
        db.session.flush()
        note_notice(notice, Phase.REFUSED, "contested")


def decide(*, notice: Notice, charged: bool, by_user_id: int, now: datetime) -> None:
    """Finance has read the answer: it is charged after all, once the time to answer is over, or dropped. Raises SentByYou
    for whoever sent it: somebody else decides whether it stands."""
    with transaction():
        _load(notice, NoticeState.CONTESTED)
        if notice.by_user_id == by_user_id:
            raise SentByYou()
        notice.decided_by = by_user_id
        if charged:
            db.session.flush()
            charge(notice, now)
        else:
            drop(notice, now)


def withdraw_notice(*, notice: Notice, now: datetime) -> None:
    """Finance was wrong: it costs nothing, as long as nobody has answered it. Raises AlreadyAnswered."""
    with transaction():
        _load(notice, NoticeState.OPEN)
        drop(notice, now)


def drop(notice: Notice, now: datetime) -> None:
    """It costs the member nothing, within the open transaction."""
    notice.state = NoticeState.DROPPED
    db.session.flush()
    note_notice(notice, Phase.UNDONE, "dropped")
    post("notice_dropped", member_id=notice.member_id, due=now, notice_id=str(notice.id))


def charge_when_due(*, notice_id: UUID, now: datetime) -> None:
    """The time to answer is over: an open notice is charged; one that was answered is left alone."""
    with transaction():
        notice = db.session.get_one(Notice, notice_id, with_for_update=True, populate_existing=True)
        if notice.state == NoticeState.OPEN:
            charge(notice, now)


def charge(notice: Notice, now: datetime) -> None:
    """Enter the cost and the fee within the open transaction. Raises NotHeardYet before the member was heard."""
    heard = notice.accepted_at is not None or (now >= notice.answer_until and notice.contested_at is None)
    decided = notice.decided_by is not None and now >= notice.answer_until
    if not (heard or decided):
        raise NotHeardYet()
    payer = locked(notice.payer_id)
    notice.state, notice.charged_at = NoticeState.CHARGED, now
    db.session.flush()
    facts = {**notice.facts, "notice": str(notice.id), "sent_at": notice.sent_at.isoformat()}
    passed_on = Transfer(Account.RECEIVABLE, Account.PASSED_ON, notice.amount, Origin.NOTICE, notice.kind, "at_cost", 1,
                         f"notice-{notice.id}", now, payer_id=payer.id, member_id=notice.member_id,
                         reservation_id=notice.reservation_id, facts=facts)
    fee = [Transfer(Account.RECEIVABLE, Account.FEES, notice.fee, Origin.NOTICE, "pass_on_fee", "pass_on_fee",
                    notice.fee_version, f"notice-fee-{notice.id}", now, payer_id=payer.id, member_id=notice.member_id,
                    reservation_id=notice.reservation_id, facts=facts)] if notice.fee_cents else []
    enter([passed_on, *fee])
    note_notice(notice, Phase.SUCCEEDED, "charged", charged=passed_on.amount)
    post("settle", member_id=payer.member_id, due=now, once=f"settle-notice-{notice.id}", payer_id=payer.id,
         reservation_id=None)


def _load(notice: Notice, state: NoticeState) -> None:
    db.session.refresh(notice, with_for_update=True)
    if notice.state != state:
        raise AlreadyAnswered()
