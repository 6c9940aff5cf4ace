"""The trip's pages: one member's own, and for everybody else as if they did not exist."""

import html
import re
from time import sleep

import pytest
from sqlalchemy import func, select, update

from core.database import db, transaction
from core.time import now
from experience.record.models import Event
from fleet.tariffs.models import PolicyRow
from fleet.telematics.models import CarCommand
from fleet.telematics.player.cars import Faults
from reservations.booking.cancel import cancel
from reservations.booking.models import Reservation, Status
from reservations.fuel.models import FuelStop
from reservations.trip.check import check_car
from reservations.trip.models import CheckStage, ConditionCheck
from reservations.trip.queries import trip_of
from reservations.trip.return_car import return_car
from tests.factories import NOON, a_car, hours
from tests.reservations.made import booked
from tests.reservations.pages import browser_of, hidden_fields, without_its_number, words_of


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def trip(street, ada):
    return booked(ada, a_car(name="Acorn"))


@pytest.fixture
def browser(site, ada, street):
    return browser_of(site, ada.user, street.clock)


def trip_rules(site) -> list[tuple[str, str]]:
    """Every address that names a trip, with each of its methods."""
    found = []
    for rule in site.url_map.iter_rules():
        if "reference" in rule.arguments:
            actions = ("flash", "horn", "unlock", "lock") if "action" in rule.arguments else ("",)
            for action in actions:
                path = rule.rule.replace("<any(flash, horn, unlock, lock):action>", action)
                found += [(method, path) for method in sorted(rule.methods & {"GET", "POST"})]
    return found


@pytest.mark.parametrize("what", [Status.BOOKED, Status.DRIVING, Status.RETURNED])
def test_somebody_elses_trip_answers_like_one_that_does_not_exist(site, street, people, trip, what):
    if what != Status.BOOKED:
        street.unlocked(trip)
    if what == Status.RETURNED:
        street.returned(trip)
    stranger = browser_of(site, people.member("Bo Lindqvist").user, street.clock)
    token = stranger.token()
    rules = trip_rules(site)
    assert len(rules) >= 18
    before = counts()
    for method, path in rules:
        answers = [
            without_its_number(stranger.send(path.replace("<reference>", reference), method=method,
                                             data={"csrf_token": token} if method == "POST" else None))
            for reference in (trip.reference, "0123456789")]
        assert answers[0] == answers[1], (method, path)
        assert answers[0][0] == 404
        assert "There is nothing at this address." in answers[0][1]
    assert counts() == before


def counts() -> dict[str, int]:
    db.session.rollback()
    return {table.__tablename__: db.session.scalar(select(func.count()).select_from(table))
            for table in (Reservation, CarCommand, ConditionCheck, FuelStop)}


def test_the_whole_trip_through_its_pages(site, street, browser, trip):
    at = f"/trips/{trip.reference}"
    street.clock.at = trip.starts_at
    assert "Walk to bay" in words_of(browser.get(at))
    assert browser.post(f"{at}/flash").status_code == 302
    look = browser.fill_in(f"{at}/check", as_listed="1")
    assert look.status_code == 302
    street.work()
    assert "Back in bay" in words_of(browser.get("/drive"))
    assert browser.post(f"{at}/inside", cleanliness="4").status_code == 302
    fuel = browser.fill_in(f"{at}/fuel", paid_by="card", amount="31.40", volume="9.214", station="Shell")
    assert fuel.status_code == 302
    street.drives(trip, miles=9, minutes=30)
    page = browser.get(f"{at}/return")
    odometer = int(trip.car.reading.odometer_miles)
    assert f'value="{odometer}"' in page.text  # what the car says is filled in
    assert browser.fill_in(f"{at}/return", odometer=str(odometer), energy="75", lock="1").status_code == 302
    street.work()
    assert browser.get(at).headers["Location"] == f"{at}/receipt"
    receipt = words_of(browser.get(f"{at}/receipt"))
    assert "Fuel or charging, and 200 miles" in receipt
    assert trip_of(trip).ended_at is not None
    assert browser.get(f"{at}/certificate").status_code == 200


