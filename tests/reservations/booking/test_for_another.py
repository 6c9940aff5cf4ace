"""Booking for another driver on the account: they drive, both see it and hear of it, both may change and cancel it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import db
from core.outbox import OutboxRow
from core.refusal import NotFound
from core.time import Span
from fleet.cars.models import CarState
from fleet.desk.bring_back import bring_back
from fleet.desk.take_out import take_out
from fleet.desk.touched import what_it_touches
from fleet.telematics.port import Action
from portal.account.models import MemberStatus, Role
from portal.billing.payers.drivers import other_drivers
from portal.billing.payers.payer_of import add_business, let_pay
from portal.billing.payers.stop_paying import stop_paying
from portal.messages.models import Message
from portal.worker import do_due
from reservations.booking.book import book
from reservations.booking.booked_by import driver_of
from reservations.booking.cancel import cancel
from reservations.booking.errors import MayNotDrive, NotOnTheAccount
from reservations.booking.models import Reservation, Status, Waiver
from reservations.booking.moves.answer import decline_move
from reservations.booking.moves.end import open_move_of
from reservations.booking.own_trips import OwnTrips
from reservations.booking.queries import UpcomingTrips, my_booking, my_reservation
from tests.factories import NOON, a_car
from tests.fleet.made import all_heard
from tests.reservations.made import TOMORROW, offered
from tests.reservations.pages import browser_of, hidden_fields, words_of


@pytest.fixture
def firm(people):
    """Ada and Ben drive on one account; Cyd pays for herself."""
    ada, ben, cyd = people.member("Ada Okafor"), people.member("Ben Ode", card=None), people.member("Cyd Ruiz")
    payer = add_business(name="Lakeside Ltd", email="books@example.com", at=NOON)
    for member in (ada, ben):
        let_pay(payer_id=payer.id, member_id=member.id, at=NOON)
    return ada, ben, cyd


def booked_for(driver, booker, span: Span = TOMORROW, once: str = "form-for") -> Reservation:
    car = a_car()
    return book(member=driver, car=car, offer=offered(car, driver, span), waiver=Waiver.INCLUDED, once=once, now=NOON,
                booked_by=booker)


def letters() -> list[tuple[str, int, str]]:
    rows = db.session.scalars(select(OutboxRow).where(
        OutboxRow.kind.in_(("booking_confirmed", "booked_for", "booking_cancelled"))))
    return sorted((row.kind, row.member_id, row.facts.get("told", "")) for row in rows)


def test_the_driver_drives_whoever_booked_is_named_and_the_business_pays(firm):
    ada, ben, _cyd = firm
    trip = booked_for(ben, ada)
    assert (trip.member_id, trip.booked_by_id) == (ben.id, ada.id)
    assert booked_for(ben, ada).id == trip.id  # the same form once more
    assert letters() == [("booked_for", ada.id, "booked"), ("booking_confirmed", ben.id, "")]
    assert [each.id for each in UpcomingTrips(ben.id).all()] == [trip.id]
    assert ([each.id for each in UpcomingTrips(ada.id, for_others=True).all()], UpcomingTrips(ada.id).all()) == ([trip.id], [])


@pytest.mark.parametrize("name", ["cyd", "nobody"])
def test_only_drivers_on_the_same_account_can_be_booked_for(firm, people, name):
    ada, _ben, cyd = firm
    other = cyd if name == "cyd" else people.member("Dot", card=None)
    for driver, booker in ((other, ada), (ada, other)):
        with pytest.raises(NotOnTheAccount):
            booked_for(driver, booker)
        with pytest.raises(NotFound):
            driver_of(booker, str(driver.id))
    assert (other_drivers(other.id), db.session.scalars(select(Reservation)).all()) == ([], [])


def test_whether_one_may_drive_is_asked_of_the_driver(firm):
    ada, ben, _cyd = firm
    ben.status = MemberStatus.PAUSED
    db.session.commit()
    with pytest.raises(MayNotDrive):
        booked_for(ben, ada)
    assert other_drivers(ada.id) == []


def test_both_load_the_booking_and_only_the_driver_the_car(firm):
    ada, ben, cyd = firm
    trip = booked_for(ben, ada)
    assert my_booking(ada, trip.reference).id == my_booking(ben, trip.reference).id == my_reservation(ben, trip.reference).id
    for member, load in ((ada, my_reservation), (cyd, my_booking), (cyd, my_reservation)):
        with pytest.raises(NotFound):
            load(member, trip.reference)


def test_a_business_that_stops_paying_keeps_what_was_booked(firm):
    ada, ben, _cyd = firm
    trip = booked_for(ben, ada)
    payer_id = trip.payer_id
    stop_paying(payer_id=payer_id, member_id=ben.id)
    db.session.refresh(trip)
    assert (trip.status, trip.payer_id, my_booking(ada, trip.reference).id) == (Status.BOOKED, payer_id, trip.id)
    with pytest.raises(NotOnTheAccount):
        booked_for(ben, ada, once="another")


def test_both_hear_of_a_cancellation(firm):
    ada, ben, _cyd = firm
    cancel(reservation=booked_for(ben, ada), now=NOON)
    assert ("booked_for", ada.id, "cancelled") in letters()
    assert ("booking_cancelled", ben.id, "") in letters()


def told() -> list[tuple[str, int, str]]:
    """The letters of a trip that is not as booked: which, to whom, and what of it."""
    rows = db.session.scalars(select(OutboxRow).where(OutboxRow.kind.in_(
        ("trip_at_risk", "trip_safe_again", "no_show_released", "booked_for"))))
    return sorted((row.kind, row.member_id, row.facts.get("told", "")) for row in rows if row.facts.get("told") != "booked")


def out(trip: Reservation, people):
    staff = people.staff(Role.FLEET)
    take_out(car=trip.car, state=CarState.MAINTENANCE, why="brakes squeal", until=TOMORROW.end,
             seen=what_it_touches(trip.car, TOMORROW.end, NOON).digest, by_user_id=staff.id, now=NOON)
    return staff


def letters_to(member, app) -> list[str]:
    """The subjects of what came into their inbox since the booking's own letter."""
    do_due(app)
    return [one.subject for one in db.session.scalars(select(Message).where(
        Message.member_id == member.id).order_by(Message.at, Message.id)) if not one.subject.startswith("Booked")]


