"""A random life of a few members while the world misbehaves by the same dice, and the oracle that looks at the money.

One seed is one life. Processes are killed at any point (`Killed`), calls time out before and after they act, webhooks come
early, late, twice, in any order, forged and stale, other workers go on in the middle of a call, and the clock jumps.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any
from unittest.mock import patch
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select, text

from core.database import after_end, at_commit, db, in_transaction, transaction
from core.ids import seeded_ids
from core.money import Money
from core.outbox import deliver
from core.refusal import Refusal
from core.time import wall_now
from fleet.cars.models import Car
from fleet.telematics.listen import take_readings
from fleet.telematics.port import Action, CarRefused
from portal.account.models import Member
from portal.billing.adjustments.give import decide_adjustment, give_back, give_credit
from portal.billing.adjustments.models import Adjustment, AdjustmentState
from portal.billing.cards.change import cards_of, pay_first_with, remove_card
from portal.billing.cards.models import Card
from portal.billing.credits import grant as granting
from portal.billing.credits.models import Credit, CreditKind
from portal.billing.ledger.check import differences
from portal.billing.ledger.models import CHARGES, Account, LedgerRow, Origin
from portal.billing.notices.answer import accept
from portal.billing.notices.models import Notice, NoticeKind, NoticeState
from portal.billing.notices.send import send_notice
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import own_payer
from portal.billing.payments.chargebacks import hand_in
from portal.billing.payments.events import keep_event, replay
from portal.billing.payments.models import (
    CallState,
    Chargeback,
    PageState,
    Payment,
    PaymentCall,
    PaymentEvent,
    PaymentPage,
    Refund,
    RefundState,
    State,
)
from portal.billing.payments.pages import ask_for_card, ask_to_confirm, ask_to_pay, come_back
from portal.billing.payments.port import PaymentTrouble
from portal.billing.payments.reconcile import reconcile
from portal.billing.stripe.embedded.checkout_page import AsksBank
from portal.billing.stripe.embedded.faults import Fault, Trouble
from portal.billing.stripe.embedded.webhooks import signature
from portal.billing.timers import look_after_accounts, look_after_payments
from portal.handlers import handlers
from portal.worker import do_due
from reservations.booking.book import book
from reservations.booking.cancel import cancel
from reservations.booking.models import Reservation, Status, Waiver
from reservations.booking.offer import FrozenOffer
from reservations.fuel.log_stop import Fill, log_stop
from reservations.fuel.models import PaidBy
from reservations.trip.ask_car import ask_car
from reservations.trip.check import check_car
from reservations.trip.models import CheckStage
from reservations.trip.return_car import return_car
from tests.conftest import WEBHOOK_SECRET
from tests.factories import VISA, People, a_card, hours
from tests.reservations.made import Street

WORKING = {VISA, "pm_card_createDispute", "pm_card_createDisputeInquiry", "pm_card_refundFail", "pm_card_pendingRefund"}
WORKING_DIGITS = {"4242", "0259", "1976", "5126", "7726"}
CARDS = (VISA, VISA, VISA, "pm_card_createDispute", "pm_card_createDisputeInquiry", "pm_card_refundFail",
         "pm_card_pendingRefund", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired")
TROUBLES = (Trouble.TIME_OUT_BEFORE, Trouble.TIME_OUT_AFTER, Trouble.TIME_OUT_AFTER, Trouble.ERROR, Trouble.RATE_LIMIT)
# Letters move no money, and take most of the time to write.
MESSAGES = {"booking_confirmed", "trip_reminder", "booking_cancelled", "no_show_released", "trip_at_risk", "trip_safe_again",
            "receipt", "booking_stopped", "payment_needed", "payment_confirm", "payment_failed", "refund_sent", "notice",
            "notice_dropped", "dispute_decided", "credit_given", "remedy_paid", "invoice"}
LIVE = (Status.BOOKED, Status.DRIVING)
DEAREST_CENTS = 4_000  # that anybody gives back at once: some of it needs a second one's word


class Killed(BaseException):
    """The process is gone: nothing of ours may catch this."""


class Broken(AssertionError):
    """The oracle's word: somebody's money is not where it belongs."""


@dataclass
class Chaos:
    """A town with a few members, and everything that goes wrong there."""

    app: Flask
    street: Street
    draw: Random
    members: list[int] = field(default_factory=list)
    staff: list[int] = field(default_factory=list)
    bag: list[tuple[str, bytes]] = field(default_factory=list)  # webhooks that the post has not brought yet
    brought: list[bytes] = field(default_factory=list)
    given: dict[str, int] = field(default_factory=dict)  # what was meant to be given, by the form's key
    seen: Counter[str] = field(default_factory=Counter)
    kill_rate: float = 0.0
    fault_rate: float = 0.0
    outages: float = 0.04
    depth: int = 0
    forms: int = 0

    @property
    def embedded(self) -> Any:
        return self.app.extensions["adapters"].stripe

    @property
    def now(self) -> Any:
        return self.street.clock()

    # A life.

    def live(self, acts: int) -> None:
        """Some acts of theirs, each with its misfortunes; at the end all comes to rest, and the oracle looks."""
        self._settle_in()
        with self._misfortune():
            for _ in range(acts):
                self._weather()
                self._survive(self._act)
                self._survive(self._post_some)
                for _ in range(self.draw.choice((0, 1, 1, 2))):
                    self._survive(self._work_a_little)
                self._time_passes()
                self.nobody_paid_too_much()
            self.kill_rate = self.fault_rate = 0.0
            self._come_to_rest()
        self.look()

    def _act(self) -> None:
        """Something that can be done now, if any of several ideas can."""
        for act in self.draw.choices(ACTS, WEIGHTS, k=6):
            try:
                act(self)
            except NothingThere:
                continue
            return

    def _settle_in(self) -> None:
        people = People()
        self.staff = [people.staff("finance").id, people.staff("finance").id]
        for _ in range(self.draw.randrange(1, 4)):
            member = people.member(card=None)
            for token in self.draw.sample(CARDS, self.draw.choice((0, 1, 1, 1, 2, 2))):
                a_card(member, token)
            self.members.append(member.id)

    @contextmanager
    def _misfortune(self) -> Iterator[None]:
        embedded, through = self.embedded, self.embedded._through
        embedded.faults = self._fault
        with at_commit(self._around_commit), patch.object(embedded, "_through", partial(self._through, through)):
            yield
        embedded.faults = None

    def _weather(self) -> None:
        self.kill_rate = self.draw.choice((0, 0, 0.01, 0.03, 0.1))
        if self.draw.random() < self.outages:
            self.fault_rate = 1.0  # Stripe is out of reach, until the next change of weather
            self.seen["outages"] += 1
        elif self.draw.random() < 0.6:
            self.fault_rate = self.draw.choice((0, 0, 0.1, 0.4))

    # What goes wrong.

    def _die(self, where: str, how_likely: float = 1.0) -> None:
        if self.draw.random() < self.kill_rate * how_likely:
            self.seen[f"killed {where}"] += 1
            raise Killed(where)

    def _around_commit(self) -> None:
        self._die("before a commit")
        after_end(lambda: self._die("after a commit"))

    def _fault(self, _method: str, _path: str) -> Fault | None:
        self._die("before a call", 3)
        if self.draw.random() >= self.fault_rate:
            return None
        trouble = self.draw.choice(TROUBLES)
        self.seen[str(trouble)] += 1
        return Fault(trouble)

    def _through(self, through: Callable[..., Any], request: Any, fault: Fault) -> Any:
        answer = through(request, fault)
        self._die("before the answer", 3)
        if self.depth == 0 and self.draw.random() < 0.1:
            self._elsewhere(self._post_some)  # the webhook is faster than the answer
            self._elsewhere(self._work_a_little)
        return answer

    def _elsewhere(self, act: Callable[[], None]) -> None:
        """Another process does this meanwhile; when it dies, we do not."""
        if in_transaction():
            return
        self.depth += 1
        self.seen["in the middle of a call"] += 1
        try:
            with self.app.app_context():
                act()
        except Killed:
            pass
        finally:
            self.depth -= 1

    def _survive(self, act: Callable[..., None], *told: Any) -> bool:
        """Do it; whether the process lived. A dead one is started again a minute later."""
        try:
            act(*told)
        except Killed:
            self.restart()
            return False
        except (Refusal, CarRefused, PaymentTrouble) as no:
            self.seen[f"refused: {no.code if not isinstance(no, CarRefused) else no.reason}"] += 1
            db.session.rollback()
        return True

    def restart(self) -> None:
        """As the next process finds it: no session, and leases of the dead one that run out."""
        assert not in_transaction()
        rate, self.kill_rate = self.kill_rate, 0.0
        db.session.rollback()
        db.session.remove()
        with transaction():
            db.session.execute(text("UPDATE outbox SET leased_until = :past WHERE leased_until IS NOT NULL"),
                               {"past": (wall_now() - timedelta(seconds=1)).replace(tzinfo=None)
                                if db.engine.dialect.name == "sqlite" else wall_now() - timedelta(seconds=1)})
        self.kill_rate = rate
        self.seen["restarts"] += 1

    def _insist(self, act: Callable[[], Any]) -> None:
        """A form is sent again when no answer came, and sometimes although one did."""
        try:
            act()
            again = self.draw.random() < 0.3
        except Killed:
            self.restart()
            again = self.draw.random() < 0.8
        if again:
            self.seen["sent again"] += 1
            act()

    def _time_passes(self) -> None:
        dice = self.draw.random()
        if dice < 0.6:
            self.street.clock.forward(minutes=self.draw.choice((0, 1, 5, 20, 45)))
        elif dice < 0.75:
            self.street.clock.forward(minutes=self.draw.randrange(-60, 61))
        elif dice < 0.9:
            self.street.clock.forward(hours=self.draw.randrange(2, 30))
        else:
            self.street.clock.forward(days=self.draw.randrange(2, 9))

    # The worker and the post.

    def _work_a_little(self) -> None:
        table = handlers(self.app.extensions["adapters"], self.app.config["SITE_URL"])
        kinds = {kind: how for kind, how in table.items() if kind not in MESSAGES}
        for _ in range(self.draw.randrange(1, 8)):
            if not deliver(kinds, limit=self.draw.choice((1, 1, 5))):
                break
        take_readings(self.app.extensions["adapters"].cars)
        if self.draw.random() < 0.25:
            look_after_payments(self.now)
            look_after_accounts(self.now)
        db.session.rollback()

    def _empty_the_box(self) -> int:
        """Stripe's post is handed over to ours, which decides when it comes; how many letters that were."""
        due = self.embedded.due_webhooks()
        for event_id, body, _signed in due:
            self.embedded.acknowledge(event_id)
            self.bag.append((event_id, body))
        return len(due)

    def _post_some(self) -> None:
        self._empty_the_box()
        self.draw.shuffle(self.bag)
        for _ in range(self.draw.randrange(len(self.bag) + 1)):
            _event, body = self.bag[-1]
            self._bring(body)
            self.bag.pop()
            self.brought.append(body)
            if self.draw.random() < 0.15:
                self._bring(body)
        if self.brought and self.draw.random() < 0.3:
            self._bring(self.draw.choice(self.brought))
        if self.brought and self.draw.random() < 0.1:
            self._bring_what_is_false(self.draw.choice(self.brought))
        if self.draw.random() < 0.1:
            known = db.session.scalars(select(PaymentEvent.id).limit(20)).all()
            replay(self.draw.sample(list(known), min(3, len(known))))
            self.seen["replayed"] += 1

    def _bring(self, body: bytes) -> None:
        self.seen["webhooks"] += 1
        signed = signature(body.decode(), WEBHOOK_SECRET)
        if self.draw.random() < 0.85:
            keep_event(self.app.extensions["adapters"].payments.read_event(body, signed))
            return
        assert self._over_http(body, signed) == 200

    def _bring_what_is_false(self, body: bytes) -> None:
        """Forged: of an event that never was, in somebody's name. It is turned away, and nothing is kept of it."""
        before = db.session.scalar(select(func.count(PaymentEvent.id)))
        forged = body.replace(b'"id":"evt_', b'"id":"evt_forged')
        assert self._over_http(forged, signature(forged.decode(), "whsec_guessed")) == 400
        with patch("portal.billing.stripe.embedded.webhooks.time.time", lambda: wall_now().timestamp() - 301):
            stale = signature(forged.decode(), WEBHOOK_SECRET)
        assert self._over_http(forged, stale) == 400
        assert db.session.scalar(select(func.count(PaymentEvent.id))) == before
        self.seen["forged or stale"] += 2

    def _over_http(self, body: bytes, signed: str) -> int:
        return self.app.test_client().post("/webhooks/stripe", data=body, content_type="application/json",
                                           headers={"Stripe-Signature": signed}).status_code

    # What members and staff do.

    def _someone(self) -> Member:
        return db.session.get_one(Member, self.draw.choice(self.members))

    def _form(self) -> str:
        self.forms += 1
        return f"form-{self.forms}"

    def _one(self, found: Any) -> Any:
        """Any of these rows, or a Refusal: there is none."""
        rows = db.session.scalars(found).all()
        if not rows:
            raise NothingThere()
        return self.draw.choice(rows)

    def book(self) -> None:
        member, once, at = self._someone(), self._form(), self.now
        units = [unit.setup.unit for unit in self.street.garage.search()]
        car = self._one(select(Car).where(Car.vin.in_(units)).order_by(Car.id))
        ahead, length = self.draw.choice((0.5, 1, 3, 30, 24 * 6)), self.draw.choice((0.5, 1, 2, 5, 26, 24 * 9))
        begin = at.replace(minute=0, second=0, microsecond=0)
        member_id, car_id = member.id, car.id
        offer = FrozenOffer(car_id, hours(ahead, ahead + length, day=begin + timedelta(hours=1)), member.plan, at)
        self._insist(lambda: book(member=db.session.get_one(Member, member_id), car=db.session.get_one(Car, car_id),
                                  offer=offer, waiver=Waiver.INCLUDED, once=once, now=self.now))
        self.seen["booked"] += 1

    def _booking(self, *statuses: Status) -> Reservation:
        found: Reservation = self._one(select(Reservation).where(Reservation.status.in_(statuses)).order_by(Reservation.id))
        return found

    def cancel(self) -> None:
        booking_id = self._booking(Status.BOOKED).id
        self._insist(lambda: cancel(reservation=db.session.get_one(Reservation, booking_id), now=self.now))
        self.seen["cancelled"] += 1

    def unlock(self) -> None:
        """The next booking's time has come, and its member is there."""
        first = db.session.scalars(select(Reservation).where(
            Reservation.status == Status.BOOKED, Reservation.ends_at > self.now).order_by(Reservation.starts_at)).first()
        if first is None:
            raise NothingThere()
        self.street.clock.at = max(self.now, first.starts_at)
        check_car(reservation=first, stage=CheckStage.OUTSIDE, now=self.now)
        ask_car(reservation=first, action=Action.UNLOCK, now=self.now)
        self.seen["unlocked"] += 1

    def drive(self) -> None:
        """Around, to the pump, and the receipt is logged."""
        trip = self._booking(Status.DRIVING)
        trip_id, vin, once = trip.id, trip.car.vin, self._form()
        self.street.garage.drive(vin, miles=self.draw.choice((5, 60, 150)), minutes=180, at=self.now)
        take_readings(self.app.extensions["adapters"].cars)
        if self.draw.random() < 0.5:
            fill = Fill("Shell", Money(self.draw.randrange(100, 3_000)), 3_000, self.draw.choice(list(PaidBy)))
            self._insist(lambda: log_stop(reservation=db.session.get_one(Reservation, trip_id), fill=fill, once=once,
                                          now=self.now))
            self.street.garage.refuel(vin, to_percent=100, at=self.now)
            self.seen["refuelled"] += 1

    def bring_back(self) -> None:
        """Early, at its time, or late."""
        trip = self._booking(Status.DRIVING)
        if self.draw.random() < 0.6:
            self.street.clock.at = max(self.now, trip.ends_at + timedelta(minutes=self.draw.choice((-30, 0, 5, 40, 200))))
        self._return(trip.id)

    def _return(self, booking_id: int) -> None:
        trip = db.session.get_one(Reservation, booking_id)
        if trip.status == Status.DRIVING:
            return_car(reservation=trip, odometer=9_000_000, energy=100, now=self.now)
            self.seen["brought back"] += 1

    def give_credit(self) -> None:
        payer_id, once, cents = own_payer(self._someone().id).id, self._form(), self.draw.randrange(100, DEAREST_CENTS)
        if self.draw.random() < 0.5:
            self.given[once] = cents
            self._insist(lambda: granting.grant(payer_id=payer_id, kind=CreditKind.PROMO, amount=Money(cents), why="welcome",
                                                once=once, now=self.now))
        else:
            self._insist(lambda: give_credit(payer=db.session.get_one(Payer, payer_id), amount=Money(cents), why="goodwill",
                                             by_user_id=self.staff[0], once=once, now=self.now))
        self.seen["given credit"] += 1

    def give_back(self) -> None:
        line = self._one(select(LedgerRow).where(
            LedgerRow.origin.in_(CHARGES), LedgerRow.debit_account == Account.RECEIVABLE).order_by(LedgerRow.id))
        line_id, once = line.id, self._form()
        cents = self.draw.choice((line.amount_cents, self.draw.randrange(1, line.amount_cents + 1)))
        self._insist(lambda: give_back(line=db.session.get_one(LedgerRow, line_id), amount=Money(cents), why="our_mistake",
                                       by_user_id=self.staff[0], once=once, now=self.now))
        self.seen["given back"] += 1

    def decide(self) -> None:
        waiting = self._one(select(Adjustment).where(Adjustment.state == AdjustmentState.WAITING).order_by(Adjustment.id))
        decide_adjustment(adjustment=waiting, agree=self.draw.random() < 0.8, by_user_id=self.staff[1], now=self.now)

    def announce(self) -> None:
        """A toll comes in."""
        trip, kind, once = self._booking(*Status), self.draw.choice(list(NoticeKind)), self._form()
        trip_id, amount = trip.id, Money(self.draw.randrange(60, 3_000))
        payer_id, member_id = trip.payer_id, trip.member_id
        self._insist(lambda: send_notice(
            payer_id=payer_id, member_id=member_id, reservation_id=trip_id, kind=kind, amount=amount,
            facts={"place": "Skyway"}, by_user_id=self.staff[0], once=once, now=self.now))
        self.seen["noticed"] += 1

    def agree(self) -> None:
        accept(notice=self._one(select(Notice).where(Notice.state == NoticeState.OPEN).order_by(Notice.id)), now=self.now)
        self.seen["agreed"] += 1

    def answer_the_bank(self) -> None:
        found = self._one(select(Chargeback).where(Chargeback.state == "needs_response").order_by(Chargeback.id))
        words = self.draw.choice(("winning_evidence", "losing_evidence"))
        hand_in(chargeback_id=found.id, evidence={"uncategorized_text": words}, now=self.now)
        self.seen["chargebacks answered"] += 1

    # On the processor's pages.

    def add_card(self) -> None:
        ask_for_card(payer=own_payer(self._someone().id), back_to="/account/payments", now=self.now)
        self.seen["card pages"] += 1

    def pay(self) -> None:
        owing = select(Payer).where(Payer.owed_cents > 0).order_by(Payer.id)
        ask_to_pay(payer=self._one(owing), back_to="/account/payments", now=self.now)
        self.seen["pay pages"] += 1

    def confirm(self) -> None:
        one = self._one(select(Payment).where(Payment.state == State.CONFIRM).order_by(Payment.id))
        ask_to_confirm(payment=one, back_to=f"/account/payments#{one.id}", now=self.now)
        self.seen["confirm pages"] += 1

    def visit(self) -> None:
        """A page is open: a card is tried there, another one, and sometimes the way back is taken."""
        page = self._one(select(PaymentPage).where(PaymentPage.state == PageState.OPEN).order_by(PaymentPage.id))
        for _ in range(self.draw.randrange(1, 4)):
            said = self.embedded.complete_page(page.processor_id, self.draw.choice(CARDS))
            if self.draw.random() < 0.3:
                self._post_some()
                self._work_a_little()
            if isinstance(said, AsksBank):
                said = self.embedded.complete_page(page.processor_id, VISA, bank_says_yes=self.draw.random() < 0.7)
            self.seen[f"on the page: {type(said).__name__}"] += 1
        if self.draw.random() < 0.6:
            come_back(page=db.session.get_one(PaymentPage, page.id), now=self.now)

    def change_cards(self) -> None:
        cards = cards_of(own_payer(self._someone().id).id)
        if not cards:
            raise NothingThere()
        card = self.draw.choice(cards)
        if self.draw.random() < 0.5:
            pay_first_with(card=card)
        else:
            remove_card(card=card, now=self.now)
            self.seen["cards removed"] += 1

    def lose_the_card_at_stripe(self) -> None:
        """A card is taken off by somebody at the processor; ours hears of it when it is asked."""
        card = self._one(select(Card).where(Card.removed_at.is_(None)).order_by(Card.id))
        if card.last_four not in WORKING_DIGITS:
            self.app.extensions["adapters"].payments.forget_card(card.processor_id, once=self._form())

    # Rest.

    def _come_to_rest(self) -> None:
        self.restart()
        for hours_on in REST:
            self.street.clock.forward(hours=hours_on)
            for trip_id in db.session.scalars(select(Reservation.id).where(Reservation.status == Status.DRIVING)).all():
                self._return(trip_id)
            self.restart()
            look_after_payments(self.now)
            look_after_accounts(self.now)
            while self._work_everything() or self._empty_the_box():
                while self.bag:
                    self._bring(self.bag.pop()[1])
        if self.draw.random() < 0.2:
            do_due(self.app)  # all the letters of this life are written, too
        reconcile(self.app.extensions["adapters"].payments, since=self.now - timedelta(days=400))
        db.session.rollback()

    def _work_everything(self) -> int:
        table = handlers(self.app.extensions["adapters"], self.app.config["SITE_URL"])
        kinds = {kind: how for kind, how in table.items() if kind not in MESSAGES}
        done = 0
        while handled := deliver(kinds, limit=50):
            done += handled
        take_readings(self.app.extensions["adapters"].cars)
        db.session.rollback()
        return done

    # The oracle. It reads Stripe's own books and our rows, and trusts nothing that is kept.

    def _of_stripe(self, kind: str) -> list[dict[str, Any]]:
        return list(self.embedded.store.scan(kind, oldest_first=True))

    def nobody_paid_too_much(self) -> None:
        """At any moment: what Stripe took of a payer is no more than what their lines had cost at some time until then.

        A later trip may be worth less than nothing (its fuel was dearer than its time), which takes no payment back."""
        db.session.rollback()
        cost = dict(db.session.execute(text(
            "SELECT payer_id, MAX(by_then) FROM (SELECT payer_id,"
            " SUM(CASE WHEN debit_account = 'receivable' THEN 1 ELSE -1 END * amount_cents)"
            " OVER (PARTITION BY payer_id ORDER BY id) AS by_then FROM ledger"
            " WHERE origin IN ('quote', 'after', 'membership', 'notice', 'credit')"
            " AND 'receivable' IN (debit_account, credit_account)) AS lines GROUP BY payer_id")).all())
        taken: Counter[int] = Counter()
        whose = {one["id"]: int(one["metadata"]["reference"].removeprefix("payer-")) for one in self._of_stripe("customer")}
        for intent in self._of_stripe("payment_intent"):
            taken[whose[intent["customer"]]] += intent["amount_received"]
        for payer_id, cents in taken.items():
            _hold(cents <= cost.get(payer_id, 0), f"payer {payer_id} paid {cents} cents for {cost.get(payer_id, 0)}")

    def look(self) -> None:
        """At rest: every cent is where it belongs."""
        db.session.rollback()
        _hold(differences() == [], f"the ledger: {differences()}")
        self.nobody_paid_too_much()
        self._each_payment_is_as_at_stripe()
        self._nothing_is_left_open()
        self._who_can_pay_has_paid()
        self._nobody_is_owed_what_could_be_sent()
        self._given_is_given_once()
        db.session.rollback()

    def _each_payment_is_as_at_stripe(self) -> None:
        ours = {one.processor_id: one for one in db.session.scalars(select(Payment)) if one.processor_id}
        rows: Counter[tuple[UUID | None, str]] = Counter()
        for row in db.session.scalars(select(LedgerRow).where(LedgerRow.payment_id.is_not(None))):
            rows[row.payment_id, row.code] += row.amount_cents
        sent: Counter[str] = Counter()
        for refund in self._of_stripe("refund"):
            if refund["balance_transaction"] and refund["status"] in ("succeeded", "pending"):
                sent[refund["payment_intent"]] += refund["amount"]
        fought: Counter[str] = Counter()
        for dispute in self._of_stripe("dispute"):
            if dispute["status"] in ("needs_response", "under_review", "lost"):
                fought[dispute["payment_intent"]] += dispute["amount"]
        for intent in self._of_stripe("payment_intent"):
            mine = ours.pop(intent["id"], None)
            if mine is None:
                _hold(intent["amount_received"] == 0, f"{intent['id']} took {intent['amount_received']} and we know nothing")
                _hold(intent["status"] != "requires_capture", f"{intent['id']} holds money that nobody knows of")
                continue
            paid, back = rows[mine.id, "paid"], rows[mine.id, "refunded"] - rows[mine.id, "refund_failed"]
            gone = rows[mine.id, "charged_back"] - rows[mine.id, "chargeback_won"]
            there = (intent["amount_received"], sent[intent["id"]], fought[intent["id"]])
            _hold((paid, back, gone) == there, f"payment {mine.id}: ours {(paid, back, gone)}, theirs {there}")
        _hold(not any(one.captured_cents for one in ours.values()), "we say that somebody paid, and Stripe does not")

    def _nothing_is_left_open(self) -> None:
        waiting = db.session.scalars(select(PaymentCall).where(PaymentCall.state == CallState.WAITING)).all()
        _hold(not waiting, f"calls wait: {[(one.calling, one.asked_at) for one in waiting]}")
        over = {one.id for one in db.session.scalars(select(Reservation).where(Reservation.status.not_in(LIVE)))}
        for payment in db.session.scalars(select(Payment).where(Payment.state.in_((State.WANTED, State.HELD)))):
            _hold(payment.reservation_id is not None and payment.reservation_id not in over,
                  f"{payment.purpose} {payment.state} of {payment.asked_at} stays open")
        stays = [one["id"] for one in self._of_stripe("payment_intent") if one["status"] == "requires_capture"]
        held = set(db.session.scalars(select(Payment.processor_id).where(Payment.reservation_id.not_in(over))))
        _hold(set(stays) <= held, "a hold of a booking that is over stays at Stripe")

    def _who_can_pay_has_paid(self) -> None:
        for payer in db.session.scalars(select(Payer)):
            works = any(card.last_four in WORKING_DIGITS for card in cards_of(payer.id))
            _hold(not works or payer.owed_cents < 50, f"payer {payer.id} owes {payer.owed_cents} and has a card that works")

    def _nobody_is_owed_what_could_be_sent(self) -> None:
        """What we owe somebody is what their bank would not take back, or what their trips' fuel was worth more."""
        fails = {*db.session.scalars(select(Refund.payment_id).where(Refund.state == RefundState.FAILED)),
                 *db.session.scalars(select(Chargeback.payment_id))}
        for payer in db.session.scalars(select(Payer).where(Payer.owed_cents < 0)):
            paid = db.session.scalars(select(Payment).where(Payment.payer_id == payer.id, Payment.captured_cents > 0)).all()
            off = sum(-row.amount.cents for row in db.session.scalars(select(LedgerRow).where(
                LedgerRow.payer_id == payer.id, LedgerRow.origin == Origin.AFTER)) if row.amount.cents < 0)
            stuck = any(one.id in fails for one in paid)
            _hold(stuck or -payer.owed_cents <= off or not any(one.left_to_refund.cents for one in paid),
                  f"payer {payer.id} is owed {-payer.owed_cents} cents that could go back to a card")

    def _given_is_given_once(self) -> None:
        grants = db.session.scalars(select(Credit).join(Payer, Payer.id == Credit.payer_id).where(
            Credit.kind == CreditKind.PROMO, Payer.member_id.in_(self.members))).all()
        meant = sum(self.given.values())
        _hold(sum(one.granted_cents for one in grants) <= meant, "credit was given more often than it was meant")


