"""Announcing a cost that is passed on: amount, fee and evidence first; the time to answer begins."""

from datetime import datetime, timedelta

from sqlalchemy import select

from core.database import db, transaction
from core.ids import new_id
from core.money import Money
from core.outbox import post
from experience.journey import Phase
from fleet.tariffs.in_force import policies_at
from portal.billing.notices.models import Notice, NoticeKind, NoticeState
from portal.billing.notices.note import note_notice


def send_notice(*, payer_id: int, member_id: int, reservation_id: int, kind: NoticeKind, amount: Money, facts: dict[str, str],
                by_user_id: int, once: str, now: datetime) -> Notice:
    """Tell the member what is to be passed on and on what evidence. It is charged when they agree, or after the time to
    answer: 72 hours for tolls and tickets, 7 days for cleaning (policies `answer_<kind>`). The same `once` tells it once."""
    policies = policies_at(now)
    with transaction():
        again = db.session.scalar(select(Notice).where(Notice.once == once))
        if again is not None:
            return again
        fee = policies["pass_on_fee"]
        notice = Notice(
            id=new_id(), payer_id=payer_id, member_id=member_id, reservation_id=reservation_id, kind=kind,
            amount_cents=amount.cents, fee_cents=0 if kind is NoticeKind.CLEANING else fee.value, fee_version=fee.version,
            currency=amount.currency, facts=facts, state=NoticeState.OPEN, by_user_id=by_user_id, sent_at=now,
            answer_until=now + timedelta(minutes=policies[f"answer_{kind}"].value), once=once)
        db.session.add(notice)
        db.session.flush()
        note_notice(notice, Phase.ENTERED, "sent")
        post("notice", member_id=member_id, due=now, notice_id=str(notice.id))
        post("notice_due", member_id=member_id, due=notice.answer_until, notice_id=str(notice.id))
    return notice
