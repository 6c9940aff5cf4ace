"""P3: what the guard of the calendar costs: `hold()` against an insert into a table without one, on many cars and on one."""

import random

from sqlalchemy import select

from benchmarks.bare import FAR, bare_insert, fresh_slot, guarded, make_bare, overlaps
from benchmarks.measure import Ask, Result, in_turn
from benchmarks.places import forget_cache, place
from core.database import db
from fleet.cars.models import Car


def run(ask: Ask) -> list[Result]:
    with place(ask.database, ask.scale, apart=True) as there, there.app().app_context():
        make_bare()
        cars = list(db.session.scalars(select(Car.id).limit(1000)))
        dice, base = random.Random(3), there.base  # noqa: S311 - which car
        spread = in_turn(ask.rounds, lambda: bare_insert(dice.choice(cars), fresh_slot(base)),
                         lambda: guarded(dice.choice(cars), fresh_slot(base)), forget_cache)
        hot = in_turn(ask.rounds, lambda: guarded(dice.choice(cars), fresh_slot(base)),
                      lambda: guarded(cars[0], fresh_slot(base)), forget_cache)
        found = overlaps("occupancies", base + FAR)
        if found:
            raise AssertionError(f"{found} spans overlap")
    return [spread.result(ask, "P3", f"p3_{ask.database}", "speed of hold() / of a bare insert", faster=True),
            hot.result(ask, "P3", "p3_hot", "speed of hold() on one car / on many", faster=True)]
