"""The pages of joining: what visitors, applicants and whoever was refused read, and that nobody learns who has an account."""

import html
import re
from datetime import date, timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from core.database import db, transaction
from experience.asks.models import AskRow, Expectation
from experience.journey import STEPS, Step
from experience.record.abandon import note_abandoned
from experience.record.models import Event
from portal.account.contact.code import code_for as text_code
from portal.account.contact.number import waiting_number
from portal.account.models import Member, MemberStatus, Role, User
from portal.billing.payers.payer_of import own_payer
from portal.signup import sign_up as room
from portal.signup.code import code_for
from portal.signup.decide import decide
from portal.signup.estimate import kept_estimate
from portal.signup.licence import open_licence_again, shown
from portal.signup.models import Application, SignUp, Verdict
from portal.signup.reasons import Reason
from reservations.booking.models import Waiver
from reservations.booking.store_quote import store_quote
from tests.factories import NOON, a_car, a_card, csrf_of, hours
from tests.portal.licence.showing import a_sent, photo
from tests.portal.signup.made import a_submitted, a_whole, again, an_applicant, work
from tests.reservations.pages import Browser, browser_of, words_of

pytestmark = pytest.mark.one_database

CHECK = {"born_on": "1990-05-04", "held_since": "2010-06-01", "licence_from": "us", "violated": "no"}
DETAILS = {"name": "Kim Ito", "email": "kim@example.com", "phone": "(312) 555-0199", "password": "seven quiet herons wade"}


@pytest.fixture
def browser(app, clock):
    return Browser(app.test_client(), clock)


def checked(browser, **told):
    return browser.post("/join", **(CHECK | told))


def in_code(browser, **told):
    checked(browser)
    return browser.post("/join/details", **(DETAILS | told))


def secret_code(app):
    row = db.session.scalars(select(SignUp).order_by(SignUp.asked_at.desc())).first()
    return code_for(row.id, app.config["SECRET_KEY"])


@pytest.mark.check("brute")
def test_whoever_reads_the_mailbox_gets_a_code_however_many_strangers_asked(app, browser, monkeypatch):
    monkeypatch.setattr(room, "PAUSE", timedelta(0))
    checked(browser)
    for place in range(20):
        browser.send("/join/details", method="POST", environ_base={"REMOTE_ADDR": f"198.51.100.{place}"},
                     data=DETAILS | {"csrf_token": browser.token()})
    assert "Each of those mails has a link" in words_of(browser.post("/join/details", **DETAILS))
    work(app)
    letters = [one.get_payload(decode=True).decode() for one in app.extensions["adapters"].mail.box]
    assert len(letters) == 20
    link = re.search(r"(/join/mailbox/\S+)", letters[7])[1]
    assert browser.get(f"{link}x").status_code == 404
    assert browser.get(link).status_code == 302
    assert browser.post("/join/details", **DETAILS).location == "/join/code"
    for _ in range(5):  # four more make a day's codes
        browser.post("/join/code/again")
    assert len(db.session.scalars(select(SignUp)).all()) == 25
    assert browser.post("/join/details", **DETAILS).status_code == 429
    browser.post("/join/details", **DETAILS | {"email": "lee@example.com"})
    other = db.session.scalars(select(SignUp).where(SignUp.email == "lee@example.com")).one()
    assert other.place_hash != room.hash_of_place(other.email, room.ITS_OWN), "a mailbox speaks for itself alone"


def test_the_check_needs_no_account_and_its_answers_stand_in_no_address(app, browser):
    answer = checked(browser)
    assert (answer.status_code, answer.location) == (302, "/join/details")
    assert "You can join." in words_of(browser.get("/join/details"))
    assert db.session.scalars(select(SignUp)).all() == []
    assert "1990-05-04" in browser.get("/join").text, "the way back finds the answers"


