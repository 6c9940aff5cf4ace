"""Web and worker are killed by the system in the middle of their work: no step is lost, and none is written twice.

Real processes, real requests; whoever gets no answer sends the same form again, as people do. `SOAK=1` lives a thousand steps.
"""

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from flask import Flask
from sqlalchemy import select, text

import config
from core.database import db, transaction
from core.outbox import OutboxRow
from core.time import now
from experience.insight.reconcile import compare
from experience.journey import Step
from portal.app import create_app
from portal.billing.payers.payer_of import add_business, let_pay
from portal.worker import do_due
from reservations.booking.models import Reservation, Status
from tests.conftest import SOAK, settings_for
from tests.experience.given import log
from tests.factories import PASSWORD, a_car, csrf_of, hidden

pytestmark = pytest.mark.long
ROUNDS = 250 if SOAK else 4  # each books and cancels: four steps and two letters
KILLS = 40 if SOAK else 1  # of the web; the worker is killed as often

SERVE = """
import sys
from werkzeug.serving import make_server
from portal.app import create_app
make_server("127.0.0.1", int(sys.argv[1]), create_app(), threaded=True).serve_forever()
"""


class Process:
    """One of ours, started again each time it was killed."""

    def __init__(self, command: list[str], environ: dict[str, str], answers: str = "") -> None:
        self._command, self._environ, self._answers = command, environ, answers
        self.start()

    def start(self) -> None:
        self.running = subprocess.Popen(self._command, env=self._environ, cwd=config.ROOT, start_new_session=True,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while self._answers and time.monotonic() < until:
            with suppress(httpx.HTTPError):
                if httpx.get(self._answers, timeout=5).status_code == 200:
                    return
            time.sleep(0.05)

    def kill(self) -> None:
        os.killpg(self.running.pid, signal.SIGKILL)
        assert self.running.wait(30) == -signal.SIGKILL


class Member:
    """Somebody at a browser who does not give up."""

    def __init__(self, url: str, email: str) -> None:
        self._url, self._email = url, email
        self._sign_in()

    def _sign_in(self) -> None:
        self.client = httpx.Client(base_url=self._url, timeout=20)
        page = self.client.get("/sign-in").text
        said = self.client.post("/sign-in", data={"email": self._email, "password": PASSWORD, "csrf_token": csrf_of(page)})
        assert said.status_code == 302

    def until_answered(self, method: str, address: str, **more: object) -> httpx.Response:
        """Ask again for as long as nobody answers."""
        until = time.monotonic() + 90
        while True:
            try:
                return self.client.request(method, address, **more)
            except httpx.HTTPError:
                assert time.monotonic() < until, "nobody answers any more"
                time.sleep(0.05)

    def books(self, address: str) -> str:
        """Book what the page offers and return the trip's address."""
        page = self.until_answered("GET", address).text
        form = {"csrf_token": csrf_of(page), "offer": hidden(page, "offer"), "once": hidden(page, "once"), "waiver": "included"}
        booked = self.until_answered("POST", address.split("?")[0], data=form)
        assert booked.status_code == 302, booked.text[:3000]
        return booked.headers["Location"]

    def cancels(self, trip: str) -> None:
        """Cancel it; a second time, after no answer, it is cancelled already."""
        page = self.until_answered("GET", f"{trip}/cancel").text
        fee = re.search(r'name="fee_cents"[^>]*value="(\d+)"', page)
        form = {"csrf_token": csrf_of(page.split("<main", 1)[1]), "fee_cents": fee[1] if fee else "0"}
        assert self.until_answered("POST", f"{trip}/cancel", data=form).status_code == 302


@pytest.mark.one_database
def test_of_a_thousand_steps_none_is_lost_and_none_is_doubled_when_web_and_worker_are_killed(
        app, people, database_url: str, tmp_path: Path, free_port: int) -> None:
    settings = settings_for(tmp_path, database_url)
    ada, car = people.member(card=None), a_car()
    firm = add_business(name="Lake Design", email="bills@lake.example", at=now())
    let_pay(payer_id=firm.id, member_id=ada.id, at=now())
    began, email, start = now(), ada.user.email, (now() + timedelta(days=2)).astimezone(car.lot.zone)
    address = f"/cars/{car.slug}/book?start={start:%Y-%m-%dT12:00}&end={start:%Y-%m-%dT14:00}"
    db.session.remove()
    environ = os.environ | {"APP_ENV": "testing", "PORTAL_HOME": str(tmp_path), "DATABASE_URL": database_url,
                            "FLASK_APP": "wsgi:app", "PYTHONPATH": str(config.ROOT)}
    url, dice = f"http://127.0.0.1:{free_port}", random.Random(7)
    web = Process([sys.executable, "-c", SERVE, str(free_port)], environ, f"{url}/readyz")
    worker = Process([sys.executable, "-m", "flask", "work"], environ)
    try:
        _live(Member(url, email), address, web, worker, dice)
    finally:
        for process in (web, worker):
            if process.running.poll() is None:
                process.kill()
    other = create_app(settings)
    with other.app_context():
        with transaction():
            db.session.execute(text("UPDATE outbox SET leased_until = NULL"))  # the minute has passed
        _finish_what_waits(other)
        found = compare(began, now() + timedelta(seconds=1), other.extensions["reconciled"])
        assert found.differences == []
        assert (found.rows["booking"], found.rows["cancellation"], found.rows["message"]) == (ROUNDS, ROUNDS, ROUNDS)
        assert set(db.session.scalars(select(Reservation.status))) == {Status.CANCELLED}
        steps = Counter((event.step, event.phase) for event in log() if event.objects and event.phase != "entered")
        for step, phase in ((Step.BOOK_CONFIRM, "succeeded"), (Step.BOOK_CANCEL, "succeeded"), (Step.BOOK_CONFIRM, "undone"),
                            (Step.BOOK_CONFIRMATION, "succeeded"), (Step.FIND_AVAILABILITY, "succeeded")):
            assert steps[str(step), phase] == ROUNDS, step
        assert db.session.scalar(select(OutboxRow.id).where(OutboxRow.failed_at.is_not(None))) is None
        db.session.remove()
        db.engine.dispose()


def _finish_what_waits(other: Flask) -> None:
    """Do what is due, and what was put back for a few seconds because the database was busy."""
    soon = select(OutboxRow.id).where(OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None)).limit(1)
    until = time.monotonic() + 60
    do_due(other)
    while db.session.scalar(soon.where(OutboxRow.due_at < now() + timedelta(seconds=30))) is not None:
        assert time.monotonic() < until, "a job was put back again and again"
        time.sleep(0.2)
        do_due(other)


def _live(member: Member, address: str, web: Process, worker: Process, dice: random.Random) -> None:
    """Book and cancel again and again, while the system kills one process after the other."""
    fatal = set(dice.sample(range(ROUNDS), KILLS))
    for number in range(ROUNDS):
        killer = None
        if number in fatal:
            killer = threading.Thread(target=_strike, args=(web, worker, dice.uniform(0, 0.25)))
            killer.start()
        member.cancels(member.books(address))
        if killer is not None:
            killer.join()


def _strike(web: Process, worker: Process, after: float) -> None:
    time.sleep(after)  # somewhere in the middle of what goes on
    for process in (web, worker):
        process.kill()
        process.start()