class NothingThere(Refusal):
    """There is nothing to do this with."""

    code = "nothing_there"


def _hold(is_so: Any, words: str) -> None:
    if not is_so:
        raise Broken(words)


REST = (0, 1, 2, 24, 24, 3 * 24, 5 * 24, 7 * 24, 10 * 24, 31 * 24, 1)  # hours: past retries, holds, notices, reminders
CHOICES: dict[Callable[[Chaos], None], int] = {
    Chaos.book: 14, Chaos.cancel: 4, Chaos.unlock: 12, Chaos.drive: 4, Chaos.bring_back: 9, Chaos.give_credit: 3,
    Chaos.give_back: 6, Chaos.decide: 2, Chaos.announce: 4, Chaos.agree: 3, Chaos.answer_the_bank: 4, Chaos.add_card: 3,
    Chaos.pay: 6, Chaos.confirm: 5, Chaos.visit: 14, Chaos.change_cards: 4, Chaos.lose_the_card_at_stripe: 1}
ACTS, WEIGHTS = list(CHOICES), list(CHOICES.values())


def a_life(app: Flask, street: Street, seed: int, acts: int = 20, outages: float = 0.04) -> Chaos:
    """Live the life of this seed to its end; before each act, Stripe may go out of reach with this chance. Raises Broken."""
    chaos = Chaos(app, street, Random(seed), outages=outages)
    with seeded_ids(seed):
        chaos.live(acts)
    return chaos