def test_both_hear_once_each_that_the_car_may_not_be_ready_and_that_it_is_after_all(app, firm, people, clock):
    ada, ben, _cyd = firm
    trip = booked_for(ben, ada)
    staff = out(trip, people)
    assert told() == [("booked_for", ada.id, "at_risk"), ("trip_at_risk", ben.id, "")]
    assert [each.split(",")[0] for each in letters_to(ada, app)] == [f"{trip.car.name} may not be ready for Ben Ode"]
    bring_back(car=trip.car, by_user_id=staff.id, why="mended", now=NOON)
    assert told()[1] == ("booked_for", ada.id, "safe")
    assert letters_to(ada, app)[1].startswith(f"{trip.car.name} is ready for Ben Ode after all")


def test_an_offered_car_is_all_that_either_of_them_hears(app, firm, people, clock):
    ada, ben, _cyd = firm
    all_heard()
    out(booked_for(ben, ada), people)
    for member in (ada, ben):
        assert len([each for each in letters_to(member, app) if " instead of " in each or "may not" in each]) == 1


def test_when_one_declines_the_last_car_the_other_hears_that_there_is_none(app, firm, people, clock):
    ada, ben, _cyd = firm
    all_heard()
    trip = booked_for(ben, ada)
    out(trip, people)
    do_due(app)
    all_heard(online=False)
    assert decline_move(reservation=trip, move=open_move_of(trip), now=NOON, by_id=ada.id) is None
    assert [each for each in letters_to(ben, app) if "may not be ready" in each]
    assert not [each for each in letters_to(ada, app) if "may not be ready" in each]


def test_when_the_driver_declines_the_last_car_whoever_booked_hears_it(app, firm, people, clock):
    ada, ben, _cyd = firm
    all_heard()
    trip = booked_for(ben, ada)
    out(trip, people)
    do_due(app)
    all_heard(online=False)
    assert decline_move(reservation=trip, move=open_move_of(trip), now=NOON, by_id=ben.id) is None
    assert [each for each in letters_to(ada, app) if "may not be ready for Ben Ode" in each]
    assert not [each for each in letters_to(ben, app) if "may not be ready" in each]


def test_both_hear_that_nobody_came(app, firm, clock, street):
    ada, ben, _cyd = firm
    trip = booked_for(ben, ada)
    clock.at = trip.starts_at + timedelta(hours=1)
    do_due(app)
    db.session.refresh(trip)
    assert (trip.status, told()) == (Status.NO_SHOW, [("booked_for", ada.id, "no_show"), ("no_show_released", ben.id, "")])
    letter = next(each for each in letters_to(ada, app) if "did not come" in each)
    assert letter.startswith(f"{trip.car.name} was freed: Ben Ode did not come")


