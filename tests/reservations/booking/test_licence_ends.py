"""Nobody books, or moves, a trip to a day on which their licence counts no more; what is not known stops nobody."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from core.database import db, transaction
from experience.promises.kinds import Cause
from experience.promises.models import Promise
from fleet.tariffs.in_force import policies_at
from fleet.telematics.port import Action
from portal.account.models import Member, MemberStatus
from portal.licence.decide import accept_licence
from portal.membership.pause import pause
from reservations.booking.billing import bill_of
from reservations.booking.cancel import cancel
from reservations.booking.change.proposal import Wish, in_the_way
from reservations.booking.errors import LicenceEnds
from reservations.booking.models import Reservation, Status
from reservations.booking.our_doing import could_not_have_it
from reservations.booking.what_stood_in import what_stood_in
from reservations.trip.ask_car import ask_car
from reservations.trip.check import check_car
from reservations.trip.errors import LicenceOver, MembershipOver
from reservations.trip.models import CheckStage
from reservations.trip.watch_promises import watch_trips
from reservations.waitlist import join
from reservations.waitlist.queries import open_offer_of
from tests.factories import NOON, a_car, hours
from tests.portal.licence.showing import a_sent, a_verified
from tests.reservations.made import a_street, booked
from tests.reservations.pages import browser_of, words_of

TUESDAY = date(2026, 11, 24)
LATE = hours(10, 12)  # from ten in the evening until midnight: Tuesday is its last day
OVER_MIDNIGHT = hours(10, 12.5)
A_PERSON_LOOKS = "D400-1234-9901"  # the number of which the check comes to no result


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


def test_a_car_stays_shut_for_whoever_is_no_member_any_more_and_never_on_the_way(app, people, clock):
    member, street = people.member(), a_street(app, clock)
    trip = booked(member, span=OVER_MIDNIGHT)

    def becomes(status):
        with transaction():  # by hand: whoever leaves, pauses or is erased has no trip ahead
            db.session.get_one(Member, member.id).status = status

    clock.at = trip.starts_at
    check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=clock.at)
    becomes(MemberStatus.CLOSED)
    with pytest.raises(MembershipOver):
        ask_car(reservation=trip, action=Action.UNLOCK, now=clock.at)
    becomes(MemberStatus.ACTIVE)
    street.unlocked(trip)
    becomes(MemberStatus.CLOSED)
    clock.forward(minutes=30)
    assert ask_car(reservation=trip, action=Action.UNLOCK, now=clock.at)


@pytest.mark.parametrize(("sent", "ends"), [
    (NOON, (Status.CANCELLED, 0, "broken", "staff")),
    (OVER_MIDNIGHT.start + timedelta(minutes=5), (Status.NO_SHOW, 1, "waived", "no_show"))])
def test_a_new_licence_that_was_sent_in_time_and_lies_with_us_is_our_doing(app, people, clock, sent, ends):
    member, street = people.member(), a_street(app, clock)
    trip = booked(member, span=OVER_MIDNIGHT)
    _until(member, TUESDAY)
    clock.at = sent
    a_sent(member, now=sent, number=A_PERSON_LOOKS)
    for at in (trip.starts_at + timedelta(minutes=20), trip.starts_at + timedelta(minutes=61), trip.ends_at):
        clock.at = max(at, sent)
        street.work()
        watch_trips(clock.at)
        page = words_of(browser_of(app, member.user, clock).get(f"/trips/{trip.reference}"))
        assert ("lies with us" in page, "Take another" in page) == (sent == NOON and at < trip.ends_at, False)
    db.session.rollback()
    there = db.session.scalars(select(Promise).where(Promise.kind == "car_there")).one()
    assert (trip.status, len(bill_of(trip)), there.state, there.cause) == ends


@pytest.mark.parametrize(("minutes", "opened"), [(30, False), (30, True), (-30, False)])
def test_a_new_licence_that_counts_only_after_the_start_was_our_doing_too(app, people, clock, minutes, opened):
    member, street = people.member(), a_street(app, clock)
    old = a_verified(member)
    trip = booked(member, span=OVER_MIDNIGHT)
    with transaction():  # as a check again leaves it whose policy's days are over on the trip's first day
        old.checked_at, old.decided_at, old.verdict = NOON - timedelta(days=35), NOON - timedelta(days=90), "unclear"
    _until(member, TUESDAY)
    new = a_sent(member, number=A_PERSON_LOOKS)
    clock.at = trip.starts_at + timedelta(minutes=minutes)
    accept_licence(licence=new, by_id=None, now=clock.at)
    if opened:
        street.unlocked(trip)
    else:
        clock.at = trip.starts_at + timedelta(minutes=70)
    there = what_stood_in(trip, clock.at)
    assert (there and there.cause, could_not_have_it(trip, clock.at, policies_at(NOON))) == (
        (Cause.STAFF, True) if minutes > 0 else (None, False))
    if opened:
        promise = db.session.scalars(select(Promise).where(Promise.kind == "car_there")).one()
        assert (promise.state, promise.cause, promise.actual) == ("broken", "staff", 30)


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
