"""P2: the same search among many cars, against it among a thousand."""

import statistics
from time import perf_counter

from flask import Flask

from benchmarks.bulk import SCALES
from benchmarks.measure import Ask, Pairs, Result
from benchmarks.p1_search import Wishes
from benchmarks.places import forget_cache, place


def run(ask: Ask) -> list[Result]:
    small = SCALES["1k"]
    if ask.scale.cars <= small.cars:
        return []  # nothing has grown
    with place(ask.database, small) as few, place(ask.database, ask.scale) as many:
        apps = [(few.app(), few, small), (many.app(), many, ask.scale)]
        took: list[list[float]] = [[], []]
        wishes = []
        for app, there, scale in apps:
            with app.app_context():
                wishes.append(Wishes(there, scale))
        for number in range(ask.rounds + 10):
            for which, (app, _there, _scale) in enumerate(apps):
                seconds = _once(app, wishes[which])
                if number >= 10:
                    took[which].append(seconds)
    says = f"the search among {ask.scale.cars:,} cars / among 1,000; medians {statistics.median(took[0]) * 1e6:.0f} µs before"
    return [Pairs(*took).result(ask, "P2", "p2_growth", says)]


def _once(app: Flask, wishes: Wishes) -> float:
    with app.app_context():
        wishes.next()
        wishes.asked.all()  # its pages are in memory and its crowd is counted, on both sides
        forget_cache()
        began = perf_counter()
        wishes.asked.all()
        return perf_counter() - began
