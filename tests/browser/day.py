"""What waits for the desks of a city in the morning: `python -m tests.browser.day` makes it and prints what it made.

Forty things from as many members as there are: notes, conversations (one of them a call that is asked for), and cases.
"""

import json
import subprocess
import sys
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from core.database import db
from core.time import now
from experience.asks.models import Mood
from experience.asks.say import say_how_it_goes
from experience.cases.models import Rule, Severity
from experience.cases.open import Hit, open_case, open_case_of
from experience.journey import Step
from portal.account.models import Member, User
from portal.app import create_app
from portal.help.context import About
from portal.help.models import Kind
from portal.help.start import Call, start_conversation
from reservations.booking.models import Reservation
from tests.browser.city import ROOT, environment

NOTES, CONVERSATIONS, CASES = 14, 13, 13
KINDS = (Kind.CALLBACK, Kind.COMPLIMENT, Kind.COMPLAINT, *(Kind.QUESTION,) * 10)
Made = dict[str, list[str]]


def fill(home: Path) -> Made:
    """Fill the city in `home`; the ids of what was made, by kind."""
    done = subprocess.run([sys.executable, "-m", "tests.browser.day"], env=environment(home), cwd=ROOT, check=True,
                          capture_output=True, text=True)
    made: Made = json.loads(done.stdout.splitlines()[-1])
    return made


def _make(site: Flask) -> Made:
    riders = list(db.session.scalars(select(Member).join(User).where(
        User.email.startswith("rider"), Member.status == "active").order_by(User.email)))
    seal = site.extensions["adapters"].seal
    notes = [say_how_it_goes(member=_one(riders, n), step=Step.PICKUP_CHECK, mood=Mood.BAD, words=f"Sand on seat {n}.",
                             trip=None, facts={}, seal=seal, now=now()) for n in range(NOTES)]
    asked = [start_conversation(
        who=_one(riders, n), kind=KINDS[n], words=f"Where is the ice scraper of car {n}?", about=About(), once=f"day-{n}",
        seal=seal, now=now(), call=Call("+13125550123") if KINDS[n] is Kind.CALLBACK else None) for n in range(CONVERSATIONS)]
    cases = [open_case(member_id=member_id, reservation_id=trip_id, now=now(),
                       hit=Hit(Rule.DETRACTOR, f"answer:day-{n}", Step.PICKUP_UNLOCK, Severity.SERIOUS))
             for n, (member_id, trip_id) in enumerate(_without_a_case(riders)[:CASES])]
    return {"notes": [str(each.id) for each in notes], "conversations": [each.id.hex for each in asked],
            "cases": [each.id.hex for each in cases]}


def _one(riders: list[Member], n: int) -> Member:
    return riders[n % len(riders)]


def _without_a_case(riders: list[Member]) -> list[tuple[int, int | None]]:
    """Members, and then members' trips, about which no case is open."""
    trips = db.session.execute(select(Reservation.member_id, Reservation.id).where(
        Reservation.member_id.in_([rider.id for rider in riders])).order_by(Reservation.id))
    about: list[tuple[int, int | None]] = [*((rider.id, None) for rider in riders), *((who, trip) for who, trip in trips)]
    return [each for each in about if open_case_of(*each) is None]


if __name__ == "__main__":
    made_here = create_app()
    with made_here.app_context():
        print(json.dumps(_make(made_here)))
