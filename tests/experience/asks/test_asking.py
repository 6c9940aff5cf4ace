"""From a trip's end to an answer: through the outbox, the page and the mail, on both databases."""

import re
import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from core.database import db, transaction
from core.outbox import OutboxRow, post
from experience.asks import wish as wishing
from experience.asks.answer import answer_ask, dismiss_ask
from experience.asks.errors import AnsweredAlready, LinkIsUsed
from experience.asks.in_force import NothingChanged, RuleOutOfRange, RulesInThePast, switch_on
from experience.asks.links import sign_link
from experience.asks.models import Answer, AskLog, AskRow, AskState, Expectation
from experience.asks.pulse import wish_pulses
from experience.asks.show import show_ask
from experience.asks.tell_us import its_their_own, tell_us
from experience.asks.wish import wish_to_ask
from experience.asks.wording import BadWording, write_wording
from experience.journey import Step
from experience.record.models import Event
from fleet.cars.models import CarReading
from portal.account.member_facts import active_since
from portal.account.models import Member, MemberStatus, Role
from portal.messages.models import Delivery, Message
from reservations.booking.cancel import cancel
from reservations.booking.errors import CarIsThere
from reservations.booking.take_stand_in import take_stand_in
from tests.factories import NOON, Clock, People, a_car, hours
from tests.reservations.made import Street, a_street, booked
from tests.reservations.pages import Browser, browser_of, hidden_fields, words_of

LINK = re.compile(r"http\S+(/asks/by-mail/[^?\s]+)\?answer=(\d+)")
DAY = timedelta(days=1)


@pytest.fixture
def street(site: Flask, app: Flask, clock: Clock) -> Street:
    return a_street(site, clock)


@pytest.fixture
def ada(people: People, clock: Clock) -> Member:
    """A member since long ago, whose first recommendation has lapsed, and whom every receipt asks the same."""
    clock.at = NOON - 100 * DAY
    member = people.member("Ada Okafor")
    staff = people.staff(Role.CX)
    switch_on(changes={"share_receipt_expectation": 1000}, since=clock.at, by_user_id=staff.id, now=clock.at)
    clock.at = NOON
    return member


def asks() -> list[AskRow]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(AskRow).order_by(AskRow.offered_at, AskRow.id)))


def logged(*, wishes: bool = False) -> list[tuple[str, str | None]]:
    """What the log says; of wishes only what the gate said first."""
    db.session.rollback()
    rows = db.session.scalars(select(AskLog).order_by(AskLog.at, AskLog.id))
    return [(row.what, row.why) for row in rows
            if not wishes or row.what == "offered" or (row.what == "suppressed" and row.ask_id is None)]


def jobs(kind: str) -> list[OutboxRow]:
    db.session.rollback()
    return list(db.session.scalars(select(OutboxRow).where(OutboxRow.kind == kind).order_by(OutboxRow.created_at)))


def drive(street: Street, member: Member, start: float = 24) -> Any:
    trip = booked(member, a_car(name="Acorn"), hours(start, start + 3), now=street.clock.at)
    street.returned(street.unlocked(trip))
    street.clock.forward(minutes=11)  # what was done just before is over
    return trip


def wished(member: Member, key: str, once: str, **more: Any) -> AskRow | None:
    return wish_to_ask(member_id=member.id, solicitation=key, once=once, now=more.pop("now", NOON), **more)


def test_a_trip_is_followed_by_one_question_and_one_tap_answers_it(site, street, ada):
    trip = drive(street, ada)
    browser = browser_of(site, ada.user, street.clock)
    page = browser.get(f"/trips/{trip.reference}/receipt")
    assert "Compared with what you expected, how was this trip?" in words_of(page)
    assert logged() == [("offered", None), ("shown", None)]
    fields = hidden_fields(page.text)
    answer = browser.send(f"/asks/{asks()[0].id}", method="POST", data=fields | {"answer": "4", "words": "It was clean."})
    assert (answer.status_code, answer.location) == (302, f"/trips/{trip.reference}/receipt")
    kept = db.session.scalars(select(Answer)).one()
    assert (kept.value, kept.metric, kept.step, kept.channel) == (4, "expectation", "return.receipt", "page")
    assert (kept.reservation_id, kept.car_id, kept.lot_id, kept.car_class, kept.plan) == (
        trip.id, trip.car_id, trip.lot_id, trip.car.car_class, "regular")
    assert (kept.probability, kept.wording_version) == (1.0, 1)
    assert site.extensions["adapters"].seal.open(kept.words_sealed) == "It was clean."
    event = db.session.scalars(select(Event).where(Event.step == str(Step.STAY_PULSE), Event.phase == "succeeded")).one()
    assert (event.id, event.facts["about"], event.facts["metric"], event.facts["score"]) == (
        kept.event_id, "return.receipt", "expectation", 4)
    assert "clean" not in str(event.facts)
    assert "Compared with what" not in words_of(browser.get(f"/trips/{trip.reference}/receipt"))
    assert jobs("open_case") == []