@pytest.mark.one_database
@pytest.mark.check("steps")
def test_an_early_look_or_unlock_says_when(site, street, browser, trip):
    at = f"/trips/{trip.reference}"
    for address, typed in ((f"{at}/unlock", {}), (f"{at}/check", {"as_listed": "1"})):
        answer = browser.post(address, **typed)
        assert answer.status_code == 409
        assert "It is too early to open the car." in words_of(answer)
        assert "10 minutes before the start" in words_of(answer)


@pytest.mark.one_database
def test_reporting_a_mark_without_words_asks_for_them_and_keeps_the_view(site, street, browser, trip):
    street.clock.at = trip.starts_at
    answer = browser.fill_in(f"/trips/{trip.reference}/check", view="rear", what="", report="1")
    assert "Say what you see" in words_of(answer)
    assert 'value="rear"' in answer.text
    assert "selected" in answer.text.split('value="rear"', 1)[0][-40:] + answer.text.split('value="rear"', 1)[1][:40]


@pytest.mark.one_database
def test_a_new_mark_has_a_side(site, street, browser, trip):
    street.clock.at = trip.starts_at
    answer = browser.fill_in(f"/trips/{trip.reference}/check", view="", what="a dent", report="1")
    assert "Choose the side where you see it" in words_of(answer)
    assert 'value="a dent"' in answer.text


@pytest.mark.one_database
@pytest.mark.parametrize(("typed", "words"), [
    ({"amount": "NaN"}, "between $0.01 and $500"),
    ({"amount": "sNaN"}, "amount"),
    ({"amount": "1e400"}, "between $0.01 and $500"),
    ({"amount": "-3"}, "between $0.01 and $500"),
    ({"amount": "lots"}, "amount"),
    ({"amount": ""}, "Type the amount"),
    ({"volume": "inf"}, "between 0.01 and 200"),
    ({"volume": "0"}, "between 0.01 and 200"),
    ({"station": "x" * 4096}, "2 to 80 characters"),
    ({"station": ""}, "Type the name on the sign"),
    ({"amount": "75.01"}, "more than the card in the car pays"),
    ({"paid_by": "member", "amount": "99.00"}, "more than so much can cost: at most $92.14"),
    ({"paid_by": "member", "volume": "199.5"}, "more on this trip than it can"),
    ({"paid_by": "the queen"}, ""),
])
def test_a_fuel_stop_that_does_not_hold_keeps_what_was_typed_and_says_why(site, street, browser, trip, typed, words):
    street.unlocked(trip)
    sent = {"paid_by": "card", "amount": "31.40", "volume": "9.214", "station": "Shell & Söhne"} | typed
    answer = browser.fill_in(f"/trips/{trip.reference}/fuel", **sent)
    assert answer.status_code == 422
    assert words.lower() in words_of(answer).lower()
    if "station" not in typed:
        assert 'value="Shell &amp; Söhne"' in answer.text
    if "volume" not in typed:
        assert 'value="9.214"' in answer.text
    assert counts()["fuel_stops"] == 0


@pytest.mark.one_database
@pytest.mark.parametrize(("typed", "words"), [
    ({"odometer": "12"}, "lower than at the start"),
    ({"odometer": "-1"}, "whole number"),
    ({"odometer": "1e400"}, "whole number"),
    ({"odometer": "9" * 400}, "whole number"),
    ({"odometer": "9" * 5000}, "whole number"),
    ({"odometer": "NaN"}, "whole number"),
    ({"odometer": ""}, "whole number"),
    ({"energy": ""}, "Choose what the dashboard shows"),
    ({"energy": "400"}, ""),
])
def test_a_return_that_does_not_hold_ends_nothing_and_says_why(site, street, browser, trip, typed, words):
    street.unlocked(trip)
    sent = {"odometer": "99999", "energy": "75", "lock": "1"} | typed
    answer = browser.fill_in(f"/trips/{trip.reference}/return", **sent)
    assert answer.status_code == 422
    assert words in words_of(answer)
    street.work()
    assert trip_of(trip).ended_at is None


@pytest.mark.one_database
@pytest.mark.parametrize("pressed", ["as_listed", "skip"])
def test_what_was_typed_about_the_car_is_not_lost_by_pressing_another_button(site, street, browser, trip, pressed):
    street.clock.at = trip.starts_at
    answer = browser.fill_in(f"/trips/{trip.reference}/check", view="rear", what="a dent", **{pressed: "1"})
    assert answer.status_code == 422
    assert "Shall we note this?" in words_of(answer)
    assert 'value="a dent"' in answer.text
    assert '<details class="why" id="something-new" open>' in answer.text
    assert counts()["condition_checks"] == counts()["car_commands"] == 0


