"""Nobody books, or moves, a trip to a day on which their licence counts no more; what is not known stops nobody."""

from datetime import date, timedelta

import pytest

from core.database import db, transaction
from fleet.tariffs.in_force import policies_at
from fleet.telematics.port import Action
from portal.account.models import Member
from portal.membership.pause import pause
from reservations.booking.cancel import cancel
from reservations.booking.change.proposal import Wish, in_the_way
from reservations.booking.errors import LicenceEnds
from reservations.booking.models import Reservation
from reservations.booking.our_doing import could_not_have_it
from reservations.trip.ask_car import ask_car
from reservations.trip.errors import LicenceOver
from reservations.waitlist import join
from reservations.waitlist.queries import open_offer_of
from tests.factories import NOON, a_car, hours
from tests.reservations.made import a_street, booked
from tests.reservations.pages import browser_of, words_of

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


def test_a_licence_that_was_found_to_end_before_the_trip_does_opens_no_car_until_another_one_counts(app, people, clock):
    member, street = people.member(), a_street(app, clock)
    trip, browser = booked(member, span=OVER_MIDNIGHT), browser_of(app, member.user, clock)
    _until(member, TUESDAY)  # as after a check again that was not clear
    clock.at = trip.starts_at
    page = browser.get(f"/trips/{trip.reference}")
    assert "does not count to the end of this trip" in words_of(page)
    assert 'href="/account/licence"' in page.text
    assert browser.post(f"/trips/{trip.reference}/check", skip="y").status_code == 403
    assert ask_car(reservation=trip, action=Action.FLASH, now=clock.at).action == "flash", "finding it harms nobody"
    with pytest.raises(LicenceOver):
        ask_car(reservation=trip, action=Action.UNLOCK, now=clock.at)
    assert could_not_have_it(trip, clock.at + timedelta(minutes=50), policies_at(NOON)) is False, "the car was there"
    _until(member, date(2026, 11, 25))
    street.unlocked(trip)
    _until(member, date(2026, 11, 20))
    clock.forward(minutes=30)
    assert ask_car(reservation=trip, action=Action.UNLOCK, now=clock.at), "on the way the car always opens"


def test_nobody_waits_for_or_is_offered_a_time_to_whose_end_their_licence_does_not_count(app, people, clock):
    ada, bo, wish = people.member("Ada Okafor"), people.member("Bo Lindqvist"), join.Wish(OVER_MIDNIGHT, a_car())
    trip, street = booked(people.member("Cy Park"), span=OVER_MIDNIGHT), a_street(app, clock)
    with pytest.raises(LicenceEnds):
        join.join_waitlist(member=_until(people.member("Di Late"), TUESDAY), wish=wish, once="di", now=NOON)
    first, second = (join.join_waitlist(member=each, wish=wish, once=each.name, now=NOON) for each in (ada, bo))
    street.work()
    _until(ada, TUESDAY)
    cancel(reservation=trip, now=clock.at)
    street.work()
    db.session.rollback()
    assert (open_offer_of(first), open_offer_of(second) is not None) == (None, True)
    assert "nothing is offered to you" in words_of(browser_of(app, ada.user, clock).get(f"/waitlist/{first.id}"))


@pytest.mark.parametrize(("paused", "until", "says"), [
    (True, None, [True, False, False]), (True, TUESDAY, [True, True, False]), (False, None, [False, False, True])])
def test_whoever_waits_and_pauses_reads_of_the_pause_and_not_of_a_licence_that_counts(app, people, clock, paused, until, says):
    member = people.member()
    wait = join.join_waitlist(member=member, wish=join.Wish(OVER_MIDNIGHT, a_car()), once="a", now=NOON)
    if paused:
        pause(member=member, until=date(2026, 12, 24), now=NOON)
    _until(member, until)
    words = words_of(browser_of(app, member.user, clock).get(f"/waitlist/{wait.id}"))
    assert [each in words for each in (
        "Your membership is paused", "licence does not count", "We write within 60 seconds")] == says
