"""Which other cars we offer for a booking at risk: those that can really be had, and no more are read than a search reads."""

from datetime import timedelta

import pytest
from sqlalchemy import event, insert, select, update

from core.database import db, transaction
from fleet.cars.classes import classes_for
from fleet.cars.models import Car, CarClass, CarReading, CarState
from fleet.desk.bring_back import bring_back
from fleet.desk.take_out import take_out
from fleet.desk.touched import what_it_touches
from fleet.lots.models import Bay, Lot
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.models import PolicyRow
from portal.account.models import Role
from reservations.booking.models import Reservation
from reservations.booking.moves.end import open_move_of
from reservations.booking.moves.propose import choices_for, offer_best, propose_moves
from reservations.booking.stand_ins import ready_near
from reservations.search import census
from reservations.search.nearby import LOOKED_AT
from reservations.trip.models import CheckStage, ConditionCheck
from tests.factories import NOON, a_car, hours
from tests.fleet.made import all_heard, booked, driving, heard
from tests.reservations.search.test_crowd import rows_read

SPAN = hours(24, 27)


@pytest.fixture
def booking(people) -> Reservation:
    """A booking of tomorrow, in a street in which every car's box says that all is well."""
    all_heard()
    return booked(a_car(car_class=CarClass.ECONOMY), people.member(), SPAN)


def best(*bookings: Reservation) -> list[int]:
    """The first choice of each, by the car's id."""
    found = choices_for(bookings, NOON)
    return [found[each.id][0].car.id for each in bookings]


def test_the_best_is_of_the_same_class_then_the_nearest_and_none_is_further_than_the_policy_says(people):
    all_heard()
    mine = next(car for car in db.session.scalars(select(Car).where(Car.car_class == CarClass.ECONOMY).order_by(Car.id))
                if a_better_class_is_nearer(car))
    booking = booked(mine, people.member(), SPAN)
    choices = choices_for([booking], NOON)[booking.id]
    assert choices[0].car.car_class == mine.car_class
    keys = [(each.car.car_class != mine.car_class, each.metres) for each in choices]
    assert (len(keys) > 2, keys) == (True, sorted(keys))
    assert max(each.metres for each in choices) <= policies_at(NOON)["stand_in_within"].value
    assert all(each.car.car_class in classes_for(mine.car_class) and each.car.model.seats >= mine.model.seats
               and each.car.id != mine.id for each in choices)


def a_better_class_is_nearer(car: Car) -> bool:
    """Whether the nearest that may stand in is of another class, and one of its own is further away."""
    near = sorted(ready_near(car, NOON), key=lambda each: each.metres)
    same = [each.car.car_class == car.car_class for each in near]
    return any(same) and not same[0] and near[same.index(True)].metres > near[0].metres


def test_a_car_is_the_best_of_two_bookings_only_when_they_follow_each_other(booking, people):
    next_ = booked(booking.car, people.member(), hours(27, 29))
    assert best(booking) == best(next_) == best(booking, next_)[:1] == best(booking, next_)[1:]
    others = [booked(car, people.member(), SPAN) for car in db.session.scalars(
        select(Car).where(Car.car_class == CarClass.ECONOMY, Car.id != booking.car_id).order_by(Car.id).limit(12))]
    with_any = [each for each in others if each.id in choices_for([each], NOON)]
    assert len({best(each)[0] for each in with_any}) < len(with_any)  # alone they would have the same
    together = [each[0].car.id for each in choices_for(with_any, NOON).values()]
    assert len(set(together)) == len(together) > 1


def found_dirty(car: Car, people) -> None:
    trip = booked(car, people.member(), hours(-5, -3))
    with transaction():
        db.session.add(ConditionCheck(reservation_id=trip.id, stage=CheckStage.INSIDE, at=hours(-5, -3).start, cleanliness=2,
                                      nothing_new=True, skipped=False))


def out_of_service(car: Car, people) -> None:
    with transaction():
        db.session.get_one(Car, car.id).state = CarState.MAINTENANCE


CANNOT_BE_HAD = {
    "it stands elsewhere": lambda car, _people: heard(car, lat=car.lat + 0.01),
    "it is low": lambda car, _people: heard(car, energy_percent=24),
    "its box is silent": lambda car, _people: heard(car, online=False),
    "somebody has it out": lambda car, people: driving(car, people.member(), hours(-1, 2)),
    "it was found dirty": found_dirty,
    "it is out of service": out_of_service,
    "somebody has booked it": lambda car, people: booked(car, people.member(), hours(26, 28)),
}


