"""News by hand: counted before they go, decided about when they go, and no words twice."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.audit import AuditRow
from core.database import db
from core.outbox import RETRY_AFTER, OutboxRow, post
from experience.asks import handle
from experience.asks import mailing as sending
from experience.asks.mailing import send_news
from experience.asks.models import AskLog, AskRow, AskWording, Mailing
from experience.asks.show import show_ask
from experience.asks.wish import wish_to_ask
from experience.asks.wording import write_wording
from experience.cases.fix import Plan as FixPlan
from experience.cases.fix import change_fix, plan_fix, publish_fix
from experience.cases.models import FixState, Measure
from experience.desk.ask_audience import Audience, members_of_audience, size_of
from experience.journey import Step
from portal.account.contact.choose import choose
from portal.account.leave.leave import leave
from portal.account.models import Member, Plan, Role
from portal.messages.models import Delivery, Message
from portal.web.say import CITY_ZONE
from tests.factories import NOON
from tests.reservations.made import a_street
from tests.reservations.pages import browser_of, hidden_fields, words_of

DAY = timedelta(days=1)


@pytest.fixture
def street(site, app, clock):
    return a_street(site, clock)


@pytest.fixture
def members(people, clock):
    """Three who have been here for a while: one of them wants no news."""
    clock.at = NOON - 100 * DAY
    made = [people.member(name, card=None, plan=Plan.PAY_AS_YOU_GO) for name in ("Ada Okafor", "Bo Lindqvist", "Cy Adeyemi")]
    choose(member=made[2], ways=(), quiet_from=0, quiet_until=0, zone=CITY_ZONE, now=clock.at)
    clock.at = NOON
    return made


@pytest.fixture
def cx(people):
    return people.staff(Role.CX)


def sent(cx, key="referral", version=1, once="form-1", now=NOON, **audience):
    return send_news(solicitation=key, version=version, audience=audience, by_user_id=cx.id, once=once, now=now)


def mailed() -> list[int]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Message.member_id).join(Delivery, Delivery.message_id == Message.id).where(
        Message.kind == "news", Delivery.channel == "mail", Delivery.state == "sent")))


def suppressed() -> Counter:
    db.session.rollback()
    return Counter(db.session.scalars(select(AskLog.why).where(AskLog.what == "suppressed")))


def test_news_go_to_whoever_wants_them_and_no_words_go_twice(street, members, cx):
    sent(cx)
    street.work()
    assert mailed() == sorted(each.id for each in members[:2])
    assert suppressed() == {"unwanted": 1}
    street.clock.forward(days=40)
    sent(cx, once="form-2")
    street.work()
    assert len(mailed()) == 2
    assert suppressed() == {"unwanted": 2, "sent_already": 2}
    write_wording(solicitation="referral", locale="en_US", question="Bring a neighbour", labels=(), body="Any neighbour.",
                  by_user_id=cx.id, now=street.clock())
    sent(cx, version=2, once="form-3")
    street.work()
    assert len(mailed()) == 4
    assert db.session.scalars(select(Message.subject).where(Message.kind == "news").order_by(Message.at)).all()[-1] == (
        "Bring a neighbour")


@pytest.mark.one_database
def test_who_may_not_be_asked_at_that_moment_is_tried_again_and_at_night_nobody_is(street, members, cx):
    ada, bo, _cy = members
    wish_to_ask(member_id=ada.id, solicitation="help_ease", once="before", now=NOON - 6 * DAY)
    street.clock.at = NOON.replace(hour=4) + DAY
    sent(cx, now=street.clock())
    street.work()
    assert (mailed(), suppressed()) == ([], {"unwanted": 1, "quiet_hours": 2})
    street.clock.forward(hours=11)
    street.work()
    assert mailed() == [bo.id]
    assert suppressed() == {"unwanted": 1, "quiet_hours": 2, "gap": 1}
    street.clock.forward(days=8)
    street.work()
    assert mailed() == [ada.id, bo.id]


@pytest.mark.one_database
@pytest.mark.parametrize("by_night", [False, True])
def test_news_that_find_their_member_at_the_wheel_wait_and_are_not_lost(site, street, members, cx, monkeypatch, by_night):
    driving = []
    site.extensions["is_driving"] = lambda member_id: member_id in driving
    if by_night:  # the letter is written, and waits for the morning
        ask = wish_to_ask(member_id=members[0].id, solicitation="referral", once="one", now=NOON)
        street.clock.at = NOON.replace(hour=4) + DAY
        post("news", member_id=members[0].id, ask_id=str(ask.id), version=1)
        street.work()
        street.clock.at = NOON.replace(hour=9) + DAY
        driving.append(members[0].id)
    else:  # the gate lets it through, and its member drives off before the letter is written
        monkeypatch.setattr(handle, "show_ask", lambda **said: (show_ask(**said), driving.append(members[0].id))[0])
        send_news(solicitation="referral", version=1, audience={}, by_user_id=cx.id, once="form-1", now=NOON)
    for _ in range(len(RETRY_AFTER) + 2):
        street.clock.forward(hours=3)
        street.work()
    assert members[0].id not in mailed()
    driving.clear()
    street.clock.at = street.clock().replace(hour=18) + DAY
    street.work()
    assert members[0].id in mailed()
    assert db.session.scalars(select(OutboxRow).where(OutboxRow.failed_at.is_not(None))).all() == []


@pytest.mark.one_database
def test_the_same_form_is_one_mailing_and_a_long_list_goes_on_where_it_was(street, members, cx, monkeypatch):
    monkeypatch.setattr(sending, "AT_ONCE", 1)
    assert sent(cx).id == sent(cx).id
    street.work()
    mailing = db.session.scalars(select(Mailing)).one()
    assert (mailing.wished, mailing.done_at) == (3, NOON)
    wishes = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "ask")).all()
    assert sorted(job.member_id for job in wishes if "root" not in job.facts) == sorted(each.id for each in members)


@pytest.mark.one_database
def test_the_team_sees_who_would_get_it_before_it_goes(site, street, members, people, cx, clock):
    browser = browser_of(site, cx, clock)
    page = browser.get("/experience/asks/news/referral", **{"try": "1", "version": "1", "plan": "payg"})
    assert "3 members" in words_of(page)
    assert "May be asked 2" in words_of(page)
    assert "Wants no news 1" in words_of(page)
    assert db.session.scalars(select(Mailing)).all() == []
    assert browser.send("/experience/asks/news/referral", method="POST", data=hidden_fields(page.text)).status_code == 302
    db.session.rollback()
    assert db.session.scalars(select(Mailing)).one().audience == {"plan": "payg"}
    assert any(row.object.startswith("mailings/") for row in db.session.scalars(select(AuditRow)))
    street.work()
    listed = words_of(browser.get("/experience/asks/news"))
    assert "News: bring a friend 1 Mara Lind 3 2 handed to the gate" in listed
    assert browser.get("/experience/asks/news/stay_pulse").status_code == 404
    assert browser.get("/experience/asks/news/referral", **{"try": "1", "version": "7"}).status_code == 404


@pytest.mark.one_database
def test_an_audience_is_by_plan_time_with_us_and_last_trip_and_of_the_come_back_those_who_left(app, people, members, clock, cx):
    new = people.member("Dee Park", card=None)
    assert size_of(Audience(), "digest", NOON) == 4
    assert size_of(Audience(plan="regular"), "digest", NOON) == 1
    assert size_of(Audience(months_from=2), "digest", NOON) == 3
    assert size_of(Audience(months_to=2), "digest", NOON) == 1
    assert size_of(Audience(idle_days=30), "digest", NOON) == 4
    assert size_of(Audience(), "win_back", NOON) == 0
    leave(member=db.session.get_one(Member, new.id), reason=None, words="", seal=app.extensions["adapters"].seal, now=NOON)
    assert members_of_audience({}, "win_back", NOON, after=0, limit=9) == [new.id]
    assert new.id not in members_of_audience({}, "digest", NOON, after=0, limit=9)


@pytest.mark.one_database
def test_a_digest_begins_with_what_was_mended(site, app, cx, clock):
    plan = FixPlan("New locks", Step.PICKUP_UNLOCK, "They freeze.", Measure.STOPPED, cx.id)
    fix = plan_fix(plan=plan, by_user_id=cx.id, now=NOON)
    fix = change_fix(fix_id=fix.id, plan=plan, state=FixState.DONE, seen=fix.version, now=NOON)
    publish_fix(fix_id=fix.id, said="The boxes freeze.", did="New boxes everywhere.", seen=fix.version, now=NOON)
    browser = browser_of(site, cx, clock)
    page = browser.get("/experience/asks/digest/words", start="fixes")
    assert "You said: The boxes freeze. We did: New boxes everywhere." in words_of(page)
    saved = browser.post("/experience/asks/digest/words", question="What we mended", body="New boxes everywhere.", act="save")
    assert saved.status_code == 302
    db.session.rollback()
    row = db.session.scalars(select(AskWording)).one()
    assert (row.version, row.question, row.body) == (2, "What we mended", "New boxes everywhere.")
    assert browser.post("/experience/asks/digest/words", question="What we mended", body="", act="save").status_code == 422
    assert db.session.scalars(select(AskRow)).all() == []