@pytest.mark.parametrize(("told", "says", "when"), [
    ({"born_on": "2008-11-25", "held_since": "2024-12-01"}, "You are not 18 yet.", "November 25, 2026"),
    ({"held_since": "2026-01-07"}, "You have had your licence for less than 12 months.", "January 7, 2027"),
    ({"violated": "yes", "violation_on": "2024-02-01"}, "A major violation is less than 36 months ago.", "February 1, 2027"),
])
def test_a_refusal_says_why_when_to_come_back_and_whom_to_ask_and_keeps_nothing(app, browser, told, says, when):
    answer = checked(browser, **told)
    words = words_of(answer)
    assert answer.status_code == 422
    for said in (says, f"Come back on {when}", "We have kept none of your answers", "Ask about this"):
        assert said in words
    assert browser.get("/join/details").location == "/join"
    app.extensions["page_views"].flush()
    refused = db.session.scalars(select(Event).where(Event.step == "join.apply", Event.phase == "refused")).all()
    assert [event.error_code for event in refused] == [
        {"born_on": "too_young", "held_since": "held_too_short", "violated": "violation"}[next(iter(told))]]
    assert "20" not in str(refused[0].facts)


@pytest.mark.parametrize(("told", "field", "says"), [
    ({"born_on": ""}, "born_on", "Choose the day"), ({"born_on": "2027-01-01"}, "born_on", "That day is still to come."),
    ({"born_on": "0001-01-01"}, "born_on", "Look at the year"), ({"born_on": "x"}, "born_on", ""),
    ({"held_since": "1980-01-01"}, "held_since", "before you were born"),
    ({"born_on": "1990-05-04", "held_since": "2000-06-01"}, "held_since", "younger than 14 then"),
    ({"licence_from": "moon"}, "licence_from", ""), ({"violated": ""}, "violated", "Choose yes or no."),
    ({"violated": "yes"}, "violated", "on which day"),
    ({"violated": "yes", "violation_on": "2030-01-01"}, "violation_on", "to come"),
    ({"violated": "no", "violation_on": "2019-01-01"}, "violation_on", "You chose “No” above."),
    ({"violated": "yes", "violation_on": "1980-01-01"}, "violation_on", "before you were born")])
def test_what_makes_no_sense_is_asked_again_beside_its_field(browser, told, field, says):
    answer = checked(browser, **told)
    assert answer.status_code == 422
    assert "to put right" in answer.text
    assert says in html.unescape(answer.text.partition(f'id="{field}-err"')[2][:300])
    assert f'id="{field}-err"' in answer.text
    assert 'id="answer"' not in answer.text


def test_details_are_asked_for_only_after_the_check(browser):
    assert browser.get("/join/details").location == "/join"
    assert browser.get("/join/code").location == "/join"


def test_an_account_is_made_by_the_code_and_goes_on_at_the_number(app, browser):
    assert in_code(browser).location == "/join/code"
    assert "kim@example.com" in browser.get("/join/code").text
    wrong = browser.post("/join/code", code="000000")
    assert (wrong.status_code, "That is not the code" in wrong.text) == (422, True)
    assert browser.post("/join/code", code=secret_code(app)).location == "/join"
    assert browser.get("/join").location == "/join/phone"
    words = words_of(browser.get("/join/phone"))
    assert "Step 2 of 6: Your details" in words
    assert "A code is on its way" in words
    assert browser.get("/join/details").location == "/join"


def test_what_the_estimator_said_before_is_kept_with_the_application_and_found_on_every_device(app, browser, clock):
    browser.get("/pricing?weekday=2&weekday_hours=3&weekend=1&weekend_hours=4&car_class=compact")
    in_code(browser)
    assert browser.post("/join/code", code=secret_code(app)).location == "/join"
    row = db.session.scalars(select(Application)).one()
    for plan in ("payg", "regular"):  # on a computer of theirs that has never seen the estimator
        desk = browser_of(app, row.member.user, clock)
        assert "we hold ourselves to it" in words_of(desk.get("/join/plan"))
        desk.post("/join/plan", plan=plan)
    found = kept_estimate(again(row))
    assert (found.trips, found.minutes, found.weekend, found.car_class, found.age_told) == (3, 600, 240, "compact", False)
    assert found.cents["regular"] > 700


