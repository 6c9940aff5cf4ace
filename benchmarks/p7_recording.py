"""P7: what recording costs a search, and what dying costs the record."""

import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

import config
from benchmarks.measure import Ask, Result
from benchmarks.p5_booking import bench_member, offers
from core.database import db
from experience.journey import Phase, Step
from experience.record.models import Event
from experience.record.observe import Scene, observe, scene
from experience.record.page_views import PageView, PageViews
from fleet.import_csv import import_city
from portal.app import create_app

DEATHS = 4
SEARCHES_A_SECOND = 40

LIVE = """
import sys, time
from benchmarks.p7_recording import a_view
from benchmarks.p5_booking import whole_booking
from portal.app import create_app
import benchmarks.p5_booking

app = create_app()
benchmarks.p5_booking._slots = iter(range(int(time.time() * 10) % 4000, 10**9))  # other times than before the last death
with app.app_context():
    for number in range(100_000):
        a_view(app)
        print("view", time.time(), flush=True)
        if number % 20 == 0:
            whole_booking(int(sys.argv[1]))
            print("booked", time.time(), flush=True)
        time.sleep(0.004)
"""


def run(ask: Ask) -> list[Result]:
    """On the bundled city in a fresh SQLite database, whatever was asked for: the record is the same everywhere."""
    home = Path(tempfile.mkdtemp())
    app = create_app(config.load({"APP_ENV": "testing", "PORTAL_HOME": str(home), "DATABASE_URL": ""}))
    try:
        with app.app_context():
            upgrade()
            import_city(config.ROOT / "cities" / "chicago", seal=app.extensions["adapters"].seal.close)
            share, extra, whole = cost_of_a_search(app, ask.rounds)
            app.extensions["page_views"].flush()
            lost_bookings, booked, lost_seconds = what_dying_costs(home)
    finally:
        shutil.rmtree(home)
    def told(goal: str, says: str, value: float, unit: str) -> Result:
        return Result("P7", goal, says, value, unit, database="sqlite", scale="city")

    return [told("p7_share", f"of a search of {whole:.2f} ms is recording", share * 100, "%"),
            told("p7_extra", "recording a search", extra, "ms"),
            told("p7_lost", f"of {booked} bookings' steps lost over {DEATHS} deaths", lost_bookings, ""),
            told("p7_views", "of page views lost at most", lost_seconds, "s")]


def cost_of_a_search(app: Flask, rounds: int) -> tuple[float, float, float]:
    """A search, and what is recorded of it, in turn, so that a slow moment of the machine meets both.

    Recorded are its step and the view of its page; what writing them costs later, in another thread, is added to each.
    """
    views: PageViews = app.extensions["page_views"]
    for warm in (offers, lambda: record_a_search(app)) * 3:
        warm()
    views.flush()
    pairs, writing = [], 0.0
    for number in range(1, rounds + 1):
        pairs.append((_timed(offers), _timed(lambda: record_a_search(app))))
        if number % SEARCHES_A_SECOND == 0:
            writing += _timed(views.flush)
    later = writing / rounds
    share = statistics.median((recording + later) / search for search, recording in pairs)
    extra = (statistics.median(recording for _, recording in pairs) + later) * 1000
    return share, extra, statistics.median(search for search, _ in pairs) * 1000


def record_a_search(app: Flask) -> None:
    """What is recorded of a search, without the search: as reservations/search/find.py and the page's hooks do it."""
    with (scene(Scene(session_id="a-visit", trace_id="a-trace", actor="member", keep_look=app.extensions["page_views"].look)),
          observe(Step.FIND_SEARCH, looking=True) as seen):
        seen.note(found=69, free=60, almost=5, taken=4, radius_m=3000, confidence=1.0, view="list")
    a_view(app)


def a_view(app: Flask) -> None:
    """Somebody opens the search page."""
    app.extensions["page_views"].add(
        PageView(Step.FIND_SEARCH, Phase.ENTERED, "a-visit", "a-trace", None, None, {}, None, None))


def _timed(work: Callable[[], None]) -> float:
    db.session.rollback()
    db.session.expunge_all()
    began = perf_counter()
    work()
    return perf_counter() - began


def what_dying_costs(home: Path) -> tuple[int, int, float]:
    """A process that views pages and books is killed by the system; what it said it had done is looked for in the log.

    How many bookings' steps were lost, of how many, and how many seconds of page views at most.
    """
    member_id = bench_member()
    db.session.remove()
    lost_seconds, lost_bookings, booked_in_all = 0.0, 0, 0
    for death in range(DEATHS):
        before, seen_before = _written(Step.BOOK_CONFIRM), _written(Step.FIND_SEARCH)
        viewed, booked, died = _until_killed(home, member_id, 1.2 + death * 0.37)
        booked_in_all += len(booked)
        lost_bookings += len(booked) - (_written(Step.BOOK_CONFIRM) - before)
        lost = viewed[_written(Step.FIND_SEARCH) - seen_before:]
        lost_seconds = max(lost_seconds, died - lost[0] if lost else 0.0)
    return max(0, lost_bookings), booked_in_all, lost_seconds


def _until_killed(home: Path, member_id: int, after: float) -> tuple[list[float], list[float], float]:
    """When it said that it had viewed and booked, and when it died."""
    environ = os.environ | {"APP_ENV": "testing", "PORTAL_HOME": str(home), "DATABASE_URL": ""}
    with subprocess.Popen([sys.executable, "-c", LIVE, str(member_id)], env=environ, cwd=config.ROOT, text=True,  # noqa: S603 - ours
                          stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = [process.stdout.readline()]  # it is there
        time.sleep(after)
        died = time.time()
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
    lines = [line.split() for line in said if line.endswith("\n")]
    return ([float(at) for what, at in lines if what == "view"], [float(at) for what, at in lines if what == "booked"], died)


def _written(step: Step) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Event).where(
        Event.step == str(step), Event.phase == ("succeeded" if step is Step.BOOK_CONFIRM else "entered"))) or 0
