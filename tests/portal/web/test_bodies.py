"""What is sent slowly keeps nobody else waiting."""

import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from io import BytesIO
from threading import Event, Thread
from typing import Any

import httpx
import pytest

import config
from portal.web.bodies import MOST, THREADS, WholeBodies

SLOW = 40


class _Drips(BytesIO):
    """A body of which nothing comes before it is let."""

    def __init__(self, let: Event) -> None:
        super().__init__(b"name=Ada")
        self._let = let

    def read(self, size: int | None = -1) -> bytes:
        self._let.wait(10)
        return super().read(size)


def _echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))]


def _sent(site: WholeBodies, body: BytesIO, length: str) -> bytes:
    return b"".join(site({"wsgi.input": body, "CONTENT_LENGTH": length}, lambda *_: None))


def test_who_waits_for_a_body_takes_nobodys_turn() -> None:
    site, let, came = WholeBodies(_echo, at_once=1), Event(), []
    slow = Thread(target=lambda: came.append(_sent(site, _Drips(let), "8")))
    slow.start()
    assert _sent(site, BytesIO(b"at once"), "7") == b"at once"
    assert not came
    let.set()
    slow.join(10)
    assert came == [b"name=Ada"]


def test_what_is_longer_than_anybody_takes_is_handed_on_unread() -> None:
    body = BytesIO(b"x" * 100)
    seen: list[int] = []

    def refuses(environ: dict[str, Any], _start: Any) -> list[bytes]:
        seen.append(environ["wsgi.input"].tell())
        return []

    _sent(WholeBodies(refuses, at_once=1), body, str(MOST + 1))
    assert seen == [0]


def test_a_body_that_breaks_off_is_handed_on_as_far_as_it_came() -> None:
    assert _sent(WholeBodies(_echo, at_once=1), BytesIO(b"half"), "8") == b"half"


@pytest.mark.long
@pytest.mark.one_database
def test_forty_forms_that_arrive_a_byte_a_second_stop_nobody(site, database_url, tmp_path, free_port) -> None:
    environ = os.environ | {"APP_ENV": "testing", "PORTAL_HOME": str(tmp_path), "DATABASE_URL": database_url,
                            "PYTHONPATH": str(config.ROOT), "REQUESTS_AT_ONCE": "2"}
    with ExitStack() as ends:
        server = ends.enter_context(subprocess.Popen(
            [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(free_port), "--workers", "1",
             "--blocking-threads", str(THREADS), "--workers-kill-timeout", "1", "--log-level", "critical", "wsgi:app"],
            env=environ, cwd=config.ROOT, stderr=subprocess.DEVNULL))
        ends.callback(server.terminate)
        _until_it_answers(free_port)
        for _ in range(SLOW):
            line = ends.enter_context(socket.create_connection(("127.0.0.1", free_port)))
            line.sendall(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
                         b"Content-Type: application/x-www-form-urlencoded\r\n\r\nx")
        for _ in range(3):
            assert httpx.get(f"http://127.0.0.1:{free_port}/readyz", timeout=20).status_code == 200


def _until_it_answers(port: int) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        with suppress(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5)
            return
        time.sleep(0.1)
    raise AssertionError("the server did not come up")