def test_a_second_trip_within_the_week_asks_nothing_and_the_log_says_why(street, ada):
    drive(street, ada)
    drive(street, ada, start=72)
    assert logged(wishes=True) == [("offered", None), ("suppressed", "gap")]
    drive(street, ada, start=24 * 10)
    assert logged(wishes=True) == [("offered", None), ("suppressed", "gap"), ("offered", None)]


def mailed(site: Flask, street: Street, member: Member) -> dict[int, str]:
    """The links of the letter with a trip's question, by the answer that each taps."""
    drive(street, member)
    street.clock.forward(hours=20)
    street.work()
    letter = db.session.scalars(select(Message).where(Message.kind == "ask_mail")).one()
    return {int(value): path for path, value in LINK.findall(site.extensions["adapters"].seal.open(letter.body_sealed))}


def test_what_nobody_saw_is_mailed_and_answered_without_signing_in(site, street, ada, visitor):
    links = mailed(site, street, ada)
    assert sorted(links) == [1, 2, 3, 4, 5]
    assert [row.shown_by for row in asks()] == ["mail"]
    anybody = Browser(visitor, street.clock)
    page = anybody.get(links[2], answer="2")
    assert re.search(r'value="2" checked', page.text)
    assert "Ada" not in page.text
    assert "This is about your trip with Acorn on Wed, Nov 25." in words_of(page)
    assert db.session.scalars(select(Answer)).all() == []  # mail programs look at links too
    sent = anybody.send(links[2], method="POST", data=hidden_fields(page.text) | {"answer": "2", "words": ""})
    assert sent.status_code == 302
    assert db.session.scalars(select(Answer)).one().channel == "mail"
    assert [job.facts["rule"] for job in jobs("open_case")] == ["detractor"]


def test_a_mails_link_takes_one_answer_and_in_the_same_visit_its_reason(site, street, ada, visitor):
    seal, link = site.extensions["adapters"].seal, mailed(site, street, ada)[3]
    tapped, passed_on = Browser(visitor, street.clock), Browser(site.test_client(), street.clock)
    assert passed_on.get(link).status_code == 200
    assert tapped.post(link, answer="3").status_code == 302
    assert "Thank you, we have your answer. This link is used up." in (words := words_of(tapped.get(link)))
    assert "You answered: As expected" in words
    assert 'type="radio"' not in tapped.get(link).text
    for browser in (tapped, passed_on):
        for said in ("2", "later"):
            assert browser.post(link, answer=said).status_code == 409
    assert "Send why" not in passed_on.get(link).text
    assert passed_on.post(link, answer="why", words="Not mine.").status_code == 409
    assert tapped.post(link, answer="why", words="It was late. 4242 4242 4242 4242").status_code == 302
    assert tapped.post(link, answer="why", words="It was late. 4242 4242 4242 4242").status_code == 302
    assert tapped.post(link, answer="why", words="It was early.").status_code == 409
    assert tapped.post(link, answer="3").status_code == 302  # the same once more says nothing new
    db.session.rollback()
    kept = db.session.scalars(select(Answer)).one()
    assert (kept.value, seal.open(kept.words_sealed)) == (3, "It was late. •••• 4242")
    signed_in = browser_of(site, ada.user, street.clock)
    assert f'href="/asks/{kept.ask_id}"' in signed_in.get(link).text
    assert signed_in.post(f"/asks/{kept.ask_id}", answer="4").status_code == 302  # their own page lets them change it
    street.clock.forward(hours=1)
    assert "It stands as you gave it." in words_of(signed_in.get(f"/asks/{kept.ask_id}"))
    assert "You answered: Better" in words_of(tapped.get(link))
    assert signed_in.post(f"/asks/{kept.ask_id}", answer="5").status_code == 409


