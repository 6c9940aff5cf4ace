"""P6: the search page and `GET /api/v1/cars` over HTTP, against a bare WSGI route that renders the same with constants.

Both are served by a real server process each, one worker with two threads. Requests arrive when they are due, whether or
not the ones before are answered, and are timed from then; the rate rises until the server falls behind, and what it could
still answer is its figure.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
from flask import template_rendered
from werkzeug.wrappers import Request, Response

from benchmarks.bulk import LOOP
from benchmarks.measure import Ask, Result
from benchmarks.places import Place, place
from portal.app import create_app

PATHS = {"p6_page": "/cars", "p6_api": "/api/v1/cars"}
WINDOW, FIRST_RATE, STEP = 2.0, 20.0, 1.25  # seconds of each rate, requests a second, and how much more comes next
IN_TIME, LATE = 0.95, 0.25  # of the requests have to be answered within so many seconds
ROUNDS = 3


def run(ask: Ask) -> list[Result]:
    with place(ask.database, ask.scale) as there:
        start = there.base.replace(minute=0).isoformat()[:10]
        asked = urlencode({"lat": LOOP[0], "lng": LOOP[1], "radius": 1500})
        environment = os.environ | there.settings | {"BENCH_ASKED": asked, "BENCH_START": start, "RATELIMIT_ENABLED": ""}
        with _served("wsgi:app", environment) as site, _served("benchmarks.p6_http:bare", environment) as floor:
            return [_compared(ask, there, goal, path, asked, site, floor) for goal, path in PATHS.items()]


def _compared(ask: Ask, there: Place, goal: str, path: str, asked: str, site: str, floor: str) -> Result:
    rates = []
    for _ in range(ROUNDS):
        bare, whole = _rate(f"{floor}{path}?{asked}"), _rate(f"{site}{path}?{asked}")
        rates.append((whole / bare, whole, bare))
    share, whole, bare = sorted(rates)[ROUNDS // 2]
    return Result("P6", goal, f"{path}: {whole:.0f} requests a second of one process / {bare:.0f} of a bare route", share,
                  database=there.database, scale=ask.scale.name)


def _rate(address: str) -> float:
    """Requests a second that were answered in time, at the highest rate at which nearly all were."""
    rate, kept = FIRST_RATE, 0.0
    with httpx.Client(timeout=10, limits=httpx.Limits(max_connections=64)) as client:
        for _ in range(5):
            client.get(address).raise_for_status()
        while True:
            waits = _arrive(lambda: client.get(address).raise_for_status(), rate)
            if sum(wait <= LATE for wait in waits) < IN_TIME * len(waits):
                return kept or 1 / max(sorted(waits)[len(waits) // 2], 1e-6)
            rate, kept = rate * STEP, rate


def _arrive(ask: Callable[[], object], rate: float) -> list[float]:
    """Seconds from when each request was due until it was answered, at so many a second."""
    waits: list[float] = []

    def one(due: float) -> None:
        ask()
        waits.append(time.perf_counter() - due)

    with ThreadPoolExecutor(max_workers=32) as hands:
        begins = time.perf_counter()
        for number in range(int(rate * WINDOW)):
            due = begins + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            hands.submit(one, due)
    return waits


@contextmanager
def _served(application: str, environment: dict[str, str]) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
         "--blocking-threads", "2", "--no-access-log", "--log-level", "warning", application],
        env=environment | {"SITE_URL": f"http://127.0.0.1:{port}"})
    try:
        for _ in range(300):
            try:
                if httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.2)
        else:
            raise SystemExit(f"{application} did not come up")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


class _Bare:
    """The floor: the template of the page, or the body of the API, with what one real request gave them."""

    def __init__(self) -> None:
        self.site = create_app()
        self.site.config["RATELIMIT_ENABLED"] = False
        shown: list[tuple[Any, dict[str, Any]]] = []
        with template_rendered.connected_to(lambda _app, template, context, **_: shown.append((template, context)), self.site):
            client = self.site.test_client()
            client.get(f"{PATHS['p6_page']}?{os.environ['BENCH_ASKED']}")
            self.body = json.loads(client.get(f"{PATHS['p6_api']}?{os.environ['BENCH_ASKED']}").data)
        self.template, self.context = shown[0]
        self.lock = threading.Lock()

    def __call__(self, environ: Any, start_response: Any) -> Any:
        path = Request(environ).path
        with self.site.request_context(environ):
            if path == PATHS["p6_page"]:
                answer = Response(self.template.render(self.context), mimetype="text/html")
            elif path == PATHS["p6_api"]:
                answer = Response(json.dumps(self.body), mimetype="application/json")
            else:
                answer = Response("here")
        return answer(environ, start_response)


bare = _Bare() if "BENCH_ASKED" in os.environ else None
