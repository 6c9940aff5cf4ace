"""Help as members and visitors see it: filled in from any page, taken out again, and never a dead end."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import db
from experience.journey import Phase, Step
from experience.record.pids import pid_of
from fleet.telematics.player.cars import Faults
from fleet.telematics.port import Action
from portal.help.mail_in import read_mail
from portal.help.merge import merge
from portal.help.models import Conversation, Entry, Kind, Status
from portal.help.start import Call
from portal.help.take_mail import take_mail
from portal.messages.models import Message
from reservations.trip.ask_car import ask_car
from reservations.trip.check import check_car
from reservations.trip.models import CheckStage
from tests.experience.given import happened, write
from tests.factories import NOON
from tests.portal.help.made import LEILA, by_mail, link_in, promises
from tests.reservations.made import booked
from tests.reservations.pages import Browser, browser_of, hidden_fields, words_of


def _help_link(page: str) -> str:
    """Where "Get help with this" or "with this page" leads."""
    found = re.search(r'href="(/help/contact\?[^"]*)"', page)
    assert found
    return found[1].replace("&amp;", "&")


@pytest.mark.one_database
def test_who_praised_us_may_go_on_and_is_promised_no_answer(site, clock, desk, people):
    bo = people.member("Bo Lindqvist")
    praise = desk.asked(bo, "The car smelled of nothing at all!", kind=Kind.COMPLIMENT)
    browser, address = browser_of(site, bo.user, clock), f"/inbox/conversations/{praise.id}"
    typed = hidden_fields(browser.get(address).text) | {"words": "And it was on time."}
    assert browser.send(f"{address}/write", method="POST", data=typed).location == address
    assert "Sent. Somebody reads it." in browser.get(address).text


def test_help_opens_from_a_page_with_everything_filled_in_and_what_is_cleared_stays_out(site, clock, desk, people):
    bo = people.member("Bo Lindqvist")
    browser, trip = browser_of(site, bo.user, clock), booked(bo)
    page = browser.get(f"/trips/{trip.reference}/cancel")
    site.extensions["page_views"].flush()
    address = _help_link(page.text)
    opened = browser.get(address)
    told = words_of(opened)
    assert f"Your trip with {trip.car.name}" in told
    assert trip.car.lot.name in told
    assert "Cancel a booking" in told
    assert "Book: done" in told
    typed = hidden_fields(opened.text) | {"kind": "question", "words": "Can I move it?", "when": "now", "with_page": "y",
                                          "with_trip": "y", "with_place": "y", "with_events": "y"}
    answer = browser.send("/help/contact", method="POST", data=typed)
    assert answer.status_code == 302
    asked = db.session.scalars(select(Conversation)).one()
    assert (asked.reservation_id, asked.car_id, asked.step, asked.page) == (
        trip.id, trip.car_id, "book.cancel", f"/trips/{trip.reference}/cancel")
    assert [each["step"] for each in asked.last_events][:1] == ["book.confirm"]
    for box in ("with_trip", "with_page", "with_place", "with_events"):
        del typed[box]
    browser.send("/help/contact", method="POST", data=typed | {"once": "another-form-key"})
    bare = db.session.scalars(select(Conversation).where(Conversation.id != asked.id)).one()
    assert {bare.reservation_id, bare.car_id, bare.lot_id, bare.step, bare.page} == {None}
    assert bare.last_events == []


@pytest.mark.one_database
def test_nobody_gets_help_about_somebody_elses_trip(site, clock, desk, people):
    ada, bo = people.member("Ada Okafor"), people.member("Bo Lindqvist")
    trip = booked(ada)
    address = f"/help/contact?trip={trip.reference}&car=x&lot=-1&step=nope&page=//evil"
    told = words_of(browser_of(site, bo.user, clock).get(address))
    assert trip.car.name not in told
    assert "What goes along" not in told


@pytest.mark.one_database
@pytest.mark.parametrize("address", ["/nothing-here", "/trips/nonesuch", "/cars/nonesuch"])
def test_every_error_page_offers_help_with_what_went_wrong(site, clock, desk, people, address):
    browser = browser_of(site, people.member().user, clock)
    page = browser.get(address)
    link = _help_link(page.text.split("<main", 1)[1])
    assert f"page={address}" in link
    assert "code=" in link
    assert browser.get(link).status_code == 200


@pytest.mark.one_database
def test_a_conversation_is_its_members_alone(site, clock, desk, people):
    asked = desk.asked(people.member())
    other = browser_of(site, people.member().user, clock)
    for method, path in (("GET", ""), ("POST", "/write"), ("POST", "/read"), ("POST", "/solved")):
        data = {"csrf_token": other.token()} if method == "POST" else None
        assert other.send(f"/inbox/conversations/{asked.id}{path}", method=method, data=data).status_code == 404


def test_who_reads_a_conversation_has_read_our_letters_about_it_also_of_what_was_merged_into_it(site, clock, desk, people):
    bo = people.member()
    browser, asked, merged, beside = browser_of(site, bo.user, clock), desk.asked(bo), desk.asked(bo), desk.asked(bo)
    for each in (asked, merged, beside):
        desk.answered(each)
    desk.letters()
    merge(conversation_id=merged.id, into_id=asked.id, by_user_id=desk.ana.id, now=desk.clock())
    browser.post(f"/inbox/conversations/{asked.id}/read")
    unread = db.session.scalars(select(Message.thread).where(Message.member_id == bo.id, Message.read_at.is_(None))).all()
    assert unread == [f"conversation-{beside.id}"]


def test_a_member_reads_writes_on_and_says_that_it_is_solved(site, clock, desk, people):
    bo = people.member()
    browser, asked = browser_of(site, bo.user, clock), desk.asked(bo)
    desk.clock.forward(hours=1)
    desk.answered(asked)
    inbox = browser.get("/inbox").text
    assert f"/inbox/conversations/{asked.id}" in inbox
    address = f"/inbox/conversations/{asked.id}"
    page = browser.get(address)
    assert "In the trunk, on the left." in page.text
    assert 'data-behaviour="seen"' in page.text
    browser.post(f"{address}/read")
    assert 'data-behaviour="seen"' not in browser.get(address).text
    sent = browser.send(f"{address}/write", method="POST", data=hidden_fields(page.text) | {"words": "Found it."})
    assert sent.status_code == 302
    assert "Found it." in browser.get(address).text
    browser.post(f"{address}/solved")
    assert desk.again(asked).status == Status.SOLVED
    for shown in (address, "/help"):
        assert "Solved" in words_of(browser.get(shown))


def test_a_visitor_asks_and_goes_on_by_the_link_in_the_mail(site, clock, desk):
    visitor = Browser(site.test_client(), clock)
    page = visitor.get("/help/contact")
    typed = hidden_fields(page.text) | {"kind": "question", "words": "Do you deliver?", "when": "now"}
    assert visitor.send("/help/contact", method="POST", data=typed).status_code == 422  # no way to answer
    assert visitor.send("/help/contact", method="POST", data=typed | {"mail": LEILA}).status_code == 302
    letter = desk.letters()[-1]
    address = link_in(letter, "/help/visitor/")
    clock.forward(minutes=5)
    desk.answered(db.session.scalars(select(Conversation)).one(), "We do not, sorry.")
    assert "We do not, sorry." in desk.letters()[-1].get_content()
    thread = visitor.get(address)
    assert "We do not, sorry." in thread.text
    assert visitor.fill_in(address, words="Thank you").status_code == 302
    assert len(db.session.scalars(select(Entry)).all()) == 3
    assert visitor.get(address[:-3] + "abc").status_code == 404


def test_a_visitors_link_rests_half_a_year_after_the_last_word_until_they_write_by_mail(site, clock, desk):
    asked, visitor = desk.visitor_asked(), Browser(site.test_client(), clock)
    address = f"/help/visitor/{desk.door.visitor_token(asked.id)}"
    clock.forward(days=180)
    assert visitor.get(address).status_code == 200
    clock.forward(seconds=1)
    refused = visitor.get(address)
    assert refused.status_code == 410
    assert "Answer our last mail from the address that got it" in words_of(refused)
    assert "Do you deliver cars?" not in refused.text
    assert visitor.send(address, method="POST", data={"words": "Again"}).status_code in (400, 410)
    mail = read_mail(by_mail(desk.door.mail_address(asked.id), "And now?", sender=LEILA))
    take_mail(mail=mail, door=desk.door, seal=desk.seal, now=clock())
    assert "And now?" in visitor.get(address).text


def test_after_three_unlocks_that_came_to_nothing_the_trips_page_opens_help(site, clock, desk, people, street):
    bo = people.member()
    trip, browser = booked(bo), browser_of(site, bo.user, clock)
    clock.at = trip.starts_at
    street.garage.set_faults(trip.car.vin, Faults(silent=True), at=clock())
    check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=clock())
    live = f"/trips/{trip.reference}/live"
    for tries in range(1, 4):
        ask_car(reservation=trip, action=Action.UNLOCK, now=clock())
        street.work()
        clock.forward(seconds=30)
        fragment = browser.get(live).text
        assert ('id="stuck"' in fragment) == (tries == 3)
        assert ('id="ask-help"' in fragment) == (tries < 3)
    told = browser.post("/help/now", trip=trip.reference, way="call", phone="(312) 555-0123")
    assert told.status_code == 302
    asked = db.session.scalars(select(Conversation)).one()
    assert (asked.kind, asked.reservation_id, asked.car_id, asked.call_state) == ("urgent", trip.id, trip.car_id, "wanted")
    assert asked.answer_due_at == clock() + timedelta(minutes=15)
    failed = [each for each in asked.last_events if (each["step"], each["phase"]) == ("pickup.unlock", "failed")]
    assert len(failed) == 3
    assert f"/inbox/conversations/{asked.id}" in browser.get(live).text
    street.garage.set_faults(trip.car.vin, Faults(), at=clock())
    ask_car(reservation=trip, action=Action.UNLOCK, now=clock())
    street.work()
    assert 'id="stuck"' not in browser.get(live).text


@pytest.mark.one_database
def test_answers_are_found_by_other_words_and_with_wrong_letters(visitor, clock):
    assert visitor.get("/help?q=cant unlok my car").text.split('<details class="why"', 2)[1].startswith(' id="unlock" open')
    nothing = visitor.get("/help?q=quantum chromodynamics").text
    assert "No answer here fits that." in nothing
    assert "within 4 h" in nothing


@pytest.mark.one_database
def test_a_call_needs_a_number_that_can_be_one(site, clock, desk, people):
    browser = browser_of(site, people.member().user, clock)
    typed = hidden_fields(browser.get("/help/contact").text) | {"kind": "callback", "when": "now", "words": ""}
    for phone in ("", "12", "call me"):
        assert browser.send("/help/contact", method="POST", data=typed | {"phone": phone}).status_code == 422
    starts = (NOON + timedelta(days=1)).replace(hour=15, minute=0)  # 9 in Chicago
    answer = browser.send("/help/contact", method="POST",
                          data=typed | {"phone": "312 555 0123", "when": f"{starts:%Y%m%d%H%M}"})
    assert answer.status_code == 302
    asked = db.session.scalars(select(Conversation)).one()
    assert desk.seal.open(asked.phone_sealed or "") == "+13125550123"
    assert (asked.call_from, asked.call_until) == (starts, starts + timedelta(hours=3))


@pytest.mark.one_database
def test_who_asked_for_help_in_writing_may_still_ask_for_a_call_on_the_trips_page_and_in_the_conversation(
        site, clock, desk, people, street):
    bo = people.member()
    trip, browser = booked(bo), browser_of(site, bo.user, clock)
    clock.at = trip.starts_at
    street.garage.set_faults(trip.car.vin, Faults(silent=True), at=clock())
    check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=clock())
    for _tries in range(3):
        ask_car(reservation=trip, action=Action.UNLOCK, now=clock())
        street.work()
        clock.forward(seconds=30)
    browser.post("/help/now", trip=trip.reference, way="write")
    asked = db.session.scalars(select(Conversation)).one()
    live, address = f"/trips/{trip.reference}/live", f"/inbox/conversations/{asked.id}"
    assert "Call me now" in browser.get(live).text
    assert "Call me" in words_of(browser.get(address))
    desk.answered(asked, "Try the key in the lockbox.")
    browser.post("/help/now", trip=trip.reference, way="call", phone="(312) 555-0123")
    assert (desk.again(asked).call_state, desk.again(asked).status) == ("wanted", "open")
    assert desk.seal.open(asked.phone_sealed) == "+13125550123"
    for page in (live, address):
        assert "Call me" not in browser.get(page).text
    assert "We call you by" in browser.get(live).text
    again = browser.post(f"{address}/call", phone="(312) 555-0199", when="now")
    assert (again.status_code, desk.seal.open(desk.again(asked).phone_sealed)) == (409, "+13125550123")


@pytest.mark.one_database
def test_a_conversation_asks_for_a_call_by_its_own_form(site, clock, desk, people):
    bo = people.member()
    browser, asked = browser_of(site, bo.user, clock), desk.asked(bo)
    address = f"/inbox/conversations/{asked.id}"
    refused = browser.post(f"{address}/call", phone="12", when="now")
    assert (refused.status_code, "A digit is missing" in refused.text) == (422, True)
    assert browser.post(f"{address}/call", phone="312 555 0123", when="now").status_code == 302
    assert desk.again(asked).call_state == "wanted"
    assert "A call was asked for" in words_of(browser.get(address))


@pytest.mark.one_database
def test_a_call_is_promised_once_and_by_the_end_of_the_time_that_was_chosen(site, clock, desk, people):
    bo = people.member()
    browser, starts = browser_of(site, bo.user, clock), clock() + timedelta(days=1)
    later = desk.asked(bo, kind=Kind.CALLBACK, call=Call("+13125550123", starts, starts + timedelta(hours=3)))
    soon = desk.asked(bo, kind=Kind.CALLBACK, call=Call("+13125550123"))
    assert later.answer_due_at == starts + timedelta(hours=3)
    assert [due for _state, _cause, due in promises()] == [later.answer_due_at, soon.answer_due_at]
    for asked, said in ((later, "Between"), (soon, "at the latest.")):
        told = words_of(browser.get(f"/inbox/conversations/{asked.id}"))
        assert "We call you on +13125550123." in told
        assert said in told
        assert "Somebody answers by" not in told


@pytest.mark.one_database
def test_answers_lead_to_help_with_what_is_known_still_filled_in(site, clock, people):
    bo = people.member()
    trip, browser = booked(bo), browser_of(site, bo.user, clock)
    page = browser.get(f"/help?page=/trips/{trip.reference}&trip={trip.reference}").text
    for slug in ("accident", "left", "reach"):
        link = _help_link(page.split(f'id="{slug}"', 1)[1])
        assert f"trip={trip.reference}" in link, slug
    assert "kind=urgent" in _help_link(page.split('id="accident"', 1)[1])


@pytest.mark.one_database
def test_what_goes_along_is_what_went_wrong_or_was_done_and_in_words(site, clock, desk, people):
    bo = people.member()
    trip, browser = booked(bo), browser_of(site, bo.user, clock)
    pid, mine = str(pid_of("trip", trip.id)), pid_of("member", bo.id)
    codes = ("car_other", "car_door_open", "too_late_to_cancel")
    said_no = [happened(Step.PICKUP_UNLOCK, Phase.REFUSED, clock() + timedelta(seconds=number), journey=pid, member_pid=mine,
                        error_code=code) for number, code in enumerate(codes, 1)]
    looked = [happened(Step.MANAGE_HISTORY, phase, clock() + timedelta(minutes=1, seconds=number), journey=pid, member_pid=mine)
              for number in range(10) for phase in (Phase.ENTERED, Phase.SUCCEEDED)]
    write(*said_no, *looked)
    clock.forward(minutes=5)
    page = browser.get(f"/help/contact?trip={trip.reference}")
    told = words_of(page)
    assert "Book: done" in told
    assert "Unlock: refused (the car said no)" in told
    assert "Unlock: refused (a door was open)" in told
    assert "Look at past trips" not in told
    for code in codes:
        assert code not in page.text