def test_a_newer_estimate_takes_the_place_of_an_older_one_and_not_the_other_way_round(app, people, clock):
    application = an_applicant(people)
    desk, phone = (browser_of(app, application.member.user, clock) for _device in range(2))
    for minute, (device, trips) in enumerate(((desk, 2), (phone, 5))):
        clock.forward(minutes=minute)
        device.get(f"/pricing?weekday={trips}&weekend=0")
    for device in (phone, desk):
        device.post("/join/plan", plan="regular")
    assert kept_estimate(again(application)).trips == 5


def test_an_estimate_that_was_asked_for_after_the_plan_was_chosen_is_shown_before_sending_and_kept(app, people, clock):
    application = a_whole(app, people)
    browser = browser_of(app, application.member.user, clock)
    browser.get("/pricing?weekday=7&weekend=0")
    assert "for 7 trips" in words_of(browser.get("/join/review"))
    assert browser.post("/join/review", agreed="y").location == "/join/decision"
    assert kept_estimate(again(application)).trips == 7


@pytest.mark.check("enum")
def test_nobody_learns_from_the_pages_who_has_an_account(app, browser, clock, people):
    known = people.member("Ada Okafor").user.email
    seen = []
    for email in ("kim@example.com", known):
        fresh = Browser(app.test_client(), clock)
        answer = in_code(fresh, email=email)
        page = fresh.get("/join/code").text.replace(email, "?")
        wrong = fresh.post("/join/code", code="123456")
        seen.append((answer.status_code, answer.location, _plain(page), wrong.status_code,
                     _plain(wrong.text.replace(email, "?"))))
    assert seen[0] == seen[1]
    assert db.session.scalars(select(User).where(User.email == "kim@example.com")).all() == []


def _plain(html):
    """A page without what is new on each of them."""
    main = html.split("<main", 1)[1].split("</main>", 1)[0]
    return re.sub(r'name="csrf_token"[^>]*value="[^"]*"', "", main)


def test_a_weak_password_and_a_foreign_number_are_refused_beside_their_fields(browser):
    checked(browser)
    answer = browser.post("/join/details", **(DETAILS | {"password": "kim@example.com", "phone": "+44 20 7946 0000"}))
    assert answer.status_code == 422
    assert "seven quiet" not in answer.text
    assert "mobile number of the United States" in answer.text
    assert browser.post("/join/details", **(DETAILS | {"password": "short"})).status_code == 422


def test_another_code_can_be_had_and_the_one_before_counts_no_more(app, browser, monkeypatch):
    in_code(browser)
    first = secret_code(app)
    browser.post("/join/code/again")
    assert "A code is on its way already" in browser.get("/join/code").text
    monkeypatch.setattr(room, "PAUSE", room.PAUSE * 0)
    browser.post("/join/code/again")
    assert secret_code(app) != first
    assert browser.post("/join/code", code=first).status_code == 422


