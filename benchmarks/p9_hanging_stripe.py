"""P9: search over HTTP while Stripe hangs, against the same search while it is calm; two web processes and a worker."""

import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
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
from portal.worker import work

PHASES, REQUESTS = 4, 60  # calm and hanging in turn, so that a slow moment of the machine meets both
MEMBERS = 60  # each waits for the card page while Stripe hangs


def run(_ask: Ask) -> list[Result]:
    """The ratio of the 95th percentiles, and how many calls hung meanwhile."""
    home = Path(tempfile.mkdtemp())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"APP_ENV": "testing", "PORTAL_HOME": str(home), "SITE_URL": f"http://127.0.0.1:{port}"}
    app = create_app(config.load(settings))
    web = None
    try:
        with app.app_context():
            _city(app)
        environment = dict(os.environ) | settings
        web = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
             "--workers", "2", "--workers-kill-timeout", "10", "--blocking-threads", "4", "--no-access-log", "--log-level",
             "warning", "wsgi:app"],
            env=environment)
        _wait_for(f"http://127.0.0.1:{port}/readyz")
        _search(port, 40)  # warm
        calm, hanging = [], []
        for _ in range(PHASES):
            calm.append(_p95(_search(port, REQUESTS)))
            worker = subprocess.Popen([sys.executable, "-m", "benchmarks.p9_hanging_stripe"], env=environment,
                                      stderr=subprocess.DEVNULL)  # it tells each second that no cars are there
            time.sleep(4)  # by then its hands are in Stripe's
            hanging.append(_p95(_search(port, REQUESTS)))
            if worker.poll() is not None:
                raise SystemExit("the worker died: nothing hung")
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        ratio = statistics.median(after / before for before, after in zip(calm, hanging, strict=True))
        with app.app_context():
            waiting = db.session.scalar(select(func.count(PaymentCall.id)).where(PaymentCall.state == CallState.WAITING))
        return [Result("P9", "p9_stripe", f"p95 of search by HTTP, Stripe hanging / calm; {waiting} calls unanswered",
                       ratio, "×", micros=statistics.median(hanging) * 1e6, database="sqlite", scale="city")]
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


def hanging_worker() -> None:
    """The site's own worker, with a Stripe that takes a request and never answers in time."""
    app = create_app()
    app.extensions["adapters"].stripe.faults = _hang
    work(app)


def _hang(_method: str, _path: str) -> Fault:
    return Fault(Trouble.HANG, 60.0)


def _search(port: int, requests: int) -> list[float]:
    took, address = [], f"http://127.0.0.1:{port}/cars"
    with httpx.Client(timeout=30) as client:
        for _ in range(requests):
            began = time.perf_counter()
            answer: Any = client.get(address, params={"near": "State & Madison"})
            took.append(time.perf_counter() - began)
            answer.raise_for_status()
    return took


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def _wait_for(address: str) -> None:
    for _ in range(300):
        try:
            if httpx.get(address, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise SystemExit(f"{address} did not come up")


if __name__ == "__main__":
    hanging_worker()
