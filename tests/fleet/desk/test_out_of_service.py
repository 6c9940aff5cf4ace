"""Taking a car out first shows what that touches, then holds the gaps, and never erases a booking."""

from datetime import timedelta
from threading import Event, Thread
from time import sleep

import pytest
from sqlalchemy import func, select

from core.audit import AuditRow, broken_links
from core.database import db, transaction
from core.money import Money
from core.outbox import OutboxRow
from fleet.calendar.hold import CarTaken, free_gaps, hold
from fleet.cars.models import Car, CarState
from fleet.desk.bring_back import bring_back
from fleet.desk.take_out import take_out
from fleet.desk.touched import what_it_touches
from fleet.service.errors import EndsTooSoon
from fleet.service.models import Block
from fleet.service.queries import open_block_of
from portal.account.models import Member, Role
from reservations.booking.cancel import CancelTerms, end_booking
from reservations.booking.models import Reservation, Status
from reservations.booking.queries import load_locked
from tests.factories import NOON, People, a_car, csrf_of, hidden, hours
from tests.fleet.made import booked, driving

UNTIL = NOON + timedelta(hours=24)


def taken_out(car, staff, *, seen=None, until=UNTIL, at=NOON):
    return take_out(car=car, state=CarState.MAINTENANCE, why="brakes squeal", until=until,
                    seen=seen or what_it_touches(car, until, at).digest, by_user_id=staff.id, now=at)


def test_a_block_that_ends_before_the_trip_that_is_on_is_not_made(people):
    car = a_car()
    driving(car, people.member(), hours(-1, 3))
    with pytest.raises(EndsTooSoon):
        taken_out(car, people.staff(Role.FLEET), until=NOON + timedelta(hours=2))
    assert open_block_of(car.id) is None


def told(kind):
    return sorted(db.session.scalars(select(OutboxRow.member_id).where(OutboxRow.kind == kind)))


def test_a_preview_counts_bookings_members_and_money_inside_the_block_only(people):
    car, ada, ben = a_car(), people.member("Ada"), people.member("Ben")
    inside = [booked(car, ada, hours(2, 3), cents=1000), booked(car, ada, hours(4, 5), cents=2000),
              booked(car, ben, hours(23, 26), cents=4500)]
    booked(car, ben, hours(24 + 2, 24 + 3))
    booked(car, ben, hours(6, 7), status=Status.CANCELLED)
    touched = what_it_touches(car, UNTIL, NOON)
    assert [booking.id for booking in touched.bookings] == [booking.id for booking in inside]
    assert (touched.members, touched.money.cents, touched.driving) == (2, 7500, None)


def test_bookings_inside_stay_are_at_risk_and_their_members_are_told_once_each(people):
    car, ada, staff = a_car(), people.member(), people.staff(Role.FLEET)
    inside, outside = booked(car, ada, hours(2, 3)), booked(car, ada, hours(30, 31))
    assert taken_out(car, staff) is not None
    assert (inside.status, inside.span, inside.at_risk_since) == (Status.BOOKED, hours(2, 3), NOON)
    assert outside.at_risk_since is None
    assert told("trip_at_risk") == [ada.id]
    assert free_gaps(car.id, hours(0, 24)) == []
    with pytest.raises(CarTaken):
        hold(car.id, hours(10, 11))


def test_a_trip_in_progress_is_not_stopped_and_the_block_begins_after_it(people):
    car, ada, staff = a_car(), people.member(), people.staff(Role.FLEET)
    trip = driving(car, ada, hours(-1, 2))
    touched = what_it_touches(car, UNTIL, NOON)
    assert (touched.driving.id, touched.bookings) == (trip.reservation_id, ())
    block = taken_out(car, staff)
    assert block.starts_at == NOON
    assert (trip.ended_at, trip.reservation.at_risk_since, told("trip_at_risk")) == (None, None, [])
    assert db.session.get(Reservation, trip.reservation_id).occupancy_id is not None


def test_a_booking_that_came_since_the_preview_changes_nothing_but_the_preview(people):
    car, staff = a_car(), people.staff(Role.FLEET)
    seen = what_it_touches(car, UNTIL, NOON).digest
    booked(car, people.member(), hours(2, 3))
    assert taken_out(car, staff, seen=seen) is None
    assert (car.state, db.session.scalar(select(func.count(Block.id)))) == ("available", 0)
    assert taken_out(car, staff) is not None


def test_a_booking_that_takes_a_gap_at_the_same_moment_also_changes_only_the_preview(app, people):
    car, staff, ada = a_car(), people.staff(Role.FLEET), people.member()
    car_id, ada_id, held = car.id, ada.id, Event()

    def book_slowly():
        with app.app_context(), transaction():
            booked(db.session.get_one(Car, car_id), db.session.get_one(Member, ada_id), hours(2, 3))
            held.set()
            sleep(0.5)  # not committed yet: nobody else can see it

    seen = what_it_touches(car, UNTIL, NOON).digest
    booking = Thread(target=book_slowly)
    booking.start()
    held.wait(10)
    assert taken_out(car, staff, seen=seen) is None
    booking.join()
    assert (car.state, db.session.scalar(select(func.count(Block.id)))) == ("available", 0)
    assert len(what_it_touches(car, UNTIL, NOON).bookings) == 1


