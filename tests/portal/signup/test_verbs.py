"""From the code in the mail to the decision: by rule where rules can, else by a person, once, and with the reason."""

import re
import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from core.database import db, transaction
from core.ids import random_id
from experience.asks.models import AskRow
from experience.promises.models import Promise
from experience.record.models import Event
from portal.account.add_user import AddressTaken
from portal.account.contact.errors import CodeIsOver, CodeJustSent, TooManyCodes
from portal.account.models import Member, MemberStatus, Plan, Role, User
from portal.billing.ledger.models import LedgerRow
from portal.billing.membership.charge import charge_memberships
from portal.billing.payments.models import Payment
from portal.licence.models import Side
from portal.licence.queries import licence_of, open_licence_of
from portal.licence.submit import details_of, keep_details, submit_licence
from portal.messages.models import Message
from portal.signup import sign_up as room
from portal.signup.appeal import appeal, withdraw_application
from portal.signup.by_rule import decide_by_rule
from portal.signup.code import code_for
from portal.signup.decide import decide, put_back, send_back, take
from portal.signup.eligibility import Answers, LicenceFrom
from portal.signup.errors import (
    DecidedByYou,
    NeedsReason,
    NoAppeal,
    NotEligible,
    NotWaiting,
    NotWhole,
    NotYet,
    OverAlready,
    OwnApplication,
    TakenByAnother,
    WrongMailCode,
)
from portal.signup.look_after import forget_abandoned, remind
from portal.signup.models import Application, SignUp, State, Verdict
from portal.signup.reasons import Reason
from portal.signup.sign_up import ask_to_sign_up, confirm_sign_up, forget_sign_ups, send_again
from portal.signup.start import start_application
from portal.signup.submit import submit
from portal.web.say import CITY_ZONE
from tests.factories import NOON
from tests.portal.signup.made import ANSWERS, a_submitted, a_whole, again, an_applicant, set_to, work
from tests.reservations.made import steps
from tests.reservations.pages import browser_of, words_of

DAY = timedelta(days=1)
EMAIL, WORDS = "kim@example.com", "seven quiet herons wade"


def asked(email=EMAIL, answers=ANSWERS, place="192.0.2.1"):
    return ask_to_sign_up(email=email, name="Kim Ito", phone="+13125550199", password=WORDS, answers=answers, place=place,
                          now=NOON)


def confirmed(app, row, code=None):
    secret = app.config["SECRET_KEY"]
    return confirm_sign_up(sign_up_id=row.id, code=code or code_for(row.id, secret), secret=secret, now=NOON)


def letters(member_id):
    return db.session.scalars(select(Message.subject).where(Message.member_id == member_id).order_by(Message.at)).all()


def promise_of(application):
    return db.session.scalars(select(Promise).where(Promise.subject == f"application:{application.id}")
                              .order_by(Promise.minted_at.desc())).first()


# The account.

def test_there_is_no_account_before_the_code_and_one_after_it(app, clock):
    row = asked("  Kim@Example.com ")
    assert db.session.scalar(select(User).where(User.email == EMAIL)) is None
    member = confirmed(app, row)
    assert (member.user.email, member.status, member.born_on) == (EMAIL, MemberStatus.APPLICANT, ANSWERS.born_on)
    assert member.user.password_hash.startswith("$argon2id$")
    application = db.session.scalars(select(Application).where(Application.member_id == member.id)).one()
    assert (application.state, application.held_since) == (State.OPEN, ANSWERS.held_since)
    assert steps("succeeded") == [("join.apply", "succeeded", None)]
    with pytest.raises(CodeIsOver):
        confirmed(app, row)


def test_a_code_is_tried_so_often_and_no_more_and_each_wrong_try_counts(app, clock):
    row = asked()
    for _ in range(5):
        with pytest.raises(WrongMailCode):
            confirmed(app, row, "000000" if code_for(row.id, app.config["SECRET_KEY"]) != "000000" else "000001")
    with pytest.raises(CodeIsOver):
        confirmed(app, row)
    row = send_again(sign_up_id=row.id, place="192.0.2.1", now=NOON)  # at once: the one before counts no more
    with pytest.raises(CodeJustSent) as soon:
        send_again(sign_up_id=row.id, place="192.0.2.1", now=NOON)
    assert re.fullmatch(r"Wait (60|5\d) seconds before you ask for another one\.", str(soon.value.remedy))


