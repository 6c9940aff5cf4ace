"""The search page: every input gets an answer in words, and what was typed is still there."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from core.database import db, transaction
from fleet.cars.models import CarState
from fleet.lots.models import Lot
from fleet.tariffs.models import Tariff
from portal.account.models import Plan
from reservations.booking.models import Reservation
from tests.factories import a_car
from tests.reservations.made import steps
from tests.reservations.pages import Browser, browser_of, words_of

WHEN = {"start": "2026-11-25T12:00", "end": "2026-11-25T15:00"}


@pytest.fixture
def browser(site, clock):
    """Somebody who is not signed in."""
    return Browser(site.test_client(), clock)


def test_a_search_near_an_address_lists_cars_with_prices_nearest_first(browser):
    page = browser.get("/cars", near="121 N LaSalle St", **WHEN)
    assert page.status_code == 200
    walks = [int(part.split(" min", 1)[0]) for part in words_of(page).split(" walk ")[1:] if part[0].isdigit()]
    assert walks == sorted(walks)
    assert words_of(page).count("$") >= 5
    assert 'value="121 N LaSalle St"' in page.text


@pytest.mark.one_database
@pytest.mark.parametrize("view", ["list", "map", "times", "nonsense"])
@pytest.mark.parametrize("sort", ["near", "cheap"])
def test_every_view_shows_the_cars(browser, view, sort):
    page = browser.get("/cars", lat="41.8837", lng="-87.6319", view=view, sort=sort, **WHEN)
    assert page.status_code == 200
    assert "/cars/" in page.text


@pytest.mark.one_database
def test_the_form_keeps_where_one_stands_until_a_place_is_typed(browser):
    here = {"lat": "41.8837", "lng": "-87.6319", "view": "times", "sort": "cheap", "radius": "800"}
    page = browser.get("/cars", **here, **WHEN).text
    assert all(f'name="{name}" value="{value}"' in page for name, value in here.items())
    typed = browser.get("/cars", near="Logan Square", **here, **WHEN)
    assert "near Logan Square" in words_of(typed)
    assert 'name="lat"' not in typed.text


@pytest.mark.one_database
@pytest.mark.parametrize(("typed", "words", "kept"), [
    ({"start": "2026-11-25T15:00", "end": "2026-11-25T12:00"}, "before you start", 'value="2026-11-25T15:00"'),
    ({"start": "2026-11-20T15:00", "end": "2026-11-25T12:00"}, "has passed", 'value="2026-11-20T15:00"'),
    ({"start": "2027-03-14T02:15", "end": "2027-03-14T05:00"}, "02:15 does not exist", 'value="2027-03-14T02:15"'),
    ({"start": "2026-11-25T15:00", "end": "2036-11-25T12:00"}, "at most", 'value="2036-11-25T12:00"'),
    ({"start": "2027-11-07T01:30", "end": "2027-11-07T05:00"}, "01:30 happens twice", 'name="start_fold" value="1"'),
    ({"start": "soon"}, "could not read that time", 'value="soon"'),
    ({"seats": "NaN"}, "Seats are a number", None),
    ({"seats": "-1"}, "Seats are a number", None),
    ({"max_price": "1e400"}, "highest price", None),
    ({"max_price": "' OR 1=1 --"}, "highest price", None),
    ({"radius": "99999999"}, "radius is 100 to 20,000", None),
])
def test_what_does_not_hold_is_said_in_words_and_nothing_typed_is_lost(browser, typed, words, kept):
    page = browser.get("/cars", **({"near": "121 N LaSalle St"} | WHEN | typed))
    assert page.status_code == 422
    assert words in words_of(page)
    assert 'value="121 N LaSalle St"' in page.text
    if kept:
        assert kept in page.text


@pytest.mark.one_database
def test_a_cars_page_says_first_what_is_wrong_with_the_times_and_offers_no_others_in_their_place(browser):
    page = browser.get("/cars/acorn", start="2026-11-25T12:00", end="2026-11-25T11:00")
    assert page.status_code == 422
    assert page.text.index('id="your-time" role="group" tabindex="-1" autofocus') < page.text.index("<h1")
    assert 'href="#end"' in page.text
    assert 'value="2026-11-25T11:00"' in page.text
    assert "Choose this car" not in page.text
    assert "Total" not in words_of(page)


@pytest.mark.one_database
@pytest.mark.parametrize(("typed", "code"), [
    ({"near": "Xyzzyplugh Qwrtzstreet 99"}, "unknown_place"), ({"near": "Evanston"}, "outside_area"),
    ({"near": "Logan Square", "seats": "-1"}, "fields"), ({"near": "Logan Square", "start": "soon"}, "fields"),
])
def test_a_search_that_leads_to_no_cars_is_a_refused_step(app, browser, typed, code):
    browser.get("/cars", **(WHEN | typed))
    assert [(step, reason) for step, _, reason in steps("refused")] == [("find.search", code)]


@pytest.mark.one_database
def test_a_filter_that_does_not_hold_is_said_where_it_is_seen(browser):
    page = browser.get("/cars", near="Logan Square", seats="-1", **WHEN)
    assert '<details class="why" open>' in page.text
    assert "No car fits" not in page.text


@pytest.mark.one_database
@pytest.mark.parametrize(("lat", "lng"), [("999", "-87.6"), ("41.88", ""), ("NaN", "NaN"), ("1e400", "-1e400")])
def test_a_position_that_is_not_on_earth_is_said_to_be_none(browser, lat, lng):
    page = browser.get("/cars", lat=lat, lng=lng, **WHEN)
    assert page.status_code == 422
    assert "not on earth" in words_of(page)


@pytest.mark.one_database
@pytest.mark.parametrize("near", [
    "Xyzzyplugh Qwrtzstreet 99", "x" * 200, "x" * 4096, "'; DROP TABLE cars; --", "<script>alert(1)</script>", "🚗",
    "\u202egnirts", "{{7*7}}", "NaN", "1e400", "%00", "\ufffd", "   \t ",
])
def test_a_place_that_does_not_exist_is_honestly_not_found(browser, near):
    page = browser.get("/cars", near=near, **WHEN)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "49" not in words_of(page) or near != "{{7*7}}"


@pytest.mark.one_database
def test_an_unknown_place_says_so_and_keeps_the_words(browser):
    page = browser.get("/cars", near="Xyzzyplugh Qwrtzstreet", **WHEN)
    assert "Xyzzyplugh" in page.text
    assert 'value="Xyzzyplugh Qwrtzstreet"' in page.text


@pytest.mark.one_database
def test_a_place_outside_the_city_says_so(browser):
    page = browser.get("/cars", lat="43.0389", lng="-87.9065", **WHEN)
    assert page.status_code == 200
    assert "outside" in words_of(page).lower()


@pytest.mark.parametrize("address", [
    "/cars?near=%00", "/cars?start=%00", "/cars/%00", "/cars/acorn%00", "/lots/%00", "/trips?before=%00",
    "/cars/acorn?start=a%00b", "/cars?lat=%00&lng=1", "/experience/%00", "/inbox/%00",
])
def test_a_nul_is_refused_in_words_on_both_databases(browser, address):
    page = browser.get(address)
    assert page.status_code in (400, 404)
    assert words_of(page).count("Something broke") == 0


@pytest.mark.one_database
@pytest.mark.parametrize("args", [
    {"endpoint": "site.home"}, {"_external": "1", "_scheme": "javascript"}, {"_anchor": "x"}, {"_method": "POST"},
    {"self": "x"}, {"values": "x"}, {"near": ["a", "b"]}, {"view": ["map", "list"]},
])
def test_what_a_visitor_writes_into_the_address_steers_no_link(browser, args):
    page = browser.get("/cars", lat="41.8837", lng="-87.6319", **WHEN, **args)
    assert page.status_code == 200
    assert 'href="javascript' not in page.text


def test_a_wish_is_carried_to_the_car_and_on_to_its_booking_with_its_offset(browser):
    page = browser.get("/cars", lat="41.8837", lng="-87.6319", **WHEN)
    assert "start=2026-11-25T12:00-06:00" in page.text.replace("%3A", ":")


def test_members_see_the_prices_of_their_plan(site, browser, people, clock):
    regular = browser_of(site, people.member(plan=Plan.REGULAR).user, clock)
    args = {"lat": "41.8837", "lng": "-87.6319", **WHEN}
    assert words_of(browser.get("/cars", **args)) != words_of(regular.get("/cars", **args))


def test_a_cars_page_has_a_week_and_a_price(browser):
    page = browser.get("/cars/acorn", **WHEN)
    assert page.status_code == 200
    assert "Wed, Nov 25" in words_of(page)
    assert "$" in words_of(page)


def test_a_retired_car_has_no_page(app, browser):
    with transaction():
        a_car(name="Acorn").state = CarState.RETIRED
    assert browser.get("/cars/acorn").status_code == 404


def test_a_lots_page_lists_its_cars_and_an_unknown_lot_is_not_found(app, browser):
    lot = db.session.scalars(select(Lot).order_by(Lot.slug)).first()
    assert lot.name in words_of(browser.get(f"/lots/{lot.slug}"))
    assert browser.get("/lots/nowhere").status_code == 404


def test_searching_writes_no_business(app, browser):
    browser.get("/cars", lat="41.8837", lng="-87.6319", **WHEN)
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Reservation)) == 0
    assert db.session.scalar(select(func.count()).select_from(Tariff)) == 16


@pytest.mark.one_database
def test_tiles_answer_in_the_ranges_that_were_asked_for(browser):
    part = browser.get("/map/tiles.pmtiles", headers={"Range": "bytes=0-6"})
    assert (part.status_code, part.data) == (206, b"PMTiles")
    beyond = browser.get("/map/tiles.pmtiles", headers={"Range": "bytes=99999999999-"})
    assert beyond.status_code == 416
    assert browser.get("/map/boundary.geojson").json["type"]


def test_a_search_works_on_the_night_the_clocks_change(browser, clock):
    clock.at = datetime(2027, 3, 13, 20, tzinfo=UTC)
    page = browser.get("/cars", lat="41.8837", lng="-87.6319", start="2027-03-13T22:00", end="2027-03-14T06:00")
    assert page.status_code == 200
    assert browser.get("/cars/acorn", start="2027-03-13T22:00", end="2027-03-14T06:00").status_code == 200
