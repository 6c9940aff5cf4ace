"""What we promise about money, settled by the ledger: the bill is the price that was shown, charged once, refunded in time."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from core.database import db, transaction
from core.money import Money
from experience.promises.kinds import PromiseKind as K
from experience.promises.models import Promise, PromiseCorrection
from experience.promises.overdue import watch_dates
from experience.promises.queries import KeptByKind
from experience.record.models import Event
from portal.billing.adjustments.give import give_back
from portal.billing.disputes.decide import decide
from portal.billing.disputes.open import open_dispute
from portal.billing.payments.models import Payment, Purpose, Refund, State
from portal.billing.payments.refund import take_in_refund
from reservations.booking.billing import bill_of
from reservations.booking.cancel import cancel
from tests.factories import NOON, hours
from tests.reservations.made import Street, a_street, booked
from tests.reservations.pages import browser_of, words_of
from tests.reservations.trip.test_promises import became, cases_about, promises_of

SOON = hours(2, 4)
LONG_AGO, FAR_OFF = NOON - timedelta(days=365), NOON + timedelta(days=365)


@pytest.fixture
def street(app, clock) -> Street:
    return a_street(app, clock)


def driven(street, member, span=SOON):
    """A trip that was driven and billed."""
    trip = street.returned(street.unlocked(booked(member, span=span)))
    street.work()
    return trip


def disputed(street, people, trip, back: Money, line=0):
    """A line of its bill, disputed and decided."""
    seal = street.site.extensions["adapters"].seal
    dispute = open_dispute(member=trip.member, line=bill_of(trip)[line], words="Not so.", seal=seal, now=street.clock())
    decide(dispute=dispute, back=back, reply="You are right.", seal=seal, by_user_id=people.staff("finance").id,
           now=street.clock())
    street.work()
    return dispute


# The bill is the price that was shown.

def test_the_bill_keeps_its_promise_by_the_lines_of_the_ledger_whatever_the_member_caused(street, people):
    trip = street.unlocked(booked(people.member(), span=SOON))
    street.returned(trip, at=trip.ends_at + timedelta(minutes=40))
    kept = promises_of(trip)[K.PRICE]
    assert (kept.state, kept.actual) == ("kept", trip.price_cents)
    assert kept.evidence["caused_cents"] > 0
    assert kept.evidence["rows"] == [row.id for row in bill_of(trip)]


def test_a_bill_that_is_not_the_price_shown_breaks_it_and_somebody_looks_after_it(street, people):
    trip = street.unlocked(booked(people.member(), span=SOON))
    with transaction():
        trip.price_cents -= 100  # what was shown
    street.returned(trip)
    assert became(trip)[K.PRICE] == ("broken", "billing")
    assert cases_about(trip) == 1


def test_a_trip_that_was_given_up_waives_what_its_bill_and_its_charge_promised(street, people):
    trip = booked(people.member(), span=hours(24, 27))
    cancel(reservation=trip, now=street.clock())
    assert {kind: became(trip)[kind] for kind in (K.PRICE, K.CHARGED_ONCE)} == dict.fromkeys(
        (K.PRICE, K.CHARGED_ONCE), ("waived", "cancelled"))


# A dispute that is won.

@pytest.mark.parametrize("back", ["whole", "part"])
def test_a_dispute_that_is_won_makes_a_broken_promise_of_one_that_counted_as_kept(street, people, back):
    trip = driven(street, people.member())
    before = promises_of(trip)[K.PRICE]
    assert before.state == "kept"
    line = bill_of(trip)[0]
    dispute = disputed(street, people, trip, line.amount if back == "whole" else Money(100))
    after = promises_of(trip)[K.PRICE]
    assert (after.state, after.cause) == ("broken", "billing")
    assert (after.settled_at, after.actual, after.evidence) == (before.settled_at, before.actual, before.evidence)
    found = db.session.get_one(PromiseCorrection, after.id)
    assert (found.about, found.at, found.evidence["line_id"]) == (f"dispute:{dispute.id}", street.clock(), line.id)
    rate = next(one for one in KeptByKind(LONG_AGO, FAR_OFF).counts() if one.kind == K.PRICE)
    assert (rate.kept, rate.broken) == (0, 1)
    street.clock.forward(minutes=1)
    said = words_of(browser_of(street.site, trip.member.user, street.clock).get("/account/promises"))
    assert "It counted as kept until" in said
    undone = db.session.scalars(select(Event).where(Event.step == "pay.bill", Event.phase == "undone")).one()
    assert (undone.promise_id, undone.error_code) == (after.id, "dispute_won")


def test_a_dispute_that_is_lost_changes_nothing_and_a_second_one_that_is_won_corrects_nothing_more(street, people):
    trip = driven(street, people.member())
    disputed(street, people, trip, Money(0))
    assert became(trip)[K.PRICE] == ("kept", None)
    first = disputed(street, people, trip, Money(100))
    disputed(street, people, trip, Money(100), line=1)
    assert [row.about for row in db.session.scalars(select(PromiseCorrection))] == [f"dispute:{first.id}"]


def test_what_somebody_gives_back_out_of_kindness_breaks_nothing(street, people):
    trip = driven(street, people.member())
    give_back(line=bill_of(trip)[0], amount=Money(100), why="goodwill", by_user_id=people.staff("finance").id, once="kind",
              now=street.clock())
    assert became(trip)[K.PRICE] == ("kept", None)


def test_without_its_correction_or_beyond_it_nothing_of_a_settled_promise_changes(street, people):
    trip = driven(street, people.member())
    broken = {"state": "broken", "cause": "billing"}
    price = Promise.id == promises_of(trip)[K.PRICE].id

    def refused(which, **change) -> None:
        with pytest.raises(DBAPIError, match="settled_for_good"), transaction():
            db.session.execute(update(Promise).where(which).values(**change))

    refused(price, **broken)
    with transaction():
        db.session.add(PromiseCorrection(promise_id=promises_of(trip)[K.PRICE].id, at=NOON, about="dispute:1", evidence={}))
    refused(price, **broken, actual=1.0)
    refused(price, **broken, evidence={"better": True})
    refused(price, state="waived", cause="billing")
    refused(Promise.id == promises_of(trip)[K.UNLOCK].id, state="broken", cause="car")
    with pytest.raises(DBAPIError, match="corrected_for_good"), transaction():
        db.session.execute(update(PromiseCorrection).values(about="dispute:2"))
    with transaction():
        db.session.execute(update(Promise).where(price).values(**broken))
    refused(price, state="kept", cause=None)


# Charged once.

def test_one_charge_keeps_it_a_day_after_the_trip(street, people):
    trip = driven(street, people.member())
    assert promises_of(trip)[K.CHARGED_ONCE].state == "open"
    street.clock.forward(days=1, minutes=1)
    street.work()
    kept = promises_of(trip)[K.CHARGED_ONCE]
    assert (kept.state, kept.actual, kept.evidence) == ("kept", 0, {"charges": 1, "again_cents": 0})


def test_a_second_charge_breaks_it_also_when_it_was_sent_back_since(street, people):
    trip = driven(street, people.member())
    with transaction():
        first = db.session.scalars(select(Payment).where(Payment.reservation_id == trip.id)).one()
        db.session.add(Payment(
            id=uuid4(), payer_id=first.payer_id, card_id=first.card_id, reservation_id=trip.id, purpose=Purpose.TRIP,
            state=State.CAPTURED, amount_cents=700, captured_cents=700, refunded_cents=700, currency="USD",
            processor_id="pi_second", asked_at=street.clock(), once="second"))
    street.clock.forward(days=1, minutes=1)
    street.work()
    broken = promises_of(trip)[K.CHARGED_ONCE]
    assert (broken.state, broken.cause, broken.actual) == ("broken", "billing", 700)
    assert cases_about(trip) == 1


# Refunds.

def refunded(street, people) -> Promise:
    """A line that is given back: what was paid of it is on its way to the card."""
    trip = driven(street, people.member())
    give_back(line=bill_of(trip)[0], amount=Money(300), why="goodwill", by_user_id=people.staff("finance").id, once="back",
              now=street.clock())
    return the_refund()


def the_refund() -> Promise:
    db.session.rollback()
    return db.session.scalars(select(Promise).where(Promise.kind == K.REFUND).execution_options(populate_existing=True)).one()


def test_a_refund_that_the_processor_sends_in_time_keeps_it(street, people):
    promise = refunded(street, people)
    assert (promise.state, promise.due_at - promise.minted_at) == ("open", timedelta(days=5))
    street.work()
    refund = db.session.scalars(select(Refund)).one()
    assert (the_refund().state, the_refund().evidence) == ("kept", {"refund_id": str(refund.id), "done": True})


def test_a_refund_that_is_not_sent_within_five_days_breaks_it_by_the_clock_and_alarms(street, people):
    promise = refunded(street, people)
    watch_dates(promise.due_at - timedelta(seconds=1))
    assert the_refund().state == "open"
    watch_dates(promise.due_at)
    assert (the_refund().state, the_refund().cause, the_refund().alarmed_at) == ("broken", "processor", promise.due_at)


def test_a_refund_that_came_back_to_us_breaks_it(street, people):
    refunded(street, people)
    take_in_refund(db.session.scalars(select(Refund.id)).one(), None)
    assert (the_refund().state, the_refund().cause) == ("broken", "processor")
