"""The gate's pages: who may be asked and why not, a change tried on the past before it is switched on, words by version."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import db, transaction
from experience.asks.in_force import rules_at, switch_on
from experience.asks.models import AskRule, AskWording
from experience.asks.tried import try_rules
from experience.asks.wish import wish_to_ask
from experience.record.observe import pid_of
from portal.account.models import Role
from tests.factories import NOON
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
    assert "Was asked less than a week ago 1" in words_of(cx.get("/experience/asks/"))
    found = words_of(cx.get("/experience/asks/members", why="gap"))
    assert "1 member" in found
    everybody = cx.get("/experience/asks/members").text
    assert f'href="/experience/asks/members/{seen}"' in everybody
    assert "nobody we know" in everybody, "a member who was never seen is not shown by their own id"
    page = words_of(cx.get(f"/experience/asks/members/{seen}"))
    assert f"Asks of member {seen.hex[:6]}" in page
    assert "Allowed" in page
    assert "Was asked less than a week ago gap" in page
    assert "Nobody has wanted to ask" in words_of(cx.get(f"/experience/asks/members/{new}"))
    assert cx.get(f"/experience/asks/members/{ada.id}").status_code == 404


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
