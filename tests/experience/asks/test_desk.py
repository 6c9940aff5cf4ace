"""The gate's pages: who may be asked and why not, a change tried on the past before it is switched on, words by version."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, insert, select, text, update

from core.database import db, transaction
from experience.asks.answer import dismiss_ask
from experience.asks.history import pasts_of
from experience.asks.in_force import rules_at, switch_on
from experience.asks.models import AskLog, AskRow, AskRule, AskWording
from experience.asks.show import show_ask
from experience.asks.solicitations import SOLICITATIONS
from experience.asks.tried import try_rules
from experience.asks.wish import wish_to_ask
from experience.desk import asks as desk
from experience.desk.asks import (
    Mailings,
    brought,
    by_reason,
    by_state,
    counted,
    how_many,
    not_asked,
    one_page,
    reasons,
    sample,
    standings,
    verdicts_of,
)
from experience.record.pids import pid_of
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member, Role, User
from tests.factories import NOON, Clock
from tests.reservations.pages import browser_of, words_of

DAY = timedelta(days=1)


@pytest.fixture
def ada(people, clock):
    clock.at = NOON - 119 * DAY
    member = people.member("Ada Okafor", card=None)
    clock.at = NOON
    return member


@pytest.fixture
def cx(site, people, clock):
    return browser_of(site, people.staff(Role.CX), clock)


def wish(member, days_ago, key="recovery_satisfaction", **more):
    return wish_to_ask(member_id=member.id, solicitation=key, once=f"{key}-{days_ago}", now=NOON - days_ago * DAY, **more)


def test_a_change_is_tried_on_what_was_really_wished_before_it_counts(site, ada):
    for days_ago in (60, 55, 20, 15, 8):
        wish(ada, days_ago, "stay_pulse" if days_ago == 60 else "cancel_expectation", on_page=True)
    as_it_is = try_rules({}, NOON - 90 * DAY, NOON)
    assert (as_it_is.before, as_it_is.why_before) == (as_it_is.after, as_it_is.why_after)
    assert (as_it_is.wishes, sum(as_it_is.after.values()), as_it_is.newly_asked) == (5, 3, 0)
    wider = try_rules({"gap": 13}, NOON - 90 * DAY, NOON)
    assert (sum(wider.after.values()), wider.newly_spared, dict(wider.why_after)) == (2, 1, {"gap": 3})
    loose = try_rules({"gap": 1, "most": 10, "clock_recommend": 700}, NOON - 90 * DAY, NOON)
    assert (sum(loose.after.values()), loose.newly_asked) == (5, 2)
    assert [(each.member_id, each.before, each.after, each.most_before, each.most_after) for each in loose.members] == [
        (ada.id, 3, 5, 2, 3)]
    assert try_rules({"active_cancel_expectation": 0}, NOON - 90 * DAY, NOON).why_after == {"paused": 4}
    assert rules_at(NOON)["gap"] == 7  # trying switches nothing on


@pytest.mark.one_database
def test_longer_rules_are_tried_on_all_of_the_past_that_they_look_back_on(site, ada):
    wish(ada, 110, "cancel_expectation", on_page=True)
    long_ago = NOON - 690 * DAY
    with transaction():
        db.session.execute(update(AskRow).values(offered_at=long_ago, state="shown", shown_at=long_ago, shown_by="page",
                                                 expires_at=long_ago + DAY))
    wish(ada, 8, "cancel_expectation", on_page=True)
    tried = try_rules({"gap": 730}, NOON - 90 * DAY, NOON)
    assert (tried.wishes, tried.newly_spared, dict(tried.why_after)) == (1, 1, {"gap": 1})


@pytest.mark.one_database
def test_the_team_tries_then_switches_on_from_a_day(site, ada, cx, clock):
    wish(ada, 3)
    assert "In force: 7" in words_of(cx.get("/experience/asks/rules"))
    numbers = {key: str(rules_at(NOON)[key]) for key in rules_at(NOON).values if not key.startswith("active_")}
    tried = cx.get("/experience/asks/rules", **(numbers | {"try": "1", "gap": "10"}))
    assert "wishes judged again" in words_of(tried)
    assert "7 → 10" in words_of(tried)
    assert db.session.scalars(select(AskRule)).all() == []
    sent = cx.post("/experience/asks/rules", **(numbers | {"gap": "10", "since": "2026-12-01"}))
    assert sent.status_code == 302, words_of(sent)
    db.session.rollback()
    assert (rules_at(NOON)["gap"], rules_at(NOON + 7 * DAY)["gap"], rules_at(NOON + 7 * DAY).version) == (7, 10, 2)
    assert cx.post("/experience/asks/rules", **(numbers | {"gap": "0"})).status_code == 422
    assert cx.post("/experience/asks/rules", **(numbers | {"gap": "9", "since": "2026-11-01"})).status_code == 422


@pytest.mark.one_database
def test_the_pages_say_who_may_be_asked_and_why_not(site, ada, people, cx):
    bo = people.member("Bo Lindqvist", card=None)
    with transaction():
        seen, new = (pid_of("member", each.id) for each in (ada, bo))
    people.member("Cy Adeyemi", card=None)
    wish(ada, 3)
    wish(ada, 1, "dispute_ease")
    assert "Was asked something lately 1" in words_of(cx.get("/experience/asks/"))
    found = words_of(cx.get("/experience/asks/members", why="gap"))
    assert "1 member" in found
    everybody = cx.get("/experience/asks/members").text
    assert f'href="/experience/asks/members/{seen}"' in everybody
    assert "nobody we know" in everybody, "a member who was never seen is not shown by their own id"
    page = words_of(cx.get(f"/experience/asks/members/{seen}"))
    assert f"Asks of member {seen.hex[:6]}" in page
    assert "Allowed" in page
    assert "Was asked something lately gap" in page
    assert "Nobody has wanted to ask" in words_of(cx.get(f"/experience/asks/members/{new}"))
    assert cx.get(f"/experience/asks/members/{ada.id}").status_code == 404


def test_what_became_of_the_asks_of_four_weeks_is_counted_ask_by_ask(app, ada, people):
    for offered, seen, key in ((30, 17, "recovery_satisfaction"), (10, 9, "help_ease")):
        ask = wish(ada, offered, key)
        show_ask(ask_id=ask.id, channel="page", now=NOON - seen * DAY)
    dismiss_ask(ask_id=ask.id, channel="page", now=NOON)
    wish(people.member("Bo Lindqvist", card=None), 3, "help_ease")
    numbers = {each.what.key: (each.allowed, each.shown, each.answered, each.dismissed, each.suppressed)
               for each in brought(NOON)}
    assert numbers["recovery_satisfaction"] == (0, 0, 0, 0, 0)  # was let through before, whenever it was seen
    assert numbers["help_ease"] == (2, 1, 0, 1, 0)


@pytest.fixture
def crowd(site, app):
    """A log of many members: 300 of them, each with 20 asks and 40 lines, half of them long ago."""
    with db.engine.begin() as raw:
        numbers = range(1, 301)
        raw.execute(insert(User), [{"id": 1000 + n, "email": f"crowd{n}@example.com", "name": "C", "password_hash": "x",
                                    "created_at": NOON, "hour24": False} for n in numbers])
        raw.execute(insert(Member), [{"id": 1000 + n, "user_id": 1000 + n, "plan": "payg", "status": "active",
                                      "joined_at": NOON - 900 * DAY} for n in numbers])
        asks = [{"id": UUID(int=n * 100 + k), "member_id": 1000 + n, "solicitation": "help_ease", "metric": "ease",
                 "exempt": False, "step": "help.resolve", "state": "shown", "shown_by": "page", "rules_version": 1,
                 "offered_at": NOON - 40 * (k + 1) * DAY, "shown_at": NOON - 40 * (k + 1) * DAY,
                 "expires_at": NOON - (40 * k + 20) * DAY, "probability": 1.0, "facts": {}, "once": f"{n}-{k}"}
                for n in numbers for k in range(20)]
        raw.execute(insert(AskRow), asks)
        raw.execute(insert(AskLog), [
            {"id": UUID(int=each["id"].int * 10 + turn), "at": each["offered_at"], "member_id": each["member_id"],
             "solicitation": "help_ease", "what": what, "why": why, "rule": why, "rules_version": 1, "situation": {},
             "ask_id": each["id"], "once": f"{each['once']}-{turn}"}
            for each in asks for turn, (what, why) in enumerate((("offered", None), ("suppressed", "gap")))])


def statements_of(act) -> list[str]:
    """The statements that an act sends."""
    sent: list[str] = []

    def note(_c, _cursor, statement, *_rest) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return sent


@pytest.mark.parametrize("look", [
    lambda: counted(standings(SOLICITATIONS["digest"], sample(), NOON)),
    lambda: standings(SOLICITATIONS["receipt_expectation"], one_page(2, 50), NOON),
    lambda: (brought(NOON), reasons(NOON)), lambda: verdicts_of(1001, NOON)])
def test_however_many_members_and_lines_there_are_a_page_asks_a_few_questions(crowd, look):
    policies_at(NOON)  # a process reads the rules once
    assert len(statements_of(look)) <= 8


def test_only_as_many_members_are_judged_as_a_page_can_wait_for(crowd, monkeypatch):
    assert len(sample()) == how_many() == 300
    monkeypatch.setattr(desk, "SAMPLE", 100)
    drawn = list(sample())
    assert len(set(drawn)) == 100
    assert drawn != sorted(drawn)
    assert list(one_page(2, 50)) == list(range(1051, 1101))
    past = pasts_of([1001], rules_at(NOON), NOON)[1001]
    assert (len(past), min(each.at for each in past)) == (12, NOON - 480 * DAY)  # the rest can count no more


@pytest.mark.one_database
def test_the_counts_of_the_log_are_read_from_an_index_alone(crowd):
    with db.engine.connect() as raw:
        for question, index in ((by_state(NOON), "ix_asks_offered"), (not_asked(NOON), "ix_ask_log_at"),
                                (by_reason(NOON), "ix_ask_log_at"), (Mailings().select(), "news_of_a_version_come_once")):
            words = str(question.compile(raw, compile_kwargs={"literal_binds": True}))
            plan = " ".join(str(row) for row in raw.execute(text("EXPLAIN QUERY PLAN " + words.replace(":", "\\:"))))
            assert f"USING COVERING INDEX {index}" in plan
            assert "CORRELATED" not in plan


@pytest.mark.one_database
def test_a_solicitation_is_paused_and_resumed(site, ada, cx, clock):
    assert cx.post("/experience/asks/recovery_satisfaction/pause").status_code == 302
    db.session.rollback()
    assert wish(ada, 0) is None
    clock.forward(minutes=1)
    assert cx.post("/experience/asks/recovery_satisfaction/pause").status_code == 302
    db.session.rollback()
    assert rules_at(clock())["active_recovery_satisfaction"] == 1
    assert cx.post("/experience/asks/nonsense/pause").status_code == 404


class RunningClock(Clock):
    """No two looks at it tell the same, as with a real one."""

    def __call__(self):
        self.at += timedelta(microseconds=1)
        return self.at


@pytest.mark.one_database
def test_what_is_switched_on_now_begins_now_although_time_goes_on_meanwhile(site, people, clock):
    running = RunningClock()
    cx = browser_of(site, people.staff(Role.CX), running)
    numbers = {key: str(value) for key, value in rules_at(NOON).values.items() if not key.startswith("active_")}
    sent = cx.post("/experience/asks/rules", **(numbers | {"gap": "8", "since": ""}))
    assert sent.status_code == 302, words_of(sent)
    assert cx.post("/experience/asks/recovery_satisfaction/pause").status_code == 302
    db.session.rollback()
    assert (rules_at(running())["gap"], rules_at(running())["active_recovery_satisfaction"]) == (8, 0)


@pytest.mark.one_database
def test_words_are_looked_at_before_they_are_saved(site, cx):
    address = "/experience/asks/stay_pulse/words"
    page = cx.get(address)
    assert "How likely are you to recommend us" in words_of(page)
    labels = {f"label{place}": "" for place in range(11)} | {"label0": "Never", "label10": "Gladly"}
    seen = cx.post(address, question="Would you tell a friend?", act="preview", **labels)
    assert "0: Never, 10: Gladly" in words_of(seen)
    assert "Not saved yet." in words_of(seen)
    assert db.session.scalars(select(AskWording)).all() == []
    assert cx.post(address, question="Would you tell a friend?", act="save", **labels).status_code == 302
    assert cx.post(address, question="Would you tell a friend?", act="save", **(labels | {"label0": ""})).status_code == 422
    assert [(row.version, row.question) for row in db.session.scalars(select(AskWording))] == [(2, "Would you tell a friend?")]
    assert "As it is asked now: version 2." in words_of(cx.get(address))


@pytest.mark.one_database
def test_two_changes_on_one_day_have_versions_of_their_own(app, people):
    by = people.staff(Role.CX).id
    assert [switch_on(changes={"gap": days}, since=NOON, by_user_id=by, now=NOON) for days in (8, 9)] == [2, 3]
    assert rules_at(NOON)["gap"] == 9
