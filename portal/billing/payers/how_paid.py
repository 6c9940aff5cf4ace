"""How the next booking will be paid, said before it is made."""

from dataclasses import dataclass
from datetime import datetime

from core.money import Money
from portal.billing.cards.change import cards_of
from portal.billing.cards.models import Card
from portal.billing.credits.queries import usable
from portal.billing.payers.models import Payer, PayerKind
from portal.billing.payers.payer_of import payer_to_look_at
from portal.billing.payers.terms import account_name


@dataclass(frozen=True, slots=True)
class HowPaid:
    """By which card, or by whose invoice; with how much credit; and whether an old bill stands in the way. `account` is the
    member who pays for this driver: their card and credit are not the driver's to see."""

    card: Card | None
    business: str | None
    credit: Money
    stopped: bool
    account: str | None = None

    def used_for(self, price: Money) -> Money:
        """How much of a price credit will pay."""
        return Money(min(self.credit.cents, price.cents), price.currency)

    @property
    def nobody(self) -> bool:
        """Whether nobody could pay."""
        return self.card is None and self.business is None


def how_paid(member_id: int, now: datetime) -> HowPaid:
    """How this member's next booking would be paid."""
    payer = payer_to_look_at(member_id)
    return paid_through(payer, now, member_id) if payer else HowPaid(None, None, Money(0), False)


def paid_through(payer: Payer, now: datetime, member_id: int) -> HowPaid:
    """How what this payer pays for is paid, for the member who drives."""
    account = account_name(payer) if payer.member_id not in (None, member_id) else None
    credit = 0 if account else sum(one.left_cents for one in usable(payer.id, now))
    return HowPaid(next(iter(cards_of(payer.id)), None), payer.name if payer.kind == PayerKind.BUSINESS else None,
                   Money(credit, payer.currency), payer.booking_stopped_at is not None, account)