def test_the_whole_way_on_two_devices(app, browser, clock):
    in_code(browser)
    browser.post("/join/code", code=secret_code(app))
    member = db.session.scalars(select(Member).join(User).where(User.email == "kim@example.com")).one()
    desk = Browser(app.test_client(), clock)
    desk.fill_in("/sign-in", email="kim@example.com", password=DETAILS["password"])
    assert desk.get("/join").location == "/join/phone"
    code = text_code(waiting_number(member.id).id, app.config["SECRET_KEY"])
    assert desk.post("/join/phone/code", code=code).location == "/join/licence"
    assert browser.get("/join").location == "/join/licence"
    details = {"place": "US-IL", "number": "I300-1234-5678", "name": "Kim Ito", "held_since": "2010-06-01",
               "expires_on": "2030-01-01"}
    pictures = {side: (BytesIO(photo(50 + 40 * n)), f"{side}.jpg")
                for n, side in enumerate(("front", "back", "selfie"))}
    no = browser.send("/join/licence", method="POST", content_type="multipart/form-data", data={
        "csrf_token": browser.token(), "do": "send", "front": (BytesIO(b"GIF89a"), "front.jpg")})
    assert no.status_code == 422
    begun = browser.get("/join/licence").text
    assert 'value="Kim Ito"' in begun and 'value="2010-06-01"' in begun, "what we know is not asked for anew"  # noqa: PT018
    assert "Expires on <small>" not in begun, "both days have to be there when it is sent"
    sent = browser.send("/join/licence", method="POST", content_type="multipart/form-data", data={
        "csrf_token": browser.token(), "do": "send", **details, **pictures})
    assert sent.location == "/join/plan", sent.text
    assert desk.get("/join/review").location == "/join/plan"
    plan = desk.get("/join/plan")
    for fee in ("$7.00 a month", "$0.00 a month", "Every fee there is", "$8.06", "$3.06"):
        assert fee in words_of(plan)
    assert "ask for the reduced tier: driving time costs 25% less, and the monthly fee 50% less" in words_of(plan)
    assert desk.post("/join/plan", plan="regular").location == "/join/payment"
    assert "$0 to $50" in words_of(browser.get("/join/payment"))
    a_card(member)
    review = browser.get("/join/review")
    for words in ("Kim Ito", "kim@example.com", "(312) 555-0199", "Regular", "$7.00", "Visa", "Sending it costs $0.00"):
        assert words in words_of(review)
    for page in ("check", "phone", "licence", "plan", "payment"):
        assert f'href="/join/{page}"' in review.text
    assert browser.post("/join/review").status_code == 422, "without agreeing nothing is sent"
    assert browser.post("/join/review", agreed="y").location == "/join/decision"
    assert "You hear from us by" in words_of(desk.get("/join/decision"))
    assert desk.post("/join/review", agreed="y").location == "/join/decision", "the other device is led on"
    work(app)
    done = browser.get("/join/decision")
    assert "Welcome, Kim" in words_of(done)
    assert 'href="/cars"' in done.text
    assert browser.get("/join").location == "/join/decision" or browser.get("/join").location == "/"


def test_somebody_new_has_started_when_they_are_shown_a_price_and_is_asked_once_how_easy_it_was(app, people, clock):
    application = a_submitted(app, people)
    clock.forward(minutes=2)
    work(app)
    browser = browser_of(app, application.member.user, clock)

    def known():
        app.extensions["page_views"].flush()
        db.session.rollback()
        return db.session.scalars(select(Event.phase).where(Event.step == "join.activate").order_by(Event.id)).all()

    def asked():
        work(app)
        return db.session.scalars(select(AskRow.solicitation).where(AskRow.solicitation == "activate_ease")).all()

    assert "Welcome, Nico" in words_of(browser.get("/join/decision"))
    assert (known(), asked()) == (["entered"], []), "reading that one is a member is no start"
    clock.forward(days=8)  # the question about the decision has had its time
    for _twice in range(2):
        assert browser.get(f"/cars/{a_car().slug}/book").status_code == 200
    assert (known(), asked()) == (["entered", "succeeded"], []), "not in the middle of booking"
    clock.forward(hours=3)
    assert asked() == ["activate_ease"]


def test_a_price_that_nobody_could_pay_is_no_start_and_a_programs_price_is_one(app, people, clock):
    application = a_submitted(app, people)
    work(app)
    member, phases = again(application).member, select(Event.phase).where(Event.step == "join.activate").order_by(Event.id)
    browser = browser_of(app, member.user, clock)
    with transaction():
        own_payer(member.id).booking_stopped_at = clock.at
    assert browser.get(f"/cars/{a_car().slug}/book").status_code == 200
    assert db.session.scalars(phases).all() == ["entered"]
    store_quote(member=member, car=a_car(), span=hours(1, 3), waiver=Waiver.INCLUDED, now=clock.at)
    assert db.session.scalars(phases).all() == ["entered", "succeeded"]


