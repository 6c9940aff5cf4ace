"""Checks 5, 14 and 39 with real servers: what ends in one process has ended in the other, and what is too large is not read."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from flask import Flask

import config
from core.database import db, transaction
from core.time import wall_now
from portal.account.models import Role, User
from portal.account.security.reset import change_password
from portal.account.sessions import begin_session, end_session
from portal.app import create_app
from portal.web.bodies import MOST
from tests.conftest import fresh_database, settings_for
from tests.factories import People

pytestmark = [pytest.mark.long, pytest.mark.one_database]
MB = 1024 * 1024


@dataclass
class Two:
    """Two server processes on one database, as behind one address; and the app to change things from a third."""

    app: Flask
    ports: list[int]
    processes: list["subprocess.Popen[bytes]"]

    def cookie(self, user: User) -> tuple[str, dict[str, str]]:
        """A session's token, and the cookie that a browser has of it."""
        token = begin_session(user, remember=False, device="test")
        signer = self.app.session_interface.get_signing_serializer(self.app)
        return token, {self.app.config["SESSION_COOKIE_NAME"]: signer.dumps({"_user_id": token, "_fresh": True})}

    def says(self, cookie: dict[str, str], path: str) -> list[int]:
        """What each of the two answers to somebody with this cookie."""
        return [httpx.get(f"http://127.0.0.1:{port}{path}", cookies=cookie, timeout=20, trust_env=False).status_code
                for port in self.ports]


@pytest.fixture(scope="module")
def two(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    home = tmp_path_factory.mktemp("two")
    with fresh_database(request, "sqlite", home) as url, ExitStack() as ends:
        app, ports = create_app(settings_for(home, url, DEMO_CITY=True)), [_free_port(), _free_port()]
        processes = [ends.enter_context(_serve(home, url, port)) for port in ports]
        for process in processes:
            ends.callback(process.terminate)
        for port in ports:
            _until_it_answers(port)
        with app.app_context():
            yield Two(app, ports, processes)
            db.session.remove()
            db.engine.dispose()


def _serve(home: Path, url: str, port: int) -> "subprocess.Popen[bytes]":
    environ = os.environ | {"APP_ENV": "testing", "PORTAL_HOME": str(home), "DATABASE_URL": url, "PYTHONPATH": str(config.ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "1",
         "--blocking-threads", "8", "--workers-kill-timeout", "1", "--log-level", "critical", "wsgi:app"],
        env=environ, cwd=config.ROOT, stderr=subprocess.DEVNULL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_it_answers(port: int) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        with suppress(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5, trust_env=False)
            return
        time.sleep(0.1)
    raise AssertionError("the server did not come up")


def _change(user: User, how: str, token: str) -> None:
    """What ends a session, or what somebody may."""
    if how == "signed out":
        end_session(token)
    elif how == "password":
        change_password(user=user, password="wandering otters at dusk", token="another device")
    else:
        with transaction():
            if how == "disabled":
                db.session.get_one(User, user.id).disabled_at = wall_now()
            else:
                db.session.get_one(User, user.id).role_rows.clear()


@pytest.mark.check("logout")
@pytest.mark.parametrize("how", ["signed out", "password", "disabled"])
def test_a_copied_cookie_is_dead_in_every_process_at_once(two, how):
    user = People().member("Ada Okafor", card=None).user
    token, cookie = two.cookie(user)
    assert two.says(cookie, "/account/") == [200, 200]
    _change(user, how, token)
    assert two.says(cookie, "/account/") == [302, 302]


@pytest.mark.check("revoke")
def test_a_role_that_is_taken_away_closes_its_pages_in_every_process_at_once(two):
    user = People().staff(Role.FLEET)
    token, cookie = two.cookie(user)
    assert two.says(cookie, "/fleet/") == [200, 200]
    _change(user, "role", token)
    assert two.says(cookie, "/fleet/") == [403, 403]


@pytest.mark.check("logout", "revoke")
def test_the_comparison_sees_a_session_that_stands(two):
    _token, cookie = two.cookie(People().member("Bo Lindqvist", card=None).user)
    end_session("somebody else's token")
    assert two.says(cookie, "/account/") == [200, 200]


def _megabytes(process: "subprocess.Popen[bytes]") -> float:
    """The memory of the server's processes, its worker's too."""
    whole = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            pid, parent = stat.parent.name, stat.read_text().rsplit(")", 1)[1].split()[1]
            if process.pid in (int(pid), int(parent)):
                whole += int((stat.parent / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return whole / MB


def _send(port: int, length: int) -> tuple[bytes, int]:
    """Send a form of this length as far as it is taken; the answer's first line, and how many bytes went out."""
    sent, answer = 0, b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                     b"Content-Length: %d\r\n\r\nemail=" % length)
        line.settimeout(2)
        with suppress(OSError):
            while sent < length:
                sent += line.send(b"x" * 65_536)
        with suppress(OSError):
            answer = line.recv(65_536)
    return answer.split(b"\r\n", 1)[0], sent


@pytest.mark.check("oversize")
def test_a_form_of_200_megabytes_is_refused_without_being_read_into_memory(two):
    _send(two.ports[0], 2 * MB)  # what is needed once
    before = _megabytes(two.processes[0])
    said, sent = _send(two.ports[0], 200 * MB)
    assert b" 413 " in said or said == b""  # the answer, or the line was closed before all of it went out
    assert sent < 200 * MB
    assert _megabytes(two.processes[0]) - before < 16
    assert MOST < 200 * MB
