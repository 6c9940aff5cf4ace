"""The server processes of the races: `python -m tests.racer 4` forks four, each with an engine of its own.

A round is one JSON line, a list of `[member, car, start, end, once]`; other races start theirs by `main()` with an act of
their own. The wishes are dealt out to the processes, each gets a thread of its own, all start at the same moment, and one
line tells what became of them: `[[member, what became of it, reservation or null], …]`.
"""

import json
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any

from flask import Flask

from core.database import db
from core.refusal import Refusal
from core.time import Span
from fleet.cars.models import Car
from portal.account.models import Member
from portal.app import create_app
from reservations.booking.book import book
from reservations.booking.models import Waiver
from reservations.booking.offer import FrozenOffer
from tests.factories import NOON

Act = Callable[[Flask, float, list[Any], list[list[Any]]], None]  # app, when to start, the wish, where the answer goes


def main(processes: int, act: Act) -> None:
    """Deal out and gather; nothing of the database is open here, so that nothing is shared with the forks."""
    app, forks = create_app(), multiprocessing.get_context("fork")
    ends = []
    for _ in range(processes):
        here, there = forks.Pipe()
        forks.Process(target=_serve, args=(app, there, act), daemon=True).start()
        ends.append(here)
    print("ready", flush=True)
    for line in sys.stdin:
        wishes, at = json.loads(line), time.time() + 0.02
        for number, end in enumerate(ends):
            end.send((at, wishes[number::processes]))
        print(json.dumps([answer for end in ends for answer in end.recv()]), flush=True)


def _serve(app: Flask, told: Connection, act: Act) -> None:
    while True:
        at, wishes = told.recv()
        answers: list[list[object]] = []
        threads = [threading.Thread(target=act, args=(app, at, wish, answers)) for wish in wishes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told.send(answers)


def _book(app: Flask, at: float, wish: list[Any], answers: list[list[Any]]) -> None:
    member_id, car_id, start, end, once = wish
    with app.app_context():
        member, car = db.session.get_one(Member, member_id), db.session.get_one(Car, car_id)
        offer = FrozenOffer(car.id, Span(_at(start), _at(end)), member.plan, NOON)
        time.sleep(max(0.0, at - time.time()))
        try:
            trip = book(member=member, car=car, offer=offer, waiver=Waiver.INCLUDED, once=str(once), now=NOON)
        except Refusal as refusal:
            answers.append([member_id, refusal.code, None])
        except Exception as error:
            answers.append([member_id, f"{type(error).__name__}: {error}"[:300], None])
        else:
            answers.append([member_id, "booked", trip.id])


def _at(written: object) -> datetime:
    return datetime.fromtimestamp(float(str(written)), UTC)


if __name__ == "__main__":
    main(int(sys.argv[1]), _book)