@pytest.mark.one_database
def test_enter_in_the_return_of_a_silent_car_locks_and_does_not_end_it_without(site, street, browser, trip):
    street.unlocked(trip)
    street.garage.set_faults(trip.car.vin, Faults(silent=True), at=NOON)
    street.returned(trip)
    main = browser.get(f"/trips/{trip.reference}/return").text.split("<main", 1)[1]
    buttons = re.findall(r'<button[^>]*name="(lock|anyway)"', main)
    assert "anyway" in buttons
    assert buttons[0] == "lock"


@pytest.mark.one_database
def test_the_drawings_of_a_live_part_are_drawings_to_the_browser(site, street, browser, trip):
    part = browser.get(f"/trips/{trip.reference}/live").text
    before, symbols = part.split("<symbol", 1)
    assert before.rstrip().endswith('<svg class="sprites" width="0" height="0" aria-hidden="true">')
    assert symbols.rstrip().endswith("</symbol></svg>")


@pytest.mark.one_database
def test_an_electric_car_charges_and_counts_kilowatt_hours(site, street, ada, browser):
    trip = street.unlocked(booked(ada, a_car(name="Basil")))
    at = f"/trips/{trip.reference}"
    form = words_of(browser.get(f"{at}/fuel"))
    assert "kWh" in form
    assert "Charging is included." in form
    assert browser.fill_in(f"{at}/fuel", paid_by="card", amount="14.20", volume="31.5", station="EVgo").status_code == 302
    page = browser.get(at)
    assert "Thank you for charging" in page.text
    assert "Charging stop at EVgo: $14.20" in words_of(page)
    street.returned(trip)
    receipt = words_of(browser.get(f"{at}/receipt"))
    assert "Charging stops" in receipt
    assert "31.5 kWh" in receipt
    assert "gallons" not in form + words_of(page) + receipt


@pytest.mark.one_database
def test_the_operators_numbers_are_said_as_they_are_set(site, street, browser, trip):
    with transaction():
        for key, value in {"card_limit": 6000, "card_uses": 1, "early_access": 5, "low_energy": 30}.items():
            db.session.execute(update(PolicyRow).where(PolicyRow.key == key).values(value=value))
    at = f"/trips/{trip.reference}"
    assert "You can go in 5 minutes before the start" in words_of(browser.post(f"{at}/unlock"))
    street.unlocked(trip)
    stop = {"paid_by": "card", "volume": "9.214", "station": "Shell"}
    assert "pays at once ($60.00)" in words_of(browser.fill_in(f"{at}/fuel", amount="60.01", **stop))
    browser.fill_in(f"{at}/fuel", amount="20", **stop)
    assert "works once a day" in words_of(browser.fill_in(f"{at}/fuel", amount="20", **stop))
    assert "The tank at 30% or more" in words_of(browser.get(f"{at}/return"))


@pytest.mark.one_database
def test_an_odometer_that_cannot_be_is_said_beside_it_and_what_was_typed_stays(site, street, browser, trip):
    street.unlocked(trip)
    street.garage.set_faults(trip.car.vin, Faults(offline=True), at=NOON)
    street.work()
    answer = browser.fill_in(f"/trips/{trip.reference}/return", odometer="9000000", energy="50", lock="1")
    assert answer.status_code == 422
    assert "further than a car can go" in words_of(answer)
    assert 'value="9000000"' in answer.text
    assert re.search(r'<input[^>]*checked[^>]*value="50"', answer.text)
    assert trip_of(trip).typed_odometer is None


@pytest.mark.one_database
def test_the_receipt_says_when_the_odometer_was_only_typed(site, street, browser, trip):
    street.unlocked(trip)
    street.garage.set_faults(trip.car.vin, Faults(offline=True), at=NOON)
    street.work()
    odometer = int(trip_of(trip).start_odometer) + 40
    return_car(reservation=trip, odometer=odometer, energy=50, now=trip.ends_at, lock=False)
    receipt = words_of(browser.get(f"/trips/{trip.reference}/receipt"))
    assert "40 miles after the start, is the one you typed" in receipt
    assert "no extra miles were charged" in receipt
    assert "read by the car" not in receipt