def test_who_looks_at_a_refusal_and_goes_has_abandoned_nothing(app, people, clock):
    application = a_submitted(app, people)
    decide(application=application, verdict=Verdict.REFUSED, reasons=[Reason.UNREADABLE], reviewer=people.staff(Role.REVIEWER),
           now=clock.at)
    clock.forward(minutes=5)
    browser_of(app, application.member.user, clock).get("/join/decision")
    app.extensions["page_views"].flush()
    note_abandoned(clock.at + STEPS[Step.JOIN_DECISION].limit + timedelta(hours=1))
    assert db.session.scalars(select(Event.phase).where(Event.step == "join.decision").order_by(Event.id)).all() == [
        "entered", "refused"]


def test_what_was_answered_can_be_changed_until_it_is_sent(app, people, clock):
    application = a_whole(app, people)
    browser = browser_of(app, application.member.user, clock)
    assert "2010-06-01" in browser.get("/join/check").text
    assert browser.post("/join/check", **(CHECK | {"held_since": "2011-02-03"})).location == "/join/review"
    assert again(application).held_since == date(2011, 2, 3)
    no = browser.post("/join/check", **(CHECK | {"born_on": "2010-01-01"}))
    assert (no.status_code, again(application).member.born_on) == (422, date(1990, 5, 4))
    assert browser.post("/join/name", name="Nico  T. Tanaka").location == "/join/review"
    assert again(application).member.name == "Nico T. Tanaka"
    assert "We have the pictures" in browser.get("/join/licence").text
    assert browser.post("/join/licence/again").location == "/join/licence"
    assert browser.get("/join/review").location == "/join/licence"


@pytest.mark.check("steps")
def test_an_application_with_a_card_asks_again_who_is_there_before_it_says_somebody_else_applies(app, people, clock):
    bare, whole = an_applicant(people), a_whole(app, people, "Kim Ito")
    app.config["STEP_UP_MINUTES"] = -1
    for application, asked in ((bare, False), (whole, True)):
        browser = browser_of(app, application.member.user, clock)
        answers = [browser.post("/join/name", name="Eve Other"), browser.post("/join/phone", number="(312) 555-0177"),
                   browser.post("/join/licence/again")]
        assert [answer.status_code for answer in answers] == [403 if asked else 302] * 3
        assert browser.post("/account/profile", name="Eve Third", hours="12").status_code == 403, "nor round it"
        assert again(application).member.name == ("Kim Ito" if asked else "Eve Other")
        form = browser.get("/join/licence")
        assert "We have the pictures" in form.text or not asked
    assert shown(whole.member_id) is not None
    open_licence_again(whole.member_id)
    assert browser.get("/join/licence").location.startswith("/sign-in/again"), "nor is another licence sent"


def test_whose_licence_has_expired_is_told_so_and_applies_again_at_once_with_another(app, people, clock):
    application = a_submitted(app, people, expires_on=date(2026, 5, 4))
    work(app)
    browser = browser_of(app, application.member.user, clock)
    told = words_of(browser.get("/join/decision"))
    for said in ("Not this time", "Your licence has expired.", "Renew it, and show us the new one.", "Apply again"):
        assert said in told
    assert browser.post("/join", **CHECK).location == "/join"
    assert browser.get("/join").location == "/join/licence"
    assert "Send it" in browser.get("/join/licence").text
    a_sent(db.session.get_one(Member, application.member_id), number="T400-0000-5555", now=clock.at)
    assert browser.get("/join").location == "/join/plan", "the number and the card are known"


def test_after_it_is_sent_every_page_of_it_leads_to_where_it_stands(app, people, clock):
    application = a_submitted(app, people)
    browser = browser_of(app, application.member.user, clock)
    for page in ("", "/check", "/phone", "/licence", "/plan", "/payment", "/review"):
        assert browser.get(f"/join{page}").location == "/join/decision", page
    browser.post("/join/plan", plan="payg")
    assert again(application).plan == "regular"
    assert browser.post("/join/withdraw").location == "/join"
    assert "Can I join?" in browser.get("/join").text
    assert "Begin again" in browser.get("/join/decision").text


