"""A booking is changed while its hold waits for the member at their bank: they confirm the new price, or nothing."""

import pytest

from core.money import Money
from core.outbox import NotNow
from portal.billing.payments.hold import change_hold
from portal.billing.payments.models import State
from portal.billing.payments.pages import ask_to_confirm
from portal.billing.payments.want import open_payments
from reservations.booking.change.change import change
from reservations.booking.change.proposal import Wish
from tests.factories import hours
from tests.portal.billing.made import payments_for, the_books_are_right
from tests.portal.billing.test_flows import page_done
from tests.reservations.made import Street, a_street, booked


@pytest.fixture
def street(app, clock) -> Street:
    return a_street(app, clock)


@pytest.mark.parametrize(("span", "longer"), [(hours(24, 28), True), (hours(24, 26), False)])
def test_a_change_asks_the_bank_that_waits_for_its_customer_about_the_new_price(app, people, street, span, longer):
    ada = people.member(card="pm_card_authenticationRequired")
    trip = booked(ada)
    street.work()
    before = trip.price_cents
    change(reservation=trip, wish=Wish(trip.car, span), shown=None, once="other", now=street.clock())
    street.work()
    (waits,) = open_payments(trip.id)
    assert ((waits.state, waits.amount_cents), trip.price_cents > before) == ((State.CONFIRM, trip.price_cents), longer)
    page_done(app, ask_to_confirm(payment=waits, back_to="/trips", now=street.clock()), "pm_card_authenticationRequired",
              bank=True)
    street.work()
    assert [amount for state, amount, *_ in payments_for(trip) if state == "held"] == [trip.price_cents]
    the_books_are_right(app)


def test_a_change_while_its_member_is_on_the_banks_page_asks_about_the_new_price_when_they_are_back(app, people, street):
    ada = people.member(card="pm_card_authenticationRequired")
    trip = booked(ada)
    street.work()
    (waits,), before = open_payments(trip.id), trip.price_cents
    page = ask_to_confirm(payment=waits, back_to="/trips", now=street.clock())
    street.work()
    change(reservation=trip, wish=Wish(trip.car, hours(24, 28)), shown=None, once="other", now=street.clock())
    street.work()
    page_done(app, page, "pm_card_authenticationRequired", bank=True)
    assert [amount for state, amount, *_ in payments_for(trip) if state == "held"] == [before]
    street.clock.forward(minutes=10)
    street.work()
    assert [one[:2] for one in payments_for(trip)[-2:]] == [("held", before), ("confirm", trip.price_cents)]


def test_nothing_is_given_up_and_no_bank_asked_while_its_member_is_on_the_banks_page(app, people, street):
    trip = booked(people.member(card="pm_card_authenticationRequired"))
    street.work()
    (waits,) = open_payments(trip.id)
    ask_to_confirm(payment=waits, back_to="/trips", now=street.clock())
    street.work()
    before = payments_for(trip)
    for amount in (Money(trip.price_cents + 100), None):
        with pytest.raises(NotNow):
            change_hold(payer_id=waits.payer_id, reservation_id=trip.id, amount=amount, now=street.clock(), once="change-x")
    assert payments_for(trip) == before


def test_what_waits_at_the_bank_is_given_up_when_the_trip_moves_far_ahead(app, people, street):
    trip = booked(people.member(card="pm_card_authenticationRequired"))
    street.work()
    change(reservation=trip, wish=Wish(trip.car, hours(24 + 168, 27 + 168)), shown=None, once="far", now=street.clock())
    street.work()
    assert (open_payments(trip.id), [state for state, *_ in payments_for(trip)]) == ([], ["released"])