@pytest.mark.one_database
def test_a_reason_comes_too_late_after_an_hour(site, street, ada, visitor):
    link, browser = mailed(site, street, ada)[3], Browser(visitor, street.clock)
    browser.post(link, answer="3")
    assert "Send why" in browser.get(link).text
    street.clock.forward(hours=1)
    assert "Send why" not in browser.get(link).text
    assert browser.post(link, answer="why", words="It was late.").status_code == 409


@pytest.mark.one_database
def test_not_now_uses_a_mails_link_up_too(site, street, ada, visitor):
    link, browser = mailed(site, street, ada)[3], Browser(visitor, street.clock)
    assert browser.post(link, answer="later").status_code == 302
    assert browser.post(link, answer="3").status_code == 410
    assert [row.state for row in asks()] == ["dismissed"]


@pytest.mark.one_database
def test_sending_no_answer_says_to_choose_one(site, street, ada, visitor):
    sent = Browser(visitor, street.clock).post(mailed(site, street, ada)[3])
    assert sent.status_code == 422
    assert "Your answer : Choose one of the answers." in words_of(sent)
    assert 'id="answer"' in sent.text
    assert "We cannot read that" not in words_of(sent)


@pytest.mark.one_database
def test_a_mails_link_is_for_its_member_alone_and_ends(site, street, ada, people, visitor):
    path = mailed(site, street, ada)[3]
    anybody, bo = Browser(visitor, street.clock), browser_of(site, people.member("Bo Lindqvist").user, street.clock)
    assert bo.get(f"/asks/{asks()[0].id}").status_code == 404
    pages = [bo.get(path), bo.post(path, answer="3"), browser_of(site, people.staff(Role.FLEET), street.clock).get(path),
             anybody.get(path + "x"), anybody.get(path[:-4]), anybody.post(path[:-4], answer="3"),
             anybody.get("/asks/by-mail/" + sign_link(UUID(int=1), site.config["SECRET_KEY"]))]
    assert {(page.status_code, "This link does not work. It may have been cut off" in words_of(page)) for page in pages} == {
        (404, True)}
    assert browser_of(site, ada.user, street.clock).get(path).status_code == 200
    street.clock.forward(days=14)
    assert anybody.get(path).status_code == 410


def test_a_mailed_question_is_answered_in_the_inbox(site, street, ada):
    mailed(site, street, ada)
    letter = db.session.scalars(select(Message).where(Message.kind == "ask_mail")).one()
    browser, address = browser_of(site, ada.user, street.clock), f"/inbox/{letter.id}"
    page = browser.get(address)
    assert "by-mail" not in page.text
    assert "This is about your trip with Acorn on Wed, Nov 25." in words_of(page)
    assert page.text.count('name="answer"') == 6
    sent = browser.send(f"/asks/{asks()[0].id}", method="POST", data=hidden_fields(page.text) | {"answer": "4"})
    assert (sent.status_code, sent.location) == (302, address)
    assert db.session.scalars(select(Answer)).one().channel == "page"
    page = browser.get(address)
    assert "You answered: Better Change your answer" in words_of(page)
    assert 'name="answer"' not in page.text
    street.clock.forward(hours=1)
    assert "Change your answer" not in words_of(browser.get(address))


@pytest.mark.one_database
@pytest.mark.parametrize(("meanwhile", "says"), [
    ("a case", "This question rests for now"), ("not now", "You said “Not now”"), ("time", "This question is closed.")])
def test_a_mailed_question_that_cannot_be_answered_now_says_so_in_the_inbox(site, street, ada, meanwhile, says):
    mailed(site, street, ada)
    letter = db.session.scalars(select(Message).where(Message.kind == "ask_mail")).one()
    if meanwhile == "a case":
        site.extensions["has_open_case"] = lambda member_id: True
    elif meanwhile == "not now":
        dismiss_ask(ask_id=asks()[0].id, channel="page", now=street.clock())
    else:
        street.clock.forward(days=14)
    page = browser_of(site, ada.user, street.clock).get(f"/inbox/{letter.id}")
    assert says in words_of(page)
    assert 'name="answer"' not in page.text
    assert "by-mail" not in page.text


@pytest.mark.one_database
def test_the_letter_says_how_rarely_we_ask_by_the_rules_in_force(site, street, ada, people):
    switch_on(changes={"most": 1, "window": 45}, since=NOON, by_user_id=people.staff(Role.CX).id, now=NOON)
    mailed(site, street, ada)
    letter = db.session.scalars(select(Message).where(Message.kind == "ask_mail")).one()
    assert "We ask rarely: at most once in 45 days" in site.extensions["adapters"].seal.open(letter.body_sealed)


@pytest.mark.one_database
def test_what_was_seen_on_the_page_is_not_mailed(site, street, ada):
    trip = drive(street, ada)
    browser_of(site, ada.user, street.clock).get(f"/trips/{trip.reference}/receipt")
    street.clock.forward(hours=21)
    street.work()
    assert db.session.scalars(select(Message).where(Message.kind == "ask_mail")).all() == []


@pytest.mark.one_database
def test_nobody_is_shown_a_question_while_driving_or_about_to(site, street, ada):
    trip = drive(street, ada)
    street.clock.forward(days=1)
    on = street.unlocked(booked(ada, a_car(name="Basil"), hours(72, 75), now=street.clock.at))
    browser = browser_of(site, ada.user, street.clock)
    assert "Compared with" not in words_of(browser.get(f"/trips/{trip.reference}/receipt"))
    assert ("suppressed", "driving") in logged()
    street.returned(on)
    street.clock.forward(minutes=11)
    assert "Compared with" in words_of(browser.get(f"/trips/{trip.reference}/receipt"))


@pytest.mark.one_database
def test_two_not_nows_are_silence(site, street, ada):
    for start in (24, 24 * 9):
        trip = drive(street, ada, start)
        browser = browser_of(site, ada.user, street.clock)
        page = browser.get(f"/trips/{trip.reference}/receipt")
        sent = browser.send(f"/asks/{asks()[-1].id}", method="POST", data=hidden_fields(page.text) | {"answer": "later"})
        assert sent.status_code == 302
    drive(street, ada, 24 * 60)
    assert [row.state for row in asks()] == ["dismissed", "dismissed"]
    assert logged()[-1] == ("suppressed", "silence")


@pytest.mark.one_database
def test_whoever_cancels_is_asked_on_the_page_they_come_to(site, street, ada):
    trip = booked(ada, a_car(name="Acorn"), hours(24, 27))
    browser = browser_of(site, ada.user, street.clock)
    assert browser.fill_in(f"/trips/{trip.reference}/cancel").location == "/trips"
    assert "how did cancelling go?" in words_of(browser.get("/trips"))
    cancel(reservation=trip, now=street.clock())
    assert len(asks()) == 1


@pytest.mark.one_database
def test_whoever_books_and_cancels_at_once_is_in_the_middle_of_nothing(site, street, ada):
    wished(ada, "help_ease", "before", now=NOON - 3 * DAY, on_page=True)
    trip = booked(ada, a_car(name="Acorn"), hours(0.25, 3))
    browser = browser_of(site, ada.user, street.clock)
    browser.get(f"/trips/{trip.reference}")  # on the way to the car: in the middle of something
    site.extensions["page_views"].flush()
    assert browser.fill_in(f"/trips/{trip.reference}/cancel").location == "/trips"  # before that page is written down
    assert logged(wishes=True)[-1] == ("suppressed", "gap")


@pytest.mark.one_database
def test_whose_change_was_refused_is_asked_once_how_easy_that_was(site, street, ada):
    trip = booked(ada, a_car(name="Acorn"), hours(24, 27))
    for _try in range(2):
        with pytest.raises(CarIsThere):
            take_stand_in(reservation=trip, car=a_car(name="Basil"), now=street.clock())
    street.clock.forward(hours=3)
    street.work()
    assert "How easy did we make it to change your booking?" in words_of(
        browser_of(site, ada.user, street.clock).get("/trips"))
    assert [row.solicitation for row in asks()] == ["change_ease"]


