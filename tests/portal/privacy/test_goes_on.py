"""An erasure comes to its end: past a refused mail, a job that failed for good, and what was held or promised; and it says when
it has to wait."""

import re
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from core.database import db, transaction
from core.outbox import RETRY_AFTER, OutboxRow, TryLater, post
from experience.promises.kinds import PromiseKind
from experience.promises.mint import Promised, mint
from experience.promises.models import Promise
from experience.promises.overdue import watch_dates
from fleet.calendar.models import Kind, Occupancy
from portal.account.models import Plan, Role
from portal.billing.payments.port import PaymentsRefused
from portal.messages.mail import MaildirMail
from portal.messages.models import Message
from portal.privacy.ask_to_erase import ask_to_erase, cancel_erasure
from portal.privacy.erase import AT_PROCESSOR
from portal.privacy.export import ask_for_export
from portal.privacy.go_on import go_on_with_erasures
from portal.privacy.models import Erasure
from portal.worker import do_due
from reservations.booking.cancel import cancel
from reservations.waitlist.join import Wish, join_waitlist
from tests.factories import NOON, a_car, hours
from tests.reservations.made import a_street, booked
from tests.reservations.pages import browser_of, words_of

TEN_DAYS_ON = hours(24 * 10, 24 * 10 + 3)


def _state(asked: Erasure) -> str:
    db.session.rollback()
    return db.session.get_one(Erasure, asked.id, populate_existing=True).state


@pytest.mark.one_database
def test_an_address_that_takes_no_mail_keeps_nobody_from_being_erased(app, clock, people, monkeypatch):
    def refuses(*_given):
        raise TryLater("mail server: SMTPRecipientsRefused")

    asked = ask_to_erase(user=people.member(card=None).user, now=NOON)
    monkeypatch.setattr(MaildirMail, "send", refuses)
    clock.forward(days=8)
    do_due(app)
    assert _state(asked) == "running", "it is tried some times"
    for _try in range(3):
        clock.forward(minutes=10)
        do_due(app)
    assert _state(asked) == "done"


@pytest.mark.one_database
def test_one_whose_job_has_failed_for_good_is_taken_up_again_the_next_day(app, clock, people, monkeypatch):
    def refuses(*_given):
        raise PaymentsRefused("no_such_permission")

    asked = ask_to_erase(user=people.member().user, now=NOON)
    with monkeypatch.context() as no:
        no.setattr(type(app.extensions["adapters"].payments), "forget_customer", refuses)
        clock.forward(days=8)
        do_due(app)
        assert go_on_with_erasures(clock()) == 0, "its job is tried still"
        for _try in RETRY_AFTER:
            clock.forward(hours=13)
            do_due(app)
    db.session.rollback()
    failed = select(OutboxRow.last_error).where(OutboxRow.kind == AT_PROCESSOR, OutboxRow.failed_at.is_not(None))
    assert db.session.scalars(failed).one() == "payments: no_such_permission"
    assert _state(asked) == "running"
    assert (go_on_with_erasures(clock()), go_on_with_erasures(clock())) == (1, 0)
    do_due(app)
    assert _state(asked) == "done"
    assert go_on_with_erasures(clock()) == 0


def test_what_is_held_for_somebody_in_a_line_is_free_again_and_what_was_promised_them_is_waived(app, clock, people):
    street, ada, car = a_street(app, clock), people.member(plan=Plan.PAY_AS_YOU_GO), a_car()  # no fee is on its way that day
    theirs = booked(people.member("Bo Lindqvist"), car, TEN_DAYS_ON)
    join_waitlist(member=ada, wish=Wish(TEN_DAYS_ON, car), once="wait", now=NOON)
    mint(member_id=ada.id, promised=[Promised(PromiseKind.ESTIMATE)], subject="estimate:x", at=NOON)
    asked = ask_to_erase(user=ada.user, now=NOON)
    clock.forward(days=6, hours=23, minutes=55)
    cancel(reservation=theirs, now=clock())
    street.work()
    held = select(func.count(Occupancy.id)).where(Occupancy.kind == Kind.OFFER)
    assert db.session.scalar(held) == 1
    clock.forward(minutes=6)
    street.work()
    assert _state(asked) == "done"
    assert db.session.scalar(held) == 0
    promise = db.session.scalars(select(Promise).where(Promise.kind == PromiseKind.ESTIMATE)).one()
    assert (promise.state, promise.cause) == ("waived", "member")


@pytest.mark.one_database
def test_the_first_time_that_it_has_to_wait_a_letter_says_for_what_and_where(app, clock, people):
    ada, seal = people.member(), app.extensions["adapters"].seal
    ask_to_erase(user=ada.user, now=NOON)
    trip = booked(ada, span=hours(24 * 12, 24 * 12 + 3))
    for days in (8, 1):
        clock.forward(days=days, minutes=1)
        do_due(app)
    db.session.rollback()
    letter = db.session.scalars(select(Message).where(Message.kind == "erasure_waits")).one()
    words = seal.open(letter.body_sealed)
    assert trip.car.name in words
    assert f"{app.config['SITE_URL']}/trips/" in words
    assert db.session.scalar(select(func.count()).where(OutboxRow.kind == "erasure_waits")) == 1, "once, not every day"


