"""A member's calendar: every trip at its right hour, through both nights on which the clocks change."""

import email
import threading
import time
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import event as sql_event
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from core.database import db, transaction
from core.ids import new_id
from core.time import Span, from_local
from portal.account.leave.leave import leave
from portal.account.models import Member
from portal.worker import do_due
from reservations.booking.cancel import cancel
from reservations.booking.change.models import ReservationChange
from reservations.booking.models import Reservation
from reservations.feed.end import end_feed
from reservations.feed.event import letter_of
from reservations.feed.models import CalendarFeed
from reservations.feed.queries import KEPT, feed_of, hash_of
from reservations.feed.set_alarm import set_alarm
from reservations.feed.start import start_feed
from tests.factories import NOON, Clock, a_car, hours
from tests.reservations.made import booked
from tests.reservations.pages import Browser, browser_of, hidden_fields, words_of

CHICAGO = ZoneInfo("America/Chicago")


@pytest.fixture
def ada(people):
    return people.member()


@pytest.fixture
def secret(app, ada):
    return start_feed(member=ada, seal=app.extensions["adapters"].seal, now=NOON)


@pytest.fixture
def stranger(site, clock):
    """A calendar program: nobody is signed in there."""
    return Browser(site.test_client(), clock)


def local(text: str, fold: int = 0) -> datetime:
    return from_local(datetime.fromisoformat(text), CHICAGO, fold=fold)


def opened(answer) -> Calendar:
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    return Calendar.from_ical(answer.data)


def events(stranger: Browser, secret: str) -> list:
    return opened(stranger.get(f"/calendar/{secret}.ics")).walk("VEVENT")


def changed(trip: Reservation, span: Span, at: datetime, once: str = "change-1") -> None:
    """A change as it is kept: the row in place, and what was before and after beside it."""
    with transaction():
        db.session.execute(insert(ReservationChange), {
            "id": new_id(), "reservation_id": trip.id, "at": at, "why": "wish", "actor": "member",
            "before_car_id": trip.car_id, "before_lot_id": trip.lot_id, "before_starts_at": trip.starts_at,
            "before_ends_at": trip.ends_at, "before_price_cents": trip.price_cents, "before_quote": trip.quote,
            "after_car_id": trip.car_id, "after_lot_id": trip.lot_id, "after_starts_at": span.start, "after_ends_at": span.end,
            "after_price_cents": trip.price_cents, "after_quote": trip.quote, "difference_cents": 0, "currency": "USD",
            "once": once})
        trip.starts_at, trip.ends_at = span.start, span.end


# The hours.

FALL, SPRING = datetime(2027, 11, 1, 18, tzinfo=UTC), datetime(2027, 3, 8, 18, tzinfo=UTC)  # the clocks change that Sunday


@pytest.mark.parametrize(("today", "starts", "ends", "elapsed"), [
    (SPRING, ("2027-03-13T20:00", 0), ("2027-03-13T23:00", 0), 3),  # the evening before
    (SPRING, ("2027-03-14T00:30", 0), ("2027-03-14T01:45", 0), 1.25),  # before the gap
    (SPRING, ("2027-03-14T01:00", 0), ("2027-03-14T04:00", 0), 2),  # across it
    (SPRING, ("2027-03-14T03:00", 0), ("2027-03-14T05:00", 0), 2),  # begins as it ends
    (SPRING, ("2027-03-13T22:00", 0), ("2027-03-15T08:00", 0), 33),  # over the whole weekend
    (FALL, ("2027-11-06T20:00", 0), ("2027-11-06T23:00", 0), 3),
    (FALL, ("2027-11-07T00:30", 0), ("2027-11-07T01:30", 0), 1),  # ends in the first of the two hours
    (FALL, ("2027-11-07T01:15", 0), ("2027-11-07T01:15", 1), 1),  # from the first to the second of them
    (FALL, ("2027-11-07T01:30", 1), ("2027-11-07T03:00", 0), 1.5),  # begins in the second
    (FALL, ("2027-11-07T00:00", 0), ("2027-11-07T04:00", 0), 5),  # across both
    (FALL, ("2027-11-07T03:00", 0), ("2027-11-07T05:00", 0), 2),
])
@pytest.mark.one_database
def test_a_trip_around_a_change_of_the_clocks_keeps_its_hours(ada, secret, site, today, starts, ends, elapsed):
    trip = booked(ada, span=Span(local(*starts), local(*ends)), now=today)
    (event,) = events(Browser(site.test_client(), Clock(today)), secret)
    begins, stops = event.decoded("dtstart"), event.decoded("dtend")
    assert (begins.astimezone(UTC), stops.astimezone(UTC)) == (trip.starts_at, trip.ends_at)
    assert (stops.astimezone(UTC) - begins.astimezone(UTC)).total_seconds() == elapsed * 3600


