"""A notice: what it is, on what it rests, and the member's answer before anything is charged."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import db
from core.money import Money
from portal.billing.ledger.models import LedgerRow
from portal.billing.notices.answer import charge_when_due, decide
from portal.billing.notices.models import Notice, NoticeKind
from portal.billing.notices.send import send_notice
from tests.factories import NOON
from tests.reservations.made import booked
from tests.reservations.pages import browser_of, without_its_number, words_of


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def trip(ada):
    return booked(ada)


@pytest.fixture
def notice(trip, people) -> Notice:
    return send_notice(payer_id=trip.payer_id, member_id=trip.member_id, reservation_id=trip.id,
                       kind=NoticeKind.TOLL, amount=Money(240),
                       facts={"place": "I-90, plaza 33", "plate": "EK 41 207", "at": NOON.isoformat(), "lane": "4"},
                       by_user_id=people.staff("finance").id, once="a-notice", now=NOON)


@pytest.fixture
def browser(site, ada, clock):
    return browser_of(site, ada.user, clock)


def charged() -> list[tuple[str, int]]:
    db.session.rollback()
    return [(row.code, row.amount_cents) for row in db.session.scalars(
        select(LedgerRow).where(LedgerRow.origin == "notice").order_by(LedgerRow.id))]


def test_it_names_the_amount_the_fee_the_evidence_and_the_time_to_answer(browser, notice, trip):
    words = words_of(browser.get(f"/account/notices/{notice.id}"))
    for said in ("A toll is to be passed on: $7.40", "Nothing is charged yet.", "until Fri, Nov 27, 12:00 PM", "$2.40",
                 "$5.00", "Where I-90, plaza 33", "When Tue, Nov 24, 12:00 PM", "Plate EK 41 207", "Lane 4", trip.car.name):
        assert said in words, said
    assert "A cost is to be passed on to you: toll, $2.40" in words_of(browser.get("/account/payments"))


def test_agreeing_charges_it_once_and_the_line_says_when_it_was_announced(browser, notice):
    at = f"/account/notices/{notice.id}"
    assert browser.post(f"{at}/accept").headers["Location"] == at
    assert charged() == [("toll", 240), ("pass_on_fee", 500)]
    assert browser.post(f"{at}/accept").status_code == 409
    assert charged() == [("toll", 240), ("pass_on_fee", 500)]
    assert "A toll was passed on" in words_of(browser.get(at))
    line = db.session.scalars(select(LedgerRow).where(LedgerRow.code == "toll")).one()
    words = words_of(browser.get(f"/account/statement/{line.id}"))
    assert "You saw it In the notice of Tue, Nov 24, 12:00 PM" in words
    assert "Plate: EK 41 207" in words


def test_a_no_in_words_stops_the_charge_until_somebody_has_decided(app, browser, notice, people):
    at = f"/account/notices/{notice.id}"
    empty = browser.post(f"{at}/contest", words=" ")
    assert empty.status_code == 422
    assert "Say in a sentence why not." in words_of(empty)
    assert browser.post(f"{at}/contest", words="I had paid it at the booth.").status_code == 302
    charge_when_due(notice_id=notice.id, now=NOON + timedelta(days=4))
    assert charged() == []
    words = words_of(browser.get(at))
    assert "You said no, and nothing is charged meanwhile." in words
    assert "I had paid it at the booth." in words
    decide(notice=notice, charged=False, by_user_id=people.staff("finance").id, now=NOON + timedelta(days=4))
    assert "It costs you nothing." in words_of(browser.get(at))
    assert charged() == []


def test_saying_nothing_charges_it_when_the_time_is_over(browser, notice):
    charge_when_due(notice_id=notice.id, now=NOON + timedelta(hours=73))
    words = words_of(browser.get(f"/account/notices/{notice.id}"))
    assert "It was charged on" in words
    assert "I should not pay this" not in words


def test_somebody_elses_notice_answers_like_one_that_does_not_exist(site, people, clock, notice):
    stranger = browser_of(site, people.member("Bo Lindqvist").user, clock)
    token = stranger.token()
    for method, tail in (("GET", ""), ("POST", "/accept"), ("POST", "/contest")):
        sent = {"csrf_token": token, "words": "It is not mine."} if method == "POST" else None
        theirs, nobodys = (without_its_number(stranger.send(f"/account/notices/{one}{tail}", method=method, data=sent))
                           for one in (notice.id, "00000000-0000-7000-8000-000000000000"))
        assert theirs == nobodys
        assert theirs[0] == 404
    assert charged() == []
