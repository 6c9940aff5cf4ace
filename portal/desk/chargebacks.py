"""Chargebacks as the desk lists them: those that wait for our answer first, by the bank's date."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from core.database import db
from core.refusal import NotFound
from portal.billing.cards.models import Card
from portal.billing.payers.models import Payer
from portal.billing.payments.ask import is_asked
from portal.billing.payments.models import Calling, Chargeback, Payment
from portal.desk.who import payer_name, with_payer
from portal.web.listing import Asked, number_of


@dataclass(frozen=True)
class Chargebacks(Asked):
    """Chargebacks with the payment and the payer behind them."""

    payer: str = ""

    SHOWS: ClassVar = {state: lambda asked, state=state: Chargeback.state == state
                       for state in ("needs_response", "under_review", "won", "lost")}
    USUAL: ClassVar = "due"
    SORTS: ClassVar = {
        "due": [Chargeback.evidence_due_at, Chargeback.id], "amount": [Chargeback.amount_cents, Chargeback.id],
        "opened": [Chargeback.opened_at, Chargeback.id], "payer": [payer_name, Chargeback.id],
        "state": [Chargeback.state, Chargeback.id],
    }

    def rows(self) -> Select[Any]:
        query = (select(Chargeback, payer_name, Payer.id.label("payer_id"), Card.brand, Card.last_four)
                 .join(Payment, Payment.id == Chargeback.payment_id).outerjoin(Card, Card.id == Payment.card_id))
        return with_payer(query, Payment.payer_id)

    def wanted(self) -> list[ColumnElement[bool]]:
        found = super().wanted()
        if self.q:
            found.append(payer_name.icontains(self.q, autoescape=True) | (Card.last_four == self.q))
        if (payer := number_of(self.payer)) is not None:
            found.append(Payer.id == payer)
        return found


def the_chargeback(chargeback_id: UUID) -> Chargeback:
    """A chargeback, for staff. Raises NotFound."""
    found = db.session.get(Chargeback, chargeback_id)
    if found is None:
        raise NotFound()
    return found


def can_be_answered(chargeback: Chargeback) -> bool:
    """Whether evidence can be handed in: the bank waits for it, and none is on its way."""
    return chargeback.state == "needs_response" and not is_asked(Calling.ANSWER_CHARGEBACK, chargeback.id)
