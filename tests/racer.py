"""One server process of the races: `python -m tests.racer` books what it is told, each wish in a thread of its own.

It reads one JSON line a round, `{"at": unix time, "wishes": [[member, car, start, end, once], …]}`, starts all wishes
at that moment, and answers with one line: `[[member, what became of it, reservation or null], …]`.
"""

import json
import sys
import threading
import time
from datetime import UTC, datetime

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


def main() -> None:
    app = create_app()
    print("ready", flush=True)
    for line in sys.stdin:
        told = json.loads(line)
        answers: list[list[object]] = []
        threads = [threading.Thread(target=_wish, args=(app, told["at"], wish, answers)) for wish in told["wishes"]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(json.dumps(answers), flush=True)


def _wish(app: Flask, at: float, wish: list[object], answers: list[list[object]]) -> None:
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
    main()