@pytest.mark.check("enum")
def test_an_address_with_an_account_gets_a_letter_and_its_row_opens_for_no_code(app, people, clock):
    known = people.member("Ada Okafor", card=None).user.email
    row = asked(known)
    with pytest.raises(WrongMailCode):
        confirmed(app, row)
    work(app)
    mails = [path.read_text() for path in (app.config["PORTAL_HOME"] / "mail").rglob("*") if path.is_file()]
    assert len(mails) == 1
    assert "You have an account with Roundtrip already" in mails[0]
    assert code_for(row.id, app.config["SECRET_KEY"]) not in mails[0]


def test_codes_have_a_pause_and_a_most_of_each_day_whoever_has_the_address(app, people, clock, monkeypatch):
    for email in (EMAIL, people.member("Ada Okafor", card=None).user.email):
        row = asked(email)
        with pytest.raises(CodeJustSent):
            asked(email)
        monkeypatch.setattr(room, "PAUSE", timedelta(0))
        for _ in range(4):
            row = send_again(sign_up_id=row.id, place="192.0.2.1", now=NOON)
        with pytest.raises(TooManyCodes):
            asked(email)
        monkeypatch.undo()


@pytest.mark.check("brute")
def test_a_stranger_who_asks_for_codes_uses_up_their_own_and_a_code_that_was_sent_stays_good(app, clock, monkeypatch):
    mine, stranger = asked(), "198.51.100.7"
    asked(place=stranger)
    with pytest.raises(CodeJustSent):
        asked(place=stranger)
    monkeypatch.setattr(room, "PAUSE", timedelta(0))
    for _ in range(4):
        asked(place=stranger)
    with pytest.raises(TooManyCodes):
        asked(place=stranger)
    again_mine = asked()
    assert confirmed(app, mine).user.email == EMAIL
    with pytest.raises(AddressTaken):
        confirmed(app, again_mine)


def test_one_mailbox_is_not_flooded_from_many_places(app, clock, monkeypatch):
    monkeypatch.setattr(room, "PAUSE", timedelta(0))
    for place in range(20):
        asked(place=f"198.51.100.{place}")
    with pytest.raises(TooManyCodes):
        asked(place="192.0.2.1")


def test_two_devices_have_two_codes_and_make_one_account(app, clock, monkeypatch):
    monkeypatch.setattr(room, "PAUSE", timedelta(0))
    phone, desk = asked(), asked()
    confirmed(app, desk)
    with pytest.raises(AddressTaken):
        confirmed(app, phone)
    assert db.session.scalar(select(func.count()).select_from(User).where(User.email == EMAIL)) == 1


def test_details_whose_code_was_never_typed_in_are_forgotten(app, clock, monkeypatch):
    asked()
    assert forget_sign_ups(NOON) == 0
    monkeypatch.setattr(room, "wall_now", lambda: NOON + 4000 * DAY)
    assert forget_sign_ups(NOON) == 1
    assert db.session.scalars(select(SignUp)).all() == []


# Sending it.

def test_nothing_half_is_sent_and_what_is_sent_is_promised_a_decision(app, people, clock):
    half = an_applicant(people)
    with pytest.raises(NotWhole):
        submit(application=half, terms_version="1", texts=True, now=NOON)
    application = a_submitted(app, people, "Kim Ito")
    submit(application=application, terms_version="1", texts=True, now=NOON + DAY)
    sent = again(application)
    assert (sent.state, sent.submitted_at, sent.due_at) == (State.SUBMITTED, NOON, NOON + DAY)
    promise = promise_of(sent)
    assert (promise.kind, promise.state, promise.due_at) == ("decision", "open", NOON + DAY)


