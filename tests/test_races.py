"""Twenty members, four server processes, one car: exactly one wins, the rest are refused kindly, on both databases.

`SOAK=1` runs the long form. The same race with the constraint switched off must show double bookings: a check that
cannot fail is no check.
"""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import combinations, count
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import httpx
import pytest
from flask import Flask
from sqlalchemy import delete, func, select, text

from core.database import db, transaction
from core.time import Span
from fleet.calendar.hold import SQLITE_TRIGGERS
from fleet.calendar.models import Occupancy
from fleet.cars.models import Car
from portal.app import create_app
from reservations.booking.models import Reservation
from reservations.search.times import query
from tests.conftest import DATABASES, SOAK, fresh_database, settings_for
from tests.factories import NOON, PASSWORD, People, csrf_of, hidden, hours

pytestmark = pytest.mark.long
ROUNDS = 300 if SOAK else 30
MEMBERS = 64 if SOAK else 20
PROCESSES = 4
Wish = tuple[int, int, Span, str]  # member, car, span, the form's key


@dataclass
class Track:
    """A database, its members and cars, and the server processes that race over it."""

    app: Flask
    environ: dict[str, str]
    members: list[int]
    cars: Iterator[int]
    forms: Iterator[int] = field(default_factory=count)
    racers: "subprocess.Popen[str] | None" = None
    last_trips: set[int] = field(default_factory=set)

    def race(self, wishes: list[Wish]) -> Counter[str]:
        """Let all wishes start at the same moment, spread over the processes; what became of how many."""
        told = [[member, car, span.start.timestamp(), span.end.timestamp(), once] for member, car, span, once in wishes]
        self.racers.stdin.write(json.dumps(told) + "\n")
        self.racers.stdin.flush()
        answers = json.loads(self.racers.stdout.readline())
        assert len(answers) == len(wishes)
        self.last_trips = {trip for _member, _what, trip in answers if trip}
        return Counter(what for _member, what, _trip in answers)

    def wishes(self, spans: list[Span], cars: list[int]) -> list[Wish]:
        """One wish for each member, each with a form of its own."""
        return [(member, cars[n % len(cars)], spans[n % len(spans)], f"form-{next(self.forms)}")
                for n, member in enumerate(self.members)]

    def held(self, car: int) -> list[Span]:
        """What the calendar says of a car."""
        db.session.rollback()
        return [row.span for row in db.session.scalars(select(Occupancy).where(Occupancy.car_id == car))]


@pytest.fixture(scope="module", params=DATABASES)
def track(request, tmp_path_factory) -> Iterator[Track]:
    home = tmp_path_factory.mktemp("track")
    with fresh_database(request, request.param, home) as url:
        environ = os.environ | {"APP_ENV": "testing", "PORTAL_HOME": str(home), "DATABASE_URL": url}
        app = create_app(settings_for(home, url))
        with app.app_context():
            members = [People().member(f"Racer {n}").id for n in range(MEMBERS)]
            cars = iter(db.session.scalars(select(Car.id).order_by(Car.id)).all() * 20)
            made = Track(app, environ, members, cars)
            with _running(made):
                yield made
            db.session.remove()
            db.engine.dispose()


@contextmanager
def _running(track: Track) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.racer", str(PROCESSES)]
    with subprocess.Popen(command, env=track.environ, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          cwd=Path(__file__).parents[1]) as track.racers:
        assert track.racers.stdout.readline() == "ready\n"
        yield
        track.racers.stdin.close()


