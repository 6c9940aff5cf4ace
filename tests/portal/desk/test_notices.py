"""Costs that are passed on: announced for a trip of theirs, charged after the time to answer, dropped at any time."""

import pytest
from sqlalchemy import select

from core.database import db
from portal.account.models import Member
from portal.billing.ledger.models import LedgerRow
from portal.billing.notices.answer import contest
from portal.billing.notices.models import Notice
from portal.billing.payers.payer_of import add_business, let_pay
from tests.factories import hours
from tests.reservations.made import booked
from tests.reservations.pages import words_of

TYPED = {"kind": "toll", "amount": "5.60", "what": "Open road tolling", "place": "I-90 at Cumberland", "when": "Nov 24, 2 PM",
         "number": "IL-118822"}


def trip_of(office, payer, start=1):
    return booked(db.session.get(Member, payer.member_id), span=hours(start, start + 2), now=office.clock())


def sent(office, payer, trip, **typed):
    return office.browser.fill_in(f"/office/payers/{payer.id}/notice", **{"reference": trip.reference, **TYPED, **typed})


def the_notice():
    db.session.rollback()
    return db.session.scalars(select(Notice).execution_options(populate_existing=True)).one()


def test_a_notice_says_what_where_when_and_the_number_and_charges_nothing(office):
    payer = office.payer()
    trip = trip_of(office, payer)
    answer = sent(office, payer, trip, reference=f" {trip.reference.upper()} ")
    notice = the_notice()
    assert answer.location == f"/office/notices/{notice.id}"
    assert (notice.amount_cents, notice.fee_cents, notice.by_user_id) == (560, 500, office.paul.id)
    assert notice.facts == {"what": "Open road tolling", "place": "I-90 at Cumberland", "when": "Nov 24, 2 PM",
                            "number": "IL-118822", "plate": trip.car.plate}
    assert db.session.scalar(select(LedgerRow)) is None


def test_a_trip_of_somebody_else_is_not_found(office):
    ada, dan = office.payer(), office.payer("Daniel Osei")
    answer = sent(office, ada, trip_of(office, dan))
    assert answer.status_code == 422
    assert "No trip of this payer has this reference." in words_of(answer)
    assert db.session.scalar(select(Notice)) is None


def test_a_business_is_told_of_its_drivers_trips(office):
    ada = office.payer()
    business = add_business(name="Blue Line LLC", email="pay@example.com", at=office.clock())
    let_pay(payer_id=business.id, member_id=ada.member_id, at=office.clock())
    trip = trip_of(office, ada)
    assert sent(office, ada, trip).status_code == 422
    assert sent(office, business, trip).status_code == 302
    assert the_notice().payer_id == business.id


@pytest.mark.one_database
def test_a_notice_needs_every_fact(office):
    payer = office.payer()
    trip = trip_of(office, payer)
    for name in ("reference", "amount", "what", "place", "when", "number"):
        answer = sent(office, payer, trip, **{name: "  "})
        assert answer.status_code == 422, name
    assert sent(office, payer, trip, kind="cat").status_code == 422
    assert db.session.scalar(select(Notice)) is None


def test_a_contested_notice_is_charged_only_when_the_time_to_answer_is_over(office):
    payer = office.payer()
    sent(office, payer, trip_of(office, payer))
    contest(notice=the_notice(), words="I took no tollway.", seal=office.app.extensions["adapters"].seal, now=office.clock())
    page = f"/office/notices/{the_notice().id}"
    said = office.rheas.get(page)
    assert "I took no tollway." in words_of(said)
    assert "It cannot be charged yet." in words_of(said)
    assert "Charge $10.60" not in said.text
    assert office.rheas.post(f"{page}/decide", charged="yes").status_code == 409
    assert the_notice().state == "contested"
    office.clock.forward(hours=73)
    assert "Charge $10.60" in office.rheas.get(page).text
    assert office.rheas.post(f"{page}/decide", charged="yes").status_code == 302
    assert (the_notice().state, the_notice().decided_by) == ("charged", office.rhea.id)
    assert sorted(row.amount_cents for row in db.session.scalars(select(LedgerRow))) == [500, 560]


def test_a_contested_notice_is_dropped_at_any_time(office):
    payer = office.payer()
    sent(office, payer, trip_of(office, payer))
    contest(notice=the_notice(), words="No.", seal=office.app.extensions["adapters"].seal, now=office.clock())
    assert office.rheas.post(f"/office/notices/{the_notice().id}/decide", charged="no").status_code == 302
    assert the_notice().state == "dropped"
    assert office.rheas.post(f"/office/notices/{the_notice().id}/decide", charged="no").status_code == 409


def test_whoever_sent_a_notice_does_not_decide_whether_it_stands(office):
    payer = office.payer()
    sent(office, payer, trip_of(office, payer))
    contest(notice=the_notice(), words="No.", seal=office.app.extensions["adapters"].seal, now=office.clock())
    page = f"/office/notices/{the_notice().id}"
    assert "Somebody else with the finance role decides" in words_of(office.browser.get(page))
    assert office.browser.post(f"{page}/decide", charged="no").status_code == 403
    assert the_notice().state == "contested"
