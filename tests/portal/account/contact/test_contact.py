"""How a member says how we may write: choices, a number with its code, devices, and the link that stops mails."""

import json
import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update

from core.database import db, transaction
from core.outbox import TryLater
from core.time import wall_now
from experience.journey import Step
from portal.account.contact.choose import choose
from portal.account.contact.code import code_for
from portal.account.contact.confirm_number import ask_for_code, confirm_number, forget_number
from portal.account.contact.devices import MOST, Subscription, add_device, devices_of
from portal.account.contact.errors import (
    CodeIsOver,
    CodeJustSent,
    NoNumberYet,
    TooManyCodes,
    TooManyGuesses,
    WrongCode,
)
from portal.account.contact.in_force import choices_of
from portal.account.contact.models import ContactChoice, PhoneNumber
from portal.account.contact.number import NoNumber, number_of, read_number, waiting_number, written
from portal.account.contact.rules import FIRST, Channel, Purpose
from portal.account.contact.unsubscribe import read_stop_token, stop_token
from portal.account.models import Member
from portal.messages.sms import EmbeddedPhone
from portal.messages.undeliverable import Undeliverable
from portal.web.say import CITY_ZONE
from portal.worker import do_due
from tests.factories import NOON
from tests.portal.messages.outside import PushService
from tests.reservations.made import steps
from tests.reservations.pages import browser_of, words_of

HERS, HIS = "+13125550123", "+13125550124"
STEP = str(Step.MANAGE_CONTACT_CHOICES)


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def browser(site, ada, clock):
    return browser_of(site, ada.user, clock)


def chosen(member) -> set[str]:
    db.session.rollback()
    return {f"{purpose}.{channel}" for purpose, channel in choices_of(member.id, NOON).ways}


def secret(app) -> str:
    return app.config["SECRET_KEY"]


def minutes_passed(minutes: float) -> None:
    """As if the codes had been asked for earlier."""
    gone = timedelta(minutes=minutes)
    with transaction():
        for row in db.session.scalars(select(PhoneNumber)):
            row.asked_at, row.code_until = row.asked_at - gone, row.code_until - gone


def confirmed(app, member, number=HERS) -> None:
    row = ask_for_code(member=member, number=number, now=NOON)
    confirm_number(member=member, code=code_for(row.id, secret(app)), secret=secret(app), now=NOON)


# The page of choices.

def test_what_is_ticked_counts_at_once_and_every_change_is_a_version(app, browser, ada, clock):
    form = {"quiet_from": "22:30", "quiet_until": "06:15", "zone": "America/Denver"}
    assert browser.post("/account/contact", **form, care_mail="y", news_push="y").status_code == 302
    now = choices_of(ada.id, clock())
    assert chosen(ada) == {"care.mail", "news.push"}
    assert (now.version, now.quiet_from, now.quiet_until, now.zone.key) == (1, 22 * 60 + 30, 6 * 60 + 15, "America/Denver")
    browser.post("/account/contact", **form, care_mail="y", news_push="y")
    assert choices_of(ada.id, clock()).version == 1, "the same again is no change"
    clock.forward(hours=1)
    browser.post("/account/contact", **form)
    assert [(row.version, row.at, row.made_by) for row in db.session.scalars(select(ContactChoice).order_by(
        ContactChoice.version))] == [(1, NOON, "page"), (2, NOON + timedelta(hours=1), "page")]
    assert steps("succeeded")[-1] == (STEP, "succeeded", None)


def test_the_page_says_what_cannot_be_switched_off_and_why(browser, ada):
    words = words_of(browser.get("/account/contact"))
    assert words.index("no quiet hours.") < words.index("Time zone")
    assert "Its mail cannot be switched off: you must be able to prove what you booked and paid." in words
    assert f"Mail to {ada.user.email}, always" in words
    assert "Only what cannot wait makes a sound" in words
    assert "service_mail" not in browser.get("/account/contact").text


@pytest.mark.one_database
@pytest.mark.parametrize("wrong", [{"quiet_from": "25:00"}, {"quiet_until": ""}, {"zone": "Mars/Olympus"}])
def test_what_makes_no_sense_is_said_beside_its_field(browser, ada, wrong):
    form = {"quiet_from": "22:30", "quiet_until": "06:15", "zone": "America/Denver"} | wrong
    assert browser.post("/account/contact", **form).status_code == 422
    assert choices_of(ada.id, NOON).version == 0


