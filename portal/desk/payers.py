"""Payers: found by name, address or the last four digits of a card; and everything about one of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Select, exists, func, select

from core.database import db
from core.refusal import NotFound
from portal.account.models import Member, User
from portal.billing.cards.models import Card
from portal.billing.credits.models import Credit
from portal.billing.disputes.models import Dispute
from portal.billing.notices.models import Notice
from portal.billing.payers.models import Payer, PayerDriver, PayerKind
from portal.billing.payments.models import Payment, Refund
from portal.billing.statements.queries import account_for
from portal.desk.who import payer_email, payer_name, with_name
from portal.web.listing import Asked
from reservations.booking.models import Reservation

NEWEST = 20


@dataclass(frozen=True)
class Payers(Asked):
    """Who pays, with name and address."""

    SHOWS: ClassVar = {
        "owing": lambda asked: Payer.owed_cents > 0, "stopped": lambda asked: Payer.booking_stopped_at.is_not(None),
        "owed": lambda asked: Payer.owed_cents < 0, "credit": lambda asked: Payer.credit_cents > 0,
        "business": lambda asked: Payer.kind == PayerKind.BUSINESS,
    }
    USUAL: ClassVar = "name"
    SORTS: ClassVar = {
        "name": [func.lower(payer_name), Payer.id], "owed": [Payer.owed_cents, Payer.id],
        "credit": [Payer.credit_cents, Payer.id], "since": [Payer.owing_since, Payer.id],
        "step": [Payer.dunning_step, Payer.id],
    }

    def rows(self) -> Select[Any]:
        return with_name(select(Payer, payer_name, payer_email).select_from(Payer))

    def wanted(self) -> list[ColumnElement[bool]]:
        found = super().wanted()
        if self.q:
            fits = payer_name.icontains(self.q, autoescape=True) | payer_email.icontains(self.q, autoescape=True)
            if len(self.q) == 4 and self.q.isdigit():
                fits = fits | exists().where(Card.payer_id == Payer.id, Card.last_four == self.q)
            found.append(fits)
        return found


def cards_by_payer(payer_ids: Iterable[int]) -> dict[int, list[Card]]:
    """The cards of these payers that are not removed, the one that is asked first in front."""
    found: dict[int, list[Card]] = {}
    for card in db.session.scalars(
            select(Card).where(Card.payer_id.in_(list(payer_ids)), Card.removed_at.is_(None)).order_by(Card.rank)):
        found.setdefault(card.payer_id, []).append(card)
    return found


@dataclass(frozen=True, slots=True)
class TheirMoney:
    """A payer and all that is kept about their money but the rows of the ledger."""

    payer: Payer
    name: str
    email: str
    cards: list[Card]
    credits: list[Credit]
    payments: list[Any]
    refunds: list[Any]
    disputes: list[Dispute]
    notices: list[Any]
    drivers: list[Any]
    paid_by: str | None  # whose account pays for their new trips


def the_payer(payer_id: int) -> Payer:
    """A payer, for staff. Raises NotFound."""
    found = db.session.get(Payer, payer_id)
    if found is None:
        raise NotFound()
    return found


def name_of(payer_id: int) -> tuple[str, str]:
    """A payer's name and e-mail address. Raises NotFound."""
    found = db.session.execute(with_name(select(payer_name, payer_email).select_from(Payer)).where(
        Payer.id == payer_id)).first()
    if found is None:
        raise NotFound()
    return found[0] or "", found[1] or ""


def their_money(payer_id: int) -> TheirMoney:
    """Everything about a payer; of payments, refunds, disputes and notices the newest 20. Raises NotFound."""
    payer, (name, email) = the_payer(payer_id), name_of(payer_id)

    def newest(query: Any, at: Any) -> list[Any]:
        return list(db.session.execute(query.order_by(at.desc()).limit(NEWEST)).all())

    return TheirMoney(
        payer, name, email,
        cards=cards_by_payer([payer_id]).get(payer_id, []),
        credits=list(db.session.scalars(
            select(Credit).where(Credit.payer_id == payer_id).order_by(Credit.ends_at.desc()).limit(NEWEST))),
        payments=newest(select(Payment, Reservation.reference).outerjoin(
            Reservation, Reservation.id == Payment.reservation_id).where(Payment.payer_id == payer_id), Payment.asked_at),
        refunds=newest(select(Refund, Card.brand, Card.last_four).join(Payment, Payment.id == Refund.payment_id).outerjoin(
            Card, Card.id == Payment.card_id).where(Payment.payer_id == payer_id), Refund.asked_at),
        disputes=list(db.session.scalars(
            select(Dispute).where(Dispute.payer_id == payer_id).order_by(Dispute.opened_at.desc()).limit(NEWEST))),
        notices=newest(select(Notice, Reservation.reference).join(
            Reservation, Reservation.id == Notice.reservation_id).where(Notice.payer_id == payer_id), Notice.sent_at),
        drivers=drivers_of(payer_id),
        paid_by=account_for(payer.member_id) if payer.member_id else None)


def drivers_of(payer_id: int) -> list[Any]:
    """Whose trips an account pays: member's id, name, address, since when."""
    return list(db.session.execute(
        select(PayerDriver.member_id, PayerDriver.since, User.name, User.email, Payer.id.label("own_payer"))
        .join(Member, Member.id == PayerDriver.member_id).join(User, User.id == Member.user_id)
        .outerjoin(Payer, Payer.member_id == PayerDriver.member_id)
        .where(PayerDriver.payer_id == payer_id).order_by(User.name, User.id)).all())
