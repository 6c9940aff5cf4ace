"""Days that are over are counted once, and what pages tell of them is what their events would give."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update

from core.database import db, transaction
from core.ids import uuid7_at
from core.time import service_clock, wall_now
from experience.desk.chart import success_by_day
from experience.insight import count_days as counting
from experience.insight.by_place import place_figures
from experience.insight.count_days import count_days
from experience.insight.days import begins, cut, phases_by_day, slowest_visits
from experience.insight.funnel import journey_figures, step_figures
from experience.insight.models import CountedDay, StepDay
from experience.insight.times import rounded
from experience.insight.window import Window
from experience.journey import Phase, Step
from experience.record.models import Event
from tests.experience.given import happened, write
from tests.factories import NOON

DAYS = 5
LAST = NOON + timedelta(days=DAYS)
STEPS_USED = (Step.FIND_SEARCH, Step.PICKUP_UNLOCK, Step.PAY_DISPUTE)
WINDOWS = [Window(NOON - timedelta(days=1)), Window(NOON + timedelta(hours=30), until=NOON + timedelta(hours=80)),
           Window(begins(NOON.date()), until=begins(LAST.date())), Window(NOON, lot_id=2), Window(NOON, car_class="van"),
           Window(NOON, lot_id=1, car_class="suv"), Window(NOON + timedelta(days=30))]


def some_days(seed: int) -> list[dict[str, Any]]:
    """Visits at all hours, over midnight too: opened, opened again, ended once, twice or never, and disputes of days."""
    draw, rows = random.Random(seed), []
    for number in range(150):
        step = draw.choice(STEPS_USED)
        session, at = f"s{number}", NOON + timedelta(seconds=draw.randrange(DAYS * 86_400))
        lot, of_class = draw.randint(1, 3), draw.choice(["suv", "van"])
        facts = draw.choice([{}, {"lot_id": lot, "car_class": of_class}, {"car_class": "van"}])
        for phase in draw.choice([("entered",), ("entered", "entered", "succeeded"), ("entered", "abandoned"), ("failed",),
                                  ("entered", "refused", "succeeded"), ("entered", "undone", "succeeded", "entered")]):
            clocked = step is Step.PICKUP_UNLOCK and phase in ("succeeded", "failed") and draw.random() < 0.5
            rows.append(happened(step, Phase(phase), at, session=session, facts=facts if phase != "entered" else {},
                                 **({"measured": (10, draw.randrange(1, 90) / 2, "s")} if clocked else {})))
            at += timedelta(seconds=draw.randrange(5 * 86_400 if step is Step.PAY_DISPUTE else 6_000))
    return rows


def told_long_ago(number: int) -> dict[str, Any]:
    """The id of an event that came in time."""
    return {"id": uuid7_at(wall_now() - timedelta(hours=1), number)}


def told(window: Window) -> list[Any]:
    """All that the desk's pages tell of a window."""
    ahead = LAST + timedelta(days=9)
    return [journey_figures(window), *((
        step_figures(step, window), place_figures(step, window), success_by_day(step, window, ahead),
        sorted((visit.milliseconds, visit.journey_id or "") for visit in slowest_visits(step, window)))
        for step in STEPS_USED)]


@pytest.mark.parametrize("seed", range(2))
def test_counted_days_tell_what_their_events_tell(app: Flask, seed: int) -> None:
    write(*some_days(seed))
    before = [told(window) for window in WINDOWS]
    assert count_days(LAST) == DAYS
    assert cut(WINDOWS[0]).days == [NOON.date() + timedelta(days=n) for n in range(DAYS)]
    assert [told(window) for window in WINDOWS] == before


def test_a_page_reads_no_event_of_a_day_that_was_counted(app: Flask) -> None:
    write(*[row for row in some_days(1) if row["step"] != Step.PAY_DISPUTE])
    count_days(LAST + timedelta(days=30))
    window = Window(begins(NOON.date()), until=begins(LAST.date() + timedelta(days=3)))
    before = told(window)
    with transaction():
        db.session.execute(delete(Event))
    assert told(window) == before