def test_a_booking_that_is_cancelled_at_the_same_moment_leaves_its_time_to_the_block(app, people):
    car, staff = a_car(), people.staff(Role.FLEET)
    booking = booked(car, people.member(), hours(4, 5))
    booking_id, car_id, locked = booking.id, car.id, Event()

    def cancel_slowly():
        with app.app_context(), transaction():
            mine = db.session.get_one(Reservation, booking_id)
            load_locked(mine)
            locked.set()
            sleep(0.5)
            end_booking(mine, Status.CANCELLED, CancelTerms(Money(0), NOON, 1), NOON)

    seen = what_it_touches(car, UNTIL, NOON).digest
    cancelling = Thread(target=cancel_slowly)
    cancelling.start()
    locked.wait(10)
    assert taken_out(car, staff, seen=seen) is None  # the preview has changed
    cancelling.join()
    assert taken_out(car, staff) is not None
    assert free_gaps(car_id, hours(0, 24)) == []


def test_put_back_clears_only_the_risk_that_this_block_brought(people):
    car, ada, ben, staff = a_car(), people.member(), people.member(), people.staff(Role.FLEET)
    before = NOON - timedelta(hours=3)
    other_risk = booked(car, ada, hours(2, 3), at_risk_since=before)
    mine = booked(car, ben, hours(4, 5))
    taken_out(car, staff)
    assert bring_back(car=car, by_user_id=staff.id, why="new pads", now=NOON + timedelta(hours=1)) == 1
    assert (other_risk.at_risk_since, mine.at_risk_since) == (before, None)
    assert told("trip_safe_again") == [ben.id]
    assert (car.state, hold(car.id, hours(6, 7)) > 0) == ("available", True)


def test_put_back_makes_safe_only_what_is_still_to_be_driven(people):
    car, staff = a_car(), people.staff(Role.FLEET)
    ahead, on, over, missed = (booked(car, people.member(), hours(at, at + 1)) for at in (5, 4, 2, 1))
    taken_out(car, staff)
    with transaction():
        on.status, over.status = Status.DRIVING, Status.RETURNED
    assert bring_back(car=car, by_user_id=staff.id, why="new pads", now=NOON + timedelta(hours=4)) == 1
    assert ahead.at_risk_since is None
    assert [each.at_risk_since for each in (on, over, missed)] == [NOON, NOON, NOON]
    assert told("trip_safe_again") == [ahead.member_id]


@pytest.fixture
def address(site):
    with site.app_context():
        return f"/fleet/cars/{a_car().slug}"


def typed(html, **fields):
    return {"csrf_token": csrf_of(html), "state": "maintenance", "why": "Brakes squeal", "until": "2026-11-25T12:00",
            **fields}


def test_the_page_shows_what_it_touches_and_the_second_word_does_it(site, manager, address):
    with site.app_context():
        booked(a_car(), People().member("Daniel Osei"), hours(2, 3), cents=3840)
    form = manager.get(f"{address}/out-of-service").text
    assert "Take it out of service" not in form
    preview = manager.post(f"{address}/out-of-service", data=typed(form, show="1"))
    assert preview.status_code == 200
    for words in ("Daniel Osei", "$38.40", "1 booking", "1 member", "Nothing moves without their consent"):
        assert words in preview.text
    with site.app_context():
        assert db.session.scalar(select(func.count(Block.id))) == 0
    done = manager.post(f"{address}/out-of-service",
                        data=typed(preview.text, confirm="1", digest=hidden(preview.text, "digest")))
    assert (done.status_code, done.headers["Location"]) == (302, address)
    assert "is out of service" in manager.get(address).text
    with site.app_context():
        block = db.session.scalars(select(Block)).one()
        assert (block.state, block.why, block.until) == ("maintenance", "Brakes squeal", UNTIL)
        rows = db.session.scalars(select(AuditRow)).all()
        assert {"blocks", "cars", "car_moves", "occupancies", "reservations"} <= {
            row.object.split("/")[0] for row in rows}
        assert {row.why for row in rows} == {f"POST {address}/out-of-service"}
        assert broken_links() == []


def test_a_booking_between_preview_and_confirmation_shows_the_preview_again(site, manager, address):
    form = manager.get(f"{address}/out-of-service").text
    preview = manager.post(f"{address}/out-of-service", data=typed(form, show="1")).text
    assert "No booking." in preview
    with site.app_context():
        booked(a_car(), People().member("Daniel Osei"), hours(2, 3))
    again = manager.post(f"{address}/out-of-service",
                         data=typed(preview, confirm="1", digest=hidden(preview, "digest")))
    assert again.status_code == 200
    assert "has changed since you looked" in again.text
    assert "Daniel Osei" in again.text
    done = manager.post(f"{address}/out-of-service",
                        data=typed(again.text, confirm="1", digest=hidden(again.text, "digest")))
    assert done.status_code == 302


