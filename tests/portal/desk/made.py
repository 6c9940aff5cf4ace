"""Money matters for the desk's tests, made through the verbs of billing."""

from dataclasses import dataclass
from itertools import count

from flask import Flask
from sqlalchemy import select

from core.database import db, transaction
from core.ids import new_id
from core.money import Money
from portal.account.models import Member, User
from portal.billing.cards.keep import keep_card
from portal.billing.cards.models import Card
from portal.billing.disputes.models import Dispute
from portal.billing.disputes.open import open_dispute
from portal.billing.ledger.enter import Transfer, enter, entered
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import own_payer
from portal.billing.payments.chargebacks import take_in_chargeback
from portal.billing.payments.models import Chargeback, Payment, ProcessorMovement, Purpose, State
from portal.billing.payments.port import CardSeen, ChargebackSeen
from portal.billing.payments.take_in import Said, take_in
from portal.billing.payments.want import want
from tests.factories import Clock, People
from tests.reservations.pages import Browser

_numbers = count(1)
LOW = {"least_percent": 25, "energy_percent": 12}


@dataclass
class Office:
    """The desk: Paul and Rhea of the finance role, each in their browser."""

    app: Flask
    clock: Clock
    people: People
    paul: User
    rhea: User
    browser: Browser
    rheas: Browser

    def payer(self, name: str = "Ada Okafor", *, card: str | None = "4242") -> Payer:
        """A member as a payer, with a card."""
        payer = own_payer(self.people.member(name, card=None).id)
        if card:
            self.card(payer, card)
        return payer

    def card(self, payer: Payer, last_four: str = "4242") -> Card:
        """One more card of a payer."""
        with transaction():
            return keep_card(payer, CardSeen(f"pm_{next(_numbers)}", "visa", last_four, 12, 2030), self.clock())

    def charged(self, payer: Payer, cents: int = 3000, *, code: str = "low_fuel", origin: Origin = Origin.AFTER,
                reservation_id: int | None = None) -> LedgerRow:
        """A line of their bill; unless said otherwise, a tank that was low."""
        once = f"test-{next(_numbers)}"
        with transaction():
            enter([Transfer(Account.RECEIVABLE, Account.FEES, Money(cents), origin, code, "low_energy_fee", 1, once,
                            self.clock(), payer_id=payer.id, member_id=payer.member_id, reservation_id=reservation_id,
                            facts=LOW)])
        db.session.refresh(payer)
        line = entered(once)
        assert line is not None
        return line

    def wanted(self, payer: Payer, cents: int = 3000, *, purpose: Purpose = Purpose.BALANCE,
               reservation_id: int | None = None) -> Payment:
        """A payment that was asked for on their card."""
        card = db.session.scalars(select(Card).where(Card.payer_id == payer.id)).first()
        with transaction():
            return want(payer, card, Money(cents), purpose, self.clock(), once=f"test-{next(_numbers)}",
                        reservation_id=reservation_id)

    def paid(self, payer: Payer, cents: int = 3000, *, reservation_id: int | None = None) -> Payment:
        """A payment that was taken."""
        payment = self.wanted(payer, cents, reservation_id=reservation_id)
        return take_in(payment.id, Said(State.CAPTURED, f"pi_{next(_numbers)}", captured=Money(cents)), self.clock())

    def declined(self, payer: Payer, cents: int = 3000) -> Payment:
        """A payment that the bank declined."""
        payment = self.wanted(payer, cents)
        return take_in(payment.id, Said(State.DECLINED, None, declined_why="insufficient_funds"), self.clock())

    def disputed(self, line: LedgerRow, words: str = "The tank was full.") -> Dispute:
        """The member says that a line is not right."""
        member = db.session.get_one(Member, line.member_id)
        return open_dispute(member=member, line=line, words=words, seal=self.app.extensions["adapters"].seal,
                            now=self.clock())

    def charged_back(self, payment: Payment) -> Chargeback:
        """The bank took a payment back."""
        found = take_in_chargeback(ChargebackSeen(
            f"du_{next(_numbers)}", payment.processor_id or "", payment.captured, "fraudulent", "needs_response", None))
        assert found is not None
        return found

    def moved(self, cents: int, ours: int | None, *, fee: int = 0, kind: str = "charge") -> ProcessorMovement:
        """A line of the processor's books, as reading them keeps it."""
        with transaction():
            movement = ProcessorMovement(
                id=f"txn_{new_id().hex}", kind=kind, amount_cents=cents, fee_cents=fee, currency="USD", at=self.clock(),
                about=None, ours_cents=ours, checked_at=self.clock())
            db.session.add(movement)
            db.session.flush()
        return movement