def test_what_is_all_clear_is_approved_by_rule_and_drives_at_once(app, people, clock):
    application = a_submitted(app, people)
    clock.forward(minutes=2)
    work(app)
    done, member = again(application), db.session.get_one(Member, application.member_id)
    assert (done.state, done.decided_by_rule, done.decided_by_id, done.reasons) == (State.APPROVED, "all_clear", None, [])
    assert (member.status, member.plan, member.joined_at) == (MemberStatus.ACTIVE, Plan.REGULAR, clock.at)
    assert member.licence_until == date(2029, 3, 1)
    assert letters(member.id) == ["Welcome to Roundtrip: you can book now"]
    assert promise_of(done).state == "kept"
    assert ("join.decision", "succeeded", None) in steps("succeeded")
    assert db.session.scalars(select(AskRow.solicitation).where(AskRow.member_id == member.id)).all() == ["join_expectation"]


def test_the_first_fee_is_charged_after_approval_and_never_before(app, people, clock):
    waits = a_submitted(app, people, "Waits Long", number="T40099999901")  # a person has to look
    joins = a_submitted(app, people, "Joins Now")
    assert db.session.scalars(select(LedgerRow)).all() == []
    work(app)
    charge_memberships(NOON, CITY_ZONE)  # the month in which they join is charged by the day, and not again
    charge_memberships(NOON.replace(month=12, day=1, hour=7), CITY_ZONE)
    rows = db.session.scalars(select(LedgerRow).where(LedgerRow.origin == "membership").order_by(LedgerRow.id)).all()
    assert [(row.member_id, row.code, row.amount_cents) for row in rows] == [
        (joins.member_id, "membership_part", 163), (joins.member_id, "membership", joins.fee_cents)]
    assert (rows[0].facts["days"], rows[0].facts["of"], rows[0].rule, rows[0].rule_version) == (7, 30, "membership_regular", 1)
    assert db.session.scalars(select(Payment.amount_cents)).all() == [163]
    assert again(waits).state == State.SUBMITTED


def test_the_first_fee_is_the_one_that_was_shown_whatever_it_is_by_then(app, people, clock):
    joins = a_submitted(app, people)
    with transaction():
        joins.fee_cents, joins.fee_version = 600, 9
    work(app)
    row = db.session.scalars(select(LedgerRow).where(LedgerRow.origin == "membership")).one()
    assert (row.amount_cents, row.facts["fee_cents"], row.rule_version) == (140, 600, 9)


@pytest.mark.parametrize(("answers", "licence", "reason", "again_on"), [
    (ANSWERS, {"expires_on": date(2026, 11, 23)}, "expired", date(2026, 11, 24)),
    (Answers(date(2008, 11, 25), date(2024, 1, 1), LicenceFrom.US), {}, "too_young", date(2026, 11, 25)),
    (Answers(date(1990, 5, 4), date(2026, 1, 7), LicenceFrom.US), {}, "held_too_short", date(2027, 1, 7)),
])
def test_a_hard_rule_refuses_with_its_reason_and_the_day_to_come_back(app, people, clock, answers, licence, reason, again_on):
    application = a_submitted(app, people, **licence)
    set_to(application, held_since=answers.held_since)
    with transaction():
        db.session.get_one(Member, application.member_id).born_on = answers.born_on
    work(app)
    no = again(application)
    assert (no.state, no.reasons, no.decided_by_rule, no.reapply_on) == (State.REFUSED, [reason], reason, again_on)
    assert letters(no.member_id) == ["Your application to Roundtrip"]
    assert db.session.get_one(Member, no.member_id).status == MemberStatus.APPLICANT
    assert ("join.decision", "refused", reason) in steps("refused")


@pytest.mark.parametrize(("number", "doubts"), [
    ("T40012349901", ["check_unclear"]), ("T40012349904", ["face_differs"]), ("T40012349902", ["not_a_licence"])])
def test_what_no_rule_decides_waits_for_a_person_with_the_doubts(app, people, clock, number, doubts):
    application = a_submitted(app, people, number=number)
    work(app)
    assert (again(application).state, again(application).doubts) == (State.SUBMITTED, doubts)


