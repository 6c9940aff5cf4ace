"""P6: the search page and `GET /api/v1/cars` over HTTP against a bare Flask route that renders the same with constants, and how
many bookings a second one process takes by the API.

Site and floor are a real server process each, one worker with two threads. Requests arrive when they are due, whether or not
the ones before are answered, and are timed from then. The rate begins at half of what four callers in a row get out of the
server and rises until the server falls behind; what it could still answer is its figure. One that fails or never comes is
late. Both take turns, in a bounded number of steps. Beside it is what the processes themselves used of the processor for each
request, which other work on the machine hardly changes.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import local
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from flask import Flask, Response, request, template_rendered
from sqlalchemy import func, select

from benchmarks.bare import overlaps
from benchmarks.bulk import FIRST_ID, LOOP
from benchmarks.measure import Ask, Result
from benchmarks.p5_booking import NOW, bench_member
from benchmarks.places import Place, place
from core.database import db
from fleet.cars.models import Car, CarClass
from portal.account.models import Member
from portal.api.models import Scope
from portal.api.tokens import give_token
from portal.app import create_app
from reservations.booking.models import Reservation

PATHS = {"p6_page": "/cars", "p6_api": "/api/v1/cars"}
WINDOW, STEP, MOST_STEPS = 1.0, 1.2, 6  # seconds of each rate, how much more or less comes next, and how often at most
IN_TIME, LATE = 0.95, 0.25  # of the requests have to be answered within so many seconds
CALLERS, HANDS, GIVEN_UP = 4, 32, 5.0
ROUNDS, BOOKING_SECONDS, ALONE_SECONDS = 3, 4.0, 2.0
Call = Callable[[], bool]


def run(ask: Ask) -> list[Result]:
    with place(ask.database, ask.scale, apart=True) as there:
        asked = urlencode({"lat": LOOP[0], "lng": LOOP[1], "radius": 1500})
        environment = os.environ | there.settings | {"BENCH_ASKED": asked}
        with _served("wsgi:app", environment) as site:
            with _served("benchmarks.p6_http:bare", environment) as floor:
                found = [one for goal, path in PATHS.items() for one in _compared(ask, goal, f"{path}?{asked}", site, floor)]
            return [*found, *_booked(ask, there, site.port)]


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    pid: int

    def processor_seconds(self) -> float:
        """What its workers have used until now; 0 where the system does not tell."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                told = stat.read_text().rpartition(")")[2].split()
                if int(told[1]) == self.pid:
                    ticks += int(told[11]) + int(told[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def _compared(ask: Ask, goal: str, path: str, site: Server, floor: Server) -> list[Result]:
    rates, used = [], []
    for _ in range(ROUNDS):
        bare, whole = highest_rate(_getting(floor.port, path)), highest_rate(_getting(site.port, path))
        rates.append((whole / bare if bare else 0.0, whole, bare))
        used.append((processor_ms(floor, path), processor_ms(site, path)))
    share, whole, bare = sorted(rates)[ROUNDS // 2]
    name = path.partition("?")[0]
    says = f"{name}: {whole:.0f} requests a second of one process / {bare:.0f} of a bare Flask route"
    found = [Result("P6", goal, says, share, low=min(rates)[0], high=max(rates)[0], database=ask.database,
                    scale=ask.scale.name)]
    least, most = (statistics.median(each) for each in zip(*used, strict=True))
    if most:
        says = f"{name}: {least:.2f} ms of the processor for a request of the bare route / {most:.2f} of the site's"
        found.append(Result("P6", f"{goal}_processor", says, least / most, micros=most * 1000, database=ask.database,
                            scale=ask.scale.name))
    return found


def processor_ms(server: Server, path: str) -> float:
    """Milliseconds of the processor for each request, one after the other. Raises SystemExit when none is answered."""
    before = server.processor_seconds()
    well = in_a_row(_getting(server.port, path), ALONE_SECONDS, callers=1)
    if not well:
        raise SystemExit(f"{path} was not answered")
    return (server.processor_seconds() - before) / well * 1000


def highest_rate(call: Call) -> float:
    """Requests a second at the highest rate that was tried at which nearly all were answered in time; 0 when at none."""
    rate, kept = max(1.0, in_a_row(call, WINDOW) / WINDOW / 2), 0.0
    for _ in range(MOST_STEPS):
        waits = arrive(call, rate)
        if sum(wait <= LATE for wait in waits) >= IN_TIME * len(waits):
            rate, kept = rate * STEP, rate
        elif kept:
            break
        else:
            rate /= STEP**2
    return kept


def in_a_row(call: Call, seconds: float, callers: int = CALLERS) -> int:
    """How many calls went well of so many callers who each begin the next when the last is answered."""
    until = time.perf_counter() + seconds

    def caller(_number: int) -> int:
        well = 0
        while time.perf_counter() < until:
            well += call()
        return well

    with ThreadPoolExecutor(callers) as hands:
        return sum(hands.map(caller, range(callers)))


def arrive(call: Call, rate: float) -> list[float]:
    """Seconds from when each request was due until it was answered, at so many a second; endless for one that was not.

    Nobody waits for those that are late when the time is over: they are late already.
    """
    waits = [float("inf")] * max(1, int(rate * WINDOW))

    def one(number: int, due: float) -> None:
        if call():
            waits[number] = time.perf_counter() - due

    hands = ThreadPoolExecutor(HANDS)
    begins = time.perf_counter()
    for number in range(len(waits)):
        due = begins + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        hands.submit(one, number, due)
    time.sleep(LATE)
    hands.shutdown(cancel_futures=True)
    return waits


_open = local()


def _ask(port: int, method: str, path: str, body: str | None = None, **headers: str) -> int:
    """The status of the answer over this thread's own connection; 0 when none came."""
    connections = vars(_open).setdefault("connections", {})
    connection = connections.setdefault(port, HTTPConnection("127.0.0.1", port, timeout=GIVEN_UP))
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException):
        connections.pop(port).close()
        return 0
    return answer.status


def _getting(port: int, path: str) -> Call:
    return lambda: _ask(port, "GET", path) == 200


def _booked(ask: Ask, there: Place, site: int) -> list[Result]:
    """Bookings by the API, counted again in the database. Raises SystemExit when the two differ."""
    with there.app().app_context():
        member = db.session.get_one(Member, bench_member())
        _row, token = give_token(member=member, name="bench", scopes=[Scope.BOOK])
        slugs = db.session.scalars(select(Car.slug).where(Car.id < FIRST_ID, Car.car_class != CarClass.EV)).all()
        db.session.remove()
        wishes = iter([(slug, NOW + timedelta(hours=2 + 4 * slot)) for slot in range(100) for slug in slugs])

        def call() -> bool:
            slug, start = next(wishes)
            body = {"car_id": slug, "start": start.isoformat(), "end": (start + timedelta(minutes=30)).isoformat()}
            return _ask(site, "POST", "/api/v1/reservations", json.dumps(body), **{
                "Authorization": f"Bearer {token}", "Idempotency-Key": f"{slug}-{start:%j-%H}",
                "Content-Type": "application/json"}) == 201

        call()
        began = time.perf_counter()
        made = in_a_row(call, BOOKING_SECONDS)
        took = time.perf_counter() - began
        kept = db.session.scalar(select(func.count(Reservation.id)).where(Reservation.member_id == member.id)) or 0
        if kept != made + 1 or overlaps("occupancies", NOW):
            raise SystemExit(f"{made + 1} bookings were answered and {kept} are kept")
    says = f"bookings by the API of one process, {CALLERS} callers, all counted again"
    return [Result("P6", "p6_bookings", says, made / took, "/s", database=ask.database, scale=ask.scale.name)]


@contextmanager
def _served(application: str, environment: dict[str, str]) -> Iterator[Server]:
    """A server of this application."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    server = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
         "--blocking-threads", "2", "--workers-kill-timeout", "5", "--no-access-log", "--log-level", "warning", application],
        env=environment | {"SITE_URL": f"http://127.0.0.1:{port}"})
    try:
        _wait_for(port, server)
        yield Server(port, server.pid)
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise SystemExit("the server did not come up")


def _bare() -> Flask:
    """The floor: the template of the page, or the body of the API, with what one real request gave them."""
    site, floor, shown = create_app(), Flask("floor"), []
    with template_rendered.connected_to(lambda _app, template, context, **_: shown.append((template, context)), site):
        client = site.test_client()
        client.get(f"{PATHS['p6_page']}?{os.environ['BENCH_ASKED']}")
        said = json.loads(client.get(f"{PATHS['p6_api']}?{os.environ['BENCH_ASKED']}").data)
    template, context = shown[0]

    def page() -> Any:
        with site.request_context(request.environ):  # its addresses, words and filters
            return template.render(context)

    floor.add_url_rule(PATHS["p6_page"], "page", page)
    floor.add_url_rule(PATHS["p6_api"], "api", lambda: Response(json.dumps(said), mimetype="application/json"))
    floor.add_url_rule("/readyz", "ready", lambda: "here")
    return floor


bare = _bare() if "BENCH_ASKED" in os.environ else None
