"""A car's page tells how the car is, who has it when, and what happened to it."""

from datetime import timedelta

from core.database import db, transaction
from core.ids import new_id
from fleet.damage.models import Mark
from fleet.desk.history import history
from fleet.desk.week import week
from fleet.service.block import take_out_of_service
from fleet.telematics.models import CarCommand
from portal.account.models import Role
from tests.factories import NOON, People, a_car, hours
from tests.fleet.made import booked, driving, heard


def test_the_page_shows_reading_week_bookings_story_and_marks(site, manager):
    with site.app_context():
        car = a_car()
        slug = car.slug
        heard(car, doors_open=1, locked=False, energy_percent=64, lat=car.bay.lat + 0.02)
        booked(car, People().member("Daniel Osei"), hours(3, 4), at_risk_since=NOON)
        trip = driving(car, People().member("Ada Okafor"), hours(-1, 2))
        with transaction():
            db.session.add(Mark(car_id=car.id, view="left", what="Scratch by the door", since=NOON))
            db.session.add(CarCommand(id=new_id(), car_id=car.id, reservation_id=trip.reservation_id, action="unlock",
                                      state="done", asked_at=NOON - timedelta(hours=1), answered_at=None, reason=None))
            db.session.flush()
    page = manager.get(f"/fleet/cars/{slug}").text
    for words in ("Ada Okafor", "has the car, due back", "Daniel Osei", "At risk", "1.4 miles from its bay", "1 open",
                  "<dd>64", "12,345 miles", "Scratch by the door", "Unlock: done", "Take out of service"):
        assert words in page, words


def test_a_car_that_was_never_heard_says_so(site, manager):
    with site.app_context():
        slug = a_car().slug
    assert "has not answered yet" in manager.get(f"/fleet/cars/{slug}").text


def test_there_is_no_page_for_a_car_we_do_not_have(manager):
    for end in ("", "/out-of-service", "/back-in-service"):
        assert manager.get(f"/fleet/cars/no-such-car{end}").status_code == 404


def test_a_week_has_seven_days_and_says_who_has_the_car(people):
    car = a_car()
    booked(car, people.member("Daniel Osei"), hours(2, 3))
    take_out_of_service(car=car, state="maintenance", why="brakes", until=NOON + timedelta(hours=5),
                        by_user_id=people.staff(Role.FLEET).id, now=NOON)
    days = week(car, NOON)
    said = [bar.words for bar in days[0].bars]
    assert len(days) == 7
    assert any("Daniel Osei" in words for words in said)
    assert any("Out of service" in words for words in said)
    assert [(bar.start, bar.end) for bar in days[0].bars] == [(48, 56), (56, 60), (60, 68)]
    assert days[1].bars == []


def test_the_story_runs_from_the_past_through_now_to_what_is_next(people):
    car = a_car()
    take_out_of_service(car=car, state="cleaning", why="crumbs", until=NOON + timedelta(hours=5),
                        by_user_id=people.staff(Role.FLEET, "Mara Lind").id, now=NOON - timedelta(hours=5))
    driving(car, people.member("Ada Okafor"), hours(-8, -6))
    coming = booked(car, people.member("Daniel Osei"), hours(6, 7))
    stops = history(car, NOON, [coming])
    assert [stop.state for stop in stops] == ["done", "now", "later"]
    assert "Mara Lind" in stops[0].detail
    assert "crumbs" in stops[0].detail
    assert "Ada Okafor" in stops[1].title
    assert "Daniel Osei" in stops[2].title