@pytest.mark.one_database
def test_the_way_out_of_a_silent_car_is_open_only_when_it_was_silent(site, street, browser, trip):
    street.unlocked(trip)
    address = f"/trips/{trip.reference}/return"
    browser.fill_in(address, odometer="99999", energy="75", anyway="1")
    assert trip_of(trip).ended_at is None  # nobody ends a trip without locking a car that answers
    street.garage.set_faults(trip.car.vin, Faults(silent=True), at=NOON)
    street.work()
    browser.fill_in(address, odometer="99999", energy="75", lock="1")
    street.work()
    assert "does not answer" in words_of(browser.get(address))
    browser.fill_in(address, odometer="99999", energy="75", anyway="1")
    db.session.rollback()
    assert trip_of(trip).ended_at is not None


@pytest.mark.one_database
def test_a_car_that_stands_elsewhere_is_asked_about_before_the_trip_ends(site, street, browser, trip):
    street.unlocked(trip)
    bay = trip.car.bay
    street.garage.park(trip.car.vin, lat=bay.lat + 0.02, lng=bay.lng, at=street.clock())
    street.work()
    address, typed = f"/trips/{trip.reference}/return", {"odometer": "99999", "energy": "75"}
    asked = browser.fill_in(address, **typed, lock="1")
    assert asked.status_code == 409
    assert "1.4 miles from its bay" in words_of(asked)
    assert 'value="99999"' in asked.text
    street.work()
    assert trip_of(trip).ended_at is None
    assert browser.fill_in(address, **typed, wrong_box="1").status_code == 302
    street.work()
    db.session.rollback()
    assert trip_of(trip).ended_at is not None


@pytest.mark.one_database
def test_a_trip_shows_its_price_and_the_most_one_pays_for_damage(site, street, browser, trip):
    words = words_of(browser.get(f"/trips/{trip.reference}"))
    assert f"Price as booked: ${trip.price_cents / 100:.2f}." in words
    assert "you pay at most $1,000" in words


@pytest.mark.one_database
def test_a_low_tank_is_told_before_it_costs(site, street, browser, trip):
    street.unlocked(trip)
    warning = "Below 25% at the return costs $30"
    assert warning not in words_of(browser.get(f"/trips/{trip.reference}/return"))
    street.drives(trip, miles=160, minutes=100)
    street.drives(trip, miles=160, minutes=100)
    assert warning in words_of(browser.get(f"/trips/{trip.reference}/return"))


@pytest.mark.one_database
def test_a_booking_that_ended_says_why_it_cost_nothing(site, street, browser, trip):
    at = f"/trips/{trip.reference}"
    cancel(reservation=trip, now=NOON)
    assert "it was free until" in words_of(browser.get(at))
    with transaction():
        trip.cancelled_at = trip.starts_at
    assert "because you could not have the car" in words_of(browser.get(at))


@pytest.mark.one_database
def test_returning_twice_says_so(site, street, browser, trip):
    street.returned(street.unlocked(trip))
    answer = browser.get(f"/trips/{trip.reference}/return")
    assert answer.status_code == 409
    assert "returned already" in words_of(answer)


@pytest.mark.one_database
def test_the_pin_is_shown_during_the_trip_only(site, street, browser, trip):
    assert browser.get(f"/trips/{trip.reference}/fuel").status_code == 409
    street.unlocked(trip)
    assert "PIN" in words_of(browser.get(f"/trips/{trip.reference}/fuel"))
    street.returned(trip)
    assert browser.get(f"/trips/{trip.reference}/fuel").headers["Location"].endswith("/receipt")


@pytest.mark.one_database
def test_a_page_that_is_not_open_yet_is_a_refused_step(site, street, browser, trip):
    browser.get(f"/trips/{trip.reference}/fuel")
    site.extensions["page_views"].flush()
    found = db.session.execute(select(Event.phase, Event.error_code).where(Event.step == "drive.refuel").order_by(Event.phase))
    assert [tuple(row) for row in found] == [("entered", "not_driving"), ("refused", "not_driving")]