@pytest.mark.one_database
def test_a_stop_that_was_refused_is_asked_about_before_the_trip_as_a_whole(site, street, ada):
    trip = street.unlocked(booked(ada, a_car(name="Acorn"), hours(24, 27)))
    browser = browser_of(site, ada.user, street.clock)
    browser.fill_in(f"/trips/{trip.reference}/fuel", station="Row", amount="500.00", volume="10", paid_by="card")
    street.returned(trip)
    assert [row.solicitation for row in asks()] == ["refuel_ease"]


@pytest.mark.one_database
def test_a_check_comes_when_the_sensor_is_missing_and_once(site, street, ada):
    trip = booked(ada, a_car(name="Acorn"), hours(24, 27))
    street.clock.at = trip.starts_at
    browser = browser_of(site, ada.user, street.clock)
    with transaction():
        db.session.get_one(CarReading, trip.car_id).online = False
    page = browser.get(f"/trips/{trip.reference}")
    assert "Is the car in its bay?" in words_of(page)
    browser.get(f"/trips/{trip.reference}")
    assert [(row.solicitation, row.probability) for row in asks()] == [("arrive_check", 1.0)]


def test_the_pulse_comes_when_its_day_has_come_and_a_bad_answer_opens_a_case(street, people, clock, site):
    clock.at = NOON - 59 * DAY
    bo = people.member("Bo Lindqvist")
    clock.at = NOON
    assert wish_pulses(active_since(), clock()) == 1
    assert wish_pulses(active_since(), clock()) == 1  # and posts it once
    street.work()
    assert [row.solicitation for row in asks()] == ["stay_pulse"]
    browser = browser_of(site, bo.user, clock)
    page = browser.get("/trips")
    assert "0: Not at all, 10: Very likely" in words_of(page)
    browser.send(f"/asks/{asks()[0].id}", method="POST", data=hidden_fields(page.text) | {"answer": "6"})
    assert [job.facts["about"] for job in jobs("open_case")] == [f"answer:{db.session.scalars(select(Answer)).one().id}"]
    assert wish_pulses(active_since(), clock()) == 0


@pytest.mark.one_database
def test_the_mail_of_the_pulse_is_news_and_of_every_other_question_care(street, ada, people, clock):
    clock.at = NOON - 59 * DAY
    bo = people.member("Bo Lindqvist")
    clock.at = NOON
    wish_pulses({bo.id: active_since()[bo.id]}, clock())
    street.work()
    post("ask_by_mail", member_id=bo.id, ask_id=str(asks()[0].id))
    street.work()
    drive(street, ada)
    clock.forward(days=3)
    street.work()
    letters = db.session.scalars(select(Message).where(Message.kind == "ask_mail"))
    assert {row.member_id: row.purpose for row in letters} == {ada.id: "care", bo.id: "news"}


@pytest.mark.one_database
@pytest.mark.parametrize("meanwhile", ["answered", "a case"])
def test_a_question_that_waits_for_the_morning_is_not_mailed_when_its_moment_is_over(site, street, ada, meanwhile):
    drive(street, ada)
    street.clock.at = street.clock().replace(hour=4) + DAY  # at night in Chicago
    assert show_ask(ask_id=asks()[0].id, channel="mail", now=street.clock())
    post("ask_mail", member_id=ada.id, ask_id=str(asks()[0].id))
    street.work()
    assert _mail_of_asks() == [("waiting", "quiet_hours")]
    if meanwhile == "answered":
        with transaction():
            ask = db.session.scalars(select(AskRow)).one()
            ask.state, ask.closed_at = AskState.ANSWERED, street.clock()
    else:
        site.extensions["has_open_case"] = lambda member_id: True
    street.clock.forward(hours=11)
    street.work()
    assert _mail_of_asks() == [("skipped", "moot")]


def _mail_of_asks() -> list[tuple[str, str | None]]:
    db.session.rollback()
    return [(row.state, row.why) for row in db.session.scalars(
        select(Delivery).join(Message, Message.id == Delivery.message_id).where(
            Message.kind == "ask_mail", Delivery.channel == "mail"))]


