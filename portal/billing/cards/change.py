"""Changing cards: which one pays first, and removing one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import column, select, table

from core.database import db, transaction
from core.refusal import NotFound
from experience.journey import Step
from experience.record.observe import observe
from portal.billing.cards.models import Card
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import locked
from portal.billing.payments.ask import ask
from portal.billing.payments.errors import LastCard
from portal.billing.payments.models import OPEN, Calling, Payment

_bookings = table("reservations", column("id"), column("payer_id"), column("status"))  # of a room above this one


def cards_of(payer_id: int) -> list[Card]:
    """The cards a payer pays with, the one that is asked first in front."""
    return list(db.session.scalars(
        select(Card).where(Card.payer_id == payer_id, Card.removed_at.is_(None)).order_by(Card.rank)))


def my_card(payer: Payer, card_id: UUID) -> Card:
    """The payer's own card. Raises NotFound."""
    found = next((card for card in cards_of(payer.id) if card.id == card_id), None)
    if found is None:
        raise NotFound()
    return found


def pay_first_with(*, card: Card) -> None:
    """From now on this card is asked first."""
    with observe(Step.MANAGE_DETAILS, member=_owner(card)) as seen, transaction():
        seen.about("card", card.id, "first")
        locked(card.payer_id)
        others = [other for other in cards_of(card.payer_id) if other.id != card.id]
        _rank([card, *others])


def remove_card(*, card: Card, now: datetime) -> None:
    """Keep the card no longer, here and at the processor. Raises LastCard while something is open or booked on it."""
    with observe(Step.MANAGE_DETAILS, member=_owner(card)) as seen, transaction():
        seen.about("card", card.id, "removed")
        payer = locked(card.payer_id)
        left = [other for other in cards_of(payer.id) if other.id != card.id]
        open_here = db.session.scalar(select(Payment.id).where(Payment.payer_id == payer.id, Payment.state.in_(OPEN)).limit(1))
        booked = db.session.scalar(select(_bookings.c.id).where(
            _bookings.c.payer_id == payer.id, _bookings.c.status.in_(("booked", "driving"))).limit(1))
        if not left and (payer.owed_cents > 0 or open_here is not None or booked is not None):
            raise LastCard()
        card.removed_at = now
        db.session.flush()
        _rank(left)
        ask(Calling.FORGET_CARD, payer=payer, about=card.id, now=now)


@dataclass(frozen=True, slots=True)
class _Owner:
    """What `observe` needs of a member: the id."""

    id: int


def _owner(card: Card) -> _Owner | None:
    member_id = db.session.scalar(select(Payer.member_id).where(Payer.id == card.payer_id))
    return _Owner(member_id) if member_id else None


def _rank(cards: list[Card]) -> None:
    """Give ranks in this order; two never hold the same one, not even for a moment."""
    for position, card in enumerate(cards):
        card.rank = position + len(cards) + 100
    db.session.flush()
    for position, card in enumerate(cards):
        card.rank = position
    db.session.flush()