def test_a_day_is_counted_once_its_last_visits_can_have_ended(app: Flask) -> None:
    write(happened(Step.FIND_SEARCH, Phase.SUCCEEDED, NOON, session="s") | told_long_ago(7))
    midnight = begins(NOON.date() + timedelta(days=1))
    assert count_days(midnight + timedelta(hours=5, minutes=59)) == 0
    assert count_days(midnight + timedelta(hours=6)) == 1
    assert count_days(midnight + timedelta(hours=7)) == 0


def test_a_day_of_which_an_event_came_late_is_counted_anew(app: Flask) -> None:
    window = Window(begins(NOON.date()), until=begins(NOON.date() + timedelta(days=1)))
    write(happened(Step.FIND_SEARCH, Phase.SUCCEEDED, NOON, session="s"))
    count_days(LAST)
    write(happened(Step.FIND_SEARCH, Phase.ABANDONED, NOON, session="t") | {"id": uuid7_at(wall_now(), 7)})
    assert step_figures(Step.FIND_SEARCH, window).counts == {Phase.SUCCEEDED: 1}
    assert count_days(LAST) == 1
    assert step_figures(Step.FIND_SEARCH, window).counts == {Phase.SUCCEEDED: 1, Phase.ABANDONED: 1}


@pytest.mark.one_database
@pytest.mark.parametrize("most", [1, 100])
def test_no_late_event_is_lost_to_a_run_that_stops_or_takes_long(
        app: Flask, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    days = [NOON + timedelta(days=n) for n in range(DAYS)]
    write(*(happened(Step.FIND_SEARCH, Phase.SUCCEEDED, at, session="s") | told_long_ago(n) for n, at in enumerate(days[:-1])))
    count_days(LAST - timedelta(days=1))
    write(*(happened(Step.FIND_SEARCH, Phase.ABANDONED, at, session="t") | {"id": uuid7_at(wall_now(), n)}
            for n, at in enumerate(days[:2])))
    began, figures = wall_now(), counting._figures

    def a_long_time(window: Window) -> list[dict[str, Any]]:
        found = figures(window)
        if window.since == begins(LAST.date() - timedelta(days=1)):
            write(happened(Step.FIND_SEARCH, Phase.ABANDONED, days[3], session="u")
                  | {"id": uuid7_at(began + timedelta(minutes=1), 7)})
            monkeypatch.setattr(counting, "wall_now", lambda: began + timedelta(minutes=20))
        return found

    monkeypatch.setattr(counting, "_figures", a_long_time)
    monkeypatch.setattr(counting, "MOST_AT_ONCE", most)
    while count_days(LAST) == most:
        pass
    monkeypatch.setattr(counting, "wall_now", lambda: began + timedelta(minutes=40))
    count_days(LAST)
    assert len(cut(Window(begins(NOON.date()))).days) == DAYS
    assert {at: n[Phase.ABANDONED] for at, n in phases_by_day(Step.FIND_SEARCH, Window(begins(NOON.date()))).items()} == {
        days[0].date(): 1, days[1].date(): 1, days[2].date(): 0, days[3].date(): 1}


def test_an_end_after_midnight_that_came_late_ends_the_visit_of_the_day_before(app: Flask) -> None:
    midnight = begins(NOON.date() + timedelta(days=1))
    write(happened(Step.FIND_SEARCH, Phase.ENTERED, midnight - timedelta(minutes=2), session="s") | told_long_ago(7))
    count_days(midnight + timedelta(hours=7))
    write(happened(Step.FIND_SEARCH, Phase.SUCCEEDED, midnight + timedelta(minutes=3), session="s")
          | {"id": uuid7_at(wall_now(), 7)})
    assert count_days(midnight + timedelta(hours=8)) == 1
    assert step_figures(Step.FIND_SEARCH, Window(begins(NOON.date()), until=midnight)).median_ms == 300_000


@pytest.mark.parametrize(("visits", "times"), [(25, {"24500": 10, "37000": 15}), (12, {"25500": 12}), (9, {})])
def test_what_outlives_the_events_is_nobodys(app: Flask, visits: int, times: dict[str, int]) -> None:
    facts = {"lot_id": 3}
    write(*(happened(Step.PICKUP_UNLOCK, phase, NOON + timedelta(seconds=took), session=f"s{number}", facts=facts)
            for number in range(visits) for phase, took in ((Phase.ENTERED, 0), (Phase.SUCCEEDED, 20 + number))),
          happened(Step.PICKUP_UNLOCK, Phase.FAILED, NOON, session="t", facts=facts))
    count_days(LAST)
    count_days(LAST + timedelta(days=31 * 27))
    row = db.session.scalars(select(StepDay).where(StepDay.step == str(Step.PICKUP_UNLOCK))).one()
    assert (row.times, row.places, row.longest) == (times, [], [])
    assert row.phases == ({"entered": visits, "succeeded": visits} if visits >= 10 else {})


@pytest.mark.parametrize("thinned", [False, True])
def test_days_are_counted_anew_on_demand_but_those_whose_events_are_forgotten(app: Flask, thinned: bool) -> None:
    window = Window(begins(NOON.date()), until=begins(NOON.date() + timedelta(days=1)))
    write(happened(Step.FIND_SEARCH, Phase.SUCCEEDED, NOON, session="s"))
    count_days(LAST)
    with transaction():
        db.session.execute(delete(Event))  # as after a restore: other events than were counted
        db.session.execute(update(CountedDay).values(thinned=thinned))
    write(*(happened(Step.FIND_SEARCH, Phase.FAILED, NOON, session="s") | told_long_ago(n) for n in range(2)))
    with service_clock(lambda: LAST):
        told = app.test_cli_runner().invoke(args=["experience", "recount"])
    assert told.exit_code == 0, told.output
    assert f"{0 if thinned else DAYS} counted days were put aside" in told.output
    assert step_figures(Step.FIND_SEARCH, window).counts == ({Phase.SUCCEEDED: 1} if thinned else {Phase.FAILED: 2})
    assert db.session.scalar(select(func.count()).select_from(CountedDay)) == DAYS


def test_a_day_without_an_event_is_counted_too(app: Flask) -> None:
    write(happened(Step.FIND_SEARCH, Phase.SUCCEEDED, NOON, session="s"),
          happened(Step.FIND_SEARCH, Phase.SUCCEEDED, NOON + timedelta(days=3), session="s"))
    assert count_days(LAST) == DAYS
    assert db.session.scalar(select(func.count()).select_from(CountedDay)) == DAYS
    parts = cut(Window(NOON, until=LAST))
    assert parts.days == [date(NOON.year, NOON.month, NOON.day) + timedelta(days=n) for n in range(1, DAYS)]
    assert [(part.since, part.until) for part in parts.around] == [
        (NOON, begins(parts.days[0])), (begins(LAST.date()), LAST)]


@pytest.mark.parametrize(("milliseconds", "says"), [(0, 0), (999, 999), (1004, 1000), (1005, 1010), (99_950, 100_000),
                                                     (123_456, 123_000)])
def test_lengths_are_told_to_three_digits(milliseconds: int, says: int) -> None:
    assert rounded(milliseconds) == says
    assert rounded(says) == says


def test_a_visit_over_midnight_belongs_to_the_day_on_which_it_was_opened(app: Flask) -> None:
    midnight: datetime = begins(NOON.date() + timedelta(days=1))
    write(happened(Step.FIND_SEARCH, Phase.ENTERED, midnight - timedelta(minutes=2), session="s"),
          happened(Step.FIND_SEARCH, Phase.SUCCEEDED, midnight + timedelta(minutes=3), session="s"))
    day = Window(begins(NOON.date()), until=midnight)
    for _ in range(2):  # as it is, and counted
        assert step_figures(Step.FIND_SEARCH, day).median_ms == 300_000
        assert step_figures(Step.FIND_SEARCH, replace(day, since=midnight, until=LAST)).timed == 0
        count_days(LAST)
