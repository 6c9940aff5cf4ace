"""The nearest free cars are those that looking at every car finds, on both databases, in village and city, and never others."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from core.database import db, transaction
from core.time import Span
from fleet.calendar.hold import CarTaken, hold
from fleet.calendar.models import Kind, Occupancy
from fleet.calendar.turnaround import turnaround_of
from fleet.cars.models import Car, CarClass, CarState
from fleet.lots.models import Lot
from fleet.tariffs.in_force import policies_at
from reservations.search import nearest_free
from reservations.search.circle import Filters
from reservations.search.nearest_free import NearestFree
from reservations.search.plane import plane_at
from tests.factories import NOON, hours

CITY_HALL = (41.8837, -87.6319)


@pytest.fixture
def busy(app):
    """A city in which half of the cars are booked at any time, some lots need a turnaround, and a few cars are retired."""
    ids = list(db.session.scalars(select(Car.id).order_by(Car.id)))
    with transaction():
        for lot in db.session.scalars(select(Lot).where(Lot.id % 3 == 0)):
            lot.turnaround_minutes = 15 * (lot.id % 7)
        for car in db.session.scalars(select(Car).where(Car.id % 17 == 0)).unique():
            car.state = CarState.RETIRED
        db.session.execute(insert(Occupancy), [
            {"car_id": car_id, "starts_at": span.start, "ends_at": span.end, "kind": str(Kind.TRIP)}
            for car_id in ids for number in range(4)
            for span in [hours(number * 12 + car_id * 5 % 7, number * 12 + car_id * 5 % 7 + 1 + car_id * 3 % 5)]])
    return app


def by_looking_at_every_car(asked: NearestFree) -> list[tuple[float, int]]:
    """The answer from every car and every span, with nothing of the search but its distance."""
    plane, found, spans = plane_at(asked.lat, asked.lng), [], all_spans()
    for car in db.session.scalars(select(Car).where(Car.state != CarState.RETIRED)).unique():
        metres, filters = plane.metres(car.lat, car.lng), asked.filters
        fits = ((not filters.car_classes or car.car_class in filters.car_classes) and car.model.seats >= filters.seats
                and (not filters.fuels or car.model.fuel in filters.fuels) and set(filters.features) <= set(car.feature_list)
                and (not filters.access or car.lot.access in filters.access))
        end = asked.wish.end + turnaround_of(car, asked.policies)
        taken = any(span.start < end and span.end > asked.wish.start for span in spans[car.id])
        if fits and metres <= asked.radius_m and not taken:
            found.append((round(metres, 6), car.id))
    return sorted(found)[:asked.most]


def all_spans() -> dict[int, list[Span]]:
    spans: dict[int, list[Span]] = defaultdict(list)
    for car_id, start, end in db.session.execute(select(Occupancy.car_id, Occupancy.starts_at, Occupancy.ends_at)):
        spans[car_id].append(Span(start, end))
    return spans


def answer(asked: NearestFree) -> list[tuple[float, int]]:
    return [(round(free.metres, 6), free.car.id) for free in asked.all()]


classes = st.lists(st.sampled_from([str(one) for one in CarClass]), max_size=3, unique=True).map(tuple)
some_filters = st.builds(
    Filters, car_classes=classes, fuels=st.sampled_from([(), ("electric",), ("gasoline", "hybrid")]),
    seats=st.sampled_from([0, 5, 7]), features=st.sampled_from([(), ("bike-rack",), ("carplay", "awd")]),
    access=st.sampled_from([(), ("street",), ("garage", "gated")]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(lat=st.floats(41.64, 42.02), lng=st.floats(-87.94, -87.52), radius_m=st.floats(100, 20_000),
       start=st.integers(0, 200), quarters=st.integers(1, 40), filters=some_filters, most=st.sampled_from([1, 5, 20]))
def test_the_nearest_free_cars_are_those_that_looking_at_every_car_finds(
        busy, lat, lng, radius_m, start, quarters, filters, most):
    wish = hours(start / 4, (start + quarters) / 4)
    asked = NearestFree(lat, lng, radius_m, wish, policies_at(NOON), filters, most)
    assert answer(asked) == by_looking_at_every_car(asked)


@pytest.mark.parametrize("crowded", [0.001, 1.0, 1e6])
def test_a_wrong_guess_of_the_crowd_costs_time_and_no_car(busy, monkeypatch, crowded):
    monkeypatch.setattr(nearest_free, "cars_per_km2", lambda *_: crowded)
    asked = NearestFree(*CITY_HALL, 8000, hours(3, 6), policies_at(NOON), most=20)
    assert answer(asked) == by_looking_at_every_car(asked)
    assert len(answer(asked)) == 20


def test_a_span_that_touches_the_wish_is_not_in_its_way(app):
    asked = NearestFree(*CITY_HALL, 3000, hours(2, 4), policies_at(NOON), most=1)
    (first,) = asked.all()
    turnaround = turnaround_of(first.car, asked.policies)
    hold(first.car.id, hours(0, 2))
    hold(first.car.id, replace(hours(4, 6), start=hours(4, 6).start + turnaround, end=hours(4, 6).end + timedelta(days=1)))
    assert asked.all() == [first]
    with pytest.raises(CarTaken):
        hold(first.car.id, hours(1, 3))
    hold(first.car.id, hours(3, 4))
    assert asked.all() != [first]


def test_what_is_found_shows_all_that_the_car_itself_says(app):
    for free in NearestFree(*CITY_HALL, 2000, hours(2, 4), policies_at(NOON)).all():
        car = db.session.get_one(Car, free.car.id)
        for whole, row in ((car, free.car), (car.model, free.car.model), (car.lot, free.car.lot), (car.bay, free.car.bay)):
            assert {name: getattr(whole, name) for name in row._fields if name not in ("model", "lot", "bay")} == {
                name: value for name, value in row._asdict().items() if name not in ("model", "lot", "bay")}
        assert (free.car.body, free.car.electric, free.car.feature_list, free.car.lot.zone) == (
            car.body, car.electric, car.feature_list, car.lot.zone)
