"""The pages of our promises: computed for everybody, a member's own for that member, and what the office promises by hand."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import db, transaction
from core.outbox import OutboxRow
from core.time import now
from experience.promises.by_hand import promise_by_hand
from experience.promises.kinds import Cause, Outcome, PromiseKind
from experience.promises.mint import Promised, mint
from experience.promises.models import Promise
from experience.promises.overdue import watch_dates
from experience.promises.settle import settle
from experience.record.pids import pid_of
from portal.account.models import Role
from portal.worker import do_due
from tests.factories import hours
from tests.reservations.made import TOMORROW, booked
from tests.reservations.pages import browser_of

pytestmark = pytest.mark.one_database
K = PromiseKind


def settled(member, kind: PromiseKind, kept: int, broken: int) -> None:
    """So many promises of a kind, kept and broken."""
    with transaction():
        for number in range(kept + broken):
            subject = f"{kind}:{number}"
            mint(member_id=member.id, promised=[Promised(kind)], subject=subject, at=now())
            done = number < kept
            settle(kind=kind, outcome=Outcome.KEPT if done else Outcome.BROKEN, at=now(), subject=subject,
                   cause=None if done else Cause.STAFF, evidence={})


def page_words(text: str) -> str:
    return " ".join(text.split())


def page_of(site, path: str) -> str:
    return page_words(site.test_client().get(path).text)


def test_the_public_rate_is_computed_and_not_named_while_too_few_are_settled(app, people, clock):
    member = people.member()
    settled(member, K.DISPUTE, 20, 9)
    clock.forward(minutes=1)
    few = page_of(app, "/promises")
    assert "too few yet (29)" in few
    assert "Too few promises were settled in the last 90 days to name a rate: 29" in few
    settled(member, K.REFUND, 1, 0)
    settled(member, K.CHARGED_ONCE, 30, 0)
    clock.forward(minutes=1)
    said = page_of(app, "/promises")
    assert "we kept 51 of 60 promises: 85%" in said
    assert "<b>100%</b> <span class=\"xs muted\">30 of 30</span>" in said
    clock.forward(days=91)
    assert "to name a rate: 0" in page_of(app, "/promises")
    assert "3 of 5 or worse breaks it. 2 of 5 or worse gives $10, or decline" in page_of(app, "/promises")


def test_a_member_sees_what_was_broken_why_and_what_it_gave_and_nobody_elses(app, people, clock):
    ada, bo = people.member(), people.member("Bo Lindqvist")
    trip = booked(ada)
    settle(kind=K.ENERGY, outcome=Outcome.BROKEN, at=now(), reservation_id=trip.id, actual=20, cause=Cause.OUR_WORK,
           evidence={"hour_cents": 1000})
    do_due(app)
    mine = browser_of(app, ada.user, clock).get("/account/promises").text
    assert "It showed 20 percent: we handed the car over like this" in mine
    assert "We gave you $8.33 of credit. $5.00 and 20 minutes at $10.00 an hour: $3.33." in mine
    assert f"The bill is ${trip.price_cents / 100:.2f}" in mine
    assert "No promise yet." in browser_of(app, bo.user, clock).get("/account/promises").text
    assert "It showed 20 percent" in browser_of(app, ada.user, clock).get(f"/trips/{trip.reference}").text


def test_a_colleague_promises_is_alarmed_and_says_what_became_of_it(app, people, clock):
    ada, ana = people.member(), people.staff(Role.SUPPORT, "Ana Ruiz")
    desk = browser_of(app, ana, clock)
    asked = desk.get("/office/promises/new", email=ada.user.email)
    due = TOMORROW.start
    form = {"csrf_token": desk.token(), "once": "a-form-of-its-own", "words": "We send the glove after you.",
            "owner": str(ana.id), "trip": "0", "day": f"{due:%Y-%m-%d}", "clock": "12:00"}
    made = desk.send(asked.headers["Location"], method="POST", data=form)
    again = desk.send(asked.headers["Location"], method="POST", data=form)
    assert made.status_code == 302, made.text[-3000:]
    assert made.headers["Location"] == again.headers["Location"]
    promise = db.session.scalars(select(Promise)).one()
    assert (promise.owner_id, promise.due_at) == (ana.id, due)
    mine = browser_of(app, ada.user, clock).get("/account/promises").text
    assert "We send the glove after you." in mine
    assert "Late" not in mine
    clock.at = due + timedelta(minutes=1)
    do_due(app)
    do_due(app)
    desk = browser_of(app, ana, clock)
    assert "Overdue" in desk.get("/office/promises").text
    letters = list(app.extensions["adapters"].mail.box)
    assert [mail["Subject"] for mail in letters if mail["To"] == ana.email] == ["A promise of yours is overdue"]
    mine = browser_of(app, ada.user, clock).get("/account/promises").text
    assert "Late" in mine
    assert "One is late." in mine
    settle, done = f"{made.headers['Location']}/settle", {"kept": "yes", "evidence": "Drawer 7, sent by Ines."}
    desk = browser_of(app, ana, clock)
    desk.get("/office/promises")
    no = desk.send(settle, method="POST", data={"csrf_token": desk.token()} | done)
    assert no.status_code == 422
    assert "Write what the member reads" in no.text
    assert "Drawer 7, sent by Ines." in no.text
    desk.send(settle, method="POST", data={"csrf_token": desk.token(), "told": "The post lost it, so we drove it over."} | done)
    do_due(app)
    db.session.rollback()
    assert db.session.scalars(select(Promise.state).execution_options(populate_existing=True)).one() == "broken"
    assert [facts["rule"] for facts in db.session.scalars(select(OutboxRow.facts).where(OutboxRow.kind == "open_case"))] == [
        "promise_overdue"]
    member = browser_of(app, ada.user, clock)
    for page in ("/account/promises", "/inbox"):
        said = member.get(page).text
        assert "Drawer 7" not in said
    assert "The post lost it, so we drove it over." in member.get("/account/promises").text
    (mail,) = [mail for mail in app.extensions["adapters"].mail.box if mail["To"] == ada.user.email]
    assert mail["Subject"] == "We did what we promised you too late"
    assert "We send the glove after you." in mail.get_payload()
    assert "The post lost it, so we drove it over." in mail.get_payload()
    assert "Drawer 7" not in mail.get_payload()


def test_what_nobody_kept_is_told_to_whom_it_was_promised(app, people, clock):
    ada, ines = people.member(), people.staff(Role.CX)
    promise_by_hand(member_id=ada.id, words="A new key by Friday.", due_at=TOMORROW.start, by_user_id=ines.id, owner_id=ines.id,
                    seal=app.extensions["adapters"].seal, now=now())
    clock.at = TOMORROW.start + timedelta(days=4)
    watch_dates(clock.at)
    do_due(app)
    (mail,) = [mail for mail in app.extensions["adapters"].mail.box if mail["To"] == ada.user.email]
    assert mail["Subject"] == "We did not keep a promise to you"
    assert "A new key by Friday." in mail.get_payload()


def test_the_promises_of_a_trip_stand_together_under_it(app, people, clock):
    ada = people.member()
    first, second = booked(ada), booked(ada, span=hours(30, 31))
    page = page_words(browser_of(app, ada.user, clock).get("/account/promises").text)
    assert page.count('<li class="card stack-s">') == 2
    for trip in (first, second):
        assert page.count(f'href="/trips/{trip.reference}"') == 1
    assert page.count("promises for this trip") == 2


def test_the_cx_team_keeps_its_promises_without_being_told_whom_they_were_made_to(app, people, clock):
    ada, ines = people.member("Ada Okafor"), people.staff(Role.CX, "Ines Duarte")
    with transaction():
        pid = pid_of("member", ada.id)
    made = promise_by_hand(member_id=ada.id, words="By Friday.", due_at=TOMORROW.start, by_user_id=ines.id, owner_id=ines.id,
                           seal=app.extensions["adapters"].seal, now=now())
    path, desk = f"/office/promises/{made.id}", browser_of(app, ines, clock)
    for asked, lines in (("", 1), ("q=Okafor", 0), (f"q={ada.user.email}", 0), (f"q={pid.hex[:6]}", 1), ("sort=member", 1)):
        shown = desk.get(f"/office/promises?{asked}").text
        assert shown.count(f'href="{path}"') == lines, asked
        assert "Ada Okafor" not in shown
        assert "sort=member" not in shown.split("<table", 1)[1]
    alone = desk.get(path).text
    assert "Okafor" not in alone
    assert f"A promise to member {pid.hex[:6]}" in alone
    assert desk.get("/office/promises/new", email=ada.user.email).status_code == 403
    assert desk.get(f"/office/members/{ada.id}/promises/new").status_code == 403
    kept = desk.send(f"{path}/settle", method="POST", data={"csrf_token": desk.token(), "kept": "yes", "evidence": "Sent it."})
    assert kept.status_code == 302
    assert "Ada Okafor" in browser_of(app, people.staff(Role.SUPPORT, "Ana Ruiz"), clock).get("/office/promises?show=all").text
