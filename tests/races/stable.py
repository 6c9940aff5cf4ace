"""Where the racers come from: `python -m tests.races.stable`, one process that never opens a database itself.

Each line of its input is one order, a JSON object, and is answered by one line:
- `{"open": {home, url}, "processes": 4}` has that many processes race on another database from now on;
- `{"race": [wish, …]}` lets them race (tests/races/deeds.py says what wishes and answers are);
- `{"kill": wish, "at": …}` has a process of its own carry out one wish and kills it with -9: at the n-th statement, `"commit"`
  just before its COMMIT, `"committed"` just after it, or after as many seconds as a fraction says. It is answered by whether
  the process died before it was through. `"apart": true` lets each statement stand by itself: without the one transaction
  around them, halves must be left.
"""

import json
import multiprocessing
import os
import signal
import sys
import time
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

import config
from core import database
from core.database import after_end, at_commit
from portal.app import create_app
from tests.racer import Racers
from tests.races.deeds import act

_forks = multiprocessing.get_context("fork")


def main() -> None:
    """Carry out one order after the other."""
    app, racers = create_app(), None
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "open" in order:
            if racers is not None:
                racers.let_go()
            home, url = order["open"]
            app = create_app(config.load({"APP_ENV": "testing", "PORTAL_HOME": home, "DATABASE_URL": url}))
            racers, answer = Racers(app, order["processes"], act), None
        elif "race" in order:
            answer = racers.race(order["race"])
        else:
            answer = _killed(app, order["kill"], order["at"], apart=order["apart"])
        print(json.dumps(answer), flush=True)


def _killed(app: Flask, wish: list[Any], at: int | float | str, *, apart: bool) -> bool:
    here, there = _forks.Pipe()
    doomed = _forks.Process(target=_live, args=(app, wish, at, apart, there), daemon=True)
    doomed.start()
    there.close()
    if isinstance(at, float):
        here.recv()  # it begins now
        time.sleep(at)
        doomed.kill()
    doomed.join(60)
    if doomed.exitcode not in (0, -signal.SIGKILL):
        raise RuntimeError(f"the process ended with {doomed.exitcode}")
    return doomed.exitcode == -signal.SIGKILL


def _live(app: Flask, wish: list[Any], at: int | float | str, apart: bool, told: Any) -> None:
    """Carry out the wish, as far as one gets."""
    with ExitStack() as around:
        if apart:
            around.enter_context(patch.object(database, "_begin", _each_by_itself))
        if at in ("commit", "committed"):
            around.enter_context(at_commit(_die if at == "commit" else lambda: after_end(_die)))
        elif isinstance(at, int):
            _die_at_statement(at)
        answers: list[list[Any]] = []
        begin = time.time()
        if isinstance(at, float):
            told.send("begins")
        act(app, begin, wish, answers)
        assert answers[0][2] == "done", answers


def _die_at_statement(number: int) -> None:
    left = number

    @event.listens_for(Engine, "before_cursor_execute")
    def count(*_about: object) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            _die()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _each_by_itself(session: Session) -> None:
    session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})


if __name__ == "__main__":
    main()
