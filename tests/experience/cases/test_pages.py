"""The desk's pages of cases, the week and the fixes: what is shown to whom, and nothing typed is ever lost."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from core.database import db, transaction
from core.ids import new_id
from core.money import Money
from core.outbox import Job
from experience.asks.models import Mood
from experience.cases.letters import case_closed
from experience.cases.models import Case, Fix, State
from experience.cases.page import lines_of
from experience.cases.promise import promise_in_case
from experience.cases.week import week_at
from experience.journey import Phase, Step
from experience.promises.models import Promise
from experience.record.pids import pid_of
from portal.account.models import Member, Role, User
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, Origin
from portal.billing.payers.payer_of import own_payer
from portal.help.models import Entry
from portal.help.write import write_entry
from portal.worker import do_due
from tests.experience.cases.given import a_case, a_hit, again, answered, closed, jobs, seal_of, taken
from tests.experience.given import a_note, happened, write
from tests.factories import NOON, Clock, People, hidden
from tests.reservations.made import booked
from tests.reservations.pages import Browser, browser_of

pytestmark = pytest.mark.one_database


@pytest.fixture
def ada(people: People, clock: Clock) -> Member:
    return people.member()


@pytest.fixture
def mara(people: People) -> User:
    return people.staff(Role.CX, "Mara Lind")


@pytest.fixture
def desk(app: Flask, mara: User, clock: Clock) -> Browser:
    return browser_of(app, mara, clock)


@pytest.fixture
def other(app: Flask, people: People, clock: Clock) -> Browser:
    return browser_of(app, people.staff(Role.CX, "Ines Vogt"), clock)


def _path(case: Case, what: str = "") -> str:
    return f"/experience/cases/{case.id}{what}"


def test_the_queue_shows_what_is_asked_for_by_the_clock(app: Flask, people: People, ada: Member, mara: User,
                                                        desk: Browser, clock: Clock) -> None:
    first, mine = a_case(ada.id), a_case(people.member("Bo Lindqvist").id, at=NOON + timedelta(hours=1))
    taken(app, mine, mara.id)
    everything = desk.get("/experience/cases").text
    assert everything.index(str(first.id)) < everything.index(str(mine.id))
    assert "Ada" not in everything
    clock.forward(hours=24, minutes=30)
    assert str(mine.id) not in desk.get("/experience/cases?show=overdue").text
    assert str(first.id) not in desk.get("/experience/cases?show=mine").text
    assert str(first.id) in desk.get("/experience/cases?show=nobody").text
    assert desk.get("/experience/cases.csv?show=all").text.count("\r\n") == 3
    assert desk.get("/experience/cases/next").headers["Location"] == _path(mine)


def test_next_goes_round_all_that_wait(app: Flask, people: People, mara: User, desk: Browser) -> None:
    nobodys = [a_case(people.member(f"Rider {number}").id, at=NOON + timedelta(hours=number)) for number in range(3)]
    mine = taken(app, a_case(people.member("Bo Lindqvist").id, at=NOON + timedelta(hours=4)), mara.id)
    at, seen = mine.id, []
    for _ in range(5):
        seen.append(at)
        at = desk.get(f"/experience/cases/next?after={at}").headers["Location"].rsplit("/", 1)[1]
    assert [str(each) for each in seen] == [str(each.id) for each in (mine, *nobodys, mine)]


def test_one_screen_replays_the_journey_and_only_its_owner_sees_the_name(app: Flask, ada: Member, desk: Browser,
                                                                        other: Browser) -> None:
    trip = booked(ada)
    pid = str(pid_of("trip", trip.id))
    write(happened(Step.PICKUP_UNLOCK, Phase.FAILED, NOON, journey=pid, member_pid=pid_of("member", ada.id),
                   error_code="CarDidNotAnswer", measured=(10.0, 42.0, "s")))
    a_note(app, member=ada, words="It will not open!", at=NOON)
    do_due(app)
    case = a_case(ada.id, reservation_id=trip.id)
    shown = desk.get(_path(case)).text
    for said in ("Unlock: Failed", "42 s", "10 s", "It will not open!", "We promised", "We wrote:", "this trip"):
        assert said in shown, said
    assert "Ada Okafor" not in shown
    only = desk.get(_path(case, "?only=promise&trip=1")).text
    assert "We promised" in only
    assert "Unlock: Failed" not in only
    desk.post(_path(case, "/take"), instead_of="")
    assert "Ada Okafor" in desk.get(_path(case)).text
    assert "Ada Okafor" not in other.get(_path(case)).text


def test_the_replay_starts_at_the_trouble_with_earlier_things_folded_and_a_bookings_promises_in_one_row(
        ada: Member, desk: Browser, clock: Clock) -> None:
    trip, before = booked(ada), NOON + timedelta(minutes=5)
    pid, mine = str(pid_of("trip", trip.id)), pid_of("member", ada.id)
    write(happened(Step.BOOK_CHANGE, Phase.SUCCEEDED, before, journey=pid, member_pid=mine),
          happened(Step.HELP_CONTACT, Phase.REFUSED, before + timedelta(minutes=1), journey=pid, member_pid=mine,
                   error_code="fields"),
          happened(Step.PICKUP_UNLOCK, Phase.REFUSED, before + timedelta(hours=1), journey=pid, member_pid=mine,
                   error_code="car_door_open"),
          happened(Step.PICKUP_CHECK, Phase.SUCCEEDED, before + timedelta(hours=2), journey=pid, member_pid=mine))
    case = a_case(ada.id, reservation_id=trip.id, at=before + timedelta(hours=1, minutes=1))
    clock.forward(hours=3)
    page = desk.get(_path(case)).text
    folded, shown = page.split("before the trouble began", 1)[1].split("</div></details>", 1)
    assert page.count("We promised") == 1
    for early in ("We promised", "things about one trip", "Ask for help: the form came back to be corrected"):
        assert (early in folded, early in shown) == (True, False), early
    for late in ("Unlock: Refused", "reason a door was open", "Check its condition"):
        assert (late in folded, late in shown) == (False, True), late
    form = folded.split("the form came back", 1)[0].rsplit("<tr", 1)[1]
    assert "tone-bad" not in form
    assert "reason fields" not in page


def test_of_two_colleagues_the_second_gets_a_kind_no_and_keeps_every_word(ada: Member, mara: User, desk: Browser,
                                                                          other: Browser) -> None:
    case = a_case(ada.id)
    pages = [browser.get(_path(case)).text for browser in (desk, other)]
    sent = [{"reply-seen": hidden(page, "reply-seen"), "reply-seen_entry": "",
             "reply-once": hidden(page, "reply-once"), "reply-waits": "y", "reply-words": words}
            for page, words in zip(pages, ("We are on our way.", "Help is coming in ten minutes."), strict=True)]
    assert desk.post(_path(case, "/reply"), **sent[0]).status_code == 302
    no = other.post(_path(case, "/reply"), **sent[1])
    assert no.status_code == 409
    assert "Mara is looking after this case." in no.text
    assert "Help is coming in ten minutes." in no.text
    assert "Take it over: Send the answer" in no.text
    again_ = sent[1] | {name: hidden(no.text, name) for name in ("reply-seen", "reply-seen_entry", "instead_of")}
    assert other.post(_path(case, "/reply"), **again_).status_code == 302
    assert len(db.session.scalars(select(Entry).where(Entry.author == "staff")).all()) == 2
    assert again(case).owner_id != mara.id


def test_the_second_one_to_take_a_case_is_told_on_it_and_may_take_it_over(ada: Member, mara: User, desk: Browser,
                                                                          other: Browser) -> None:
    case = a_case(ada.id)
    desk.post(_path(case, "/take"), instead_of="")
    no = other.send(_path(case, "/take"), method="POST", data={"csrf_token": other.token(), "instead_of": ""},
                    follow_redirects=True)
    assert no.status_code == 200
    assert "Mara is looking after this case. Nothing was changed." in no.text
    assert "Take it over from Mara Lind" in no.text
    assert again(case).owner_id == mara.id


def test_the_letter_about_a_closed_case_leads_to_its_conversation(app: Flask, ada: Member, mara: User) -> None:
    case = answered(app, taken(app, a_case(ada.id), mara.id), mara.id)
    closed(app, case, mara.id)
    silent = closed(app, taken(app, a_case(ada.id), mara.id), mara.id)
    links = [case_closed(Job(new_id(), "case_closed", ada.id, {"case_id": str(one.id), "reopened": 0}, 1, NOON), seal_of(app),
                         "http://here")["link"] for one in (case, silent)]
    assert links == [f"http://here/inbox/conversations/{again(case).conversation_id}", "http://here/help/contact"]


def test_taking_over_with_the_same_press_answers_nothing_that_was_not_seen(app: Flask, ada: Member, mara: User, desk: Browser,
                                                                           other: Browser) -> None:
    case = taken(app, a_case(ada.id), mara.id)
    page = other.get(_path(case)).text
    form = {name: hidden(page, name) for name in ("reply-seen", "reply-seen_entry", "reply-once", "instead_of")}
    answered(app, case, mara.id)
    no = other.post(_path(case, "/reply"), **form, **{"reply-words": "I am on it.", "reply-waits": "y"})
    assert no.status_code == 409
    assert "was in this case while you had it open." in no.text
    assert "I am on it." in no.text
    assert len(db.session.scalars(select(Entry).where(Entry.author == "staff")).all()) == 1


def test_a_case_is_not_closed_over_a_word_of_its_member_that_nobody_has_read(app: Flask, ada: Member, mara: User,
                                                                             desk: Browser) -> None:
    case = answered(app, taken(app, a_case(ada.id), mara.id), mara.id)
    page = desk.get(_path(case)).text
    form = {"close-outcome": "solved", "close-cause": "car_technique", "close-words": "All is well now."} | {
        name: hidden(page, name) for name in ("close-seen", "close-seen_entry", "close-once")}
    write_entry(conversation_id=case.conversation_id, member=db.session.get_one(Member, ada.id), words="It smokes now!",
                seal=seal_of(app), now=NOON + timedelta(minutes=1))
    no = desk.post(_path(case, "/close"), **form)
    assert no.status_code == 409
    for said in ("The member wrote", "It smokes now!", "All is well now."):
        assert said in no.text, said
    assert again(case).state == State.WAITING
    read = form | {name: hidden(no.text, name) for name in ("close-seen", "close-seen_entry")}
    assert desk.post(_path(case, "/close"), **read).status_code == 302
    assert again(case).state == State.CLOSED


def test_what_was_promised_by_hand_is_settled_on_the_cases_page(app: Flask, people: People, ada: Member, mara: User,
                                                                desk: Browser) -> None:
    case, theirs = taken(app, a_case(ada.id), mara.id), a_case(people.member("Bo Lindqvist").id)
    promise_in_case(case_id=case.id, words="A new lock by Friday", due_at=NOON + timedelta(days=2), by_user_id=mara.id,
                    seen=again(case).version, once="form-promise", seal=seal_of(app), now=NOON)
    page = desk.get(_path(case)).text
    assert "A new lock by Friday (by " in page
    assert "Promises to keep" not in desk.get(_path(theirs)).text
    made = db.session.scalars(select(Promise).where(Promise.kind == "by_hand")).one()
    said = {"settle-which": str(made.id), "settle-kept": "yes", "settle-evidence": "The lock was changed on Thursday."}
    assert desk.post(_path(theirs, "/settle"), **said).status_code == 422
    assert desk.post(_path(case, "/settle"), **said | {"settle-evidence": ""}).status_code == 422
    assert desk.post(_path(case, "/settle"), **said).status_code == 302
    db.session.rollback()
    assert made.state == "kept"
    assert "Promises to keep" not in desk.get(_path(case)).text


def test_the_page_of_a_case_asks_no_more_of_the_database_for_more_lines(app: Flask, ada: Member, mara: User,
                                                                        desk: Browser) -> None:
    case = taken(app, a_case(ada.id), mara.id)

    def bill(lines: range) -> None:
        payer = own_payer(ada.id)
        with transaction():
            enter([Transfer(Account.RECEIVABLE, Account.MEMBERSHIP, Money(700), Origin.MEMBERSHIP, "membership", "plan_fee", 1,
                            f"line-{n}", NOON, payer_id=payer.id, member_id=ada.id, facts={"month": "2026-11"}) for n in lines])

    def asked() -> int:
        statements = 0

        def one(*_what: object) -> None:
            nonlocal statements
            statements += 1

        event.listen(db.engine, "before_cursor_execute", one)
        try:
            assert desk.get(_path(case)).status_code == 200
        finally:
            event.remove(db.engine, "before_cursor_execute", one)
        return statements

    bill(range(2))
    few = asked()
    bill(range(2, 22))
    assert asked() == few
    assert len(lines_of(again(case))) == 22


def test_a_working_day_in_one_case_from_the_first_answer_to_the_outcome(app: Flask, ada: Member, desk: Browser,
                                                                         clock: Clock) -> None:
    case = a_case(ada.id)
    desk.post(_path(case, "/take"), instead_of="")

    def do(what: str, **fields: str) -> TestResponse:
        page = desk.get(_path(case)).text
        form = {f"{what}-{name}": value for name, value in fields.items()}
        form |= {f"{what}-seen": hidden(page, f"{what}-seen"), f"{what}-once": hidden(page, f"{what}-once")}
        return desk.post(_path(case, f"/{what}"), **form)

    assert do("reply", words="", waits="y").status_code == 422
    assert do("reply", words="We changed the lock.", waits="y").status_code == 302
    assert do("remedy", line="0", amount="15.00", why="goodwill").status_code == 302
    assert do("remedy", line="999", amount="15.00", why="goodwill").status_code == 422
    assert do("promise", words="A new lock", due="2026-11-20T10:00").status_code == 422
    assert do("promise", words="A new lock", due="2026-12-01T10:00").status_code == 302
    assert do("close", outcome="", cause="car_technique", words="Done").status_code == 422
    made = db.session.scalars(select(Promise)).one()
    assert do("close", outcome="made_good", cause="car_technique", words="The lock is new.").status_code == 422
    assert do("close", outcome="made_good", cause="car_technique", words="The lock is new.",
              **{f"end_{made.id.hex}": "stays"}).status_code == 302
    assert again(case).state == State.CLOSED
    assert own_payer(ada.id).credit_cents == 1500
    do_due(app)
    inbox = browser_of(app, ada.user, clock).get("/inbox").text
    assert "What came of your trouble with" in inbox
    assert desk.get("/experience/cases").text.count(str(case.id)) == 0


def test_a_case_is_opened_from_a_note_by_one_who_then_looks_after_it(app: Flask, ada: Member, mara: User,
                                                                      desk: Browser) -> None:
    note = a_note(app, member=ada, words="Sand everywhere")
    visitor = a_note(app, words="Hello?")
    path = f"/experience/cases/open?about=note:{note.id}"
    assert "Open the case" in desk.get(path).text
    done = desk.post("/experience/cases/open", about=f"note:{note.id}", step="pickup.check", severity="minor",
                     words="Clean it")
    case = db.session.scalars(select(Case)).one()
    assert done.headers["Location"] == _path(case)
    assert (case.owner_id, case.step) == (mara.id, "pickup.check")
    assert desk.get(f"/experience/cases/open?about=note:{visitor.id}").status_code == 422
    for nonsense in ("", "note:x", "trip:1", "moon:7", "note:99999"):
        assert desk.get(f"/experience/cases/open?about={nonsense}").status_code == 404


def test_the_week_is_mailed_to_the_team_once_with_numbers_and_nobodys_words(app: Flask, ada: Member, mara: User, desk: Browser,
                                                                             clock: Clock) -> None:
    a_note(app, member=ada, words="Never again", mood=Mood.BAD, at=NOON)
    case = taken(app, a_case(ada.id, hit=a_hit(about="answer:x")), mara.id)
    answered(app, case, mara.id, at=NOON + timedelta(hours=2))
    closed(app, case, mara.id, at=NOON + timedelta(hours=4))
    week = week_at(NOON)
    page = desk.get(f"/experience/digest/{week.name}").text
    assert f'/experience/promises?from={week.days["from"]}&amp;to={week.days["to"]}' in page
    for said in ("Never again", "2 h", "4 h", "A very bad answer"):
        assert said in page, said
    assert str(case.id) in desk.get(f"/experience/cases?show=all&week={week.name}&did=closed").text
    assert str(case.id) not in desk.get(f"/experience/cases?show=all&week={week.before.name}&did=closed").text
    clock.at = week.ends + timedelta(hours=6, minutes=59)
    do_due(app)
    mails = lambda: [letter.get_payload(decode=True).decode() for letter in app.extensions["adapters"].mail.box  # noqa: E731
                     if "cases opened" in letter["Subject"]]
    assert mails() == []
    for _ in range(3):
        clock.forward(minutes=1)
        do_due(app)
    clock.forward(days=3)
    do_due(app)
    assert len(mails()) == 1
    assert f"/experience/digest/{week.name}" in mails()[0]
    assert "Never again" not in mails()[0]
    for nonsense in ("2026-W99", "x", "2999-W01"):
        assert desk.get(f"/experience/digest/{nonsense}").status_code == 404


def test_a_fix_goes_from_an_idea_to_what_everybody_reads_and_who_said_it_hears(app: Flask, ada: Member, mara: User,
                                                                               desk: Browser, clock: Clock) -> None:
    case = a_case(ada.id)
    done = desk.post("/experience/fixes/new", title="New locks", step="pickup.unlock",
                 hypothesis="The old ones freeze.", measure="stopped", owner=str(mara.id), state="idea")
    fix = db.session.scalars(select(Fix)).one()
    one = f"/experience/fixes/{fix.id}"
    assert done.headers["Location"] == one
    desk.post(_path(case, "/link"), **{"link-fix": str(fix.id)})

    def change(**fields: str) -> TestResponse:
        return desk.post(one, **{
            "seen": hidden(desk.get(one).text, "seen"), "title": "New locks", "step": "pickup.unlock",
            "hypothesis": "The old ones freeze.", "measure": "stopped", "owner": str(mara.id), **fields})

    assert change(state="doing").status_code == 302
    stale = hidden(desk.get(one).text, "seen")
    assert change(state="done").status_code == 302
    late = change(state="dropped", seen=stale, title="Typed by a colleague")
    assert late.status_code == 409
    assert "Typed by a colleague" in late.text
    assert "New locks" not in desk.get("/you-said").text
    told = desk.post(f"{one}/publish", **{
        "tell-seen": hidden(desk.get(one).text, "tell-seen"), "tell-said": "The cars did not open in the cold.",
        "tell-did": "Every car has a new lock."})
    assert told.status_code == 302
    assert "Every car has a new lock." in Browser(app.test_client(), clock).get("/you-said").text
    assert change(state="dropped").status_code == 409
    assert "New locks" in desk.get("/experience/fixes").text
    assert "pickup.unlock" in desk.get("/experience/fixes.csv").text
    closed(app, taken(app, case, mara.id), mara.id)
    do_due(app)
    wishes = [job for job in jobs("ask") if job.facts.get("message") == "you_said"]
    assert [(job.member_id, job.facts["solicitation"]) for job in wishes] == [(ada.id, "you_said")]