@pytest.mark.one_database
def test_the_live_part_is_not_sent_again_while_nothing_changed(site, street, browser, trip):
    address = f"/trips/{trip.reference}/live"
    street.clock.at = trip.starts_at
    first = browser.get(address)
    sleep(1.1)  # the token against forgery is another one each second, and no news
    again = browser.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert "csrf_token" in first.text
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    street.unlocked(trip)
    changed = browser.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


@pytest.mark.one_database
def test_the_live_part_is_no_visit(site, street, browser, trip):
    for _ in range(3):
        browser.get(f"/trips/{trip.reference}/live")
    site.extensions["page_views"].flush()
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Event).where(Event.step == "pickup.arrive")) == 0


@pytest.mark.one_database
def test_cancelling_through_its_page_says_the_fee_before_and_after(site, street, browser, trip):
    address = f"/trips/{trip.reference}/cancel"
    assert "It is free until" in words_of(browser.get(address))
    street.clock.at = trip.starts_at - (trip.ends_at - trip.starts_at) / 3
    asked = words_of(browser.get(address))
    assert "Now it costs $" in asked
    assert browser.fill_in(address).status_code == 302
    told = browser.get("/trips").text
    assert "Cancelled. It costs $" in told
    assert browser.post(address).status_code == 302  # the form's other copy
    assert "Cancelled. It costs $" in browser.get("/trips").text
    assert browser.get(address).headers["Location"] == f"/trips/{trip.reference}"


@pytest.mark.one_database
def test_a_trip_under_way_has_no_page_to_cancel_it(site, street, browser, trip):
    street.unlocked(trip)
    answer = browser.get(f"/trips/{trip.reference}/cancel")
    assert answer.status_code == 409
    assert "cannot be cancelled any more" in words_of(answer)


@pytest.mark.one_database
def test_booking_again_leads_to_the_same_car_for_as_long(site, street, browser, trip):
    street.returned(street.unlocked(trip))
    to = html.unescape(re.search(r'href="(/cars/acorn/book[^"]+)"', browser.get(f"/trips/{trip.reference}/again").text)[1])
    page = browser.get(to)
    assert page.status_code == 200
    assert "offer" in hidden_fields(page.text)


def test_older_trips_are_asked_for_by_a_moment_and_nonsense_is_the_first_page(site, street, browser, trip):
    for before in ("x", "", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-11-24", "NaN"):
        assert browser.get("/trips", before=before).status_code == 200
    assert browser.get("/trips", before=now().isoformat()).status_code == 200


def test_upcoming_and_past_trips_are_ones_own(site, street, people, browser, trip):
    booked(people.member("Bo Lindqvist"), a_car(name="Basil"), hours(30, 32))
    page = words_of(browser.get("/trips"))
    assert "Acorn" in page
    assert "Basil" not in page


@pytest.mark.one_database
def test_home_offers_the_newest_trip_of_each_recent_car_once(app, site, people, clock):
    ada = people.member()
    trips = [booked(ada, a_car(name=name), hours(start, start + 1))
             for start, name in ((24, "Acorn"), (30, "Basil"), (48, "Acorn"))]
    for trip in trips:
        cancel(reservation=trip, now=NOON)
    page = browser_of(site, ada.user, clock).get("/").text
    offered = re.findall(r'href="/trips/(\w+)/again"', page)
    assert offered == [trips[2].reference, trips[1].reference]


@pytest.mark.one_database
def test_a_trip_that_is_not_there_is_nobodys_step(site, browser):
    assert browser.get("/trips/zzzzzzzz").status_code == 404
    site.extensions["page_views"].flush()
    assert db.session.scalar(select(func.count()).select_from(Event).where(Event.step == "pickup.arrive")) == 0


@pytest.mark.one_database
@pytest.mark.parametrize("driving", [False, True])
def test_a_trip_that_began_is_not_said_to_cost_nothing_when_the_car_says_no(street, trip, browser, driving):
    if driving:
        street.unlocked(trip)
    else:
        street.clock.at = trip.starts_at
        check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=street.clock())
    street.garage.set_faults(trip.car.vin, Faults(refuse="relay_stuck"), at=street.clock())
    for _ in range(3):
        browser.post(f"/trips/{trip.reference}/unlock")
        street.work()
    words = words_of(browser.get(f"/trips/{trip.reference}"))
    assert "let us help" in words
    assert ("never begins costs nothing" in words) is not driving
