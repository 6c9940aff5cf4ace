"""Search: every fitting car, nearest first, each with its full price, in a few reads however many cars."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from core.database import db, transaction
from fleet.calendar.hold import hold
from fleet.calendar.models import Kind
from fleet.cars.models import Car, CarState
from fleet.tariffs.in_force import policies_at, rates_for
from fleet.tariffs.quote import NOBODY, quote
from reservations.search.find import find_cars, offers_for
from reservations.search.nearby import Filters, NearbyCars
from reservations.search.plane import plane_at
from tests.factories import NOON, a_car, hours
from tests.fleet.made import driving
from tests.reservations.made import steps

CITY_HALL = (41.8837, -87.6319)
WISH = hours(24, 27)


def found(**changes):
    asked = {"member": None, "lat": CITY_HALL[0], "lng": CITY_HALL[1], "span": WISH, "radius_m": 3000.0,
             "plan": "regular", "now": NOON}
    return find_cars(**{**asked, **changes}).offers


def brute_force(lat: float, lng: float, radius_m: float) -> list[tuple[float, int]]:
    """Every car in service within the radius, measured one by one."""
    plane = plane_at(lat, lng)
    everyone = [(plane.metres(car.lat, car.lng), car.id)
                for car in db.session.scalars(select(Car).where(Car.state != CarState.RETIRED)).unique()]
    return sorted(one for one in everyone if one[0] <= radius_m)


@pytest.fixture(scope="module")
def everyone() -> dict:
    return {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(lat=st.floats(41.64, 42.02), lng=st.floats(-87.94, -87.52), radius_m=st.floats(100, 20_000))
@example(lat=41.7083037923873, lng=-87.625, radius_m=18499.0)  # a car at the very edge of the circle
def test_the_nearest_cars_are_those_that_measuring_every_car_finds(app, lat, lng, radius_m):
    near = NearbyCars(lat, lng, radius_m).all()
    assert [(one.metres, one.car.id) for one in near] == brute_force(lat, lng, radius_m)


@pytest.mark.parametrize("filters", [
    Filters(car_classes=("ev", "van")), Filters(fuels=("electric",)), Filters(seats=7),
    Filters(features=("bike-rack",)), Filters(features=("bike-rack", "carplay")), Filters(access=("garage", "gated")),
    Filters(car_classes=("suv",), fuels=("hybrid",), seats=5, access=("street",)),
])
def test_filters_leave_exactly_the_cars_that_fit(app, filters):
    def fits(car: Car) -> bool:
        return ((not filters.car_classes or car.car_class in filters.car_classes)
                and (not filters.fuels or car.model.fuel in filters.fuels) and car.model.seats >= filters.seats
                and set(filters.features) <= set(car.features.split())
                and (not filters.access or car.lot.access in filters.access))

    near = NearbyCars(*CITY_HALL, 20_000, filters).all()
    everyone = {car.id: car for car in db.session.scalars(select(Car)).unique()}
    assert [one.car.id for one in near] == [
        car_id for _, car_id in brute_force(*CITY_HALL, 20_000) if fits(everyone[car_id])]


def test_a_retired_car_is_not_found(app):
    car = NearbyCars(*CITY_HALL, 3000).all()[0].car
    with transaction():
        car.state = CarState.RETIRED
    assert car.id not in {near.car.id for near in NearbyCars(*CITY_HALL, 3000).all()}


def test_each_offer_has_the_full_price_of_its_car_for_the_wish_on_the_plan(app):
    policies = policies_at(NOON)
    for plan in ("regular", "payg"):
        for offer in found(plan=plan):
            price = quote(rates_for(offer.car.car_class, plan, NOON), policies, WISH, offer.car.lot.zone)
            assert offer.quote == price
            assert offer.can_be_had


def test_a_shifted_offer_has_the_price_of_the_shifted_time(app):
    car = a_car(name="Acorn")
    hold(car.id, hours(23, 24.5))
    offer = next(offer for offer in found(radius_m=20_000) if offer.car.id == car.id)
    assert offer.availability.span == hours(24.5, 27.5)
    assert offer.quote == quote(rates_for(car.car_class, "regular", NOON), policies_at(NOON), hours(24.5, 27.5),
                                car.lot.zone)


@pytest.mark.parametrize("kind", Kind)
def test_a_taken_car_is_shown_as_taken(app, kind):
    car = a_car(name="Acorn")
    hold(car.id, hours(20, 40), kind)
    offer = next(offer for offer in found(radius_m=20_000) if offer.car.id == car.id)
    assert (offer.availability.state, offer.can_be_had) == ("taken", False)


def test_a_car_that_is_not_back_is_not_offered_for_the_next_hour(app, people):
    car = a_car(name="Acorn")
    driving(car, people.member(), hours(-3, -1))

    def state(span):
        return next(offer for offer in found(radius_m=20_000, span=span) if offer.car.id == car.id).availability.state

    assert (state(hours(0.75, 2)), state(hours(1, 2))) == ("taken", "free")


def test_a_price_limit_leaves_out_dearer_cars(app):
    prices = sorted({offer.quote.total.cents for offer in found()})
    assert {offer.quote.total.cents for offer in found(max_price_cents=prices[1])} == set(prices[:2])


def test_a_search_is_a_step_with_what_was_found(app, people):
    offers = found(member=people.member())
    assert steps() == [("find.search", "succeeded", None)]
    assert len(offers) > 20


@contextmanager
def counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_a_search_asks_as_many_questions_for_many_cars_as_for_few(app):
    asked = {}
    rates_for("economy", "regular", NOON)  # the rules are read when somebody has changed them
    for radius in (800.0, 20_000.0):
        db.session.rollback()
        db.session.expunge_all()
        with counted() as statements:
            cars = offers_for(NearbyCars(*CITY_HALL, radius).all(), WISH, "regular", NOON, NOBODY)
        asked[len(cars)] = [statement for statement in statements if not statement.startswith("BEGIN")]
    (few, few_asked), (many, many_asked) = sorted(asked.items())
    assert many > 5 * few > 0
    assert len(few_asked) == len(many_asked) <= 5
