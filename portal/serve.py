"""`python -m portal.serve`: the whole demo city in one command - database, cars, worker, web."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

import config
from portal.web.bodies import THREADS

CARS_PORT_OFFSET = 1  # the cars play on the port after the site's
READY_SECONDS = 60


def main() -> int:
    """Prepare, start every part, say where it is, and stop all of them together."""
    port = int(os.environ.get("PORT", "8000"))
    try:
        settings = config.load()
    except config.Misconfigured as half:
        raise SystemExit(f"Roundtrip does not start: {half}.") from half
    environment = dict(os.environ) | {
        "FLASK_APP": "wsgi:app", "PORTAL_HOME": str(settings["PORTAL_HOME"]),
        "TELEMATICS_TOKEN": settings["TELEMATICS_TOKEN"],
        "TELEMATICS_URL": settings["TELEMATICS_URL"] or f"http://127.0.0.1:{port + CARS_PORT_OFFSET}",
    }
    _prepare(environment)
    parts = Parts(environment)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, parts.stop)
    if not settings["TELEMATICS_URL"]:
        parts.start("cars", [sys.executable, "-m", "fleet.telematics.player", "--port", str(port + CARS_PORT_OFFSET),
                             "--store", str(settings["PORTAL_HOME"] / "services.sqlite")])
    parts.start("web", _web(port))
    parts.start("worker", [sys.executable, "-m", "flask", "work"])
    if _answers(f"http://127.0.0.1:{port}/readyz", parts):
        _greet(port, settings["DEMO_PASSWORD"], own_cars=not settings["TELEMATICS_URL"])
    return parts.wait()


def _prepare(environment: dict[str, str]) -> None:
    for command in (["db", "upgrade"], ["demo", "ensure"]):
        done = subprocess.run([sys.executable, "-m", "flask", *command], env=environment, check=False)  # noqa: S603 - our own
        if done.returncode:
            raise SystemExit(done.returncode)


def _web(port: int) -> list[str]:
    workers = os.environ.get("WEB_CONCURRENCY", "2")
    return [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", os.environ.get("HOST", "127.0.0.1"),
            "--port", str(port), "--workers", workers, "--blocking-threads", str(THREADS), "--backlog", "1024",
            "--no-access-log", "--respawn-failed-workers", "--workers-kill-timeout", "10", "--log-level", "error", "wsgi:app"]


class Parts:
    """The processes of the city. When one ends, all end."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = threading.Event()

    def start(self, name: str, command: list[str]) -> None:
        """Start one part in a group of its own, so that Ctrl-C reaches it through us and only once."""
        self._running[name] = subprocess.Popen(  # noqa: S603 - our own programs with our own arguments
            command, env=self._environment, start_new_session=True, cwd=Path(__file__).parents[1])

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Ask every part to finish."""
        self._stopping.set()
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()

    @property
    def broken(self) -> str | None:
        """The name of a part that has ended by itself, if any."""
        ended = [name for name, process in self._running.items() if process.poll() is not None]
        return ended[0] if ended and not self._stopping.is_set() else None

    def wait(self) -> int:
        """Wait until told to stop, or until a part breaks."""
        while not self._stopping.is_set():
            if self.broken:
                print(f"The {self.broken} process ended; stopping the others.", file=sys.stderr)
                self.stop()
                self._collect()
                return 1
            self._stopping.wait(0.5)
        self._collect()
        return 0

    def _collect(self) -> None:
        for process in self._running.values():
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(url: str, parts: Parts) -> bool:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and not parts.broken:
        try:
            with urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
                return bool(answer.status == 200)
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    return False


def _greet(port: int, password: str, *, own_cars: bool) -> None:
    lines = [
        "", f"Roundtrip is at http://localhost:{port} and http://127.0.0.1:{port}", "",
        "  member@example.com   a member with trips", "  business@example.com who runs a business's account",
        "  fleet@example.com    the fleet desk", "  cx@example.com       the CX desk",
        "  finance@example.com  the finance desk (finance2@ is the second person)",
        "  support@example.com  the help desk", "  reviewer@example.com the reviewers' desk (reviewer2@ hears appeals)",
        "  admin@example.com    everything",
        f"  password             {password}   (staff are asked for a code too: it stands on that page)", "",
        f"  mail   http://localhost:{port}/demo/mail (and /demo/phone, /demo/push: what left as texts and notifications)",
    ]
    if own_cars:
        lines.append(f"  cars   http://127.0.0.1:{port + CARS_PORT_OFFSET}   (drive, fuel, open a door, go silent)")
    print("\n".join([*lines, "", "Ctrl-C stops it; the data stays."]), flush=True)


if __name__ == "__main__":
    sys.exit(main())
