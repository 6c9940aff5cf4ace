"""What a member sees in the inbox, what staff see of how messages went, and the demo city's stand-ins for the outside."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import current_app
from sqlalchemy import select, update

from core.audit import AuditRow
from core.database import db, transaction
from core.ids import new_id
from core.money import Money
from core.outbox import RETRY_AFTER, TryLater
from experience.record.pids import pid_of
from portal.account.contact.devices import add_device
from portal.account.models import Role
from portal.billing.adjustments.give import give_credit
from portal.billing.payers.payer_of import add_business
from portal.messages.models import Delivery, Message
from portal.worker import do_due
from tests.factories import NOON, a_car
from tests.portal.billing.made import payer
from tests.reservations.made import booked
from tests.reservations.pages import browser_of, words_of


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def browser(site, ada, clock):
    return browser_of(site, ada.user, clock)


def a_message(member, subject: str, *, thread: str = "", purpose: str = "service", minutes: int = 0,
              **ways: tuple[str, str | None]) -> Message:
    """A message as the worker leaves it; ways: mail=("sent", None) and so on."""
    at = NOON + timedelta(minutes=minutes)
    message = Message(id=new_id(), member_id=member.id, kind="letter", purpose=purpose, urgent=False, thread=thread, at=at,
                      subject=subject, facts={},
                      body_sealed=current_app.extensions["adapters"].seal.close(f"{subject}: the body"))
    with transaction():
        db.session.add(message)
        db.session.flush()
        db.session.add_all([Delivery(message_id=message.id, channel=channel, state=state, why=why, attempts=1, at=at,
                                     decided_at=at, choices_version=0) for channel, (state, why) in ways.items()])
    return message


# The inbox.

def test_messages_about_one_trip_stand_together_newest_first(browser, ada, people):
    a_message(ada, "Booked: Acorn", thread="trip-1", mail=("sent", None))
    a_message(people.member("Bo Lindqvist"), "Booked: Basil", thread="trip-1")
    a_message(ada, "On its own", minutes=1)
    receipt = a_message(ada, "Receipt: Acorn", thread="trip-1", minutes=2, mail=("sent", None))
    words = words_of(browser.get("/inbox"))
    assert words.index("Receipt: Acorn new 2 messages") < words.index("On its own")
    assert "Booked: Acorn" not in words
    page = words_of(browser.get(f"/inbox/{receipt.id}"))
    assert "Receipt: Acorn: the body" in page
    assert "About the same Booked: Acorn" in page
    assert "Basil" not in page


def test_a_thread_is_read_when_it_is_opened_and_no_other_one(browser, ada, people, site, clock):
    first = a_message(ada, "Booked: Acorn", thread="trip-1")
    receipt = a_message(ada, "Receipt: Acorn", thread="trip-1", minutes=1)
    other = a_message(ada, "On its own", minutes=2)
    assert 'data-behaviour="read"' in browser.get(f"/inbox/{receipt.id}").text
    stranger = browser_of(site, people.member("Bo Lindqvist").user, clock)
    assert stranger.post(f"/inbox/{receipt.id}/read").status_code == 404
    assert browser.post(f"/inbox/{receipt.id}/read").status_code == 302
    db.session.expire_all()
    assert [(one.read_at is not None) for one in (first, receipt, other)] == [True, True, False]
    assert "Mark as read" not in words_of(browser.get(f"/inbox/{receipt.id}"))
    assert "Booked" not in words_of(browser.get("/inbox", show="unread"))
    assert "On its own" in words_of(browser.get("/inbox", show="unread"))


@pytest.mark.one_database
@pytest.mark.parametrize(("said", "shown"), [
    ("All: http://localhost/account/promises.", 'All: <a href="/account/promises">Our promises to you</a>.'),
    ("http://localhost/inbox/conversations/7#entry-2", '<a href="/inbox/conversations/7#entry-2">Open the conversation</a>'),
    ("http://localhost/new-thing?a=1&b=2", '<a href="/new-thing?a=1&amp;b=2">Open the page</a>'),
    ("See http://evil.example/help now", "See http://evil.example/help now"),
    ("http://localhost.evil.example/help", "http://localhost.evil.example/help"),
    ("http://localhost@evil.example/help", "http://localhost@evil.example/help"),
    ("<b>5 < 6</b>", "&lt;b&gt;5 &lt; 6&lt;/b&gt;"),
])
def test_our_own_addresses_in_a_message_are_links_with_words_and_others_stay_plain(browser, ada, said, shown):
    message = a_message(ada, said)
    letter = browser.get(f"/inbox/{message.id}").text.split('<div class="card letter">', 1)[1].split("</div>", 1)[0]
    assert shown in letter


@pytest.mark.one_database
def test_the_inbox_is_narrowed_to_what_messages_are_for(browser, ada):
    a_message(ada, "Booked: Acorn")
    a_message(ada, "We answered", purpose="care")
    assert "Messages All New Trips and money" in words_of(browser.get("/inbox"))
    care = words_of(browser.get("/inbox", show="care"))
    assert ("We answered" in care, "Booked" in care) == (True, False)
    assert "Nothing of this kind." in words_of(browser.get("/inbox", show="news"))


@pytest.mark.one_database
def test_a_member_sees_how_each_message_went(browser, ada):
    a_message(ada, "One", mail=("sent", None), push=("sent", None), sms=("skipped", "push_reached"))
    a_message(ada, "Two", mail=("waiting", "no_answer"), push=("skipped", "no_device"))
    waits = a_message(ada, "Three", purpose="care", mail=("waiting", "quiet_hours"))
    a_message(ada, "Four", mail=("failed", "no_answer"))
    with transaction():
        db.session.execute(update(Delivery).where(Delivery.message_id == waits.id).values(due_at=NOON + timedelta(hours=20)))
        db.session.execute(update(Delivery).where(Delivery.channel == "push", Delivery.state == "sent").values(
            at=NOON + timedelta(hours=1)))
    words = words_of(browser.get("/inbox"))
    assert "by mail · as a notification, Tue, Nov 24, 1:00 PM" in words
    assert "Mail is on its way" in words
    assert "Mail waits for the morning, Wed, Nov 25, 8:00 AM" in words
    assert "Mail did not arrive" in words
    assert "push_reached" not in words


@pytest.mark.one_database
def test_a_long_inbox_has_pages(browser, ada):
    for number in range(51):
        a_message(ada, f"Message {number:02d}", minutes=number)
    first, second = words_of(browser.get("/inbox")), words_of(browser.get("/inbox", page=2))
    assert ("Message 50" in first, "Message 00" in first, "1 to 50 of 51" in first) == (True, False, True)
    assert ("Message 50" in second, "Message 00" in second) == (False, True)


# What staff see.

def test_staff_see_what_is_in_trouble_and_try_it_again(app, site, people, clock, ada):
    cx = people.staff(Role.CX)
    desk = browser_of(site, cx, clock)

    class Down:
        def send(self, message) -> None:
            raise TryLater("mail server: down")

    works = app.extensions["adapters"]
    app.extensions["adapters"] = replace(works, mail=Down())
    booked(ada, a_car(name="Acorn"))
    do_due(app)
    with transaction():
        pid = pid_of("member", ada.id)
    words = words_of(desk.get("/experience/deliveries"))
    for asked, lines in ((pid.hex[:6], 1), (str(pid)[:13], 1), ("Booking_c", 1), ("Okafor", 0), (ada.user.email, 0)):
        assert words_of(desk.get("/experience/deliveries", q=asked)).count("booking_confirmed") == lines, asked
    assert "Okafor" not in words
    assert f"booking_confirmed member {pid.hex[:6]} Trips and money Mail waits the carrier did not answer 1" in words
    for seconds in RETRY_AFTER:
        clock.forward(seconds=seconds)
        do_due(app)
    message = db.session.scalars(select(Message).where(Message.kind == "booking_confirmed")).one()
    assert "did not arrive the carrier did not answer 10" in words_of(desk.get("/experience/deliveries"))
    app.extensions["adapters"] = works
    again = f"/experience/deliveries/{message.id}/mail/again"
    assert desk.post(again).status_code == 302
    assert db.session.scalars(select(AuditRow.object).where(AuditRow.object == f"deliveries/{message.id}/mail")).all()
    do_due(app)
    assert db.session.get(Delivery, (message.id, "mail"), populate_existing=True).state == "sent"
    assert desk.post(again).status_code == 404, "what went is not sent again"


@pytest.mark.one_database
def test_staff_are_told_loudly_of_what_went_outside_the_choices(site, people, clock, ada):
    desk = browser_of(site, people.staff(Role.CX), clock)
    a_message(ada, "Hello", mail=("sent", None))
    assert "Nothing was sent outside what members chose." in words_of(desk.get("/experience/deliveries"))
    a_message(ada, "Hello", purpose="news", sms=("sent", None))
    words = words_of(desk.get("/experience/deliveries", show="all", channel="sms"))
    assert "Sent outside what members chose." in words
    assert "Text message, a way that was not chosen" in words


# The demo city's outside.

@pytest.mark.one_database
def test_the_pages_of_what_left_are_the_demo_citys_only(app, site, visitor, ada, clock):
    add_device(member=ada, subscription=None, name="Phone", session_id=None, now=NOON)
    app.extensions["adapters"].sms.send("+13125550123", "Your code", once="1")
    booked(ada, a_car(name="Acorn"))
    do_due(app)
    assert "Your code to +13125550123" in words_of(visitor.get("/demo/phone"))
    assert "Booked: Acorn" in words_of(visitor.get("/demo/push"))
    site.config["DEMO_CITY"] = False
    assert [visitor.get(f"/demo/{which}").status_code for which in ("mail", "phone", "push")] == [404, 404, 404]


# Credit.

def test_a_member_hears_of_credit_and_a_business_has_no_inbox_to_hear_in(app, people, clock, ada):
    finance = people.staff(Role.FINANCE)
    for _ in range(2):  # the same form twice
        give_credit(payer=payer(ada), amount=Money(1500), why="goodwill", by_user_id=finance.id, once="form", now=NOON)
    give_credit(payer=add_business(name="Lake Design", email="bills@lake.example", at=NOON), amount=Money(1500), why="goodwill",
                by_user_id=finance.id, once="other", now=NOON)
    do_due(app)
    (message,) = db.session.scalars(select(Message).where(Message.kind == "credit_given"))
    assert (message.member_id, message.subject) == (ada.id, "$15.00 of credit for your next trips")
    body = app.extensions["adapters"].seal.open(message.body_sealed)
    assert "before any card, until Thu, Nov 23, 2028." in body
    assert "under Account, Payments." in body
    assert "Credit: $15.00" in browser_of(app, ada.user, clock).get("/account/payments").text