@pytest.mark.one_database
def test_texts_are_not_to_be_had_without_a_number(app, browser, ada):
    with pytest.raises(NoNumberYet):
        choose(member=ada, ways={(Purpose.CARE, Channel.SMS)}, quiet_from=0, quiet_until=0, zone=CITY_ZONE, now=NOON)
    form = {"quiet_from": "21:00", "quiet_until": "08:00", "zone": "America/Chicago", "care_sms": "y"}
    assert browser.post("/account/contact", **form).status_code == 302
    assert "care.sms" not in chosen(ada)
    confirmed(app, ada)
    browser.post("/account/contact", **form)
    assert "care.sms" in chosen(ada)


@pytest.mark.one_database
def test_what_the_page_does_not_offer_is_left_as_it_was(app, browser, ada):
    choose(member=ada, ways=FIRST, quiet_from=0, quiet_until=0, zone=CITY_ZONE, now=NOON)
    app.extensions["adapters"] = replace(app.extensions["adapters"], push=None)
    browser.post("/account/contact", quiet_from="21:00", quiet_until="08:00", zone="America/Chicago", news_mail="y")
    assert chosen(ada) == {"service.push", "care.push", "news.mail"}


def test_two_changes_at_once_are_two_versions(site, ada):
    ready = threading.Barrier(4)

    def change(number: int) -> None:
        with site.app_context():
            ready.wait(20)
            choose(member=ada, ways=(), quiet_from=number, quiet_until=0, zone=CITY_ZONE, now=NOON)
            db.session.remove()

    threads = [threading.Thread(target=change, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    db.session.rollback()
    assert list(db.session.scalars(select(ContactChoice.version).order_by(ContactChoice.version))) == [1, 2, 3, 4]


# The number.

def test_a_number_counts_once_its_code_is_typed_in(app, site, browser, ada, clock):
    assert browser.post("/account/contact/number", number="(312) 555-0123").status_code == 302
    assert number_of(ada.id) is None
    do_due(app)
    (said,) = app.extensions["adapters"].sms.texts()
    assert said.to == HERS
    code = re.match(r"\d{6}", said.words)[0]
    assert "A code is on its way to (312) 555-0123" in words_of(browser.get("/account/contact"))
    assert browser.post("/account/contact/number/code", code=code).status_code == 302
    db.session.rollback()
    assert (number_of(ada.id).number, ada.phone) == (HERS, HERS)
    assert "service.sms" in chosen(ada)
    assert code not in _everything_kept(), "the code is kept nowhere"
    browser.post("/account/contact/number/forget")
    assert (number_of(ada.id), "service.sms" in chosen(ada)) == (None, False)
    assert ada.phone is None


def _everything_kept() -> str:
    """Every text of the tables that a code passes through."""
    return json.dumps([[str(value) for value in row] for table in ("outbox", "phone_numbers", "events", "messages") for row in
                       db.session.execute(text(f"SELECT * FROM {table}"))])  # noqa: S608 - names of ours


@pytest.mark.one_database
def test_a_code_can_be_guessed_five_times_and_not_by_asking_many_at_once(app, site, ada):
    row = ask_for_code(member=ada, number=HERS, now=NOON)
    right = code_for(row.id, secret(app))
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    said, ready = [], threading.Barrier(8)

    def guess() -> None:
        with site.app_context():
            ready.wait(20)
            try:
                confirm_number(member=ada, code=wrong, secret=secret(app), now=NOON)
            except (WrongCode, CodeIsOver) as no:
                said.append(no.code)
            db.session.remove()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(said) == ["code_is_over"] * 3 + ["wrong_code"] * 5
    with pytest.raises(CodeIsOver):
        confirm_number(member=ada, code=right, secret=secret(app), now=NOON)
    assert number_of(ada.id) is None
    assert (STEP, "refused", "wrong_code") in steps()


@pytest.mark.one_database
def test_a_code_counts_for_ten_minutes_and_only_the_newest_one(app, ada):
    first = ask_for_code(member=ada, number=HERS, now=NOON)
    with pytest.raises(CodeJustSent):
        ask_for_code(member=ada, number=HERS, now=NOON)
    minutes_passed(2)
    second = ask_for_code(member=ada, number=HIS, now=NOON)
    with pytest.raises(WrongCode):
        confirm_number(member=ada, code=code_for(first.id, secret(app)), secret=secret(app), now=NOON)
    minutes_passed(11)
    with pytest.raises(CodeIsOver):
        confirm_number(member=ada, code=code_for(second.id, secret(app)), secret=secret(app), now=NOON)


@pytest.mark.one_database
def test_nobody_has_a_phone_flooded_with_codes(app, ada, people):
    for _ in range(5):
        ask_for_code(member=ada, number=HERS, now=NOON)
        minutes_passed(2)
    with pytest.raises(TooManyCodes):
        ask_for_code(member=ada, number=HIS, now=NOON)  # her day is over
    minutes_passed(24 * 60)
    ask_for_code(member=ada, number=HERS, now=NOON)


def asked_by_strangers(app, people, number=HERS, strangers=7) -> list[str]:
    """Others have codes texted to a number; which came."""
    for nth in range(strangers):
        ask_for_code(member=people.member(f"Stranger {nth}", card=None), number=number, now=NOON)
        do_due(app)
    return [re.search(r"\d{6}", one.words)[0] for one in app.extensions["adapters"].sms.texts() if one.to == number]


@pytest.mark.check("brute")
def test_strangers_neither_flood_a_phone_nor_keep_its_owner_from_confirming_it(app, browser, ada, people, clock):
    came = asked_by_strangers(app, people)
    assert len(came) == 5
    assert browser.post("/account/contact/number", number=HERS).status_code == 302
    assert "any of those that came will do" in words_of(browser.get("/account/contact"))
    do_due(app)
    assert len(asked_by_strangers(app, people, strangers=1)) == 5
    wrong = next(code for code in ("000000", "000001", "000002", "000003", "000004", "000005") if code not in came)
    assert browser.post("/account/contact/number/code", code=wrong).status_code == 422
    assert browser.post("/account/contact/number/code", code=came[2]).status_code == 302
    assert number_of(ada.id).number == HERS


@pytest.mark.one_database
def test_a_code_of_others_counts_only_where_none_was_texted_and_for_a_day(app, ada, people, clock):
    (came,) = asked_by_strangers(app, people, strangers=1)
    ask_for_code(member=ada, number=HERS, now=NOON)
    do_due(app)
    with pytest.raises(WrongCode):
        confirm_number(member=ada, code=came, secret=secret(app), now=NOON)
    bo = people.member("Bo Lindqvist", card=None)
    asked_by_strangers(app, people, strangers=3)
    ask_for_code(member=bo, number=HERS, now=NOON)
    with transaction():
        db.session.execute(update(PhoneNumber).where(PhoneNumber.sent_at.is_not(None)).values(
            sent_at=wall_now() - timedelta(days=2)))
    with pytest.raises(WrongCode):
        confirm_number(member=bo, code=came, secret=secret(app), now=NOON)


@pytest.mark.check("brute")
def test_many_accounts_guess_no_oftener_than_few_and_whoever_got_a_code_is_not_kept_back(app, ada, people, clock):
    confirmed(app, ada)
    forget_number(member=ada, now=NOON)
    minutes_passed(24 * 60)
    came = asked_by_strangers(app, people, strangers=5)
    owner = db.session.scalars(select(PhoneNumber).where(PhoneNumber.sent_at.is_not(None))).first()
    wrong = next(code for code in ("000000", "000001", "000002", "000003", "000004", "000005") if code not in came)
    said = []
    for nth in range(6):
        guesser = people.member(f"Guesser {nth}", card=None)
        ask_for_code(member=guesser, number=HERS, now=NOON)
        for _ in range(5):
            with pytest.raises((WrongCode, TooManyGuesses)) as no:
                confirm_number(member=guesser, code=came[2] if nth == 5 else wrong, secret=secret(app), now=NOON)
            said.append(no.type)
    assert said == [WrongCode] * 25 + [TooManyGuesses] * 5
    ask_for_code(member=ada, number=HERS, now=NOON)
    do_due(app)
    for row in (owner, waiting_number(ada.id)):
        member = db.session.get_one(Member, row.member_id)
        confirm_number(member=member, code=code_for(row.id, secret(app)), secret=secret(app), now=NOON)
        assert number_of(member.id).number == HERS


@pytest.mark.one_database
@pytest.mark.check("brute")
def test_a_phone_is_not_flooded_when_what_stood_still_goes_on(app, ada, people, clock):
    for nth in range(9):
        ask_for_code(member=people.member(f"Stranger {nth}", card=None), number=HERS, now=NOON)
        minutes_passed(1)
    do_due(app)
    assert len(app.extensions["adapters"].sms.texts()) == 5
    assert asked_by_strangers(app, people, number=HIS, strangers=1), "nor is another number held back"


@pytest.mark.one_database
def test_whoever_confirmed_a_number_before_gets_codes_whatever_strangers_ask(app, ada, people, clock):
    confirmed(app, ada)
    forget_number(member=ada, now=NOON)
    before = len(asked_by_strangers(app, people))
    minutes_passed(2)
    ask_for_code(member=ada, number=HERS, now=NOON)
    assert len(asked_by_strangers(app, people, strangers=1)) == before + 1


class Deaf(EmbeddedPhone):
    """A carrier that does not answer at first, then says that the number is none."""

    def __init__(self, folder) -> None:
        super().__init__(folder)
        self.says = [TryLater("down"), Undeliverable("400")]

    def send(self, number, text, *, once):
        raise self.says.pop(0)


@pytest.mark.one_database
def test_a_number_that_no_text_reaches_says_so_on_the_page(app, site, browser, ada, clock, tmp_path):
    app.extensions["adapters"] = replace(app.extensions["adapters"], sms=Deaf(tmp_path))
    browser.post("/account/contact/number", number=HERS)
    do_due(app)
    assert "A code is on its way" in words_of(browser.get("/account/contact"))
    clock.forward(seconds=2)
    do_due(app)
    assert "No text message reaches (312) 555-0123." in words_of(browser.get("/account/contact"))


def test_a_new_number_takes_the_place_of_the_old_one(app, ada):
    confirmed(app, ada, HERS)
    minutes_passed(2)
    confirmed(app, ada, HIS)
    assert number_of(ada.id).number == HIS
    assert db.session.scalar(select(func.count()).select_from(PhoneNumber).where(PhoneNumber.removed_at.is_not(None))) == 1


@pytest.mark.parametrize(("typed", "number"), [
    ("(312) 555-0123", HERS), ("312.555.0123", HERS), ("+1 312 555 0123", HERS), ("1-312-555-0123", HERS),
    ("+1 604 555 0123", "+16045550123")])
def test_a_number_is_read_as_people_write_it(typed, number):
    assert read_number(typed) == number


@pytest.mark.parametrize("typed", ["", "555-0123", "911", "hello", "+44 7700 900123", "1-900-555-0123", "1-800-555-0123",
                                   "(312) 555-0123 ext. 4", "+1 876 555 0123", "0" * 40])
def test_what_is_no_number_we_text_to_is_not_taken(typed):
    with pytest.raises(NoNumber):
        read_number(typed)


def test_a_number_is_written_as_its_country_does():
    assert (written(HERS), written("+447700900123")) == ("(312) 555-0123", "+44 7700 900123")


# Devices.

BROWSER = PushService(url="https://push.example").browser()
SAID = {"endpoint": BROWSER.endpoint, "p256dh": BROWSER.p256dh, "auth": BROWSER.auth}


def test_a_device_is_added_named_and_taken_away_and_signing_out_takes_it_too(site, browser, ada, clock, people):
    assert browser.post("/account/contact/devices").status_code == 302
    (device,) = devices_of(ada.id)
    assert device.endpoint.startswith("embedded:")
    stranger = browser_of(site, people.member("Bo Lindqvist").user, clock)
    assert stranger.post(f"/account/contact/devices/{device.id}/remove").status_code == 404
    assert browser.post(f"/account/contact/devices/{device.id}/remove").status_code == 302
    assert devices_of(ada.id) == []
    browser.post("/account/contact/devices")
    assert len(devices_of(ada.id)) == 1
    browser.post("/sign-out")
    db.session.rollback()
    assert devices_of(ada.id) == []


def test_a_browser_shows_the_messages_of_whoever_is_signed_in_to_it(app, ada, people):
    bo = people.member("Bo Lindqvist")
    for member in (ada, ada, bo):
        add_device(member=member, subscription=Subscription(**SAID), name="Chrome on Android", session_id=None, now=NOON)
    assert ([one.endpoint for one in devices_of(bo.id)], devices_of(ada.id)) == ([BROWSER.endpoint], [])
    for _ in range(MOST):
        add_device(member=ada, subscription=None, name="", session_id=None, now=NOON)
    with pytest.raises(Exception, match="too_many_devices"):
        add_device(member=ada, subscription=None, name="", session_id=None, now=NOON)


@pytest.mark.parametrize("wrong", [
    {"endpoint": "http://push.example/1"}, {"endpoint": "https://127.0.0.1/1"}, {"endpoint": "https://[::1]/1"},
    {"endpoint": "https://localhost/1"}, {"endpoint": "https://user@push.example/1"}, {"endpoint": "https://push.example:8443/1"},
    {"endpoint": "https://push.example/" + "x" * 1000}, {"endpoint": "https://push.example/a b"}, {"endpoint": "javascript:1"},
    {"p256dh": "AAAA"}, {"p256dh": SAID["auth"]}, {"auth": ""}, {"auth": "AAAA"}, {"auth": "ü"}])
def test_what_is_no_subscription_is_not_taken(wrong):
    with pytest.raises(ValueError, match=r".*"):
        Subscription(**SAID | wrong)


@pytest.mark.one_database
def test_a_browsers_real_subscription_is_taken_only_where_web_push_is_set_up(app, browser, ada):
    assert browser.post("/account/contact/devices", **SAID).status_code == 422
    app.extensions["adapters"] = replace(app.extensions["adapters"], push=replace_key(app))
    page = browser.get("/account/contact").text
    assert 'data-behaviour="push" data-key="BKey"' in page
    assert browser.post("/account/contact/devices").status_code == 422, "no embedded device where pushes are real"
    assert browser.post("/account/contact/devices", **SAID | {"endpoint": "https://10.0.0.1/1"}).status_code == 422
    assert browser.post("/account/contact/devices", **SAID).status_code == 302
    assert [one.endpoint for one in devices_of(ada.id)] == [BROWSER.endpoint]


def replace_key(app):
    """The site's push with a key, as Web Push has."""
    push = app.extensions["adapters"].push
    push.public_key = "BKey"
    return push


def test_the_service_worker_is_served_from_the_root(visitor):
    answer = visitor.get("/service-worker.js")
    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert b"showNotification" in answer.data


# The link in mails.

def test_a_mail_program_stops_mails_with_one_click_and_a_person_with_a_button(app, visitor, ada):
    link = f"/unsubscribe/{stop_token(ada.id, Purpose.NEWS, secret(app))}"
    page = visitor.get(link)
    assert "Stop mails with news" in words_of(page)
    assert "news.mail" in chosen(ada), "looking changes nothing"
    answer = visitor.post(link, data="List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert "Done: we send you no such mails any more." in words_of(answer)
    assert chosen(ada) == {"service.push", "care.mail", "care.push"}
    visitor.post(link)
    assert db.session.scalars(select(ContactChoice.made_by)).all() == ["link"]


def test_nobody_stops_anybody_elses_mails_or_those_about_trips(app, visitor, ada):
    key, other = secret(app), stop_token(ada.id, Purpose.NEWS, "another secret that is long enough")
    forged = stop_token(ada.id, Purpose.SERVICE, key)
    assert (read_stop_token(other, key), read_stop_token(forged, key)) == (None, None)
    for token in (other, forged, stop_token(999_999, Purpose.NEWS, key), "x", "x" * 5000):
        assert visitor.get(f"/unsubscribe/{token}").status_code == 404
        assert visitor.post(f"/unsubscribe/{token}").status_code == 404
    assert choices_of(ada.id, NOON).version == 0
