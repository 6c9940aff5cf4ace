"""A living city for browser tests and screenshots: the same processes that `make run` starts, on a small demo."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

ROOT = Path(__file__).parents[2]
PASSWORD = "roundtrip-demo-2026"
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-quic", "--no-first-run", "--enable-unsafe-swiftshader",
]
_running: dict[str, "City"] = {}  # by host and port
PATIENCE = 240  # seconds: a busy machine is slow to catch up with the city's day, which is no fault of what is tested


@dataclass(frozen=True)
class City:
    """Where the city runs, and how its cars are played."""

    url: str
    cars_url: str
    home: Path
    token: str
    signed_in: dict[str, tuple[list[Any], float]] = field(default_factory=dict, compare=False)  # staff: cookies, until

    def play(self, vin: str, **what: object) -> None:
        """Let something happen to a car: drive={"miles": 12, "minutes": 30}, door="open", refuel={"to_percent": 90}."""
        answer = httpx.post(f"{self.cars_url}/v1/units/{vin}/play", json=what, timeout=10,
                            headers={"Authorization": f"Bearer {self.token}"})
        answer.raise_for_status()

    def misbehave(self, vin: str, **faults: object) -> None:
        """Set a car's faults, all of them: silent=True, delay_seconds=3, refuse="…", offline=True; none heals it."""
        answer = httpx.put(f"{self.cars_url}/v1/units/{vin}/faults", json=faults, timeout=10,
                           headers={"Authorization": f"Bearer {self.token}"})
        answer.raise_for_status()


def chromium() -> str | None:
    """The browser's path: CHROMIUM's, or the first that is found."""
    given = [os.environ.get("CHROMIUM", ""), "/usr/bin/chromium", "/usr/bin/chromium-browser"]
    return next((path for path in given if path and Path(path).exists()), None)


def build_city(home: Path, *, days: int, members: int) -> None:
    """Build a small demo city in `home`, which may be copied."""
    for command in (["db", "upgrade"], ["demo", "build", "--days", str(days), "--members", str(members)]):
        subprocess.run([sys.executable, "-m", "flask", *command], env=environment(home), cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)


@contextmanager
def running_city(home: Path) -> Iterator[City]:
    """Serve the city in `home` until the block ends."""
    port = _free_pair()
    process = subprocess.Popen([sys.executable, "-m", "portal.serve"], env=environment(home) | {"PORT": str(port)},
                               cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        _wait_for(f"http://localhost:{port}/readyz", process)
        _running[f"localhost:{port}"] = city = City(f"http://localhost:{port}", f"http://127.0.0.1:{port + 1}", home,
                                                    (home / "secrets" / "telematics_token").read_text())
        yield city
    finally:
        _running.pop(f"localhost:{port}", None)
        process.terminate()
        process.wait(timeout=PATIENCE)
        if process.stdout:
            process.stdout.close()


def city_at(address: str) -> City:
    """The city that this process runs there, as long as it runs."""
    return _running[urlsplit(address).netloc]


def environment(home: Path) -> dict[str, str]:
    """What the processes of the city in `home` are told."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TELEMATICS", "DATABASE"))}
    return kept | {"APP_ENV": "demo", "PORTAL_HOME": str(home), "WEB_CONCURRENCY": "2", "FLASK_APP": "wsgi:app"}


def _wait_for(url: str, process: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError("the city did not start: run `make run` to see why")
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise TimeoutError(f"{url} did not answer within {PATIENCE} seconds")


def _free_pair() -> int:
    """A port that is free and whose next one is free too: the cars play there."""
    for _ in range(50):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise RuntimeError("no two neighbouring ports are free")
