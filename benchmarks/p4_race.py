"""P4: sixty-four at once, in four processes: for the same half-hour of one car, and for sixty-four different cars.

The same race for a table that only looks first and then writes is the control: if nobody wins twice there, the race is no race.
"""

import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from multiprocessing.connection import Connection

from flask import Flask
from sqlalchemy import select

from benchmarks.bare import FAR, guarded, looked_then_inserted, make_bare, overlaps
from benchmarks.measure import Ask, Result
from benchmarks.places import place
from core.database import db
from core.time import Span
from fleet.cars.models import Car

PROCESSES, THREADS = 4, 16
ROUNDS = 12  # at most: each starts sixty-four threads
TAKES: dict[str, Callable[[int, Span], bool]] = {"guarded": guarded, "unguarded": looked_then_inserted}
Answer = tuple[str, float]  # won, lost, or the name of an error; seconds from the start shot on


def run(ask: Ask) -> list[Result]:
    rounds = min(ask.rounds, ROUNDS)
    with place(ask.database, ask.scale, apart=True) as there:
        app = there.app()
        with app.app_context():
            make_bare()
            cars = list(db.session.scalars(select(Car.id).order_by(Car.id).limit(PROCESSES * THREADS)))
            db.session.remove()
            db.engine.dispose()  # nothing is open that forks could share
        with _Racers(app) as racers:
            slots = iter(range(10**6))
            one_car = [racers.race("guarded", [cars[0]] * len(cars), _slot(there.base, next(slots))) for _ in range(rounds)]
            apart = [racers.race("guarded", cars, _slot(there.base, next(slots))) for _ in range(rounds)]
            control = [racers.race("unguarded", [cars[0]] * len(cars), _slot(there.base, next(slots))) for _ in range(rounds)]
        with app.app_context():
            doubles, without = overlaps("occupancies", there.base + FAR), overlaps("bench_bare", there.base)
    wrong = sum(sum(said == "won" for said, _ in answers) != 1 for answers in one_car)
    errors = sum(said not in ("won", "lost") for answers in one_car + apart for said, _ in answers)
    spurious = sum(said != "won" for answers in apart for said, _ in answers)
    waits = [max(took for _, took in answers) * 1000 for answers in one_car]

    def told(goal: str, says: str, value: float, unit: str = "") -> Result:
        return Result("P4", goal, says, value, unit, database=ask.database, scale=ask.scale.name)

    return [told("p4_none", f"double bookings or rounds without one winner, {rounds} rounds of 64", doubles + wrong),
            told("p4_none", "errors and deadlocks", errors), told("p4_none", "refusals on 64 different cars", spurious),
            told("p4_wait", "the longest wait of a round, median", statistics.median(waits), "ms"),
            told("p4_control", f"double bookings without the guard: {sum(_won(each) for each in control)} won", without)]


def _won(answers: list[Answer]) -> int:
    return sum(said == "won" for said, _ in answers)


def _slot(base: datetime, number: int) -> Span:
    start = base + FAR + timedelta(minutes=30 * number)
    return Span(start, start + timedelta(minutes=30))


class _Racers:
    """Processes that wait for a start shot."""

    def __init__(self, app: Flask) -> None:
        forks = multiprocessing.get_context("fork")
        self._ends: list[Connection] = []
        self._processes = []
        for _ in range(PROCESSES):
            here, there = forks.Pipe()
            process = forks.Process(target=_serve, args=(app, there), daemon=True)
            process.start()
            self._processes.append(process)
            self._ends.append(here)

    def __enter__(self) -> "_Racers":
        return self

    def __exit__(self, *_: object) -> None:
        for end in self._ends:
            end.send(None)
        for process in self._processes:
            process.join(10)

    def race(self, take: str, cars: list[int], span: Span) -> list[Answer]:
        """Everybody wants their car for the span, at the same moment."""
        at = time.time() + 0.15
        for number, end in enumerate(self._ends):
            end.send((at, take, cars[number::PROCESSES], span))
        return [answer for end in self._ends for answer in end.recv()]


def _serve(app: Flask, told: Connection) -> None:
    while (wishes := told.recv()) is not None:
        at, take, cars, span = wishes
        answers: list[Answer] = []
        threads = [threading.Thread(target=_take, args=(app, at, TAKES[take], car, span, answers)) for car in cars]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told.send(answers)


def _take(app: Flask, at: float, take: Callable[[int, Span], bool], car: int, span: Span, answers: list[Answer]) -> None:
    with app.app_context():
        time.sleep(max(0.0, at - time.time()))
        began = time.perf_counter()
        try:
            said = "won" if take(car, span) else "lost"
        except Exception as error:  # whatever it is: it is counted
            said = type(error).__name__
        answers.append((said, time.perf_counter() - began))
