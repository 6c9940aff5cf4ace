"""Favourites: starred, first in the search, on a page of their own; recent cars; and the same again."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select

from core.database import db, transaction
from core.time import Span, from_local
from fleet.cars.models import Car, CarState
from fleet.tariffs.quote import NOBODY
from reservations.booking.again import When, choices_again, same_time_next
from reservations.booking.cancel import cancel
from reservations.booking.recent import RecentTrips
from reservations.favourites import star as star_module
from reservations.favourites.errors import TooManyStars
from reservations.favourites.queries import FavouriteCars, FavouriteLots, starred_by
from reservations.favourites.star import star
from reservations.favourites.unstar import unstar
from tests.factories import NOON, a_car, hours
from tests.reservations.made import booked
from tests.reservations.pages import Browser, browser_of, words_of

CHICAGO = ZoneInfo("America/Chicago")
WHEN = {"start": "2026-11-25T12:00", "end": "2026-11-25T15:00"}


@pytest.fixture
def ada(people):
    return people.member()


@pytest.fixture
def browser(site, ada, clock):
    return browser_of(site, ada.user, clock)


def around(car: Car) -> dict[str, object]:
    """A search right at a car, wide enough for others."""
    return {"lat": car.lat, "lng": car.lng, "radius": 3000, **WHEN}


def cards_in(page: str) -> list[str]:
    return re.findall(r'data-slug="([^"]+)"', page)


def test_a_star_is_kept_once_and_taken_away_once(app, ada):
    acorn = a_car(name="Acorn")
    for _ in range(2):
        star(member=ada, thing=acorn, now=NOON)
        star(member=ada, thing=acorn.lot, now=NOON)
    assert (FavouriteCars(ada.id).all(), FavouriteLots(ada.id).all()) == ([acorn], [acorn.lot])
    assert starred_by(ada.id).cars == {acorn.id}
    for _ in range(2):
        unstar(member=ada, thing=acorn)
    assert (FavouriteCars(ada.id).all(), FavouriteLots(ada.id).all()) == ([], [acorn.lot])


@pytest.mark.one_database
def test_a_retired_car_is_on_no_list(app, ada):
    acorn = a_car(name="Acorn")
    star(member=ada, thing=acorn, now=NOON)
    with transaction():
        acorn.state = CarState.RETIRED
    assert FavouriteCars(ada.id).all() == []


@pytest.mark.one_database
def test_there_is_an_end_to_stars(app, ada, monkeypatch):
    monkeypatch.setattr(star_module, "MOST", 1)
    star(member=ada, thing=a_car(name="Acorn"), now=NOON)
    with pytest.raises(TooManyStars):
        star(member=ada, thing=a_car(name="Basil"), now=NOON)


def test_a_favourite_that_is_free_comes_first_in_the_search_and_one_that_is_taken_does_not(people, browser, ada):
    there = a_car(name="Acorn")
    before = cards_in(browser.get("/cars", **around(there)).text)
    last = db.session.scalars(select(Car).where(Car.slug == before[-1])).one()
    star(member=ada, thing=last, now=NOON)
    assert cards_in(browser.get("/cars", **around(there)).text) == [before[-1], *before[:-1]]
    booked(people.member(), last, hours(23, 28))
    assert cards_in(browser.get("/cars", **around(there)).text)[0] == before[0]


@pytest.mark.one_database
def test_the_star_is_pressed_on_the_cars_page_and_shows_on_its_card(browser, ada):
    acorn = a_car(name="Acorn")
    assert "Make it a favorite" in words_of(browser.get("/cars/acorn"))
    answer = browser.post("/cars/acorn/favorite", keep="1")
    assert answer.headers["Location"] == "/cars/acorn"
    assert 'aria-pressed="true"' in browser.get("/cars/acorn").text
    assert "Favorite" in words_of(browser.get("/cars", **around(acorn)))
    browser.post(f"/lots/{acorn.lot.slug}/favorite", keep="1", on="list")
    listed = words_of(browser.get("/account/favorites", **WHEN))
    assert "Acorn" in listed
    assert acorn.lot.name in listed
    assert browser.post("/cars/acorn/favorite", on="list").headers["Location"] == "/account/favorites"
    assert starred_by(ada.id).cars == frozenset()


@pytest.mark.one_database
def test_home_leads_to_ones_favourites_and_trips_lead_into_ones_calendar(browser, ada):
    assert "Favorites" not in words_of(browser.get("/"))
    star(member=ada, thing=a_car(name="Basil"), now=NOON)
    assert 'href="/cars/basil"' in browser.get("/").text.split("Favorites", 1)[1]
    booked(ada, a_car(name="Acorn"))
    assert 'href="/account/calendar"' in browser.get("/trips").text


@pytest.mark.one_database
def test_a_visitor_has_no_stars_to_give(site, clock):
    visitor = Browser(site.test_client(), clock)
    assert "favorite" not in words_of(visitor.get("/cars/acorn")).lower()
    assert visitor.get("/cars/acorn/favorite").status_code == 405


@pytest.mark.one_database
def test_times_that_do_not_hold_are_said_on_the_page_of_favourites(browser):
    page = browser.get("/account/favorites", start="2027-03-14T02:15", end="2027-03-14T05:00")
    assert page.status_code == 422
    assert "02:15 does not exist" in words_of(page)
    assert 'value="2027-03-14T02:15"' in page.text


@pytest.mark.one_database
def test_who_says_when_and_not_where_sees_the_cars_they_know_at_that_time(people, browser, ada):
    star(member=ada, thing=a_car(name="Basil"), now=NOON)
    trip = booked(ada, a_car(name="Acorn"), hours(1, 2))
    cancel(reservation=trip, now=NOON)
    page = browser.get("/cars", **WHEN)
    assert cards_in(page.text) == ["basil", "acorn"]
    assert "Your cars, for Wed, Nov 25" in words_of(page)


@pytest.mark.one_database
def test_the_page_of_favourites_asks_as_much_for_many_as_for_one(browser, ada):
    cars, counts = [a_car(name=name) for name in ("Acorn", "Basil")] + list(
        db.session.scalars(select(Car).order_by(Car.name.desc()).limit(6)).unique()), []
    for some in (cars[:1], cars):
        for car in some:
            star(member=ada, thing=car, now=NOON)
            star(member=ada, thing=car.lot, now=NOON)
        asked = []
        listen = lambda _c, _cur, statement, *_rest: asked.append(statement)  # noqa: B023, E731
        event.listen(db.engine, "before_cursor_execute", listen)
        assert browser.get("/account/favorites", **WHEN).status_code == 200
        event.remove(db.engine, "before_cursor_execute", listen)
        counts.append(len([one for one in asked if one.lstrip().startswith("SELECT")]))
    assert counts[0] == counts[1]


# Recent cars.

def test_recent_cars_are_the_newest_trip_of_each_however_often_one_was_driven(app, ada, people):
    trips = [booked(ada, a_car(name=name), hours(start, start + 1)) for start, name in (
        *((24 + 2 * n, "Acorn") for n in range(25)), (100, "Basil"), (110, "Acorn"))]
    for trip in trips:
        cancel(reservation=trip, now=NOON)
    booked(people.member("Bo Lindqvist"), a_car(name="Acorn"), hours(120, 121))
    assert [trip.id for trip in RecentTrips(ada.id).all()] == [trips[-1].id, trips[-2].id]


# The same again.

def local(text: str) -> datetime:
    return from_local(datetime.fromisoformat(text), CHICAGO)


@pytest.mark.parametrize(("past", "now", "expected"), [
    ("2026-11-21T14:00", "2026-11-24T12:00", "2026-11-28T14:00"),  # a Saturday: the next one
    ("2026-11-17T14:00", "2026-11-24T12:00", "2026-11-24T14:00"),  # today, later
    ("2026-11-17T14:00", "2026-11-24T14:00", "2026-12-01T14:00"),  # just now has passed
    ("2026-10-31T14:00", "2026-11-02T12:00", "2026-11-07T14:00"),  # the clocks went back between: the hour stays
    ("2027-03-07T02:30", "2027-03-08T12:00", "2027-03-14T03:30"),  # the hour that is left out
])
def test_the_next_time_is_the_same_weekday_and_hour_by_the_lots_clock(past, now, expected):
    trip = Span(local(past), local(past) + timedelta(hours=4))
    again = same_time_next(trip, CHICAGO, local(now))
    assert again.start == local(expected)
    assert again.length == timedelta(hours=4)


def test_the_same_again_is_the_same_car_if_it_can_be_had(app, ada):
    trip = booked(ada, a_car(name="Acorn"), hours(2, 5))
    cancel(reservation=trip, now=NOON)
    now, before = choices_again(trip, plan=ada.plan, driver=NOBODY, now=NOON)
    assert (now.when, now.wish, now.offer.car.name) == (When.NOW, hours(0, 3), "Acorn")
    assert (before.when, before.wish, before.is_own) == (When.AS_BEFORE, hours(2, 5), True)


def test_else_one_of_its_class_at_its_lot_or_nearest_and_when_it_is_free_itself(app, ada, people):
    acorn = a_car(name="Acorn")
    trip = booked(ada, acorn, hours(2, 5))
    cancel(reservation=trip, now=NOON)
    booked(people.member("Bo Lindqvist"), acorn, hours(0, 6))
    now = choices_again(trip, plan=ada.plan, driver=NOBODY, now=NOON)[0]
    assert now.offer.car.car_class == acorn.car_class
    assert now.offer.car.name != "Acorn"
    assert not now.is_own
    assert now.free_next == hours(6, 9)
    assert now.wish.start.tzinfo is UTC


@pytest.mark.one_database
def test_the_page_leads_to_the_booking_of_each_choice(browser, ada):
    trip = booked(ada, a_car(name="Acorn"), hours(2, 5))
    cancel(reservation=trip, now=NOON)
    page = browser.get(f"/trips/{trip.reference}/again")
    assert "start=2026-11-24T12:00-06:00" in page.text
    assert "start=2026-11-24T14:00-06:00" in page.text
    assert page.text.count("/cars/acorn/book?") == 2
