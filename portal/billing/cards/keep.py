"""Keeping a card: the first pays, the next stands behind it."""

from datetime import datetime

from sqlalchemy import func, select

from core.database import db
from core.ids import new_id
from core.outbox import post
from portal.billing.cards.models import Card
from portal.billing.payers.models import Payer
from portal.billing.payments.ask import ask
from portal.billing.payments.models import Calling
from portal.billing.payments.port import CardSeen


def keep_card(payer: Payer, seen: CardSeen, now: datetime) -> Card:
    """Keep the card within the open transaction. Twice is once: the same card, given again, stays the one card it is, under
    the processor's newer name for it, with which the bank has just agreed."""
    card = db.session.scalar(select(Card).where(Card.processor_id == seen.id)) or db.session.scalar(select(Card).where(
        Card.payer_id == payer.id, Card.removed_at.is_(None), Card.brand == seen.brand, Card.last_four == seen.last_four,
        Card.exp_month == seen.exp_month, Card.exp_year == seen.exp_year))
    if card is not None:
        if card.processor_id != seen.id:
            _replace(card, seen, payer, now)
        return card
    rank = db.session.scalar(select(func.coalesce(func.max(Card.rank) + 1, 0)).where(
        Card.payer_id == payer.id, Card.removed_at.is_(None)))
    card = Card(id=new_id(), payer_id=payer.id, processor_id=seen.id, brand=seen.brand, last_four=seen.last_four,
                exp_month=seen.exp_month, exp_year=seen.exp_year, rank=rank, added_at=now)
    db.session.add(card)
    db.session.flush()
    return card


def _replace(card: Card, seen: CardSeen, payer: Payer, now: datetime) -> None:
    """The older name is forgotten at the processor: it is kept as a card that was removed, for as long as that takes."""
    old = Card(id=new_id(), payer_id=payer.id, processor_id=card.processor_id, brand=card.brand, last_four=card.last_four,
               exp_month=card.exp_month, exp_year=card.exp_year, rank=card.rank, added_at=card.added_at, removed_at=now)
    card.processor_id, card.added_at = seen.id, now
    db.session.flush()
    db.session.add(old)
    db.session.flush()
    ask(Calling.FORGET_CARD, payer=payer, about=old.id, now=now)


def try_card_later(payer: Payer, card: Card, now: datetime) -> None:
    """Have what is owed, and what is to be held, asked of the new card after this commit."""
    post("card_added", member_id=payer.member_id, due=now, once=f"card_added-{card.processor_id}", payer_id=payer.id)