def test_a_closing_question_waits_for_its_time_and_until_no_other_case_is_open(site, street, ada):
    assert wished(ada, "recovery_satisfaction", "one", now=NOON - 3 * DAY) is not None
    site.extensions["has_open_case"] = lambda member_id: True
    assert wished(ada, "receipt_expectation", "two", now=NOON + 5 * DAY) is None
    assert wished(ada, "case_closing", "three", subject="case:1") is None
    again = jobs("ask")[-1]
    assert (again.facts["solicitation"], again.facts["subject"], again.due_at) == ("case_closing", "case:1", NOON + DAY)
    site.extensions["has_open_case"] = lambda member_id: False
    street.clock.forward(days=1)
    street.work()
    assert [row.solicitation for row in asks()] == ["recovery_satisfaction"]
    street.clock.forward(days=3)
    street.work()
    assert [row.solicitation for row in asks()] == ["recovery_satisfaction", "case_closing"]
    assert [why for _what, why in logged(wishes=True)] == [None, "open_case", "gap", None, "open_case"]


@pytest.mark.one_database
def test_news_pass_the_same_gate(street, ada):
    post("ask", member_id=ada.id, solicitation="referral", message="invitation")
    post("ask", member_id=ada.id, solicitation="referral", message="invitation")
    street.work()
    assert len(jobs("invitation")) == 1
    assert sorted(logged(), key=str) == [("offered", None), ("shown", None), ("suppressed", "gap")]


@pytest.mark.one_database
def test_an_applicant_may_say_what_they_use_today_and_what_they_hope_for(site, street, people):
    pat = people.member("Pat Green", status=MemberStatus.APPLICANT)
    browser = browser_of(site, pat.user, street.clock)
    page = browser.get("/account/")
    assert "What do you use today when you need a car?" in words_of(page)
    sent = browser.send(f"/asks/{asks()[0].id}", method="POST", data=hidden_fields(page.text) | {
        "means": "transit", "hope": "there", "heard": "friend", "answer": "send"})
    assert sent.status_code == 302
    told = db.session.scalars(select(Expectation)).one()
    assert (told.stage, told.means, told.hope, told.heard, told.member_id) == ("joining", "transit", "there", "friend", pat.id)
    assert "What do you use" not in words_of(browser.get("/account/"))


def test_what_a_visitor_told_becomes_the_members(site, app, ada):
    seal = site.extensions["adapters"].seal
    for means in ("own_car", "ride"):
        tell_us(session_id="visit", means=means, hope=None, heard=None, words="", seal=seal, now=NOON)
    its_their_own(session_id="visit", member_id=ada.id)
    told = db.session.scalars(select(Expectation)).one()
    assert (told.means, told.member_id) == ("ride", ada.id)


@pytest.mark.one_database
def test_new_words_are_a_new_version_and_answers_keep_theirs(site, street, ada, people):
    cx = people.staff(Role.CX)
    ends, locale = ("Bad", "", "", "", "Good"), site.config["BABEL_DEFAULT_LOCALE"]
    with pytest.raises(BadWording):
        write_wording(solicitation="receipt_expectation", locale=locale, question="How?", labels=ends, by_user_id=cx.id,
                      now=NOON)
    write_wording(solicitation="receipt_expectation", locale=locale, question="How was the trip?", labels=ends,
                  by_user_id=cx.id, now=NOON)
    trip = drive(street, ada)
    browser = browser_of(site, ada.user, street.clock)
    page = browser.get(f"/trips/{trip.reference}/receipt")
    assert "How was the trip?" in words_of(page)
    assert "1: Bad, 5: Good" in words_of(page)
    browser.send(f"/asks/{asks()[0].id}", method="POST", data=hidden_fields(page.text) | {"answer": "5"})
    assert db.session.scalars(select(Answer)).one().wording_version == 2


@pytest.mark.one_database
@pytest.mark.parametrize(("changes", "since", "refusal"), [
    ({"gap": 0}, NOON, RuleOutOfRange), ({"nonsense": 1}, NOON, RuleOutOfRange), ({"gap": 7}, NOON, NothingChanged),
    ({"gap": 8}, NOON - DAY, RulesInThePast)])
def test_a_change_of_the_rules_that_makes_no_sense_is_refused(app, people, changes, since, refusal):
    with pytest.raises(refusal):
        switch_on(changes=changes, since=since, by_user_id=people.staff(Role.CX).id, now=NOON)


