"""The whole way on pages: a dirty car is tapped, another one is taken in its place, driven and brought back."""

import pytest
from sqlalchemy import select

from core.database import db
from experience.promises.kinds import PromiseKind as K
from fleet.telematics.listen import setups
from reservations.booking.models import Reservation, Status
from tests.factories import hours
from tests.reservations.made import booked
from tests.reservations.pages import browser_of, words_of
from tests.reservations.trip.test_promises import promises_of, remedies_of

pytestmark = pytest.mark.one_database


def test_from_a_dirty_car_to_the_receipt_of_the_one_that_stood_in(street, people, app):
    app.extensions["adapters"].cars.install(setups())
    street.work()
    trip = booked(people.member(), span=hours(2, 4))
    browser, at = browser_of(street.site, trip.member.user, street.clock), f"/trips/{trip.reference}"
    street.clock.at = trip.starts_at
    street.work()
    assert browser.fill_in(f"{at}/check", as_listed="1").status_code == 302
    street.work()
    assert browser.post(f"{at}/inside", cleanliness="1").status_code == 302
    page = browser.get("/drive")
    assert "Take another car at the same price" in words_of(page)
    slug = page.text.split('name="car" value="', 1)[1].split('"', 1)[0]
    other_at = browser.post(f"{at}/instead", car=slug).location
    assert other_at != at
    street.work()
    assert "It cost nothing" in words_of(browser.get(at))
    other = db.session.scalars(select(Reservation).where(Reservation.stands_in_for_id == trip.id)).one()
    if other.starts_at > street.clock():
        street.clock.at = other.starts_at
    assert browser.fill_in(f"{other_at}/check", as_listed="1").status_code == 302
    street.work()
    street.drives(other, miles=9, minutes=100)  # until it is too late to give time back
    odometer = int(other.car.reading.odometer_miles)
    assert browser.fill_in(f"{other_at}/return", odometer=str(odometer), energy="75", lock="1").status_code == 302
    street.work()
    assert words_of(browser.get(f"{other_at}/receipt")).count("Billed exactly as quoted.") == 1
    db.session.refresh(trip)
    assert trip.status == Status.CANCELLED
    assert promises_of(trip)[K.CLEAN].state == "broken"
    assert remedies_of(trip) == {}