def test_a_check_that_does_not_answer_leaves_it_to_a_person_and_not_to_waiting(app, people, clock):
    application = a_submitted(app, people, number="T40012349906")
    for _ in range(4):
        work(app)
        clock.forward(minutes=10)
    assert again(application).doubts == ["check_silent"]


def test_a_licence_from_abroad_is_decided_by_a_person(app, people, clock):
    application = a_submitted(app, people, answers=Answers(date(1990, 5, 4), date(2010, 6, 1), LicenceFrom.ELSEWHERE))
    work(app)
    assert again(application).doubts == ["from_abroad"]


# A person.

@pytest.fixture
def waits(app, people, clock):
    application = a_submitted(app, people, number="T40012349901")
    work(app)
    return again(application)


@pytest.fixture
def ines(people):
    return people.staff(Role.REVIEWER, "Ines Duarte")


def refuse(application, reviewer, reasons=(Reason.FACE_DIFFERS,), now=NOON):
    decide(application=application, verdict=Verdict.REFUSED, reasons=reasons, reviewer=reviewer, now=now)


def test_a_reviewer_takes_it_and_approves_it_and_it_can_be_decided_once(app, waits, ines, people):
    take(application=waits, reviewer=ines, now=NOON)
    other = people.staff(Role.REVIEWER, "Tom Adeyemi")
    with pytest.raises(TakenByAnother):
        take(application=waits, reviewer=other, now=NOON)
    with pytest.raises(TakenByAnother):
        put_back(application=waits, reviewer=other)
    decide(application=waits, verdict=Verdict.APPROVED, reasons=(), reviewer=ines, now=NOON + DAY / 2)
    done = again(waits)
    assert (done.state, done.decided_by_id, done.decided_by_rule, done.taken_by_id) == ("approved", ines.id, None, None)
    assert db.session.get_one(Member, done.member_id).may_drive
    assert licence_of(done.member_id).reasons == ["check_unclear"], "what the check said stays written"
    with pytest.raises(NotWaiting):
        refuse(waits, ines)
    decide_by_rule(application=waits, doubts=(), now=NOON)
    assert again(waits).decided_by_id == ines.id


def test_what_is_on_a_desk_is_not_decided_by_a_rule_behind_its_back(app, people, ines, clock):
    application = a_submitted(app, people)
    take(application=application, reviewer=ines, now=NOON)
    work(app)
    assert again(application).state == State.SUBMITTED


def test_a_refusal_needs_a_reason_that_may_refuse_and_nobody_decides_their_own(app, waits, ines):
    for reasons in ((), (Reason.CHECK_UNCLEAR,), (Reason.FACE_DIFFERS, Reason.FROM_ABROAD)):
        with pytest.raises(NeedsReason):
            refuse(waits, ines, reasons)
    with pytest.raises(OwnApplication):
        decide(application=waits, verdict=Verdict.APPROVED, reasons=(), reviewer=waits.member.user, now=NOON)
    refuse(waits, ines)
    assert (again(waits).reasons, again(waits).reapply_on) == (["face_differs"], date(2026, 12, 24))
    with pytest.raises(NotYet):
        start_application(member=waits.member, answers=ANSWERS, now=NOON + 29 * DAY)
    assert start_application(member=waits.member, answers=ANSWERS, now=NOON + 30 * DAY).id != waits.id