@pytest.mark.one_database
@pytest.mark.parametrize(("today", "at", "offset"), [
    (SPRING, "2027-03-13T20:00", -6), (SPRING, "2027-03-14T12:00", -5), (FALL, "2027-11-06T20:00", -5),
    (FALL, "2027-11-07T12:00", -6)])
def test_the_zone_that_comes_along_says_the_same_as_ours(ada, secret, site, today, at, offset):
    """A program that knows no Chicago reads the zone in the file: it must not depend on the reader's own tables."""
    booked(ada, span=Span(local(at), local(at) + timedelta(hours=2)), now=today)
    calendar = opened(Browser(site.test_client(), Clock(today)).get(f"/calendar/{secret}.ics"))
    (event,), (zone,) = calendar.walk("VEVENT"), calendar.walk("VTIMEZONE")
    assert event["dtstart"].params["TZID"] == zone["tzid"] == "America/Chicago"
    theirs = zone.to_tz(lookup_tzid=False)
    assert datetime.fromisoformat(at).replace(tzinfo=theirs).utcoffset() == timedelta(hours=offset)


@pytest.mark.one_database
def test_a_local_time_that_means_the_second_of_two_hours_is_never_written(ada, secret, site):
    """RFC 5545 takes it for the first: an hour too early at the car."""
    booked(ada, span=Span(local("2027-11-07T01:30", 1), local("2027-11-07T03:00")), now=FALL)
    (event,) = events(Browser(site.test_client(), Clock(FALL)), secret)
    assert b"DTSTART:20271107T073000Z" in event.to_ical()


# What is in it.

def test_an_event_says_where_the_car_stands_and_how_to_get_in(ada, secret, stranger):
    trip = booked(ada, a_car(name="Acorn"))
    (event,) = events(stranger, secret)
    car, lot = trip.car, trip.car.lot
    assert event["summary"].startswith("Acorn, ")
    assert all(words in event["location"] for words in (lot.name, f"bay {car.bay.number}", lot.address))
    assert all(words in event["description"] for words in (lot.how_to_get_in, car.plate, f"/trips/{trip.reference}"))
    assert event["url"].endswith(f"/trips/{trip.reference}")
    assert (event["status"], event["sequence"], event["uid"]) == ("CONFIRMED", 0, f"{trip.reference}@roundtrip.example")
    assert event.decoded("last-modified") == NOON


def test_a_change_moves_the_same_event_and_raises_its_sequence(ada, secret, stranger):
    trip = booked(ada)
    (before,) = events(stranger, secret)
    changed(trip, hours(26, 29), NOON + timedelta(hours=1))
    (once,) = events(stranger, secret)
    changed(trip, hours(27, 30), NOON + timedelta(hours=2), "change-2")
    (twice,) = events(stranger, secret)
    assert before["uid"] == once["uid"] == twice["uid"]
    assert [each["sequence"] for each in (before, once, twice)] == [0, 1, 2]
    assert twice.decoded("dtstart").astimezone(UTC) == hours(27, 30).start
    assert twice.decoded("last-modified") == NOON + timedelta(hours=2)
    cancel(reservation=trip, now=NOON + timedelta(hours=3))
    (gone,) = events(stranger, secret)
    assert (gone["uid"], gone["sequence"], gone["status"]) == (before["uid"], 3, "CANCELLED")
    assert gone.decoded("last-modified") == NOON + timedelta(hours=3)


def test_what_was_cancelled_stays_a_season_and_then_goes(ada, secret, stranger, clock):
    trip = booked(ada)
    cancel(reservation=trip, now=NOON)
    clock.at = trip.ends_at + KEPT - timedelta(minutes=1)
    assert [each["status"] for each in events(stranger, secret)] == ["CANCELLED"]
    clock.at = trip.ends_at + KEPT
    assert events(stranger, secret) == []


@pytest.mark.one_database
def test_only_ones_own_trips_are_in_it(people, ada, secret, stranger):
    booked(people.member("Bo Lindqvist"), a_car(name="Basil"))
    mine = booked(ada, a_car(name="Acorn"))
    assert [each["uid"] for each in events(stranger, secret)] == [f"{mine.reference}@roundtrip.example"]