@pytest.mark.one_database
def test_one_that_never_began_is_taken_up_too(app, clock, people):
    asked = ask_to_erase(user=people.member(card=None).user, now=NOON)
    with transaction():
        db.session.execute(update(OutboxRow).where(OutboxRow.kind == "erase").values(failed_at=NOON))
    clock.forward(days=7)
    assert go_on_with_erasures(clock()) == 0
    clock.forward(hours=2)
    assert go_on_with_erasures(clock()) == 1
    do_due(app)
    assert _state(asked) == "done"


def _promises() -> list[tuple[str, str | None]]:
    db.session.rollback()
    return [(one.state, one.cause) for one in db.session.scalars(
        select(Promise).where(Promise.kind == PromiseKind.DATA).order_by(Promise.minted_at, Promise.id))]


def _alarms(app) -> list[Any]:
    return [letter for letter in app.extensions["adapters"].mail.box if "promise" in str(letter["Subject"]).lower()]


def test_who_asks_is_promised_the_days_of_the_law_and_sees_them_kept_waived_or_broken(app, clock, people):
    ada, run = people.member(plan=Plan.PAY_AS_YOU_GO), people.staff(Role.ADMIN)
    page = browser_of(app, ada.user, clock)
    ask_for_export(user=ada.user, now=NOON)
    assert "packed, or erased, within 30 days" in words_of(page.get("/account/promises"))
    do_due(app)
    assert _promises() == [("kept", None)]
    ask_to_erase(user=ada.user, now=NOON)
    clock.forward(hours=1)
    cancel_erasure(user=ada.user, now=clock())
    assert _promises() == [("kept", None), ("waived", "member")]
    asked = ask_to_erase(user=ada.user, now=clock())
    db.session.execute(delete(OutboxRow).where(OutboxRow.kind == "erase"))  # its job is lost
    db.session.commit()
    clock.forward(days=30, minutes=1)
    watch_dates(clock())
    do_due(app)
    assert _promises()[2] == ("broken", "staff")
    alarm, = _alarms(app)
    assert alarm["To"] == run.email
    late = re.search(r"http://localhost(/experience/\S+)", alarm.get_payload(decode=True).decode())[1]
    assert "within 30 days" in words_of(browser_of(app, run, clock).get(late)), "its page lists what is late"
    assert go_on_with_erasures(clock()) == 1
    do_due(app)
    assert _state(asked) == "done"
    assert len(_promises()) == 3, "broken once, and not kept beside it"


def test_one_that_waits_for_the_member_breaks_no_promise_and_is_promised_anew_when_the_way_is_free(app, clock, people):
    ada = people.member(plan=Plan.PAY_AS_YOU_GO)
    people.staff(Role.ADMIN)  # who would be alarmed
    asked = ask_to_erase(user=ada.user, now=NOON)
    trip = booked(ada, span=hours(24 * 60, 24 * 60 + 3))
    for days in (7, 1, 22, 1):
        clock.forward(days=days, minutes=1)
        do_due(app)
        watch_dates(clock())
        do_due(app)
    assert (_promises(), _state(asked)) == ([("waived", "member")], "asked")
    assert _alarms(app) == []
    about_it = select(OutboxRow.id).where(OutboxRow.kind.in_(("open_case", "promise_overdue")))
    assert db.session.scalars(about_it).all() == []
    cancel(reservation=trip, now=clock())
    clock.forward(days=1)
    do_due(app)
    assert _state(asked) == "done"
    assert _promises() == [("waived", "member"), ("kept", None)]


@pytest.mark.one_database
def test_a_job_of_a_deploy_before_that_names_the_member_alone_withdraws_too(app, clock, people):
    ada = people.member()
    asked = ask_to_erase(user=ada.user, now=NOON)
    post("erasure_off", member_id=ada.id)
    do_due(app)
    assert _state(asked) == "cancelled"


@pytest.mark.one_database
def test_an_erasure_keeps_its_own_promise_when_it_is_done_and_waives_the_others(app, clock, people):
    ada = people.member(plan=Plan.PAY_AS_YOU_GO)
    ask_to_erase(user=ada.user, now=NOON)
    clock.forward(days=7, minutes=1)
    ask_for_export(user=ada.user, now=clock())
    with transaction():
        db.session.execute(delete(OutboxRow).where(OutboxRow.kind == "data_export"))
    do_due(app)
    assert _promises() == [("kept", None), ("waived", "member")]
    assert db.session.scalar(select(Promise.actual).where(Promise.state == "kept", Promise.kind == PromiseKind.DATA)) == 7
