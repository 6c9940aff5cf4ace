"""Promo codes: taken into the price that is shown, used up by the booking, given back when it costs nothing."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import db, transaction
from core.ids import new_reference
from fleet.cars.models import Car
from fleet.tariffs.in_force import promotion_at
from fleet.tariffs.models import Promotion, Redemption
from portal.account.models import Member, Plan
from reservations.booking.book import book
from reservations.booking.cancel import cancel
from reservations.booking.models import Reservation, Waiver
from reservations.booking.offer import offer_now
from reservations.booking.promo import BadPromoCode, promo_for
from tests.factories import NOON, a_car, hours
from tests.reservations.made import TOMORROW
from tests.reservations.pages import browser_of, hidden_fields, words_of

TIMED = "/cars/acorn/book?start=2026-11-25T12:00&end=2026-11-25T15:00"


def a_code(code: str = "ROW20", *, percent: int = 20, cents: int = 0, per_member: int = 1, overall: int | None = None,
           classes: str = "", plans: str = "", days: int | None = 10) -> str:
    with transaction():
        db.session.add(Promotion(
            code=code, version=3, percent=percent, cents=cents, effective_from=NOON, classes=classes, plans=plans,
            effective_until=NOON + timedelta(days=days) if days else None, per_member=per_member, overall=overall))
    return code


def booked_with(code: str, member, span=TOMORROW, *, now=NOON) -> Reservation:
    """What the page does: price with the code, then book that offer."""
    car = a_car()
    promo = promo_for(code, plan=member.plan, car_class=car.car_class, member_id=member.id, now=now)
    return book(member=member, car=car, offer=offer_now(car, span, member.plan, now, promo), waiver=Waiver.INCLUDED,
                once=new_reference(), now=now)


def uses(code: str) -> tuple[int, int]:
    """How often it is used by its own count, and by its redemptions that stand."""
    db.session.rollback()
    promotion = db.session.scalars(select(Promotion).where(Promotion.code == code)).one()
    standing = db.session.scalars(select(Redemption.id).where(
        Redemption.promotion_id == promotion.id, Redemption.nth.is_not(None))).all()
    return promotion.redeemed, len(standing)


def why_not(typed: str, *, plan="regular", car_class="economy", member=None, now=NOON) -> str | None:
    try:
        promo_for(typed, plan=plan, car_class=car_class, member_id=member and member.id, now=now)
    except BadPromoCode as refusal:
        return refusal.why
    return None


def test_a_code_says_why_it_does_not_count(app):
    a_code("ROW20", classes="van suv", plans="payg")
    assert why_not("") is None
    assert why_not("nothing-like-it") == "unknown"
    assert why_not("row20", now=NOON - timedelta(seconds=1)) == "unknown"
    assert why_not("row20", now=NOON + timedelta(days=10)) == "unknown"
    assert why_not("row20") == "plan"
    assert why_not("row20", plan="payg") == "car_class"
    assert why_not(" row20 ", plan="payg", car_class="van") is None


def test_a_booking_uses_a_code_up_and_a_free_cancellation_gives_it_back(app, people):
    member, code = people.member(), a_code()
    trip = booked_with(code, member)
    (line,) = [line for line in trip.quote["lines"] if line["code"] == "promo"]
    time = sum(line["amount_cents"] for line in trip.quote["lines"] if line["code"].startswith("time_"))
    assert (line["amount_cents"], line["rule_version"]) == (-(time // 5), 3)
    assert trip.price_cents == trip.quote["total_cents"] == sum(line["amount_cents"] for line in trip.quote["lines"])
    assert uses(code) == (1, 1)
    assert why_not(code, member=member) == "used_before"
    cancel(reservation=trip, now=NOON + timedelta(minutes=1))
    assert uses(code) == (0, 0)
    booked_with(code, member)
    assert uses(code) == (1, 1)


def test_a_cancellation_that_costs_something_keeps_the_code_used(app, people):
    member, code = people.member(), a_code()
    trip = booked_with(code, member)
    assert cancel(reservation=trip, now=trip.starts_at - timedelta(hours=1)).cents > 0
    assert uses(code) == (1, 1)


def test_a_booking_that_fails_has_used_nothing(app, people):
    code = a_code(per_member=2)
    booked_with(code, people.member())
    with pytest.raises(Exception, match="car_taken"):
        booked_with(code, people.member("Ben Ode"))
    assert uses(code) == (1, 1)


def test_a_member_uses_a_code_as_often_as_it_allows(app, people):
    member, code = people.member(), a_code(per_member=2)
    booked_with(code, member, hours(24, 25))
    booked_with(code, member, hours(26, 27))
    with pytest.raises(BadPromoCode, match="bad_promo_code") as refused:
        booked_with(code, member, hours(28, 29))
    assert refused.value.why == "used_before"


def test_the_last_use_of_a_code_goes_to_one_of_many_who_ask_at_once(app, people):
    members, code, car = [people.member(f"Ada {n}") for n in range(6)], a_code(overall=2), a_car()
    promo = promo_for(code, plan="regular", car_class=car.car_class, member_id=None, now=NOON)
    offers = [offer_now(car, hours(24 + 2 * n, 25 + 2 * n), member.plan, NOON, promo) for n, member in enumerate(members)]
    ids, car_id, said = [member.id for member in members], car.id, []
    db.session.rollback()

    def ask(n: int) -> None:
        with app.app_context():
            try:
                book(member=db.session.get_one(Member, ids[n]), car=db.session.get_one(Car, car_id),
                     offer=offers[n], waiver=Waiver.INCLUDED, once=f"race-{n}", now=NOON)
                said.append("booked")
            except BadPromoCode as refusal:
                said.append(refusal.why)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(said) == ["booked", "booked", *["used_up"] * 4]
    assert uses(code) == (2, 2)
    assert len(db.session.scalars(select(Reservation)).all()) == 2


def test_what_was_offered_with_a_code_keeps_it_when_the_operator_changes_it(app, people):
    member, code = people.member(), a_code()
    car = a_car()
    promo = promo_for(code, plan=member.plan, car_class=car.car_class, member_id=member.id, now=NOON)
    offer = offer_now(car, TOMORROW, member.plan, NOON, promo)
    shown = offer.price(car, Waiver.INCLUDED)
    with transaction():
        promotion_at(code, NOON).percent = 50
    trip = book(member=member, car=car, offer=offer, waiver=Waiver.INCLUDED, once="kept", now=NOON)
    assert trip.price == shown.total


# The book page.

@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def browser(site, ada, clock):
    return browser_of(site, ada.user, clock)


def posted(browser, html: str, **typed):
    return browser.send(TIMED, method="POST", data=hidden_fields(html) | {"waiver": "plus"} | typed)


def test_the_page_shows_the_price_with_the_code_before_anything_is_booked(browser):
    a_code()
    plain = browser.get(TIMED).text
    asked = posted(browser, plain, promo="row20", reprice="1")
    assert asked.status_code == 302  # a page of its own: one may book from it and go back to it
    priced = browser.get(asked.headers["Location"])
    assert priced.status_code == 200
    assert "Promo code ROW20" in words_of(priced)
    assert 'value="plus" checked' in priced.text
    assert db.session.scalars(select(Reservation)).all() == []
    answer = posted(browser, priced.text, promo="ROW20")
    trip = db.session.scalars(select(Reservation)).one()
    assert answer.headers["Location"] == f"/trips/{trip.reference}"
    assert trip.quote["promo"]["code"] == "ROW20"


def test_a_code_that_was_typed_and_not_shown_in_the_price_yet_books_nothing(browser):
    a_code()
    answer = browser.get(posted(browser, browser.get(TIMED).text, promo="ROW20").headers["Location"])
    assert answer.status_code == 200
    assert "Promo code ROW20" in words_of(answer)
    assert db.session.scalars(select(Reservation)).all() == []


@pytest.mark.one_database
@pytest.mark.parametrize(("typed", "says"), [
    ("ROW2O", "We do not know this code"), ("' OR 1=1", "We do not know this code"), ("VANS", "not for a car of this class"),
    ("PAYG", "not for your plan"),
])
def test_a_code_that_does_not_count_says_so_beside_its_field(browser, typed, says):
    a_code("VANS", classes="van")
    a_code("PAYG", plans=Plan.PAY_AS_YOU_GO)
    answer = browser.get(posted(browser, browser.get(TIMED).text, promo=typed, reprice="1").headers["Location"])
    assert answer.status_code == 422
    assert says in words_of(answer)
    assert 'aria-invalid="true"' in answer.text
    assert 'value="plus" checked' in answer.text
    assert db.session.scalars(select(Reservation)).all() == []


@pytest.mark.one_database
def test_a_code_that_is_too_long_is_not_cut_to_one_that_counts(browser):
    a_code("A" * 40)
    answer = posted(browser, browser.get(TIMED).text, promo="A" * 41, reprice="1")
    assert (answer.status_code, "at most 40 letters" in words_of(answer)) == (422, True)
    assert "A" * 41 in answer.text


def test_the_last_use_going_to_somebody_else_is_told_on_the_page(browser, people):
    a_code(overall=1)
    priced = browser.get(posted(browser, browser.get(TIMED).text, promo="ROW20", reprice="1").headers["Location"])
    booked_with("ROW20", people.member("Ben Ode"), hours(60, 61))
    answer = posted(browser, priced.text, promo="ROW20")
    assert answer.status_code == 422
    assert "This code has been used up." in words_of(answer)
    assert len(db.session.scalars(select(Reservation)).all()) == 1
