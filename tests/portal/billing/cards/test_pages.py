"""The payments page: what is open and what is kept, and the way over the processor's pages and back."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.database import db, transaction
from core.money import Money
from experience.record.abandon import note_abandoned
from experience.record.models import Event
from portal.billing.cards.change import cards_of
from portal.billing.cards.forms import page_of_ours
from portal.billing.cards.models import Card
from portal.billing.credits.grant import grant
from portal.billing.credits.models import CreditKind
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import add_business, let_pay, own_payer
from portal.billing.payments.carry_out import close_call
from portal.billing.payments.models import Calling, CallState, PageState, Payment, PaymentCall, PaymentPage, State
from portal.billing.payments.pages import ask_for_card, ask_to_pay
from portal.billing.stripe.embedded.checkout_page import Done
from tests.factories import NOON, a_card
from tests.portal.billing.made import payer
from tests.portal.billing.statements.test_queries import charge
from tests.reservations.made import Street, a_street, booked
from tests.reservations.pages import Browser, browser_of, hidden_fields, without_its_number, words_of

pytestmark = pytest.mark.one_database  # what stands behind the pages has tests of its own, on both
PAGE = "/account/payments"


@pytest.fixture
def street(app, clock) -> Street:
    return a_street(app, clock)


def opened(site, street, member) -> Browser:
    return browser_of(site, member.user, street.clock)


@pytest.fixture
def new(people):
    return people.member("New One", card=None)


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


def owes(member, cents: int = 1824) -> Payer:
    charge(payer(member), cents, NOON, f"owed-{member.id}")
    return payer(member)


def last_page() -> PaymentPage:
    db.session.rollback()
    return db.session.scalars(select(PaymentPage).order_by(PaymentPage.asked_at.desc(), PaymentPage.id.desc())
                              .execution_options(populate_existing=True)).first()


def yellow(text: str) -> list[str]:
    """The words on what is yellow, of which there is one a page at most."""
    return [" ".join(re.sub(r"<[^>]+>", " ", words).split())
            for words in re.findall(r'class="btn btn-go[^"]*".*?>(.*?)</(?:a|button)>', text, re.S)]


# What the page says.

def test_somebody_new_is_told_what_a_card_is_for_and_can_add_one(site, street, new):
    answer = opened(site, street, new).get(PAGE)
    words = words_of(answer)
    assert "Test mode: no real money moves." in words
    assert "No card yet." in words
    assert "Nothing is open." in words
    assert yellow(answer.text) == ["Add a card"]
    assert db.session.scalars(select(Payer)).all() == []  # looking makes no payer


def test_what_is_open_can_be_paid_now(site, street, ada):
    owes(ada)
    answer = opened(site, street, ada).get(PAGE)
    assert "Open now $18.24" in words_of(answer)
    assert yellow(answer.text) == ["Pay $18.24 now"]


def test_what_we_owe_is_said_and_there_is_nothing_to_pay(site, street, ada):
    charge(payer(ada), 500, NOON, "too-much", taken=True)
    answer = opened(site, street, ada).get(PAGE)
    assert "We owe you $5.00: it pays your next bill." in words_of(answer)
    assert yellow(answer.text) == []


def test_while_a_card_is_being_asked_nobody_is_asked_to_pay_twice(site, street, ada):
    owing, (card,) = owes(ada), cards_of(payer(ada).id)
    with transaction():
        db.session.add(Payment(id=uuid4(), payer_id=owing.id, card_id=card.id, purpose="balance", state=State.WANTED,
                               amount_cents=1824, currency="USD", asked_at=NOON, once="x"))
    answer = opened(site, street, ada).get(PAGE)
    assert "Your bank is being asked for it now. There is nothing to do." in words_of(answer)
    assert yellow(answer.text) == []


def test_what_is_too_little_to_take_waits_for_the_next_bill(site, street, ada):
    owes(ada, 49)
    answer = opened(site, street, ada).get(PAGE)
    assert "it comes with your next bill" in words_of(answer)
    assert yellow(answer.text) == []


def test_who_drives_for_a_business_is_not_asked_for_a_card(site, street, new):
    business = add_business(name="Acme Ltd", email="bills@acme.example", at=NOON)
    let_pay(payer_id=business.id, member_id=new.id, at=NOON)
    answer = opened(site, street, new).get(PAGE)
    assert "Acme Ltd pays for your trips." in words_of(answer)
    assert yellow(answer.text) == []


def test_the_reminders_are_said_in_plain_words_and_so_is_the_end_of_booking(site, street, ada):
    owing, browser = owes(ada), opened(site, street, ada)
    with transaction():
        db.session.refresh(owing)
        owing.owing_since, owing.dunning_step = NOON - timedelta(hours=2), 2
    words = words_of(browser.get(PAGE))
    assert "Your cards have not paid this since Tue, Nov 24, 10:00 AM." in words
    assert "We ask them again on Wed, Nov 25, 10:00 AM." in words
    assert "If it is still open on Fri, Dec 4, 10:00 AM, you cannot book until it is paid." in words
    with transaction():
        payer_now = db.session.get_one(Payer, owing.id)
        payer_now.booking_stopped_at, payer_now.dunning_step = NOON, 5
    words = words_of(browser.get(PAGE))
    assert "Booking has stopped since Tue, Nov 24." in words
    assert "A trip that is on goes on." in words


def test_a_payment_that_waits_at_the_bank_comes_first(site, street, people):
    ada = people.member(card="pm_card_authenticationRequired")
    trip = booked(ada)
    street.work()
    answer = opened(site, street, ada).get(PAGE)
    assert f"for the trip with {trip.car.name} on Wed, Nov 25" in words_of(answer)
    assert yellow(answer.text) == ["Confirm with your bank"]


def test_credit_stands_in_the_order_in_which_it_is_used(site, street, ada):
    for kind, why in ((CreditKind.SERVICE, "goodwill"), (CreditKind.PROMO, "WELCOME10")):  # two years, and ninety days
        grant(payer_id=payer(ada).id, kind=kind, amount=Money(1000), why=why, once=why, now=NOON)
    words = words_of(opened(site, street, ada).get(PAGE))
    assert "Credit: $20.00" in words
    assert words.index("WELCOME10; ends Mon, Feb 22, 2027") < words.index("Goodwill; ends Thu, Nov 23, 2028")


def test_payments_and_refunds_stand_with_their_states(site, street, ada):
    trip = booked(ada)
    street.work()
    browser = opened(site, street, ada)
    assert f"Trip with {trip.car.name} Held" in words_of(browser.get(PAGE))
    street.unlocked(trip)
    street.returned(trip)
    street.work()
    words = words_of(browser.get(PAGE))
    assert f"Trip with {trip.car.name} Paid" in words
    assert "Visa ending 4242" in words


# Cards.

def test_another_card_is_asked_first_from_now_on(site, street, ada):
    other, browser = a_card(ada, "pm_card_mastercard"), opened(site, street, ada)
    words = words_of(browser.get(PAGE))
    assert words.index("Visa ending 4242 Asked first") < words.index("Mastercard ending 4444 Asked if the first one says no")
    answer = browser.post(f"{PAGE}/cards/{other.id}/first")
    assert answer.headers["Location"] == f"{PAGE}#cards"
    db.session.rollback()
    assert [card.last_four for card in cards_of(payer(ada).id)] == ["4444", "4242"]


def test_a_card_is_removed_but_not_the_last_one_while_something_is_open(site, street, ada):
    other, browser = a_card(ada, "pm_card_mastercard"), opened(site, street, ada)
    owes(ada)
    first = cards_of(payer(ada).id)[0]
    assert browser.post(f"{PAGE}/cards/{first.id}/remove").status_code == 302
    answer = browser.post(f"{PAGE}/cards/{other.id}/remove")
    assert answer.status_code == 409
    assert "This is your only card" in words_of(answer)
    db.session.rollback()
    assert [card.id for card in cards_of(payer(ada).id)] == [other.id]


def test_an_expired_card_says_so(site, street, ada):
    with transaction():
        for card in db.session.scalars(select(Card)).all():
            card.exp_year, card.exp_month = 2026, 10
    assert "Expired" in words_of(opened(site, street, ada).get(PAGE))


# Over the processor's pages, and back.

def test_a_card_is_added_on_the_processors_page_and_one_comes_back_to_where_one_was(site, street, new):
    browser = opened(site, street, new)
    answer = browser.send(f"{PAGE}/cards", method="POST", data=hidden_fields(browser.get(PAGE, next="/trips").text)
                          | {"csrf_token": browser.token(), "back_to": "/trips"})
    page = last_page()
    waiting = f"{PAGE}/pages/{page.id}"
    assert answer.headers["Location"] == waiting
    first = browser.get(waiting)
    assert "Opening the card page" in words_of(first)
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in first.text
    assert browser.get(f"{waiting}/on").headers["Location"] == waiting  # there is nothing to go on to yet
    street.work()
    ready = browser.get(waiting)
    assert yellow(ready.text) == ["Go on to the card page"]
    assert 'http-equiv="refresh"' not in ready.text
    assert browser.get(f"{waiting}/on").headers["Location"].startswith("/demo/checkout/")
    assert isinstance(site.extensions["adapters"].stripe.complete_page(last_page().processor_id, "pm_card_visa"), Done)
    assert browser.get(f"{PAGE}/back/{page.id}").headers["Location"] == waiting
    assert "Your card is being kept" in words_of(browser.get(waiting))
    street.work()
    done = browser.get(waiting)
    assert done.headers["Location"] == "/trips"
    assert "Your card is kept." in browser.get("/trips").text
    assert [card.last_four for card in cards_of(payer(new).id)] == ["4242"]


def what_became_of(site, step: str) -> list[tuple[str, str | None]]:
    """The phases of a step, and that all of them stand on one journey and none is taken for left."""
    site.extensions["page_views"].flush()
    db.session.rollback()
    assert note_abandoned(NOON + timedelta(hours=2)) == 0
    events = db.session.scalars(select(Event).where(Event.step == step).order_by(Event.time, Event.id)).all()
    assert len({event.journey_id for event in events}) == 1
    return [(event.phase, event.objects[0]["qualifier"] if event.objects else None) for event in events]


def test_adding_a_card_is_recorded_once_by_what_the_processor_said(site, street, new):
    browser = opened(site, street, new)
    page = ask_for_card(payer=own_payer(new.id), back_to="/trips", now=NOON)
    street.work()
    browser.get(f"{PAGE}/pages/{page.id}")
    street.clock.forward(minutes=1)
    site.extensions["adapters"].stripe.complete_page(last_page().processor_id, "pm_card_visa")
    browser.get(f"{PAGE}/back/{page.id}")
    street.work()
    assert what_became_of(site, "join.payment_method") == [("entered", None), ("succeeded", "kept")]  # also of who stays away
    browser.get(f"{PAGE}/pages/{page.id}")
    assert what_became_of(site, "join.payment_method") == [("entered", None), ("succeeded", "kept")]


def test_paying_is_recorded_once_by_what_the_processor_said(site, street, ada):
    owes(ada)
    browser = opened(site, street, ada)
    page = ask_to_pay(payer=payer(ada), back_to="/trips", now=NOON)
    street.work()
    browser.get(f"{PAGE}/pages/{page.id}")
    street.clock.forward(minutes=1)
    site.extensions["adapters"].stripe.complete_page(last_page().processor_id, "pm_card_visa")
    browser.get(f"{PAGE}/back/{page.id}")
    street.work()
    browser.get(f"{PAGE}/pages/{page.id}")
    assert what_became_of(site, "pay.payment") == [("entered", None), ("succeeded", "captured")]


def test_the_waiting_page_keeps_itself_true_and_leads_on_by_itself(site, street, new):
    browser = opened(site, street, new)
    browser.post(f"{PAGE}/cards")
    live = f"{PAGE}/pages/{last_page().id}/live"
    first = browser.get(live)
    assert "data-live-soon" in first.text
    assert browser.get(live, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    street.work()
    assert f'data-live-go="{live.removesuffix("live")}on"' in browser.get(live).text
    site.extensions["adapters"].stripe.complete_page(last_page().processor_id, "pm_card_visa")
    browser.get(live.replace("pages", "back").removesuffix("/live"))
    street.work()
    assert f'data-live-go="{live.removesuffix("/live")}"' in browser.get(live).text


def test_who_comes_back_without_a_card_can_go_on_or_leave_it(site, street, new):
    browser = opened(site, street, new)
    browser.post(f"{PAGE}/cards")
    street.work()
    page = last_page()
    browser.get(f"{PAGE}/back/{page.id}")
    street.work()
    answer = browser.get(f"{PAGE}/pages/{page.id}")
    assert "You came back before it was done" in words_of(answer)
    assert "No card was kept." in words_of(answer)
    assert yellow(answer.text) == ["Go on to the card page"]


def test_a_page_that_could_not_be_opened_says_why_and_what_to_do(site, street, new):
    browser = opened(site, street, new)
    browser.post(f"{PAGE}/cards")
    page = last_page()
    with transaction():
        call = db.session.scalars(select(PaymentCall).where(PaymentCall.calling == Calling.OPEN_PAGE)).one()
        close_call(call, CallState.REFUSED, "resource_missing")
        db.session.get_one(PaymentPage, page.id).state = PageState.FAILED
    answer = browser.get(f"{PAGE}/pages/{page.id}")
    words = words_of(answer)
    assert "The card page could not be opened" in words
    assert "Nothing was charged and nothing was kept. Try again" in words
    assert "resource_missing" in words
    assert yellow(answer.text) == ["Open a new page"]


def test_a_page_that_was_left_open_is_closed_and_a_new_one_can_be_opened(site, street, new):
    browser = opened(site, street, new)
    browser.post(f"{PAGE}/cards")
    street.work()
    page = last_page()
    street.clock.forward(minutes=31)
    browser.get(f"{PAGE}/back/{page.id}")
    street.work()
    answer = browser.get(f"{PAGE}/pages/{page.id}")
    assert "That page is closed" in words_of(answer)
    assert yellow(answer.text) == ["Open a new page"]


def test_what_takes_long_is_said_to_take_long(site, street, new):
    browser = opened(site, street, new)
    browser.post(f"{PAGE}/cards")
    street.clock.forward(minutes=2)
    assert "This takes longer than it should." in words_of(browser.get(f"{PAGE}/pages/{last_page().id}"))


def test_an_old_bill_is_paid_on_the_processors_page(site, street, ada):
    owes(ada)
    browser = opened(site, street, ada)
    browser.post(f"{PAGE}/pay")
    page = last_page()
    again = browser.get(PAGE)
    assert "You have begun to pay $18.24." in words_of(again)
    assert yellow(again.text) == ["Go on paying"]
    street.work()
    site.extensions["adapters"].stripe.complete_page(last_page().processor_id, "pm_card_visa")
    browser.get(f"{PAGE}/back/{page.id}")
    street.work()
    assert browser.get(f"{PAGE}/pages/{page.id}").headers["Location"] == PAGE
    assert payer(ada).owed_cents == 0
    assert "What was open Paid" in words_of(browser.get(PAGE))


def test_paying_nothing_is_refused(site, street, ada):
    answer = opened(site, street, ada).post(f"{PAGE}/pay")
    assert answer.status_code == 409
    assert "Nothing is open." in words_of(answer)


def test_a_payment_is_confirmed_at_the_bank(site, street, people):
    ada = people.member(card="pm_card_authenticationRequired")
    trip = booked(ada)
    street.work()
    waits = db.session.scalars(select(Payment).where(Payment.reservation_id == trip.id)).one()
    browser = opened(site, street, ada)
    browser.post(f"{PAGE}/{waits.id}/confirm")
    street.work()
    page = last_page()
    site.extensions["adapters"].stripe.complete_page(page.processor_id, "pm_card_visa")
    browser.get(f"{PAGE}/back/{page.id}")
    street.work()
    assert browser.get(f"{PAGE}/pages/{page.id}").headers["Location"] == f"{PAGE}#payment-{waits.id}"
    assert yellow(browser.get(PAGE).text) == []


def test_somebody_elses_cards_payments_and_pages_answer_like_ones_that_do_not_exist(site, street, people, ada):
    trip = booked(ada)
    street.work()
    payment = db.session.scalars(select(Payment).where(Payment.reservation_id == trip.id)).one()
    (card,), page = cards_of(payer(ada).id), ask_for_card(payer=payer(ada), back_to="/", now=NOON)
    before = db.session.scalars(select(PaymentCall.id)).all()
    stranger = opened(site, street, people.member("Bo Lindqvist"))
    token = stranger.token()
    for method, path, mine in (
            ("POST", "/cards/{}/first", card.id), ("POST", "/cards/{}/remove", card.id), ("POST", "/{}/confirm", payment.id),
            ("GET", "/pages/{}", page.id), ("GET", "/pages/{}/live", page.id), ("GET", "/pages/{}/on", page.id),
            ("GET", "/back/{}", page.id)):
        sent = {"csrf_token": token} if method == "POST" else None
        answers = [without_its_number(stranger.send(PAGE + path.format(one), method=method, data=sent))
                   for one in (mine, uuid4())]
        assert answers[0] == answers[1], path
        assert answers[0][0] == 404, path
    db.session.rollback()
    assert db.session.scalars(select(PaymentCall.id)).all() == before
    assert db.session.scalars(select(Card).where(Card.removed_at.is_not(None))).all() == []


@pytest.mark.parametrize(("target", "ours"), [
    ("/trips", True), ("/account/payments?next=/x", True), ("/account/", True), ("/account", True),
    ("//evil.example", False), ("https://evil.example", False), ("/\\evil.example", False), ("/nothing-here", False),
    ("/account/payments/pay", False),  # only a button asks that
    ("javascript:alert(1)", False), ("/trips\n", False), ("", False), (None, False)])
def test_one_comes_back_to_a_page_of_ours_and_nowhere_else(app, target, ours):
    with app.test_request_context():
        assert page_of_ours(target) == (target if ours else None)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/nothing-here"])
def test_a_form_that_was_tampered_with_leads_back_to_the_payments(site, street, new, target):
    browser = opened(site, street, new)
    browser.post(f"{PAGE}/cards", back_to=target)
    assert last_page().back_to == f"{PAGE}#cards"
    assert browser.get(PAGE, next=target).text.count("evil.example") <= 1  # in the note's own field for this page's address


def test_asking_the_processor_is_what_coming_back_does_and_once(site, street, new):
    browser = opened(site, street, new)
    browser.post(f"{PAGE}/cards")
    street.work()
    page = last_page()
    for _ in range(3):
        browser.get(f"{PAGE}/back/{page.id}")
    db.session.rollback()
    looks = db.session.scalars(select(PaymentCall).where(PaymentCall.calling == Calling.LOOK_AT_PAGE)).all()
    assert [call.state for call in looks] == [CallState.WAITING]