@pytest.mark.one_database
def test_it_rings_only_when_its_member_wants_it(ada, secret, stranger):
    trip = booked(ada)
    assert events(stranger, secret)[0].walk("VALARM") == []
    set_alarm(member=ada, alarm_minutes=60)
    (alarm,) = events(stranger, secret)[0].walk("VALARM")
    assert alarm.decoded("trigger") == timedelta(minutes=-60)
    cancel(reservation=trip, now=NOON)
    assert events(stranger, secret)[0].walk("VALARM") == []


@pytest.mark.one_database
def test_it_is_read_in_as_many_questions_however_many_trips_are_in_it(site, ada, secret, stranger):
    counts = []
    for trips in (1, 8):
        for number in range(trips):
            booked(ada, span=hours(24 * (trips + number), 24 * (trips + number) + 2))
        asked = []
        listen = lambda _c, _cur, statement, *_rest: asked.append(statement)  # noqa: B023, E731
        sql_event.listen(db.engine, "before_cursor_execute", listen)
        events(stranger, secret)
        sql_event.remove(db.engine, "before_cursor_execute", listen)
        counts.append(len([one for one in asked if one.lstrip().startswith("SELECT")]))
    assert counts[0] == counts[1] <= 4


# Who may read it.

def test_a_program_that_has_it_already_gets_nothing_new(ada, secret, stranger, clock):
    booked(ada)
    first = stranger.get(f"/calendar/{secret}.ics")
    tag = {"If-None-Match": first.headers["ETag"]}
    clock.forward(hours=2)
    again = stranger.get(f"/calendar/{secret}.ics", headers=tag)
    assert (again.status_code, again.data) == (304, b"")
    booked(ada, span=hours(50, 52), now=clock())
    assert stranger.get(f"/calendar/{secret}.ics", headers=tag).status_code == 200
    assert first.headers["Cache-Control"] == "private, no-cache"


def test_another_address_answers_like_one_that_never_was(site, ada, secret, stranger):
    renewed = start_feed(member=ada, seal=site.extensions["adapters"].seal, now=NOON)
    assert stranger.get(f"/calendar/{secret}.ics").status_code == 404
    assert stranger.get(f"/calendar/{renewed}.ics").status_code == 200
    end_feed(member=ada)
    end_feed(member=ada)
    for gone in (renewed, "x", "x" * 500):
        assert stranger.get(f"/calendar/{gone}.ics").status_code == 404


@pytest.mark.one_database
def test_the_calendar_of_somebody_who_left_is_closed(site, ada, secret, stranger):
    leave(member=ada, reason=None, words="", seal=site.extensions["adapters"].seal, now=NOON)
    assert stranger.get(f"/calendar/{secret}.ics").status_code == 404


@pytest.mark.one_database
def test_the_database_holds_no_address_that_could_be_used(ada, secret):
    kept = feed_of(ada.id)
    assert secret not in (kept.secret_hash, kept.secret_sealed)
    assert kept.secret_hash == hash_of(secret)


def test_two_members_never_have_the_same_address(people, ada, secret):
    bo = people.member("Bo Lindqvist")
    with pytest.raises(IntegrityError, match=r"one_calendar_per_secret|calendar_feeds\.secret_hash"), transaction():
        db.session.execute(insert(CalendarFeed), {"member_id": bo.id, "secret_hash": hash_of(secret), "secret_sealed": "x",
                                                  "alarm_minutes": None, "since": NOON})


@pytest.mark.one_database
def test_somebody_who_tries_addresses_is_soon_told_to_wait(limited_site, clock):
    tries = [Browser(limited_site.test_client(), clock).get(f"/calendar/try{n}.ics").status_code for n in range(32)]
    assert (tries[0], tries[-1]) == (404, 429)


# Its page.

@pytest.mark.one_database
def test_a_member_switches_it_on_reads_the_address_again_renews_and_ends_it(site, ada, clock, stranger):
    browser = browser_of(site, ada.user, clock)

    def address() -> str:
        page = browser.get("/account/calendar").text
        return page.split('id="address" value="http://localhost', 1)[1].split('"', 1)[0]

    assert "Switch it on" in words_of(browser.get("/account/calendar"))
    browser.post("/account/calendar")
    first = address()
    assert stranger.get(first).status_code == 200
    assert address() == first
    browser.post("/account/calendar/alarm", alarm="30")
    browser.post("/account/calendar")
    assert stranger.get(first).status_code == 404
    assert stranger.get(address()).status_code == 200
    assert feed_of(ada.id).alarm_minutes == 30
    browser.post("/account/calendar/end")
    assert "Switch it on" in words_of(browser.get("/account/calendar"))


