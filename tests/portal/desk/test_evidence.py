"""The evidence says what we know in the processor's fields, within their limits, and nothing that we do not know."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.database import db, transaction
from portal.billing.payments.carry_out import close_call
from portal.billing.payments.models import Calling, CallState, Chargeback, Payment, PaymentCall, State
from portal.billing.stripe.embedded.disputes import FIELDS, FILES, LONGEST_EVIDENCE, LONGEST_FIELD
from portal.desk.case import the_case
from portal.desk.evidence import LONGEST, Access, Case, LineSaid, TripSaid, compile_evidence, covering_note, fit, in_all
from tests.factories import hours
from tests.fleet.tariffs.test_quote import POLICIES
from tests.reservations.made import booked
from tests.reservations.pages import words_of

AT = datetime(2026, 11, 24, 18, 0, 33, tzinfo=UTC)
RULES = POLICIES | {key: replace(POLICIES["tax_city"], value=value) for key, value in {
    "cancel_notice_short": 180, "cancel_notice_long": 1440, "cancel_long_trip": 480, "cooling_off": 30,
    "dispute_decided": 4320}.items()}
TRIP = TripSaid(
    reference="abc123", car="Acorn (Honda Civic)", plate="RN 50 928", place="Ohio Street", booked_at=AT - timedelta(days=1),
    starts_at=AT, ends_at=AT + timedelta(hours=2), status="returned", free_until=AT - timedelta(hours=3),
    quote=(LineSaid("2 h at $9.00", "$18.00"),), quote_total="$18.00", began_at=AT, ended_at=AT + timedelta(hours=2),
    odometer=(1000.0, 1031.5), access=(Access("unlock", "done by the car", AT, AT + timedelta(seconds=2)),),
    letters=(("receipt with every line", AT + timedelta(hours=2)),))
CASE = Case(
    name="Ada Okafor", email="ada@example.com", amount="$18.00", card="Visa ending 4242", paid_at=AT + timedelta(hours=2),
    zone=ZoneInfo("America/Chicago"), bill=(LineSaid("2 h at $9.00", "$18.00", "You booked it."),), trip=TRIP,
    earlier=((AT - timedelta(days=9), "$20.00", "Visa ending 4242"),), policies=RULES)


def test_every_field_is_one_that_the_processor_has_and_none_is_a_file():
    compiled = compile_evidence(CASE, "Note")
    assert set(compiled) <= set(FIELDS) - FILES
    assert LONGEST == LONGEST_FIELD


def test_a_trip_is_told_with_its_times_in_the_lots_own_clock():
    compiled = compile_evidence(CASE, "They drove it.")
    assert compiled["customer_name"] == "Ada Okafor"
    assert compiled["service_date"] == "November 24, 2026"
    assert "Nov 24, 2026, 12:00:33 PM CST: unlock asked" in compiled["access_activity_log"]
    assert "31.5 miles driven" in compiled["access_activity_log"]
    assert "2 h at $9.00: $18.00" in compiled["product_description"]
    assert "free until 3 hours before the start (24 hours for trips of 8 hours" in compiled["cancellation_policy_disclosure"]
    assert "decided within 72 hours" in compiled["refund_policy_disclosure"]
    told = compiled["uncategorized_text"]
    assert told.startswith("They drove it.\n\nTHE BILL\n- 2 h at $9.00: $18.00. You booked it.")
    assert told.index("receipt with every line") < told.index("EARLIER PAYMENTS")


def test_what_never_happened_is_not_claimed():
    before = replace(CASE, trip=replace(TRIP, began_at=None, ended_at=None, odometer=None, access=(), letters=()), earlier=())
    compiled = compile_evidence(before)
    assert "access_activity_log" not in compiled
    assert "unlocked" not in covering_note(before)
    assert "SENT TO" not in compiled["uncategorized_text"]
    assert "EARLIER" not in compiled["uncategorized_text"]
    silent = compile_evidence(replace(CASE, trip=replace(TRIP, odometer=(1000.0, None))))
    assert "miles driven" not in silent["access_activity_log"]


def test_a_payment_for_no_trip_is_told_by_its_lines():
    compiled = compile_evidence(replace(CASE, trip=None))
    assert "2 h at $9.00: $18.00" in compiled["product_description"]
    assert not {"access_activity_log", "cancellation_policy_disclosure"} & set(compiled)


@settings(deadline=None)
@given(st.integers(0, 300), st.text(max_size=300), st.integers(0, 60_000), st.integers(0, 600))
def test_no_field_and_no_whole_is_ever_too_long(lines, words, note, commands):
    huge = replace(CASE, name=words * 5, bill=(LineSaid(words, "$1.00", words),) * lines, trip=replace(
        TRIP, quote=(LineSaid(words, "$1.00"),) * lines, access=TRIP.access * commands), earlier=CASE.earlier * 50)
    compiled = compile_evidence(huge, "n" * note)
    assert all(0 < len(said) <= LONGEST_FIELD for said in compiled.values())
    assert in_all(compiled) <= LONGEST_EVIDENCE


def test_what_is_cut_says_so():
    assert fit("x" * LONGEST) == "x" * LONGEST
    assert fit("x" * (LONGEST + 1)).endswith("We have all of it and send it on request.]")


def driven(office, street):
    """A trip that came back late and was paid for, all of it through the embedded processor."""
    trip = street.unlocked(booked(office.people.member(), span=hours(1, 3), now=office.clock()))
    street.returned(trip, at=hours(0, 4.2).end)
    payment = db.session.scalars(select(Payment).where(
        Payment.reservation_id == trip.id, Payment.state == State.CAPTURED)).first()
    return trip, payment


def test_the_case_of_a_trip_is_gathered_from_what_really_happened(office, street):
    trip, payment = driven(office, street)
    case = the_case(office.charged_back(payment))
    assert case.trip.reference == trip.reference
    done = "done by the car"
    assert [(one.action, one.outcome) for one in case.trip.access] == [("unlock", done), ("lock", done)]
    assert [what for what, _at in case.trip.letters] == ["confirmation of the booking", "receipt with every line"]
    assert any("longer than booked" in line.what and "Rule: Tariff" in line.why for line in case.bill)
    assert case.trip.odometer[1] is not None


def test_earlier_payments_are_those_that_nobody_disputed(office):
    payer = office.payer()
    made = []
    for cents in (1000, 2000, 3000):
        office.charged(payer, cents)
        made.append(office.paid(payer, cents))
        office.clock.forward(days=1)
    office.charged_back(made[1])
    assert [amount for _at, amount, _card in the_case(office.charged_back(made[2])).earlier] == ["$10.00"]


def test_the_evidence_is_shown_and_handed_in_once_with_the_covering_note(office):
    payer = office.payer()
    office.charged(payer, 3000)
    chargeback = office.charged_back(office.paid(payer, 3000))
    page = f"/office/chargebacks/{chargeback.id}"
    assert "What we know" in words_of(office.browser.get(page))
    assert office.browser.fill_in(page, note=" ").status_code == 422
    for _ in range(2):
        assert office.browser.fill_in(page, note="They owed it.").status_code == 302
    db.session.rollback()
    kept = db.session.get(Chargeback, chargeback.id, populate_existing=True)
    assert kept.evidence["uncategorized_text"].startswith("They owed it.\n\nTHE BILL")
    assert kept.evidence["customer_name"] == "Ada Okafor"
    assert len(db.session.scalars(select(PaymentCall).where(PaymentCall.calling == Calling.ANSWER_CHARGEBACK)).all()) == 1
    shown = words_of(office.browser.get(page))
    assert "The evidence is on its way to the bank." in shown
    assert "They owed it." in shown


def test_evidence_that_the_processor_refused_can_be_handed_in_again(office):
    payer = office.payer()
    office.charged(payer, 3000)
    chargeback = office.charged_back(office.paid(payer, 3000))
    page = f"/office/chargebacks/{chargeback.id}"
    office.browser.fill_in(page, note="They owed it.")
    with transaction():
        close_call(db.session.scalars(select(PaymentCall).where(
            PaymentCall.calling == Calling.ANSWER_CHARGEBACK)).one(), CallState.REFUSED, "too_long")
    assert "The processor did not take what was handed in." in words_of(office.browser.get(page))
    assert office.browser.fill_in(page, note="They owed it, in short.").status_code == 302


@pytest.mark.one_database
def test_a_payment_is_named_by_its_last_four_digits_only(office):
    payer = office.payer(card="1881")
    office.charged(payer, 3000)
    payment = office.paid(payer, 3000)
    compiled = str(compile_evidence(the_case(office.charged_back(payment)), covering_note(the_case(db.session.scalars(
        select(Chargeback)).one()))))
    assert "Visa ending 1881" in compiled
    assert "pm_" not in compiled
    assert db.session.get(Payment, payment.id).processor_id not in compiled