def test_a_later_end_than_the_one_that_was_shown_is_shown_first(site, manager, address):
    form = manager.get(f"{address}/out-of-service").text
    preview = manager.post(f"{address}/out-of-service", data=typed(form, show="1")).text
    later = manager.post(f"{address}/out-of-service",
                         data=typed(preview, confirm="1", until="2026-11-27T12:00", digest=hidden(preview, "digest")))
    assert "has changed since you looked" in later.text


@pytest.mark.one_database
@pytest.mark.parametrize(("fields", "words"), [
    ({"why": "  "}, "Say"),
    ({"why": "x" * 201}, "3 to 200"),
    ({"state": "flying"}, "choice"),
    ({"until": "2026-11-24T11:59"}, "has passed"),
    ({"until": "2028-11-24T11:59"}, "within a year"),
    ({"until": "soon"}, "could not read that time"),
    ({"until": "2027-03-14T02:30"}, "does not exist"),
])
def test_a_form_that_does_not_hold_says_what_to_do(manager, address, fields, words):
    form = manager.get(f"{address}/out-of-service").text
    answer = manager.post(f"{address}/out-of-service", data=typed(form, show="1", **fields)).text
    assert "aria-invalid" in answer
    assert words in answer
    assert "What it touches" not in answer.split("<h2")[-1]


def test_a_time_before_the_end_of_the_trip_that_is_on_is_asked_for_again(site, manager, address):
    with site.app_context():
        driving(a_car(), People().member(), hours(-1, 30))
    form = manager.get(f"{address}/out-of-service").text
    answer = manager.post(f"{address}/out-of-service", data=typed(form, show="1", until="2026-11-25T11:00")).text
    assert "The trip that is on now lasts longer. Pick a time after" in answer
    assert "What it touches" not in answer.split("<h2")[-1]


def test_an_hour_that_happens_twice_is_asked_about(site, manager, address):
    form = manager.get(f"{address}/out-of-service").text
    asked = manager.post(f"{address}/out-of-service", data=typed(form, show="1", until="2027-11-07T01:30"))
    assert "happens twice" in asked.text
    assert 'name="which"' in asked.text
    preview = manager.post(f"{address}/out-of-service",
                           data=typed(form, show="1", until="2027-11-07T01:30", which="1")).text
    manager.post(f"{address}/out-of-service", data=typed(
        preview, confirm="1", until="2027-11-07T01:30", which="1", digest=hidden(preview, "digest")))
    with site.app_context():
        assert db.session.scalars(select(Block)).one().until.isoformat() == "2027-11-07T07:30:00+00:00"


def test_a_car_goes_back_from_its_own_page_with_a_reason(site, manager, address):
    with site.app_context():
        taken_out(a_car(), People().staff(Role.FLEET, "Mara Lind"))
    assert "brakes squeal" in manager.get("/fleet/blocks").text
    page = manager.get(f"{address}/back-in-service").text
    assert "Mara Lind" in page
    without = manager.post(f"{address}/back-in-service", data={"csrf_token": csrf_of(page), "why": ""})
    assert "aria-invalid" in without.text
    done = manager.post(f"{address}/back-in-service", data={"csrf_token": csrf_of(page), "why": "New pads"})
    assert (done.status_code, done.headers["Location"]) == (302, "/fleet/blocks")
    assert "Every car is in service" in manager.get("/fleet/blocks").text
    story = manager.get(address).text
    assert "New pads" in story
    assert "brakes squeal" in story


def test_two_managers_cannot_both_take_a_car_out(site, manager, address):
    form = manager.get(f"{address}/out-of-service").text
    preview = manager.post(f"{address}/out-of-service", data=typed(form, show="1")).text
    with site.app_context():
        taken_out(a_car(), People().staff(Role.FLEET))
    answer = manager.post(f"{address}/out-of-service",
                          data=typed(preview, confirm="1", digest=hidden(preview, "digest")))
    assert answer.status_code == 409
    assert "out of service already" in answer.text


def test_a_block_past_its_time_is_listed_as_overdue(site, manager):
    with site.app_context():
        car = a_car()
        with transaction():
            db.session.add(Block(car_id=car.id, state="cleaning", why="crumbs", starts_at=NOON - timedelta(hours=2),
                                 until=NOON - timedelta(hours=1), by_user_id=People().staff(Role.FLEET).id))
            car.state = CarState.CLEANING
            db.session.flush()
    assert "Overdue" in manager.get("/fleet/blocks").text
    assert "Was due back" in manager.get("/fleet/?show=need").text
