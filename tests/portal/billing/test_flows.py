"""Money on its way: held at the booking, taken at the return, asked of the next card, confirmed at the bank, given back."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from core.database import db, transaction
from core.money import Money
from experience.record.models import Event
from portal.billing.adjustments.give import give_back
from portal.billing.cards.change import cards_of, pay_first_with, remove_card
from portal.billing.credits.grant import grant
from portal.billing.credits.models import Credit, CreditKind
from portal.billing.ledger.models import Account, LedgerRow
from portal.billing.payers.payer_of import add_business, let_pay, locked
from portal.billing.payers.stop_paying import stop_paying
from portal.billing.payments.errors import BookingStopped, CardFirst, LastCard, PaymentFirst
from portal.billing.payments.models import PaymentPage, Refund, State
from portal.billing.payments.pages import ask_for_card, ask_to_confirm, ask_to_pay, come_back
from portal.billing.payments.want import open_payments
from portal.billing.stripe.embedded.checkout_page import AsksBank, Done
from portal.worker import do_due
from reservations.booking.billing import bill_of
from reservations.booking.cancel import cancel
from reservations.booking.queries import load_locked
from reservations.trip.queries import trip_of
from tests.factories import VISA, a_card, hours
from tests.portal.billing.made import balance, payer, payments_for, the_books_are_right
from tests.reservations.made import Street, a_street, booked, steps

SOON = hours(2, 4)


@pytest.fixture
def street(app, clock) -> Street:
    return a_street(app, clock)


def page_done(app, page: PaymentPage, token: str = VISA, *, bank: bool | None = None) -> None:
    """The member goes to the page, gives a card (and answers their bank), and comes back."""
    do_due(app)
    db.session.refresh(page)
    embedded = app.extensions["adapters"].stripe
    said = embedded.complete_page(page.processor_id, token)
    if bank is not None:
        assert isinstance(said, AsksBank)
        said = embedded.complete_page(page.processor_id, token, bank_says_yes=bank)
    assert isinstance(said, Done)
    come_back(page=page, now=page.asked_at)
    do_due(app)
    do_due(app)
    db.session.rollback()


@pytest.mark.one_database
def test_the_price_is_held_when_a_trip_is_booked(app, people, street):
    trip = booked(people.member())
    street.work()
    assert payments_for(trip) == [("held", trip.price_cents, 0)]
    assert ("pay.payment", "succeeded", None) in steps("succeeded")


@pytest.mark.one_database
def test_a_trip_far_ahead_is_held_five_days_before_it_starts(app, people, street):
    trip = booked(people.member(), span=hours(24 * 9, 24 * 9 + 3))
    street.work()
    assert payments_for(trip) == []
    street.clock.at = trip.starts_at - timedelta(days=5)
    street.work()
    assert payments_for(trip) == [("held", trip.price_cents, 0)]


def test_the_return_takes_what_the_trip_cost_and_charges_the_difference(app, people, street):
    ada = people.member()
    trip = booked(ada)
    street.unlocked(trip)
    street.returned(trip, trip.ends_at + timedelta(minutes=40))
    street.work()
    cost = trip_of(trip).total_cents
    assert cost > trip.price_cents
    assert payments_for(trip) == [("captured", trip.price_cents, trip.price_cents),
                                  ("captured", cost - trip.price_cents, cost - trip.price_cents)]
    assert (payer(ada).owed_cents, balance(Account.PROCESSOR)) == (0, cost)
    the_books_are_right(app)


@pytest.mark.one_database
def test_a_free_cancelling_lets_the_hold_go(app, people, street):
    ada = people.member()
    trip = booked(ada)
    street.work()
    cancel(reservation=trip, now=street.clock())
    street.work()
    assert payments_for(trip) == [("released", trip.price_cents, 0)]
    the_books_are_right(app)


@pytest.mark.one_database
def test_a_fee_is_taken_from_the_hold_and_the_rest_let_go(app, people, street):
    trip = booked(people.member(), span=hours(2, 40))
    street.work()
    street.clock.forward(minutes=45)
    fee = cancel(reservation=trip, now=street.clock())
    street.work()
    assert 0 < fee.cents < trip.price_cents
    assert payments_for(trip) == [("captured", trip.price_cents, fee.cents)]
    the_books_are_right(app)


def test_nobody_books_without_a_card(app, people):
    with pytest.raises(CardFirst):
        booked(people.member(card=None))
    assert steps()[-1] == ("book.confirm", "refused", "card_first")


def test_the_card_behind_the_first_is_asked_when_that_one_declines(app, people, street):
    ada = people.member(card="pm_card_chargeCustomerFail")
    a_card(ada)
    trip = booked(ada)
    street.work()
    assert [state for state, *_ in payments_for(trip)] == ["declined", "held"]
    assert ("pay.payment", "refused", "generic_decline") in steps("refused")


@pytest.mark.one_database
def test_no_car_opens_on_a_card_that_was_declined_and_a_new_card_mends_it(app, people, street):
    ada = people.member(card="pm_card_chargeCustomerFail")
    trip = booked(ada, span=SOON)
    street.work()
    with pytest.raises(PaymentFirst):
        street.unlocked(trip)
    page = ask_for_card(payer=payer(ada), back_to="/trips", now=street.clock())
    page_done(app, page)
    street.work()
    assert payments_for(trip)[-1][0] == "held"
    assert street.unlocked(trip).status == "driving"


def test_a_bank_that_wants_to_see_its_customer_gets_a_link_and_the_hold_stands(app, people, street):
    ada = people.member(card="pm_card_authenticationRequired")
    trip = booked(ada)
    street.work()
    (waits,) = open_payments(trip.id)
    assert waits.state == State.CONFIRM
    page_done(app, ask_to_confirm(payment=waits, back_to="/trips", now=street.clock()), "pm_card_authenticationRequired",
              bank=True)
    street.work()
    assert sorted(state for state, *_ in payments_for(trip)) == ["held", "released"]
    the_books_are_right(app)


def test_credit_is_used_first_and_what_ends_first_goes_first(app, people, street):
    ada = people.member()
    for cents, days in ((400, 200), (300, 20)):
        credit = grant(payer_id=payer(ada).id, kind=CreditKind.PROMO, amount=Money(cents), why="welcome", once=f"promo-{days}",
                       now=street.clock())
        with transaction():
            db.session.get_one(Credit, credit.id).ends_at = street.clock() + timedelta(days=days)
    trip = booked(ada)
    street.unlocked(trip)
    street.returned(trip, trip.ends_at)
    street.work()
    used = db.session.scalars(select(LedgerRow).where(LedgerRow.code == "used_promo").order_by(LedgerRow.id)).all()
    assert [row.amount_cents for row in used] == [300, 400]
    assert payments_for(trip) == [("captured", trip.price_cents, trip.price_cents - 700)]
    assert (payer(ada).owed_cents, payer(ada).credit_cents) == (0, 0)
    the_books_are_right(app)


@pytest.mark.one_database
def test_what_is_left_of_a_credit_ends_in_time(app, people, street):
    ada = people.member()
    grant(payer_id=payer(ada).id, kind=CreditKind.PROMO, amount=Money(500), why="welcome", once="promo", now=street.clock())
    street.clock.forward(days=91)
    street.work()
    assert payer(ada).credit_cents == 0
    the_books_are_right(app)


def test_a_line_given_back_goes_to_the_card_it_came_from(app, people, street):
    ada, mara = people.member(), people.staff("finance")
    trip = booked(ada)
    street.unlocked(trip)
    street.returned(trip, trip.ends_at)
    street.work()
    line = bill_of(trip)[0]
    give_back(line=line, amount=Money(350), why="our_mistake", by_user_id=mara.id, once="form-1", now=street.clock())
    street.work()
    refund = db.session.scalars(select(Refund)).one()
    assert (refund.state, refund.amount_cents) == ("done", 350 + 32 + 18)  # with the city's 9 and the state's 5 percent of it
    assert payer(ada).owed_cents == 0
    assert ("pay.refund", "succeeded", None) in steps("succeeded")
    the_books_are_right(app)


def test_a_card_that_never_pays_is_asked_five_times_and_then_booking_stops(app, people, street):
    ada = people.member()
    trip = booked(ada)
    street.unlocked(trip)
    street.work()
    with transaction():
        payer(ada)
    _spoil_cards(app, ada)
    street.returned(trip, trip.ends_at + timedelta(minutes=120))  # more than is held
    street.work()
    owed = payer(ada).owed_cents
    assert owed > 0
    assert payer(ada).dunning_step == 1
    for after, step in ((timedelta(hours=1), 2), (timedelta(days=1), 3), (timedelta(days=5), 4), (timedelta(days=10), 5)):
        street.clock.at = payer(ada).owing_since + after
        street.work()
        street.work()
        assert payer(ada).dunning_step == step
    assert payer(ada).booking_stopped_at is not None
    with pytest.raises(BookingStopped):
        booked(ada, span=hours(24 * 12, 24 * 12 + 2), now=street.clock())
    page_done(app, ask_to_pay(payer=payer(ada), back_to="/account/payments", now=street.clock()))
    assert (payer(ada).owed_cents, payer(ada).booking_stopped_at, payer(ada).dunning_step) == (0, None, 0)
    the_books_are_right(app)


def _spoil_cards(app, member) -> None:
    """Every card the member has is declined from now on: another one, which never pays, takes its place."""
    good = cards_of(payer(member).id)[0]
    bad = a_card(member, "pm_card_chargeCustomerFail")
    pay_first_with(card=bad)
    remove_card(card=good, now=member.joined_at)


@pytest.mark.one_database
def test_a_business_pays_by_invoice_and_nothing_is_held(app, people, street):
    ada = people.member(card=None)
    firm = add_business(name="Lake Design", email="bills@lake.example", at=street.clock())
    let_pay(payer_id=firm.id, member_id=ada.id, at=street.clock())
    trip = booked(ada)
    street.unlocked(trip)
    street.returned(trip, trip.ends_at)
    street.work()
    assert payments_for(trip) == []
    db.session.refresh(firm)
    assert firm.owed_cents == trip.price_cents
    the_books_are_right(app)


@pytest.mark.one_database
def test_a_hold_is_renewed_before_it_runs_out_and_the_old_one_let_go(app, people, street):
    trip = booked(people.member(), span=hours(24, 24 * 12))
    street.work()
    street.unlocked(trip)
    for _ in range(7):
        street.clock.forward(days=1)
        street.work()
        street.work()
    states = [state for state, *_ in payments_for(trip)]
    assert states == ["released", "held"]


def test_each_month_costs_its_membership_once(app, people, street):
    ada, _payg = people.member(), people.member(plan="payg")
    street.clock.at += timedelta(days=10)  # December
    for _ in range(3):
        street.work()
    rows = db.session.scalars(select(LedgerRow).where(LedgerRow.code == "membership")).all()
    assert [(row.payer_id, row.amount_cents) for row in rows] == [(payer(ada).id, 700)]
    assert payer(ada).owed_cents == 0
    the_books_are_right(app)


@pytest.mark.one_database
def test_paying_is_recorded_with_its_facts_and_no_card(app, people, street):
    booked(people.member())
    street.work()
    event = db.session.scalars(select(Event).where(Event.step == "pay.payment")).one()
    assert set(event.facts) == {"amount_cents", "held"}


def test_a_declined_card_that_is_given_again_is_asked_again_and_stays_one_card(app, people, street):
    ada = people.member(card="pm_card_chargeCustomerFail")
    trip = booked(ada)
    street.work()
    street.clock.forward(minutes=2)
    page_done(app, ask_for_card(payer=payer(ada), back_to="/trips", now=street.clock()), "pm_card_chargeCustomerFail")
    street.work()
    assert [state for state, *_ in payments_for(trip)] == ["declined", "declined"]
    assert len(cards_of(payer(ada).id)) == 1
    kept = app.extensions["adapters"].payments.client.v1.payment_methods.list({"customer": payer(ada).customer})
    assert len(kept.data) == 1


@pytest.mark.one_database
def test_the_only_card_stays_while_a_trip_is_booked_on_it(app, people, street):
    ada = people.member()
    trip = booked(ada, span=hours(24 * 9, 24 * 9 + 2))
    with pytest.raises(LastCard):
        remove_card(card=cards_of(payer(ada).id)[0], now=street.clock())
    cancel(reservation=trip, now=street.clock())
    remove_card(card=cards_of(payer(ada).id)[0], now=street.clock())
    assert cards_of(payer(ada).id) == []


@pytest.mark.one_database
def test_what_was_booked_on_the_word_of_a_business_it_pays_also_when_it_stops(app, people, street):
    ada = people.member(card=None)
    firm = add_business(name="Lake Design", email="bills@lake.example", at=street.clock())
    let_pay(payer_id=firm.id, member_id=ada.id, at=street.clock())
    trip = booked(ada)
    stop_paying(payer_id=firm.id, member_id=ada.id)
    street.unlocked(trip)
    street.returned(trip, trip.ends_at)
    street.work()
    db.session.refresh(firm)
    assert (firm.owed_cents, payer(ada).owed_cents) == (trip.price_cents, 0)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_return_and_a_webhook_at_the_same_moment_do_not_wait_for_each_other(app, people, street):
    """Each has its own row and wants to name the other's: a lock that kept even that would end in a deadlock."""
    trip = booked(people.member())
    payer_id = trip.payer_id
    with db.engine.connect() as webhook, transaction():
        load_locked(trip)
        webhook.execute(text("SET lock_timeout = '3s'"))
        webhook.execute(text("SELECT id FROM payers WHERE id = :id FOR NO KEY UPDATE"), {"id": payer_id})
        # As a foreign key does that names it.
        webhook.execute(text("SELECT id FROM reservations WHERE id = :id FOR KEY SHARE"), {"id": trip.id})
        webhook.rollback()
        locked(payer_id)