# Several devices and the worker at once.

ROUNDS, HANDS = 12, 6


def at_once(site: Flask, acts: list[Any]) -> list[Any]:
    """Do all of it at the same moment, each on a connection of its own; what came of each."""
    ready, came = threading.Barrier(len(acts)), []

    def act(do: Any) -> None:
        with site.app_context():
            ready.wait()
            try:
                came.append(do())
            except Exception as error:  # what came of it is looked at below
                came.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=act, args=(do,)) for do in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


@pytest.fixture
def racing(site: Flask, app: Flask, clock: Clock) -> list[int]:
    clock.at = NOON - 100 * DAY
    members = [People().member(f"Racer {number}", card=None).id for number in range(ROUNDS)]
    db.session.rollback()
    return members


def race_to_ask(site: Flask, members: list[int]) -> list[int]:
    """The worker's hands wish for the same members at the same moment; how many asks each got."""
    for member_id in members:
        came = at_once(site, [lambda n=n, member_id=member_id: wish_to_ask(
            member_id=member_id, solicitation="case_closing" if n % 2 else "recovery_satisfaction", once=f"{member_id}/{n}",
            now=NOON, subject=f"case:{n}") for n in range(HANDS)])
        assert [error for error in came if isinstance(error, Exception)] == []
    found = asks()
    return [sum(row.member_id == member_id for row in found) for member_id in members]


def test_wishes_at_the_same_moment_never_break_a_rule(site, racing):
    assert race_to_ask(site, racing) == [1] * ROUNDS
    assert sorted({why for what, why in logged() if what == "suppressed"}) == ["clock", "gap"]


def test_without_holding_the_member_they_would(request, site, racing, monkeypatch):
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer: there the transaction itself is the lock")
    monkeypatch.setattr(wishing, "hold_member", lambda member_id, now: None)
    assert max(race_to_ask(site, racing)) > 1


def test_two_devices_and_the_mail_give_one_answer(site, racing):
    seal = site.extensions["adapters"].seal
    for member_id in racing[:6]:
        ask = wish_to_ask(member_id=member_id, solicitation="recovery_satisfaction", once=f"made good {member_id}", now=NOON)
        ask_id = ask.id
        shown = at_once(site, [lambda channel=channel, ask_id=ask_id: show_ask(ask_id=ask_id, channel=channel, now=NOON)
                               for channel in ("page", "page", "mail", "mail")])
        assert sum(isinstance(each, Exception) for each in shown) == 0
        came = at_once(site, [
            *[lambda value=value, ask_id=ask_id: answer_ask(ask_id=ask_id, value=value, words="", channel="page", locale="en",
                                                             seal=seal, now=NOON).value for value in (3, 5)],
            lambda ask_id=ask_id: dismiss_ask(ask_id=ask_id, channel="page", now=NOON).id])
        assert [error for error in came if isinstance(error, Exception)] == []
        answered = [row for row in asks() if row.id == ask_id]
        assert [row.state for row in answered] == [AskState.ANSWERED]
    assert len(db.session.scalars(select(Answer)).all()) == 6
    shows = db.session.scalars(select(AskLog).where(AskLog.what == "shown")).all()
    assert len(shows) == 6
    with pytest.raises(AnsweredAlready):
        answer_ask(ask_id=ask_id, value=1, words="", channel="page", locale="en", seal=seal, now=NOON + timedelta(hours=1))


def test_two_taps_of_one_mails_link_at_once_give_one_answer(site, racing):
    seal = site.extensions["adapters"].seal
    for member_id in racing:
        ask_id = wish_to_ask(member_id=member_id, solicitation="recovery_satisfaction", once=f"{member_id}", now=NOON).id
        came = at_once(site, [lambda value=value, ask_id=ask_id: answer_ask(
            ask_id=ask_id, value=value, words="", channel="mail", locale="en_US", seal=seal, now=NOON).value
            for value in (2, 3, 4, 5)])
        used = [each for each in came if isinstance(each, LinkIsUsed)]
        kept = db.session.scalar(select(Answer.value).where(Answer.ask_id == ask_id))
        assert ([each for each in came if isinstance(each, int)], len(used)) == ([kept], 3)
