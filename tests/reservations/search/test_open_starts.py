"""Times picked on a car's page: every start that is offered can be booked, on every kind of day."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from core.time import Span, from_local
from reservations.search.open_starts import open_starts
from tests.factories import a_car, hours
from tests.reservations.made import booked
from tests.reservations.pages import Browser, words_of

CHICAGO = ZoneInfo("America/Chicago")
DAY = date(2026, 11, 25)
LONG_AGO, FAR = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
WHEN = {"start": "2026-11-25T12:00", "end": "2026-11-25T15:00"}


def starts(taken=(), day=DAY, length=2.0, turnaround=0, earliest=LONG_AGO, latest=FAR, finely=None):
    found = open_starts(day, CHICAGO, list(taken), length=timedelta(hours=length), turnaround=timedelta(minutes=turnaround),
                        earliest=earliest, latest=latest, finely=finely)
    return [one.span.start.astimezone(CHICAGO).strftime("%H:%M%z" if one.is_twice else "%H:%M") for one in found]


def at(text: str) -> datetime:
    return from_local(datetime.fromisoformat(f"2026-11-25T{text}"), CHICAGO)


def test_a_free_day_offers_every_full_hour():
    assert starts() == [f"{hour:02}:00" for hour in range(24)]


def test_what_is_taken_and_what_does_not_fit_before_it_is_left_out():
    taken = [Span(at("03:00"), at("20:15"))]
    assert starts(taken) == ["00:00", "01:00", "20:15", "21:00", "22:00", "23:00"]
    assert starts(taken, turnaround=30) == ["00:00", "20:15", "21:00", "22:00", "23:00"]


def test_nothing_before_now_or_after_bookings_end():
    assert starts(earliest=at("20:20"), latest=at("22:00")) == ["20:30", "21:00", "22:00"]


def test_an_hour_that_is_looked_at_has_its_free_quarters():
    taken = [Span(at("03:00"), at("20:15"))]
    assert starts(taken, finely=Span(at("20:00"), at("21:00"))) == [
        "00:00", "01:00", "20:15", "20:30", "20:45", "21:00", "22:00", "23:00"]


@pytest.mark.one_database
def test_choosing_an_hour_on_a_cars_page_opens_its_quarters(browser):
    page = browser.get("/cars/acorn", start="2026-11-25T09:30", end="2026-11-25T11:30")
    begin = [re.search(r"T(\d\d:\d\d)", link)[1] for link in offered(page.text)]
    assert begin[8:14] == ["08:00", "09:00", "09:15", "09:30", "09:45", "10:00"]


@pytest.mark.parametrize(("day", "expected"), [
    (date(2027, 3, 14), ["00:00", "01:00", *(f"{hour:02}:00" for hour in range(3, 24))]),  # there is no two o'clock
    (date(2027, 11, 7), ["00:00", "01:00-0500", "01:00-0600", *(f"{hour:02}:00" for hour in range(2, 24))]),
])
def test_a_day_on_which_the_clocks_change_has_its_own_hours(day, expected):
    assert starts(day=day) == expected


@pytest.fixture
def browser(site, clock):
    return Browser(site.test_client(), clock)


def offered(page: str) -> list[str]:
    """Where the times of the open day lead."""
    return [unescape(href) for href in re.findall(r'href="(/cars/acorn\?[^"]*#your-time)"', page)]


@pytest.mark.one_database
def test_every_time_that_the_page_offers_is_free_and_none_is_left_out(browser, people):
    booked(people.member(), a_car(name="Acorn"), hours(24, 30))
    page = browser.get("/cars/acorn", **WHEN)
    links = offered(page.text)
    for link in links:
        assert "Free" in words_of(browser.get(link.split("#")[0])).split("Change the times")[0].rsplit("Wed, Nov 25,", 1)[1]
    begin = [re.search(r"T(\d\d:\d\d)", link)[1] for link in links]
    assert begin == [*(f"{hour:02}:00" for hour in range(10)), *(f"{hour}:00" for hour in range(18, 24))]


@pytest.mark.one_database
def test_a_trip_of_five_days_is_offered_only_where_all_of_it_is_free(browser, people):
    booked(people.member(), a_car(name="Acorn"), hours(288, 294))  # from noon of December 6 on
    page = browser.get("/cars/acorn", start="2026-11-25T12:00", end="2026-11-30T12:00", week="2026-11-25", day="2026-12-01")
    links = offered(page.text)
    assert [re.search(r"T(\d\d:\d\d)", link)[1] for link in links] == [f"{hour:02}:00" for hour in range(13)]
    assert "Free" in words_of(browser.get(links[-1].split("#")[0]))


@pytest.mark.one_database
def test_another_length_and_another_day_are_a_link_away(browser):
    page = browser.get("/cars/acorn", **WHEN)
    lengths = {unescape(href) for href in re.findall(r'href="(/cars/acorn\?[^"]*#days)"', page.text)}
    assert any("start=2026-11-25T12:00-06:00&end=2026-11-25T18:00-06:00" in href for href in lengths)
    later = next(href for href in lengths if "day=2026-12-02&week=2026-12-02" in href)
    opened = browser.get(later.split("#")[0])
    assert "Wed, Dec 2: from when, for 3 h" in words_of(opened)
    assert "start=2026-12-02T00:00-06:00" in unescape(opened.text)


@pytest.mark.one_database
@pytest.mark.parametrize("args", [
    {"day": "soon"}, {"day": "0001-01-01"}, {"day": "9999-12-31"}, {"week": "9999-12-31"}, {"day": "2026-11-26", "week": "x"},
    {"day": "2027-01-01", "week": "2026-11-24"}, {"day": "", "week": ""}])
def test_a_day_that_makes_no_sense_is_another_day(browser, args):
    page = browser.get("/cars/acorn", **WHEN, **args)
    assert page.status_code == 200
    assert page.text.count('data-behaviour="pick_times"') == 7


@pytest.mark.one_database
def test_the_hour_that_happens_twice_is_offered_twice_by_name(site, clock):
    clock.at = datetime(2027, 11, 1, 18, tzinfo=UTC)
    page = Browser(site.test_client(), clock).get("/cars/acorn", start="2027-11-07T09:00", end="2027-11-07T11:00")
    assert "1:00 AM CDT" in words_of(page)
    assert "1:00 AM CST" in words_of(page)
