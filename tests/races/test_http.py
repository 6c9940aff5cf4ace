"""The same races through the pages, with real servers: one member gets the car, nobody gets a 5xx, and one form that a
hundred hands post at once is one booking."""

import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.error import URLError
from urllib.request import urlopen

import httpx
import pytest
from sqlalchemy import func, select

from core.database import db
from core.time import Span
from fleet.cars.models import Car
from portal.account.models import Member
from portal.account.sessions import begin_session
from reservations.booking.change.models import ReservationChange
from reservations.booking.models import Reservation
from reservations.search.times import query
from tests.conftest import DATABASES, SOAK
from tests.factories import hidden
from tests.races.track import PROCESSES, ROOT, Track, spoiled
from tests.reservations.pages import hidden_fields

pytestmark = [pytest.mark.long, pytest.mark.parametrize("track_of", DATABASES if SOAK else ("postgresql",), indirect=True)]
WORKERS = PROCESSES if SOAK else 2
HANDS = 100 if SOAK else 30
START = datetime.now(UTC).replace(hour=18, minute=0, second=0, microsecond=0) + timedelta(days=20)

Post = tuple[httpx.Client, str, dict[str, str]]  # who, where to, the form


@pytest.fixture(scope="module")
def served(track_of: Track) -> Iterator[str]:
    """The address of granian workers on the track's database."""
    with _serving(track_of, "wsgi:app") as address:
        yield address


@contextmanager
def _serving(track: Track, app: str) -> Iterator[str]:
    port = _free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
               "--workers", str(WORKERS), "--workers-kill-timeout", "10", "--blocking-threads", "4", "--backlog", "1024",
               "--log-level", "warning", app]
    with subprocess.Popen(command, env=track.environ | {"PYTHONPATH": str(ROOT)}, cwd=ROOT) as server:
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_for(f"{address}/readyz", server)
            yield address
        finally:
            server.terminate()
            server.wait(60)


def _wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and server.poll() is None:
        try:
            with urlopen(address, timeout=10):  # noqa: S310 - our own address
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError("the server did not come up")


@pytest.fixture
def clients(track: Track, served: str) -> Iterator[list[httpx.Client]]:
    """The browsers of at most twenty members who are signed in."""
    made = [_signed_in(track, served, member) for member in track.members[:20]]
    yield made
    for client in made:
        client.close()


def _signed_in(track: Track, address: str, member: int) -> httpx.Client:
    token = begin_session(db.session.get_one(Member, member).user, remember=False, device="race")
    signer = track.app.session_interface.get_signing_serializer(track.app)
    cookies = httpx.Cookies()
    cookies.set(track.app.config["SESSION_COOKIE_NAME"], signer.dumps({"_user_id": token, "_fresh": True}), "127.0.0.1")
    limits = httpx.Limits(max_connections=HANDS, max_keepalive_connections=HANDS)
    return httpx.Client(base_url=address, timeout=120, trust_env=False, cookies=cookies, limits=limits)


def _free_cars(track: Track, most: int) -> list[Car]:
    """Cars that nobody has booked around the start, and that are not taken out of service."""
    return [db.session.get_one(Car, next(track.fresh)[0]) for _ in range(most)]


def _page_of(car: Car, day: int = 0) -> str:
    """Where two hours of a car are booked, on a day of its own for each test."""
    span = Span(START + timedelta(days=day), START + timedelta(days=day, hours=2))
    return str(httpx.URL(f"/cars/{car.slug}/book", params=query(span, car.lot.zone)))


def _form_of(client: httpx.Client, address: str) -> dict[str, str]:
    page = client.get(address)
    assert page.status_code == 200, page.text[:2000]
    return {name: hidden(page.text, name) for name in ("csrf_token", "offer", "once")} | {"waiver": "included"}


def _all_at_once(posts: list[Post]) -> list[httpx.Response]:
    answers: list[httpx.Response] = []
    ready = threading.Barrier(len(posts))

    def send(client: httpx.Client, address: str, form: dict[str, str]) -> None:
        ready.wait(60)
        answers.append(client.post(address, data=form))

    threads = [threading.Thread(target=send, args=post) for post in posts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(answers) == len(posts)
    return answers


def _bookings() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Reservation.id))) or 0


def test_one_member_gets_the_trip_and_the_others_a_page_with_other_cars(track: Track, clients: list[httpx.Client]) -> None:
    for day in range(30 if SOAK else 1):
        (car,) = _free_cars(track, 1)
        address, before = _page_of(car, day), _bookings()
        forms = [_form_of(client, address) for client in clients]
        answers = _all_at_once([(client, address, form) for client, form in zip(clients, forms, strict=True)])
        assert Counter(answer.status_code for answer in answers) == {302: 1, 409: len(clients) - 1}
        assert all("Someone was a little faster" in answer.text for answer in answers if answer.status_code == 409)
        assert _bookings() == before + 1


def test_members_who_book_different_cars_at_once_all_get_theirs(track: Track, clients: list[httpx.Client]) -> None:
    for day in range(40, 50 if SOAK else 41):
        addresses = [_page_of(car, day) for car in _free_cars(track, len(clients))]
        posts = [(client, address, _form_of(client, address)) for client, address in zip(clients, addresses, strict=True)]
        assert Counter(answer.status_code for answer in _all_at_once(posts)) == {302: len(clients)}


def _posted_by_all_hands(client: httpx.Client, address: str, form: dict[str, str]) -> tuple[Counter[int], set[str]]:
    """What many hands who post the same form are told: the statuses, and where they are led."""
    answers = _all_at_once([(client, address, form)] * HANDS)
    led = {answer.headers["Location"] for answer in answers if answer.status_code == 302}
    return Counter(answer.status_code for answer in answers), led


def test_one_form_posted_many_times_at_once_is_one_booking_and_one_change_and_leads_to_the_trip(
        track: Track, clients: list[httpx.Client]) -> None:
    (car,), client, before = _free_cars(track, 1), clients[0], _bookings()
    address = _page_of(car, 60)
    statuses, led = _posted_by_all_hands(client, address, _form_of(client, address))
    assert (statuses, _bookings()) == ({302: HANDS}, before + 1)
    (trip,) = led
    assert trip.startswith("/trips/")
    longer = query(Span(START + timedelta(days=60), START + timedelta(days=60, hours=3)), car.lot.zone)
    page = client.get(f"{trip}/change", params=longer)
    statuses, led = _posted_by_all_hands(client, f"{trip}/change", hidden_fields(page.text))
    assert (statuses, led) == ({302: HANDS}, {trip})
    db.session.rollback()
    (change,) = db.session.scalars(select(ReservationChange).join(
        Reservation, Reservation.id == ReservationChange.reservation_id).where(Reservation.reference == trip.split("/")[2]))
    assert change.after.length == timedelta(hours=3)


@pytest.mark.skipif(not SOAK, reason="needs servers of its own: SOAK=1")
def test_without_the_key_the_same_posts_do_not_all_lead_to_the_trip(track: Track) -> None:
    with spoiled(track), _serving(track, "tests.races.careless:app") as address:
        client = _signed_in(track, address, track.members[0])
        (car,) = _free_cars(track, 1)
        statuses, _led = _posted_by_all_hands(client, _page_of(car, 70), _form_of(client, _page_of(car, 70)))
        client.close()
    assert statuses[302] < HANDS


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