@pytest.mark.parametrize("first", ["alarm", "address"])
def test_an_alarm_that_is_chosen_while_the_address_changes_is_kept(site, app, ada, secret, clock, first):
    """One is done and not yet committed when the other comes: that waits, and loses nothing."""
    seal, browser, failed = app.extensions["adapters"].seal, browser_of(site, ada.user, clock), []
    form = hidden_fields(browser.get("/account/calendar").text)

    def other() -> None:
        try:
            if first == "alarm":
                browser.send("/account/calendar", method="POST", data=form)
            else:
                with app.app_context():
                    set_alarm(member=db.session.get_one(Member, ada.id), alarm_minutes=30)
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=other)
    with transaction():
        set_alarm(member=ada, alarm_minutes=30) if first == "alarm" else start_feed(member=ada, seal=seal, now=NOON)
        thread.start()
        time.sleep(0.6)  # it has read what it may read by now, and waits for this one to end
    thread.join()
    db.session.expire_all()
    kept = feed_of(ada.id)
    assert (failed, kept.alarm_minutes, kept.secret_hash == hash_of(secret)) == ([], 30, False)


@pytest.mark.one_database
def test_an_alarm_that_is_in_no_list_is_refused(site, ada, secret, clock):
    browser_of(site, ada.user, clock).post("/account/calendar/alarm", alarm="99999999")
    assert feed_of(ada.id).alarm_minutes is None


# In mails.

def dates_in(site) -> list[tuple[str, EmailMessage, Calendar]]:
    box = site.extensions["adapters"].mail.box
    letters = [email.message_from_bytes(box.get_bytes(key), policy=default) for key in box.iterkeys()]
    return [(str(letter["Subject"]), part, Calendar.from_ical(part.get_payload(decode=True)))
            for letter in letters for part in letter.iter_attachments()]


def test_the_confirmation_brings_the_trip_and_the_cancellation_takes_it_back(site, clock, ada):
    trip = booked(ada)
    do_due(site)
    ((subject, part, brought),) = dates_in(site)
    assert subject.startswith("Booked: ")
    assert (part.get_content_type(), part["Content-Type"].params["method"]) == ("text/calendar", "PUBLISH")
    assert part.get_filename() == f"{trip.reference}.ics"
    cancel(reservation=db.session.get_one(Reservation, trip.id), now=clock())
    do_due(site)
    _subject, other, taken = next(one for one in dates_in(site) if one[0].startswith("Cancelled: "))
    assert other["Content-Type"].params["method"] == taken["method"] == "CANCEL"
    (first,), (last,) = brought.walk("VEVENT"), taken.walk("VEVENT")
    assert brought["method"] == "PUBLISH"
    assert first["uid"] == last["uid"]
    assert (first["sequence"], last["sequence"]) == (0, 1)
    assert first["organizer"] == "mailto:hello@roundtrip.example"
    assert "attendee" not in first  # nobody is asked to accept or decline


@pytest.mark.one_database
def test_a_letter_about_several_trips_brings_all_of_them(app, ada):
    trips = [booked(ada, span=hours(start, start + 2)) for start in (24, 48)]
    cancel(reservation=trips[0], now=NOON)
    method, dates = letter_of(trips, {}, site_url="http://localhost", mail_from="Roundtrip <hello@roundtrip.example>")
    events_ = Calendar.from_ical(dates).walk("VEVENT")
    assert (method, [each["status"] for each in events_]) == ("PUBLISH", ["CANCELLED", "CONFIRMED"])
    cancel(reservation=trips[1], now=NOON)
    assert letter_of(trips, {}, site_url="", mail_from="a@b.example")[0] == "CANCEL"


@pytest.mark.one_database
def test_one_trip_comes_into_a_calendar_from_its_page_and_is_nobody_elses(site, ada, people, clock):
    trip, browser = booked(ada), browser_of(site, ada.user, clock)
    address = f"/trips/{trip.reference}/calendar.ics"
    assert f'href="{address}"' in browser.get(f"/trips/{trip.reference}").text
    answer = browser.get(address)
    assert (answer.mimetype, answer.headers["Content-Disposition"]) == (
        "text/calendar", f'attachment; filename="{trip.reference}.ics"')
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert event["UID"] == f"{trip.reference}@roundtrip.example"
    assert event["DTSTART"].dt == trip.starts_at
    assert browser_of(site, people.member("Bo Lind").user, clock).get(address).status_code == 404
