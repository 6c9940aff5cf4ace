"""Nobody books, or moves, a trip to a day on which their licence counts no more; what is not known stops nobody."""

from datetime import date

import pytest

from core.database import db, transaction
from portal.account.models import Member
from reservations.booking.change.proposal import Wish, in_the_way
from reservations.booking.errors import LicenceEnds
from reservations.booking.models import Reservation
from tests.factories import NOON, a_car, hours
from tests.reservations.made import booked

TUESDAY = date(2026, 11, 24)
LATE = hours(10, 12)  # from ten in the evening until midnight: Tuesday is its last day
OVER_MIDNIGHT = hours(10, 12.5)


def _until(member, day):
    with transaction():
        db.session.get_one(Member, member.id).licence_until = day
    return member


@pytest.mark.check("steps")
def test_a_trip_is_booked_as_long_as_the_licence_counts_to_its_end(people, clock):
    member = _until(people.member(), TUESDAY)
    with pytest.raises(LicenceEnds) as refused:
        booked(member, span=OVER_MIDNIGHT)
    assert "counts until Tue, Nov 24, 2026" in str(refused.value.says)
    assert db.session.query(Reservation).count() == 0
    assert booked(member, span=LATE).ends_at == LATE.end
    assert booked(people.member("Ben Cole"), a_car(car_class="suv"), span=OVER_MIDNIGHT).ends_at == OVER_MIDNIGHT.end


def test_a_trip_is_made_longer_as_long_as_the_licence_counts_to_its_end_and_shorter_whatever_it_does(people, clock):
    member = people.member()
    trip = booked(member, span=LATE)
    _until(member, TUESDAY)
    assert isinstance(in_the_way(trip, Wish(trip.car, OVER_MIDNIGHT), NOON), LicenceEnds)
    _until(member, date(2026, 11, 20))
    assert in_the_way(trip, Wish(trip.car, hours(10, 11)), NOON) is None