def test_an_appeal_is_heard_once_by_somebody_else_and_no_rule_decides_it(app, waits, ines, people, clock):
    seal = app.extensions["adapters"].seal
    with pytest.raises(NoAppeal):
        appeal(application=waits, words="I shaved.", seal=seal, now=NOON)
    refuse(waits, ines)
    appeal(application=waits, words="I shaved, that is all.", seal=seal, now=NOON + DAY)
    heard = again(waits)
    assert (heard.state, heard.due_at, heard.reapply_on) == ("submitted", NOON + 2 * DAY, None)
    assert heard.first_decided_by_id == ines.id
    assert "shaved" not in heard.appeal_sealed
    for act in (lambda: take(application=waits, reviewer=ines, now=NOON), lambda: refuse(waits, ines)):
        with pytest.raises(DecidedByYou):
            act()
    clock.at = NOON + DAY
    decide_by_rule(application=waits, doubts=(), now=clock.at)
    assert again(waits).state == "submitted"
    with pytest.raises(IntegrityError):
        set_to(waits, state="refused", decided_at=NOON, decided_by_id=ines.id)
    db.session.rollback()
    refuse(waits, people.staff(Role.REVIEWER, "Tom Adeyemi"), now=NOON + DAY)
    with pytest.raises(NoAppeal):
        appeal(application=waits, words="Once more.", seal=seal, now=NOON + 2 * DAY)
    assert promise_of(waits).state == "kept"


def test_an_appeal_that_is_right_makes_a_member(app, waits, ines, people):
    refuse(waits, ines)
    appeal(application=waits, words="I shaved.", seal=app.extensions["adapters"].seal, now=NOON)
    other = people.staff(Role.REVIEWER, "Tom Adeyemi")
    decide(application=waits, verdict=Verdict.APPROVED, reasons=(), reviewer=other, now=NOON + DAY / 2)
    member = db.session.get_one(Member, waits.member_id)
    assert (member.status, member.licence_until) == (MemberStatus.ACTIVE, date(2029, 3, 1))


def test_an_appeal_about_an_expired_licence_is_approved_only_with_a_day_that_counts(app, ines, people, clock):
    rita = a_submitted(app, people, expires_on=date(2026, 11, 1))
    work(app)
    seal, page = app.extensions["adapters"].seal, f"/office/applications/{rita.id}"
    assert (again(rita).state, again(rita).reasons) == ("refused", ["expired"])
    asked = browser_of(app, rita.member.user, clock).get("/join/decision")
    assert "You have a newer licence" in words_of(asked)
    appeal(application=rita, words="It is newer than you think.", seal=seal, now=NOON)
    inas = browser_of(app, ines, clock)
    for words in ("Ask for a new picture first", "Issued in Illinois"):
        assert words in words_of(inas.get(page))
    no = inas.post(f"{page}/approve", **{"approve-words": "Fine."})
    assert no.status_code == 409
    assert "this licence ended on November 1" in words_of(no)
    assert again(rita).state == "submitted"
    send_back(application=rita, reasons=[Reason.EXPIRED], retake=Side.FRONT, reviewer=ines, now=NOON)
    draft, details = open_licence_of(rita.member_id), details_of(open_licence_of(rita.member_id), seal)
    keep_details(licence=draft, details=replace(details, expires_on=date(2030, 5, 1)), seal=seal)
    submit_licence(licence=draft, now=NOON)
    submit(application=again(rita), terms_version="1", texts=True, now=NOON)
    work(app)
    assert again(rita).state == "submitted", "no rule decides an appeal"
    assert inas.post(f"{page}/approve", **{"approve-words": "Fine."}).status_code == 302
    assert db.session.get_one(Member, rita.member_id).licence_until == date(2030, 5, 1)


def test_what_is_sent_back_is_open_again_with_what_to_mend(app, waits, ines, clock):
    with pytest.raises(NeedsReason):
        send_back(application=waits, reasons=(Reason.TOO_YOUNG,), reviewer=ines, now=NOON)
    send_back(application=waits, reasons=(Reason.UNREADABLE,), reviewer=ines, now=NOON)
    back = again(waits)
    assert (back.state, back.reasons, promise_of(back).state) == (State.OPEN, ["unreadable"], "kept")
    with pytest.raises(NotWhole):
        submit(application=back, terms_version="1", texts=True, now=NOON)
    work(app)
    assert letters(back.member_id) == ["One thing to mend in your application"]


def test_withdrawing_ends_it_once_and_they_may_begin_again(app, waits, ines):
    withdraw_application(application=waits, now=NOON)
    withdraw_application(application=waits, now=NOON)
    assert (again(waits).state, promise_of(waits).state, promise_of(waits).cause) == ("withdrawn", "waived", "member")
    with pytest.raises(NotWaiting):
        refuse(waits, ines)
    assert start_application(member=waits.member, answers=ANSWERS, now=NOON).state == State.OPEN