def test_a_refusal_says_why_by_whom_and_when_and_takes_one_appeal(app, people, clock):
    application = a_submitted(app, people)
    decide(application=application, verdict=Verdict.REFUSED, reasons=[Reason.FACE_DIFFERS], now=NOON,
           reviewer=people.staff(Role.REVIEWER))
    browser = browser_of(app, application.member.user, clock)
    words = words_of(browser.get("/join/decision"))
    for said in ("The face on the selfie", "A person decided this", "You can apply again from December 24, 2026 on.",
                 "Nothing was charged", "Did we get it wrong?"):
        assert said in words
    assert browser.post("/join/appeal", words="").status_code == 422
    assert browser.post("/join/appeal", words="I <b>shaved</b>.").location == "/join/decision"
    assert "This is your appeal of" in words_of(browser.get("/join/decision"))
    assert browser.post("/join/appeal", words="Again").status_code == 409


def test_a_late_decision_says_so_and_is_alarmed(app, people, clock):
    application = a_submitted(app, people, number="T40012349901")
    browser = browser_of(app, application.member.user, clock)
    clock.forward(hours=25)
    assert "and are late" in words_of(browser.get("/join/decision"))


def test_members_staff_and_whoever_left_are_led_elsewhere(app, people, clock):
    assert browser_of(app, people.member().user, clock).get("/join").location == "/"
    gone = people.member("Left Long", status=MemberStatus.CLOSED)
    assert browser_of(app, gone.user, clock).get("/join").location == "/account/rejoin"
    assert browser_of(app, people.staff(Role.FLEET), clock).get("/join/plan").status_code == 403


def test_an_applicant_without_an_application_begins_one(app, people, clock):
    member = people.member("Old Applicant", status=MemberStatus.APPLICANT, card=None)
    browser = browser_of(app, member.user, clock)
    assert browser.post("/join", **CHECK).location == "/join"
    assert db.session.scalars(select(Application.state).where(Application.member_id == member.id)).all() == ["open"]
    assert browser.get("/join").location == "/join/phone"


def test_pages_of_joining_need_a_token_against_forgery(app, people, clock):
    browser = browser_of(app, an_applicant(people).member.user, clock)
    app.config["WTF_CSRF_ENABLED"] = True
    for page in ("/join", "/join/check", "/join/phone", "/join/plan", "/join/review", "/join/appeal", "/join/withdraw",
                 "/join/details", "/join/code", "/join/code/again", "/join/licence", "/join/licence/again", "/join/name",
                 "/join/phone/code"):
        assert browser.send(page, method="POST", data={}).status_code == 400, page


def test_sign_ups_and_codes_are_limited_by_address(limited_site):
    client = limited_site.test_client()
    typed = {"csrf_token": csrf_of(client.get("/join").text)}
    answers = [client.post("/join/details", data=typed).status_code for _ in range(21)]
    assert (answers[19], answers[20]) == (302, 429)


def test_the_question_before_joining_is_asked_once_in_the_first_visit_and_never_again(app, browser):
    first = browser.get("/join").text
    assert "What do you use today when you need a car?" in first
    assert "What do you use today" not in browser.get("/join").text
    assert browser.post("/join/before", means="own_car", hope="there", heard="friend").location == "/join"
    told = db.session.scalars(select(Expectation)).one()
    assert (told.member_id, told.stage, told.means, told.hope, told.heard) == (None, "joining", "own_car", "there", "friend")
    in_code(browser)
    browser.post("/join/code", code=secret_code(app))
    member = db.session.scalars(select(Member).join(User).where(User.email == "kim@example.com")).one()
    assert db.session.scalars(select(Expectation.member_id)).all() == [member.id]
    for page in ("/", "/account/"):
        assert "What do you use today" not in browser.get(page).text
