"""In a metropolis a search, its next pages and the alternatives read what they show, and not every car of the circle."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, insert, select

from core.database import db, transaction
from fleet.calendar.hold import hold
from fleet.cars.models import Car
from fleet.lots.models import Bay, Lot
from fleet.tariffs.quote import NOBODY
from reservations.favourites.queries import Starred
from reservations.search import census, nearby
from reservations.search.find import LOOKED_AT, find_cars, further_cars, loaded, offers_for
from reservations.search.nearby import Filters, NearbyCars
from tests.factories import NOON, hours

CITY_HALL, RADIUS_M, SHOWN, CROWD, FIRST = (41.8837, -87.6319), 20_000.0, 24, 4000, 1_000_000
WISH = hours(24, 27)
SEARCH = {"lat": CITY_HALL[0], "lng": CITY_HALL[1], "span": WISH, "radius_m": RADIUS_M, "plan": "payg", "now": NOON}


@pytest.fixture
def crowd(app) -> None:
    """Thousands of cars more, in a grid around the middle, ten at a place."""
    car, lot_id = Car.__table__, db.session.scalars(select(Lot.id).order_by(Lot.id)).first()
    own = [each for each in car.c if each.computed is None]
    pattern = db.session.execute(select(*own).order_by(car.c.id)).mappings().first()
    places = [(FIRST + n, CITY_HALL[0] + (n // 10 % 20 - 10) / 200, CITY_HALL[1] + (n // 200 - 10) / 200) for n in range(CROWD)]
    with transaction():
        db.session.execute(insert(Bay), [{"id": new, "lot_id": lot_id, "number": new, "level": "", "lat": lat, "lng": lng,
                                          "charger": False} for new, lat, lng in places])
        db.session.execute(insert(car), [
            {**pattern, "id": new, "slug": f"crowd-{new}", "name": f"Crowd {new}", "plate": f"C{new}", "vin": f"CROWD{new}",
             "lot_id": lot_id, "bay_id": new, "lat": lat, "lng": lng} for new, lat, lng in places])
    db.session.expunge_all()
    census._count_tile.cache_clear()
    census._around.cache_clear()


@contextmanager
def rows_read() -> Iterator[list[int]]:
    """How many rows each SELECT finds, counted by the database."""
    counts: list[int] = []

    def count(connection, _cursor, statement, parameters, *_rest) -> None:
        if statement.startswith("SELECT"):
            cursor = connection.connection.cursor()
            cursor.execute(f"SELECT count(*) FROM ({statement}) AS found", parameters)  # noqa: S608 - our own
            counts.append(cursor.fetchone()[0])
            cursor.close()

    event.listen(db.engine, "after_cursor_execute", count)
    try:
        yield counts
    finally:
        event.remove(db.engine, "after_cursor_execute", count)


def first_page(**changes):
    return find_cars(**{"member": None, "most": SHOWN, **SEARCH, **changes})


@pytest.mark.parametrize("changes", [
    {}, {"cheap": True}, {"max_price_cents": 100_000}, {"marked": Starred(frozenset({FIRST}))}])
def test_a_search_among_thousands_reads_a_bounded_number_of_rows(crowd, changes):
    with rows_read() as counts:
        found = first_page(**changes)
    assert (len(found.offers), found.found, found.whole, found.more) == (SHOWN, LOOKED_AT, False, True)
    assert max(counts) <= 4 * LOOKED_AT  # the count of how crowded it is
    assert sum(counts) < CROWD / 3
    assert len(counts) <= 16


def test_the_listener_sees_it_when_all_are_read(crowd):
    with rows_read() as counts:
        assert len(NearbyCars(*CITY_HALL, RADIUS_M).all()) > CROWD
    assert max(counts) > CROWD


def test_a_further_page_and_the_alternatives_read_no_more_than_they_choose_from(crowd):
    with rows_read() as counts:
        page = further_cars(driver=NOBODY, filters=Filters(), most=20, after=(3000.0, 0), **SEARCH)
    assert len(page.offers) == 20
    assert page.more
    assert sum(counts) < CROWD / 3
    with rows_read() as counts:
        assert len(NearbyCars(*CITY_HALL, 2500, most=LOOKED_AT).all()) == LOOKED_AT
    assert sum(counts) <= 3 * LOOKED_AT


def test_what_is_shown_of_a_crowd_is_the_beginning_of_the_whole(crowd):
    whole = offers_for(NearbyCars(*CITY_HALL, RADIUS_M).all(), WISH, "payg", NOON, NOBODY)
    assert loaded(first_page().offers) == whole[:SHOWN]
    hold(whole[0].car.id, hours(20, 40))
    assert first_page().offers[0].availability.state == "taken"


def test_pages_follow_each_other_through_a_crowd_in_which_many_stand_alike(crowd):
    search = {**SEARCH, "radius_m": 1500.0}
    whole = [(each.metres, each.car.id) for each in NearbyCars(*CITY_HALL, 1500).all()]
    page = find_cars(member=None, most=7, **search)
    seen = [(each.metres, each.car.id) for each in page.offers]
    while page.more:
        page = further_cars(driver=NOBODY, filters=Filters(), most=7, after=seen[-1], **search)
        seen += [(each.metres, each.car.id) for each in page.offers]
    assert seen == whole
    assert len(seen) > 100
    assert any(one[0] == other[0] for one, other in pairwise(seen))


def test_a_favourite_further_away_than_what_is_looked_at_comes_first_when_it_is_free(crowd):
    far = NearbyCars(*CITY_HALL, RADIUS_M).all()[-1].car
    marked = Starred(frozenset({far.id}))
    assert first_page(marked=marked).offers[0].car.id == far.id
    hold(far.id, hours(20, 40))
    assert far.id not in [each.car.id for each in first_page(marked=marked).offers]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(lat=st.floats(41.64, 42.02), lng=st.floats(-87.94, -87.52), radius_m=st.floats(100, 20_000),
       most=st.sampled_from([1, 20, 100]), behind=st.integers(0, 150), crowded=st.sampled_from([0.001, 0.3, 1e6]))
def test_the_nearest_few_are_the_first_of_all_however_wrong_the_guess_of_the_crowd(
        app, lat, lng, radius_m, most, behind, crowded):
    whole = [(each.metres, each.car.id) for each in NearbyCars(lat, lng, radius_m).all()]
    after = whole[behind] if behind < len(whole) else None
    left = whole[behind + 1:] if after else whole
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(nearby, "cars_per_km2", lambda *_: crowded)
        asked = NearbyCars(lat, lng, radius_m, most=most, after=after)
        for found in (asked.all(), asked.rows()):
            assert [(each.metres, each.car.id) for each in found] == left[:most]