def test_who_may_not_join_begins_no_application_and_who_is_a_member_neither(app, people):
    child = Answers(date(2010, 1, 1), date(2025, 1, 1), LicenceFrom.US)
    member = people.member("Young Kim", status=MemberStatus.APPLICANT, card=None)
    with pytest.raises(NotEligible):
        start_application(member=member, answers=child, now=NOON)
    with pytest.raises(OverAlready):
        start_application(member=people.member("Ada Okafor"), answers=ANSWERS, now=NOON)


def test_nobody_has_two_applications_at_a_time(app, people):
    first = an_applicant(people)
    assert start_application(member=first.member, answers=ANSWERS, now=NOON).id == first.id
    second = Application(id=random_id(), member_id=first.member_id, state="open", started_at=NOON, doubts=[], reasons=[],
                         held_since=ANSWERS.held_since, licence_from="us")
    with pytest.raises(IntegrityError), transaction():
        db.session.add(second)


# What is left lying.

def test_whoever_does_not_go_on_is_reminded_once_and_then_forgotten(app, people, clock):
    left, sent = an_applicant(people), a_submitted(app, people, "Kim Ito", number="T40012349901")
    assert remind(NOON + 2 * DAY) == 0
    clock.at = NOON + 4 * DAY
    assert remind(clock.at) == 1
    assert remind(clock.at) == 0
    work(app)
    assert letters(left.member_id) == ["Your application is waiting for you"]
    assert forget_abandoned(NOON + 59 * DAY) == 0
    assert forget_abandoned(NOON + 61 * DAY) == 1
    assert again(sent).state == State.SUBMITTED


# At once.

def _at_once(site, *acts):
    """Run them side by side; what each came to."""
    ready, came = threading.Barrier(len(acts)), []

    def act(do):
        with site.app_context():
            try:
                ready.wait()
                do()
                came.append("done")
            except Exception as no:
                came.append(type(no).__name__)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=act, args=(do,)) for do in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(came)


def test_two_reviewers_at_once_decide_once_and_write_one_letter(app, site, people, clock):
    pair = [people.staff(Role.REVIEWER, name).id for name in ("Ines Duarte", "Tom Adeyemi")]
    for number in range(4):
        application = a_submitted(app, people, f"Kim {number}", number=f"T4001{number}349901")
        work(app)
        ref = application.id
        db.session.rollback()

        def say(verdict, who, reasons, ref=ref):
            decide(application=db.session.get_one(Application, ref), verdict=verdict, reasons=reasons,
                   reviewer=db.session.get_one(User, who), now=NOON)
        assert _at_once(site, lambda: say(Verdict.APPROVED, pair[0], ()),
                        lambda: say(Verdict.REFUSED, pair[1], (Reason.FACE_DIFFERS,))) == ["NotWaiting", "done"]
        work(app)
        assert len(letters(application.member_id)) == 1


def test_sent_twice_at_once_it_is_sent_once(app, site, people, clock):
    application = a_whole(app, people)
    ref = application.id
    db.session.rollback()

    def send():
        submit(application=db.session.get_one(Application, ref), terms_version="1", texts=True, now=NOON)
    assert _at_once(site, send, send) == ["done", "done"]
    assert db.session.scalar(select(func.count()).select_from(Promise).where(Promise.kind == "decision")) == 1
    assert db.session.scalar(select(func.count()).select_from(Event).where(
        Event.step == "join.decision", Event.phase == "entered")) == 1


def test_the_same_code_typed_twice_at_once_makes_one_account(app, site, clock):
    row = asked()
    db.session.rollback()
    assert _at_once(site, lambda: confirmed(site, row), lambda: confirmed(site, row)) == ["CodeIsOver", "done"]
    assert db.session.scalar(select(func.count()).select_from(User).where(User.email == EMAIL)) == 1