def test_whoever_leaves_the_account_sees_and_changes_nothing_of_it_any_more_and_the_driver_keeps_the_trip(pages, firm, people):
    ada, ben, _cyd = firm
    trip = booked_for(ben, ada)
    form = hidden_fields(pages[0].get(f"/trips/{trip.reference}/cancel").text)
    stop_paying(payer_id=trip.payer_id, member_id=ada.id)
    for path in ("", "/cancel", "/change", "/live", "/move"):
        assert pages[0].get(f"/trips/{trip.reference}{path}").status_code == 404
    assert pages[0].send(f"/trips/{trip.reference}/cancel", method="POST", data=form).status_code == 404
    assert "Ben Ode" not in words_of(pages[0].get("/trips"))
    out(trip, people)
    cancel(reservation=trip, now=NOON)
    assert [each for each in told() + letters() if each[:2] == ("booked_for", ada.id)] == [("booked_for", ada.id, "booked")]
    assert "Cancelled" in words_of(pages[1].get(f"/trips/{trip.reference}"))


@pytest.fixture
def pages(site, firm, clock):
    return [browser_of(site, member.user, clock) for member in firm]


def test_on_the_page_one_chooses_who_drives(pages, firm):
    (ada, ben, cyd), car = firm, a_car()
    address = f"/cars/{car.slug}/book?start=2026-11-25T12:00-06:00&end=2026-11-25T15:00-06:00"
    assert "Ben Ode" in words_of(pages[0].get(address))
    assert "Who drives" not in words_of(pages[2].get(address))
    assert pages[0].get(f"{address}&driver={cyd.id}").status_code == 404
    page = pages[0].get(f"{address}&driver={ben.id}")
    assert "only Ben Ode can open the car" in words_of(page)
    answer = pages[0].fill_in(f"{address}&driver={ben.id}", waiver="included")
    trip = db.session.scalars(select(Reservation)).one()
    assert (answer.status_code, trip.member_id, trip.booked_by_id) == (302, ben.id, ada.id)


def test_whoever_booked_on_an_account_of_before_is_not_led_to_that_trip(pages, firm):
    ada, ben, _cyd = firm
    trip = booked_for(ben, ada)
    address = f"/cars/{trip.car.slug}/book?start=2026-11-25T12:00-06:00&end=2026-11-25T15:00-06:00&driver={ben.id}"
    assert OwnTrips(ben.id, ada.id, TOMORROW).all() == [trip]
    assert pages[0].get(address).location == f"/trips/{trip.reference}"
    payer = add_business(name="Riverside Ltd", email="other@example.com", at=NOON)
    for member in (ada, ben):
        stop_paying(payer_id=trip.payer_id, member_id=member.id)
        let_pay(payer_id=payer.id, member_id=member.id, at=NOON)
    assert OwnTrips(ben.id, ada.id, TOMORROW).all() == []
    assert pages[0].get(address).status_code == 409
    assert OwnTrips(ben.id, ben.id, TOMORROW).all() == [trip]


def test_both_see_it_among_their_trips_and_only_the_driver_can_ask_the_car(pages, firm):
    ada, ben, _cyd = firm
    trip = booked_for(ben, ada)
    assert "For Ben Ode" in words_of(pages[0].get("/trips"))
    assert "Booked by Ada Okafor" in words_of(pages[1].get("/trips"))
    assert "You booked this trip. Ben Ode drives it" in words_of(pages[0].get(f"/trips/{trip.reference}"))
    for action in Action:
        assert pages[0].post(f"/trips/{trip.reference}/{action}").status_code == 404
    for path in ("live", "check", "return", "receipt", "again"):
        assert pages[0].get(f"/trips/{trip.reference}/{path}").status_code == 404
    for path in ("", "/cancel", "/change", "/live"):
        assert pages[2].get(f"/trips/{trip.reference}{path}").status_code == 404
    for path in ("/cancel", "/change"):
        assert pages[0].get(f"/trips/{trip.reference}{path}").status_code == 200
    pages[0].fill_in(f"/trips/{trip.reference}/cancel")
    db.session.refresh(trip)
    assert trip.status == Status.CANCELLED
    assert "Cancelled." in words_of(pages[0].get(f"/trips/{trip.reference}"))