@pytest.mark.parametrize("why", CANNOT_BE_HAD)
def test_a_car_that_cannot_be_had_is_not_offered(booking, people, why):
    first = choices_for([booking], NOON)[booking.id]
    CANNOT_BE_HAD[why](first[0].car, people)
    assert best(booking) == [first[1].car.id]
    with transaction():  # also when it was only found out since somebody looked
        move = offer_best(booking, first, None, NOON)
    assert move.car_id == first[1].car.id


def test_for_how_long_a_car_counts_as_dirty_is_a_rule(booking, people):
    (first,) = best(booking)
    found_dirty(db.session.get_one(Car, first), people)
    later = choices_for([booking], NOON + timedelta(hours=20))[booking.id]
    assert first not in [each.car.id for each in later]
    with transaction():
        db.session.execute(update(PolicyRow).where(PolicyRow.key == "stays_dirty").values(value=1))
    assert choices_for([booking], NOON + timedelta(hours=20))[booking.id][0].car.id == first


def test_a_dirty_car_is_offered_again_when_it_was_in_our_hands_or_somebody_found_it_clean(booking, people):
    (first,) = best(booking)
    found_dirty(db.session.get_one(Car, first), people)
    assert best(booking) != [first]
    car, staff = db.session.get_one(Car, first), people.staff(Role.FLEET)
    until = NOON + timedelta(hours=1)
    take_out(car=car, state=CarState.CLEANING, why="crumbs", until=until, seen=what_it_touches(car, until, NOON).digest,
             by_user_id=staff.id, now=NOON)
    bring_back(car=car, by_user_id=staff.id, why="cleaned", now=NOON)
    assert best(booking) == [first]


def test_the_second_best_is_offered_when_the_best_was_taken_meanwhile(booking, people):
    choices = choices_for([booking], NOON)
    first, second = choices[booking.id][:2]
    booked(first.car, people.member(), SPAN)
    with transaction():
        assert propose_moves([booking], choices, None, NOON) == 1
    assert open_move_of(booking).car_id == second.car.id


def test_the_rules_are_asked_for_once_for_all_bookings(booking, people):
    more = [booked(booking.car, people.member(), hours(start, start + 1)) for start in (28, 30, 32)]
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    policies_at(NOON)  # a process reads the rules once, and asks for their stamp each time
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        choices_for([booking, *more], NOON)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len([each for each in asked if "rules_stamp" in each]) == 1


FLEET, FIRST = 3000, 1_000_000


def many_cars_around(car: Car) -> None:
    """Thousands of cars like it within a walk, each well."""
    table, lot_id = Car.__table__, db.session.scalars(select(Lot.id).order_by(Lot.id)).first()
    like = db.session.execute(select(*(each for each in table.c if each.computed is None)).where(
        table.c.id == car.id)).mappings().one()
    places = [(FIRST + n, car.lat + (n % 60 - 30) / 4000, car.lng + (n // 60 - 25) / 4000) for n in range(FLEET)]
    with transaction():
        db.session.execute(insert(Bay), [{"id": new, "lot_id": lot_id, "number": new, "level": "", "lat": lat, "lng": lng,
                                          "charger": False} for new, lat, lng in places])
        db.session.execute(insert(table), [
            {**like, "id": new, "slug": f"many-{new}", "name": f"Many {new}", "plate": f"M{new}", "vin": f"MANY{new}",
             "lot_id": lot_id, "bay_id": new, "lat": lat, "lng": lng} for new, lat, lng in places])
        db.session.execute(insert(CarReading), [
            {"car_id": new, "sequence": 1, "at": NOON, "lat": lat, "lng": lng, "odometer_miles": 1.0, "energy_percent": 80,
             "locked": True, "doors_open": 0, "engine_on": False, "plugged_in": False, "online": True}
            for new, lat, lng in places])
    census._count_tile.cache_clear()
    census._around.cache_clear()


def test_in_a_large_fleet_no_more_is_read_for_a_booking_than_a_search_looks_at(booking):
    with rows_read() as few:
        choices_for([booking], NOON)
    many_cars_around(booking.car)
    with rows_read() as many:
        found = choices_for([booking], NOON)
    assert len(found[booking.id]) > 1
    assert max(many) <= 4 * LOOKED_AT  # the count of how crowded it is
    assert len(many) <= len(few) + 3  # the rings of a search
    assert sum(many) < FLEET / 3
