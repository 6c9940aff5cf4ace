"""P2: the same search among many cars, against it among a thousand; and with millions of bookings that are over, without."""

from time import perf_counter

from flask import Flask

from benchmarks.bulk import SCALES
from benchmarks.measure import Ask, Pairs, Result
from benchmarks.p1_search import Wishes
from benchmarks.places import forget_cache, place, worked


def run(ask: Ask) -> list[Result]:
    small, goal = (SCALES["10k"], "p2_past") if ask.scale.past else (SCALES["1k"], "p2_growth")
    if ask.scale.cars < small.cars or ask.scale == small:
        return []  # nothing has grown
    with place(ask.database, small) as few, place(ask.database, ask.scale) as many:
        apps = [(few.app(), few, small), (many.app(), many, ask.scale)]
        took: list[list[float]] = [[], [], [], []]  # of the few and of the many: by the clock, and of the processor
        wishes = []
        for app, there, scale in apps:
            with app.app_context():
                wishes.append(Wishes(there, scale))
        for number in range(ask.rounds + 10):
            for which, (app, _there, _scale) in enumerate(apps):
                seconds, busy = _once(app, wishes[which])
                if number >= 10:
                    took[which].append(seconds)
                    took[which + 2].append(busy)
    says = (f"the search among {ask.scale.cars:,} cars, {ask.scale.cars * ask.scale.past:,} bookings over / among "
            f"{small.cars:,}")
    return [Pairs(*took[:2]).result(ask, "P2", goal, says),
            Pairs(*took[2:]).result(ask, "P2", f"{goal}_worked", f"{says}, processor time")]


def _once(app: Flask, wishes: Wishes) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    with app.app_context():
        wishes.next()
        wishes.asked.all()  # its pages are in memory and its crowd is counted, on both sides
        busy = worked()
        forget_cache()
        used, began = busy(), perf_counter()
        wishes.asked.all()
        return perf_counter() - began, busy() - used
