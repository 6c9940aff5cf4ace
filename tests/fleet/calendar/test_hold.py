"""A car has one driver at a time: the database decides, whoever asks first."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.database import db, transaction
from core.time import Span
from fleet.calendar.hold import CarTaken, end_of_trip, free_gaps, hold, release, taken_spans
from fleet.calendar.models import Kind, Occupancy
from tests.factories import a_car, hours


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Occupancy))


@pytest.mark.parametrize(("wish", "free"), [
    (hours(0, 1), True),      # before
    (hours(0, 2), True),      # ends as ours begins
    (hours(0, 2.25), False),  # over our start
    (hours(2, 4), False),     # the same
    (hours(2, 3), False),     # inside, from our start
    (hours(2.5, 3.5), False),  # inside
    (hours(3, 4), False),     # inside, to our end
    (hours(1, 5), False),     # around
    (hours(3.75, 5), False),  # over our end
    (hours(4, 5), True),      # begins as ours ends
    (hours(6, 7), True),      # after
])
def test_a_car_is_held_only_where_nobody_has_it(app, wish, free):
    car = a_car()
    hold(car.id, hours(2, 4))
    if free:
        assert hold(car.id, wish)
    else:
        with pytest.raises(CarTaken):
            hold(car.id, wish)
    assert count() == 1 + free


def test_another_car_is_free_at_the_same_time(app):
    hold(a_car(name="Acorn").id, hours(2, 4))
    assert hold(a_car(name="Basil").id, hours(2, 4))


@pytest.mark.parametrize("kind", Kind)
def test_blocks_and_offers_hold_a_car_like_trips_do(app, kind):
    car = a_car()
    hold(car.id, hours(2, 4), kind)
    with pytest.raises(CarTaken):
        hold(car.id, hours(3, 5))


def test_a_long_span_does_not_hide_a_short_one_behind_it(app):
    car = a_car()
    for start in range(0, 40, 2):
        hold(car.id, hours(start, start + 1))
    for start in range(0, 40, 2):
        with pytest.raises(CarTaken):
            hold(car.id, hours(start + 0.5, start + 1.5))
        assert hold(car.id, hours(start + 1, start + 2))


def test_after_a_refusal_the_transaction_goes_on(app):
    car, other = a_car(name="Acorn"), a_car(name="Basil")
    hold(car.id, hours(2, 4))
    with transaction():
        with pytest.raises(CarTaken):
            hold(car.id, hours(3, 5))
        hold(other.id, hours(3, 5))
    assert count() == 2


def test_released_time_can_be_held_again_and_releasing_twice_changes_nothing(app):
    car = a_car()
    occupancy_id = hold(car.id, hours(2, 4))
    release(occupancy_id)
    release(occupancy_id)
    release(None)
    assert hold(car.id, hours(2, 4))


def test_a_change_of_time_releases_and_holds_together_or_not_at_all(app):
    car = a_car()
    mine = hold(car.id, hours(2, 4))
    hold(car.id, hours(5, 6))

    def move() -> None:
        with transaction():
            release(mine)
            hold(car.id, hours(3, 5.5))

    with pytest.raises(CarTaken):
        move()
    assert taken_spans([car.id], hours(0, 10))[car.id][0].span == hours(2, 4)


def test_a_hold_of_a_car_that_does_not_exist_is_a_fault_and_not_a_taken_car(app):
    with pytest.raises(IntegrityError):
        hold(10**6, hours(2, 4))


@pytest.mark.parametrize("values", [{"starts_at": hours(0, 1).start}, {"ends_at": hours(0, 9).end}, {"car_id": 2}])
def test_spans_never_move(app, values):
    hold(a_car().id, hours(2, 4))
    with pytest.raises(DBAPIError, match="spans_never_move"), transaction():
        db.session.execute(update(Occupancy).values(values))


def test_the_same_instant_written_in_two_zones_is_the_same_instant(app):
    car = a_car()
    span = hours(2, 4)
    zone = car.lot.zone
    hold(car.id, Span(span.start.astimezone(zone), span.end.astimezone(zone)))
    with pytest.raises(CarTaken):
        hold(car.id, span)
    assert taken_spans([car.id], span)[car.id][0].span == span


def test_the_hour_that_happens_twice_can_be_held_twice(app):
    car = a_car()
    first = Span(hours(0, 1).start.replace(month=11, day=1, hour=6), hours(0, 1).start.replace(month=11, day=1, hour=7))
    hold(car.id, first)
    assert hold(car.id, first.shifted(timedelta(hours=1)))  # 1:00 to 2:00 once more


def test_the_taken_spans_of_cars_come_in_order_and_only_within_what_was_asked(app):
    car, other, third = (a_car(name=name) for name in ("Acorn", "Basil", "Wren"))
    for span in (hours(6, 7), hours(2, 4), hours(8, 9)):
        hold(car.id, span)
    hold(other.id, hours(0, 1))
    found = taken_spans([car.id, other.id, third.id], hours(3, 8))
    assert [row.span for row in found[car.id]] == [hours(2, 4), hours(6, 7)]  # 8 to 9 begins as it ends
    assert found[other.id] == found[third.id] == []


@pytest.mark.parametrize(("taken", "gaps"), [
    ([], [hours(0, 10)]),
    ([hours(0, 10)], []),
    ([hours(-5, 20)], []),
    ([hours(2, 4)], [hours(0, 2), hours(4, 10)]),
    ([hours(2, 4), hours(4, 6)], [hours(0, 2), hours(6, 10)]),
    ([hours(-1, 1), hours(9, 12)], [hours(1, 9)]),
    ([hours(-2, 0), hours(10, 12)], [hours(0, 10)]),
    ([hours(0, 1), hours(3, 4), hours(9, 10)], [hours(1, 3), hours(4, 9)]),
])
def test_the_free_gaps_of_a_car_are_what_is_left_between_its_spans(app, taken, gaps):
    car = a_car()
    for span in taken:
        hold(car.id, span)
    assert free_gaps(car.id, hours(0, 10)) == gaps


HOUR = timedelta(hours=1)


def test_a_trip_holds_its_turnaround_in_the_same_row(app):
    car = a_car()
    hold(car.id, hours(2, 4), turnaround=HOUR)
    [occupancy] = taken_spans([car.id], hours(0, 99))[car.id]
    assert (occupancy.span, occupancy.turnaround, count()) == (hours(2, 5), hours(4, 5), 1)
    with pytest.raises(CarTaken):
        hold(car.id, hours(4.5, 6))
    with pytest.raises(CarTaken):
        hold(car.id, hours(0, 1.5), turnaround=HOUR)  # its own turnaround would reach into our trip
    assert hold(car.id, hours(5, 6))


def spans(car) -> list[Span]:
    return [row.span for row in taken_spans([car.id], hours(-9, 99))[car.id]]


@pytest.mark.parametrize(("back", "left"), [
    (3, hours(3, 4)),         # early: what is left of the trip is free, and the turnaround begins now
    (4, hours(4, 5)),         # on time
    (4.5, hours(4.5, 5.25)),  # late: as much of it as there is until the next trip
    (5.5, None),              # after the next one should have begun
])
def test_a_car_that_comes_back_stands_for_its_turnaround_from_then_on(app, back, left):
    car = a_car()
    trip = hold(car.id, hours(2, 4), turnaround=HOUR)
    hold(car.id, hours(5.25, 6))
    end_of_trip(trip, hours(back, 99).start)
    assert spans(car) == [*([left] if left else []), hours(5.25, 6)]


def test_a_car_without_a_turnaround_is_free_when_it_comes_back(app):
    car = a_car()
    end_of_trip(hold(car.id, hours(2, 4)), hours(3, 4).start)
    end_of_trip(None, hours(3, 4).start)
    assert count() == 0


def test_turnarounds_that_are_over_are_swept_away_with_the_next(app):
    car, other = a_car(name="Acorn"), a_car(name="Basil")
    for start in range(0, 12, 4):
        for each in (car, other):
            end_of_trip(hold(each.id, hours(start, start + 2), turnaround=HOUR), hours(start + 2, 99).start)
    assert spans(car) == spans(other) == [hours(10, 11)]


def test_a_turnaround_lies_at_the_end_of_its_span(app):
    with pytest.raises(DBAPIError, match="turnaround_is_at_the_end"):
        hold(a_car().id, hours(2, 4), turnaround=-HOUR)


def test_the_probe_uses_its_index(app):
    """One look at the first span that ends after the wish begins; never a walk over the car's past."""
    if db.engine.dialect.name == "postgresql":
        return  # answers from the exclusion constraint's own index
    plan = db.session.execute(text(
        "EXPLAIN QUERY PLAN SELECT starts_at FROM occupancies WHERE car_id = 1 AND ends_at > '2026' "
        "ORDER BY ends_at LIMIT 1")).all()
    assert [row.detail for row in plan] == [
        "SEARCH occupancies USING COVERING INDEX ix_occupancies_probe (car_id=? AND ends_at>?)"]
