"""What members need: kept only with their word, sealed, heeded where it matters, and gone with one tap."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import db
from experience.record.models import Event
from fleet.tariffs.in_force import policies_at
from portal.account.models import Role
from portal.account.needs.kinds import Need
from portal.account.needs.models import MemberNeeds
from portal.account.needs.queries import needs_of
from portal.account.needs.tell import tell_needs, withdraw_needs
from reservations.booking.models import Reservation, Status
from reservations.booking.our_doing import is_held_up
from tests.factories import NOON, hours
from tests.portal.help.made import Desk
from tests.reservations.made import a_street, booked
from tests.reservations.pages import browser_of, words_of

NEAR = {"near": "State & Madison", "radius": "20000"}


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def browser(site, ada, clock):
    return browser_of(site, ada.user, clock)


@pytest.fixture
def seal(app):
    return app.extensions["adapters"].seal


def kept() -> list[MemberNeeds]:
    db.session.rollback()
    return list(db.session.scalars(select(MemberNeeds)))


def test_nothing_is_kept_without_consent_and_what_is_kept_is_sealed_until_it_is_withdrawn(browser, ada, seal):
    said = {"needs": ["wheelchair", "more_time"], "words": "My chair is 70 cm wide."}
    assert browser.post("/account/needs", **said).status_code == 422
    assert browser.post("/account/needs", agreed="y").status_code == 422, "nothing is nothing to keep"
    assert browser.post("/account/needs", **said | {"needs": ["telepathy"]}, agreed="y").status_code == 422
    assert kept() == []
    assert browser.post("/account/needs", **said, agreed="y").status_code == 302
    (row,) = kept()
    assert "wheelchair" not in f"{row.needs_sealed} {row.words_sealed}"
    assert needs_of(ada.id, seal).needs == (Need.WHEELCHAIR, Need.MORE_TIME)
    assert "My chair is 70 cm wide." in browser.get("/account/needs").text
    facts = [event.facts for event in db.session.scalars(select(Event).where(Event.step == "manage.details"))]
    assert "wheelchair" not in str(facts)
    assert browser.post("/account/needs/withdraw").status_code == 302
    assert kept() == []
    assert "Withdraw and delete all of it" not in words_of(browser.get("/account/needs"))


@pytest.mark.one_database
def test_search_looks_for_the_equipment_until_its_member_says_otherwise(site, clock, people, browser, ada, seal):
    everything = words_of(browser.get("/cars", **NEAR))
    tell_needs(member=ada, needs=[Need.WHEELCHAIR, Need.NO_CALLS], words="", seal=seal, now=NOON)
    fitting = browser.get("/cars", **NEAR)
    assert "Only cars with what you need: wheelchair ramp." in words_of(fitting)
    assert words_of(fitting) != everything
    assert 'name="needs" value="seen"' in fitting.text
    assert 'name="feature" value="ramp" checked' in fitting.text
    unticked = browser.get("/cars", **NEAR, needs="seen")
    assert "These may be cars without what you need." in words_of(unticked)
    assert 'name="feature" value="ramp" checked' not in unticked.text
    assert "what you need" not in words_of(browser_of(site, people.member().user, clock).get("/cars", **NEAR))


@pytest.mark.one_database
def test_the_help_desk_sees_it_once_it_has_taken_the_conversation(app, site, clock, people, ada, seal):
    desk = Desk(app, clock, people.staff(Role.SUPPORT, "Ana Reyes"), people.staff(Role.SUPPORT, "Ben Ochieng"))
    tell_needs(member=ada, needs=[Need.NO_CALLS], words="I am deaf.", seal=seal, now=NOON)
    asked = desk.asked(ada)
    ana, ben = (browser_of(site, one, clock) for one in (desk.ana, desk.ben))
    address = f"/office/help/{asked.id}"
    assert "I am deaf." not in words_of(ana.get(address))
    ana.post(f"{address}/take")
    assert "Needs No phone calls I am deaf." in words_of(ana.get(address))
    assert "I am deaf." not in words_of(ben.get(address))
    withdraw_needs(member=ada)
    assert "No phone calls" not in words_of(ana.get(address))


@pytest.mark.one_database
def test_help_says_to_each_member_how_long_a_car_waits_for_them(app, clock, ada, seal):
    tell_needs(member=ada, needs=[Need.MORE_TIME], words="", seal=seal, now=NOON)
    assert "After 1 h 30 min the car is free for others" in words_of(browser_of(app, ada.user, clock).get("/help"))
    assert "After 1 h the car is free for others" in words_of(app.test_client().get("/help"))


@pytest.mark.parametrize(("needs", "minutes"), [([Need.MORE_TIME], 90), ([Need.NO_CALLS], 60), ([], 60)])
def test_a_booked_car_waits_longer_for_whoever_needs_more_time(app, clock, ada, seal, needs, minutes):
    street = a_street(app, clock)
    if needs:
        tell_needs(member=ada, needs=needs, words="", seal=seal, now=NOON)
    trip = booked(ada)
    freed = None
    clock.at = trip.starts_at
    for waited in range(0, 121, 5):
        street.work()
        db.session.rollback()
        if db.session.get_one(Reservation, trip.id).status == Status.NO_SHOW:
            freed = waited
            break
        clock.forward(minutes=5)
    assert freed == minutes


@pytest.mark.one_database
@pytest.mark.parametrize(("needs", "held_up"), [([Need.MORE_TIME], True), ([], False)])
def test_a_car_that_came_back_late_waits_longer_for_whoever_needs_more_time(app, clock, people, ada, seal, needs, held_up):
    street, policies = a_street(app, clock), policies_at(NOON)
    before, trip = booked(people.member("Late Lee"), span=hours(1, 3)), booked(ada, span=hours(3, 8))
    if needs:
        tell_needs(member=ada, needs=needs, words="", seal=seal, now=NOON)
    clock.at = before.starts_at
    street.unlocked(before)
    street.returned(before, trip.starts_at + timedelta(minutes=40))
    assert is_held_up(trip, clock.at + timedelta(minutes=59), policies)
    assert is_held_up(trip, clock.at + timedelta(minutes=75), policies) == held_up
    assert not is_held_up(trip, clock.at + timedelta(minutes=91), policies)
