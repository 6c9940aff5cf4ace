"""Money that has to come to its end before somebody is erased: afterwards nobody could pay, answer or be paid."""

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select

from core.database import db
from portal.account.leave.in_the_way import Obstacle
from portal.billing.adjustments.models import Adjustment, AdjustmentState
from portal.billing.disputes.models import Dispute
from portal.billing.notices.models import Notice, NoticeState
from portal.billing.payers.admins import admins_of, businesses_of
from portal.billing.payers.models import Payer
from portal.billing.payments.models import OPEN, Chargeback, Payment, Refund, RefundState
from portal.web import say

UNHEARD = (NoticeState.OPEN, NoticeState.ACCEPTED, NoticeState.CONTESTED)
UNDECIDED = ("needs_response", "under_review")
ON_ITS_WAY = (RefundState.WANTED, RefundState.PENDING)


def money_to_settle(member_id: int, _now: datetime) -> list[Obstacle]:
    """What is open besides what the member owes: their disputes and notices, payments and refunds on their way, and
    what we owe them."""
    payer = db.session.scalar(select(Payer).where(Payer.member_id == member_id))
    found = _of_member(member_id)
    if payer is not None:
        found += _of_payer(payer)
    return found


def _of_member(member_id: int) -> list[Obstacle]:
    found = []
    for dispute in db.session.scalars(select(Dispute).where(Dispute.member_id == member_id, Dispute.outcome.is_(None))):
        found.append(Obstacle(_("Your dispute of %(time)s is not decided yet.", time=say.moment(dispute.opened_at)),
                              _("See the dispute"), "disputes.show", {"dispute_id": str(dispute.id)}))
    for notice in db.session.scalars(select(Notice).where(Notice.member_id == member_id, Notice.state.in_(UNHEARD))):
        found.append(Obstacle(_("A cost of %(amount)s is not settled yet.", amount=say.money(notice.amount)),
                              _("See the notice"), "notices.show", {"notice_id": str(notice.id)}))
    return found


def alone_runs(user_id: int) -> list[Obstacle]:
    """The businesses that nobody else could pay for."""
    return [Obstacle(_("You alone run the account of %(name)s.", name=one.name), _("Invite another admin"), "business.admins",
                     {"payer_id": str(one.id)}) for one in businesses_of(user_id) if len(admins_of(one.id)) < 2]


def _of_payer(payer: Payer) -> list[Obstacle]:
    found = []
    moving = _count(Payment.id, Payment.payer_id == payer.id, Payment.state.in_(OPEN))
    back = _count(Refund.id, Refund.state.in_(ON_ITS_WAY), Refund.payment_id.in_(
        select(Payment.id).where(Payment.payer_id == payer.id)))
    if moving or back:
        found.append(Obstacle(_("Money is still on its way between your bank and us."), _("See your payments"),
                              "cards.payments"))
    if _count(Chargeback.id, Chargeback.state.in_(UNDECIDED), Chargeback.payment_id.in_(
            select(Payment.id).where(Payment.payer_id == payer.id))):
        found.append(Obstacle(_("Your bank is looking into one of our charges."), _("See your payments"), "cards.payments"))
    if payer.owed_cents < 0 or _count(Adjustment.id, Adjustment.payer_id == payer.id,
                                      Adjustment.state == AdjustmentState.WAITING):
        found.append(Obstacle(_("We owe you money: let us send it first."), _("Write to us"), "help.contact"))
    return found


def _count(column: object, *conditions: object) -> int:
    return db.session.scalar(select(func.count(column)).where(*conditions)) or 0  # type: ignore[arg-type]  # columns
