"""P9: search over HTTP while Stripe hangs, forty send their forms a byte a second, and four guess passwords all the time,
against the same search while it is calm; two web processes and a worker."""

import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

import config
from benchmarks.measure import Ask, Result
from core.database import db, transaction
from core.outbox import post
from core.time import now
from fleet.import_csv import import_city
from portal.account.add_user import add_member, add_user
from portal.account.models import Plan
from portal.app import create_app
from portal.billing.payers.payer_of import own_payer
from portal.billing.payments.models import CallState, PaymentCall
from portal.billing.payments.pages import ask_for_card
from portal.billing.stripe.embedded.faults import Fault, Trouble
from portal.web.bodies import THREADS
from portal.worker import work
from tests.factories import csrf_of

PHASES, REQUESTS = 4, 60  # calm and hanging in turn, so that a slow moment of the machine meets both
MEMBERS = 60  # each waits for the card page while Stripe hangs
SLOW, GUESSING = 40, 4
PATIENCE = 10.0  # seconds: who is not answered by then counts as answered then, and asks no more


def run(_ask: Ask) -> list[Result]:
    """The ratio of the 95th percentiles, how many calls hung meanwhile, and how many passwords were guessed."""
    home = Path(tempfile.mkdtemp())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"APP_ENV": "testing", "PORTAL_HOME": str(home), "SITE_URL": f"http://127.0.0.1:{port}",
                "TRUSTED_PROXIES": "1"}
    app = create_app(config.load(settings))
    web = None
    try:
        with app.app_context():
            _city(app)
        environment = dict(os.environ) | settings
        web = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
             "--workers", "2", "--workers-kill-timeout", "10", "--blocking-threads", str(THREADS), "--no-access-log",
             "--log-level", "warning", "wsgi:app"],
            env=environment | {"REQUESTS_AT_ONCE": "4"})
        _wait_for(f"http://127.0.0.1:{port}/readyz")
        _search(port, 40)  # warm
        calm, abused, guesses = [], [], 0
        for _ in range(PHASES):
            calm.append(_p95(_search(port, REQUESTS)))
            worker, crowd = (subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "benchmarks.p9_abuse", role, str(port)], env=environment, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL) for role in ROLES)
            assert crowd.stdout
            crowd.stdout.readline()
            time.sleep(4)  # by then the worker's hands are in Stripe's, and all forms are on their way
            abused.append(_p95(_search(port, REQUESTS)))
            if worker.poll() is not None or crowd.poll() is not None:
                raise SystemExit("the worker or the crowd died: nothing hung")
            for process in (worker, crowd):
                process.send_signal(signal.SIGKILL)
            guesses += crowd.communicate()[0].count(b"\n")
            worker.communicate()
        ratio = statistics.median(after / before for before, after in zip(calm, abused, strict=True))
        with app.app_context():
            waiting = db.session.scalar(select(func.count(PaymentCall.id)).where(PaymentCall.state == CallState.WAITING))
        return [Result("P9", "p9_abuse", f"p95 of search by HTTP, abused / calm; {waiting} calls unanswered, {guesses} guesses",
                       ratio, "×", micros=statistics.median(abused) * 1e6, database="sqlite", scale="city")]
    finally:
        if web is not None:
            web.terminate()
            web.wait()
        shutil.rmtree(home, ignore_errors=True)


def _city(app: Flask) -> None:
    upgrade()
    import_city(config.ROOT / "cities" / "chicago", seal=app.extensions["adapters"].seal.close)
    for number in range(MEMBERS):
        member = add_member(user=add_user(email=f"bench{number}@example.com", name="Bench", password_hash="-"),  # noqa: S106 - nobody signs in
                            plan=Plan.REGULAR)
        ask_for_card(payer=own_payer(member.id), back_to="/account/payments", now=now())
    with transaction():
        post("reconcile", due=now())


def hanging_worker(_port: int) -> None:
    """The site's own worker, with a Stripe that takes a request and never answers in time."""
    app = create_app()
    app.extensions["adapters"].stripe.faults = _hang
    work(app)


def _hang(_method: str, _path: str) -> Fault:
    return Fault(Trouble.HANG, 60.0)


def crowd(port: int) -> None:
    """Slow forms and guesses until somebody ends this process; a line is printed for each guess that was answered."""
    doing = [Thread(target=_send_slowly, args=(port,)) for _ in range(SLOW)]
    doing += [Thread(target=_guess, args=(port, who)) for who in range(GUESSING)]
    for each in doing:
        each.start()
    print("all are at it", flush=True)


def _send_slowly(port: int) -> None:
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n"
                         b"Content-Type: application/x-www-form-urlencoded\r\n\r\n")
            while True:
                line.sendall(b"x")
                time.sleep(1)


def _guess(port: int, who: int) -> None:
    """Each guess from another address and for another member, so that no limit spares the site the hashing."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        token = csrf_of(client.get("/sign-in").text)
        for number in count():
            from_there = {"X-Forwarded-For": f"10.{who}.{number // 250 % 250}.{number % 250}"}
            answer = client.post("/sign-in", headers=from_there, data={
                "email": f"nobody{who}-{number}@example.com", "password": "a guess at it", "csrf_token": token})
            print(answer.status_code, flush=True)


def _search(port: int, requests: int) -> list[float]:
    took, address = [], f"http://127.0.0.1:{port}/cars"
    with httpx.Client(timeout=PATIENCE) as client:
        for _ in range(requests):
            began = time.perf_counter()
            try:
                answer: Any = client.get(address, params={"near": "State & Madison"})
            except httpx.TimeoutException:
                return [*took, PATIENCE]
            took.append(time.perf_counter() - began)
            answer.raise_for_status()
    return took


def _p95(seconds: list[float]) -> float:
    """Of a few, the longest."""
    return sorted(seconds)[-1 - len(seconds) // 20]


def _wait_for(address: str) -> None:
    for _ in range(300):
        try:
            if httpx.get(address, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise SystemExit(f"{address} did not come up")


ROLES = {"worker": hanging_worker, "crowd": crowd}

if __name__ == "__main__":
    ROLES[sys.argv[1]](int(sys.argv[2]))