def _day(number: int) -> Span:
    """The same three hours on another day for each lap round the cars."""
    return hours(24, 27).shifted(timedelta(days=number // 150))


def test_of_identical_wishes_exactly_one_wins_each_round(track):
    for number in range(ROUNDS):
        car = next(track.cars)
        outcome = track.race(track.wishes([_day(number)], [car]))
        assert outcome == {"booked": 1, "car_taken": MEMBERS - 1}
        assert track.held(car) == [_day(number)]


def _partly_overlapping(draw: random.Random) -> list[Span]:
    """Spans of half an hour to three hours, all over one day and each other."""
    spans = []
    for _ in range(MEMBERS):
        start = draw.randrange(0, 24) / 4
        spans.append(hours(24 + start, 24 + start + draw.randrange(2, 13) / 4))
    return spans


def test_of_partly_overlapping_wishes_no_two_winners_overlap_and_nobody_is_refused_without_need(track):
    draw = random.Random(7)
    for _ in range(ROUNDS // 3):
        car, spans = next(track.cars), _partly_overlapping(draw)
        outcome = track.race(track.wishes(spans, [car]))
        won = track.held(car)
        assert outcome == {"booked": len(won), "car_taken": MEMBERS - len(won)}
        assert not [pair for pair in combinations(won, 2) if pair[0].overlaps(pair[1])]
        assert all(any(span.overlaps(winner) for winner in won) for span in spans)


def test_wishes_for_different_cars_are_never_refused(track):
    for _ in range(ROUNDS // 10):
        cars = [next(track.cars) for _ in track.members]
        assert track.race(track.wishes([hours(24, 27).shifted(timedelta(days=30))], cars)) == {"booked": MEMBERS}


def test_neighbouring_wishes_for_one_car_are_never_refused(track):
    car = next(track.cars)
    spans = [hours(24 * 60 + n, 24 * 60 + n + 1) for n in range(MEMBERS)]
    assert track.race(track.wishes(spans, [car])) == {"booked": MEMBERS}


def test_the_same_form_posted_by_all_processes_at_once_books_once(track):
    for _ in range(ROUNDS // 6):
        car, once = next(track.cars), f"one-form-{next(track.forms)}"
        wish = (track.members[0], car, hours(24, 27).shifted(timedelta(days=40)), once)
        assert track.race([wish] * MEMBERS) == {"booked": MEMBERS}
        assert len(track.last_trips) == 1
        db.session.rollback()
        assert db.session.scalar(select(func.count(Reservation.id)).where(Reservation.once == once)) == 1


@contextmanager
def _unguarded() -> Iterator[None]:
    """Without the constraint, and nothing else."""
    postgresql = db.engine.dialect.name == "postgresql"
    with transaction():
        db.session.execute(text("ALTER TABLE occupancies DROP CONSTRAINT one_driver_at_a_time" if postgresql
                                else "DROP TRIGGER one_driver_at_a_time"))
    try:
        yield
    finally:
        with transaction():
            db.session.execute(delete(Occupancy))
            db.session.execute(text(
                "ALTER TABLE occupancies ADD CONSTRAINT one_driver_at_a_time EXCLUDE USING gist "
                "(car_id WITH =, tstzrange(starts_at, ends_at) WITH &&)") if postgresql
                else SQLITE_TRIGGERS["one_driver_at_a_time"])


@pytest.mark.parametrize("spans", ["identical", "partly overlapping"])
def test_without_the_constraint_the_same_race_shows_double_bookings(track, spans):
    draw, doubles = random.Random(7), 0
    with _unguarded():
        for _ in range(3):
            car = next(track.cars)
            track.race(track.wishes([_day(0)] if spans == "identical" else _partly_overlapping(draw), [car]))
            doubles += sum(one.overlaps(other) for one, other in combinations(track.held(car), 2))
    assert doubles > 0


# Over HTTP: the same race through the pages, with real servers.

@pytest.fixture
def served(track, free_port) -> Iterator[str]:
    """The address of four granian workers on the track's database."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(free_port),
               "--workers", str(PROCESSES), "--workers-kill-timeout", "10", "--blocking-threads", "4", "--log-level", "warning",
               "wsgi:app"]
    with subprocess.Popen(command, env=track.environ, cwd=Path(__file__).parents[1]) as server:
        address = f"http://127.0.0.1:{free_port}"
        try:
            _wait_for(f"{address}/readyz", server)
            yield address
        finally:
            server.terminate()
            server.wait(60)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and server.poll() is None:
        try:
            with urlopen(address, timeout=10):  # noqa: S310 - our own address
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError("the server did not come up")


def _signed_in(address: str, email: str) -> httpx.Client:
    client = httpx.Client(base_url=address, timeout=30, trust_env=False)
    page = client.get("/sign-in").text
    answer = client.post("/sign-in", data={"email": email, "password": PASSWORD, "csrf_token": csrf_of(page)})
    assert answer.status_code == 302
    return client


def _emails(track: Track) -> list[str]:
    from portal.account.models import Member

    return [db.session.get_one(Member, member).user.email for member in track.members[:20]]


@pytest.mark.parametrize("track", DATABASES if SOAK else ("postgresql",), indirect=True)
def test_over_http_one_member_gets_the_trip_and_the_others_a_page_with_other_cars(track, served):
    clients = [_signed_in(served, email) for email in _emails(track)]
    db.session.rollback()
    for number in range(30 if SOAK else 3):
        car = db.session.get_one(Car, next(track.cars))
        span = Span(*(moment + timedelta(days=50 + number) for moment in (NOON, NOON + timedelta(hours=2))))
        address = str(httpx.URL(f"/cars/{car.slug}/book", params=query(span, car.lot.zone)))
        car_id = car.id
        db.session.rollback()
        forms = [_form_of(client.get(address).text) for client in clients]
        answers = _all_at_once([(client, address, form) for client, form in zip(clients, forms, strict=True)])
        assert Counter(answer.status_code for answer in answers) == {302: 1, 409: len(clients) - 1}
        assert all("Someone was a little faster" in answer.text for answer in answers if answer.status_code == 409)
        assert track.held(car_id).count(span) == 1
    for client in clients:
        client.close()


def _form_of(page: str) -> dict[str, str]:
    return {name: hidden(page, name) for name in ("csrf_token", "offer", "once")} | {"waiver": "included"}


def _all_at_once(posts: list[tuple[httpx.Client, str, dict[str, str]]]) -> list[httpx.Response]:
    answers: list[httpx.Response] = []
    ready = threading.Barrier(len(posts))

    def send(client: httpx.Client, address: str, form: dict[str, str]) -> None:
        ready.wait(20)
        answers.append(client.post(address, data=form))

    threads = [threading.Thread(target=send, args=post) for post in posts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers
