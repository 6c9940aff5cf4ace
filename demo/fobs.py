"""Fobs: asked for, issued at the fleet's desk, lost, broken, and some that wait for whoever signs in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

from core.audit import Staff, acting_staff
from demo.city import City
from demo.life import STAFF as ON_DUTY
from demo.neighbours import ADA, GRACE, HANA, IRIS, MINA, RAFAEL, TOBIAS
from demo.people import person
from reservations.fob.ask import ask_for_fob, report_lost
from reservations.fob.issue import hand_in_fob, issue_fob
from reservations.fob.models import FobState, FobWhy
from reservations.fob.queries import fee_for, fob_of

HOUR = timedelta(hours=1)
DESK = "fleet@example.com"
LOSES, HANDS_IN, STOLEN, WAITS = HANA, TOBIAS, MINA, GRACE  # no riders: another fob costs something
WITH_ONE = (ADA, RAFAEL, IRIS, LOSES, HANDS_IN, STOLEN, 2, 4, 9)


def plan_fobs(city: City, begins: datetime, ends: datetime) -> None:
    """Everything, so that a city of three days has it too."""
    for number in WITH_ONE:
        city.have(begins + HOUR, partial(_ask, city, number))
        city.have(begins + 5 * HOUR, partial(_issue, city, number), ON_DUTY)
    city.have(begins + 26 * HOUR, lambda: _lose(city, LOSES, FobWhy.LOST))
    city.have(begins + 27 * HOUR, lambda: _ask(city, LOSES))
    city.have(begins + 46 * HOUR, lambda: _issue(city, LOSES), ON_DUTY)
    city.have(begins + 40 * HOUR, lambda: _hand_in(city, HANDS_IN), ON_DUTY)
    city.have(ends - 8 * HOUR, lambda: _lose(city, STOLEN, FobWhy.STOLEN))
    city.have(ends - 7 * HOUR, lambda: _ask(city, STOLEN))
    city.have(ends - 4 * HOUR, lambda: _ask(city, WAITS))


def _ask(city: City, number: int) -> None:
    if number in city.members:
        member, now = city.members[number], city.life.now
        ask_for_fob(member=member, shown_cents=fee_for(member.id, now).value, now=now)


def _issue(city: City, number: int) -> None:
    fob = fob_of(city.members[number].id) if number in city.members else None
    if fob is not None and fob.state == FobState.WANTED:
        printed = f"{city.dice(f'fob/{number}/{city.life.now}').getrandbits(40):010X}"
        with _desk("issue") as by_user_id:
            issue_fob(fob_id=fob.id, number=printed, by_user_id=by_user_id, seal=city.outside.seal, now=city.life.now)
        city.fobs[number] = printed


def _lose(city: City, number: int, why: FobWhy) -> None:
    if number in city.members:
        report_lost(member=city.members[number], why=why, now=city.life.now)
        city.fobs.pop(number, None)


def _hand_in(city: City, number: int) -> None:
    fob = fob_of(city.members[number].id) if number in city.members else None
    if fob is not None:
        with _desk("hand-in"):
            hand_in_fob(fob_id=fob.id, now=city.life.now)
        city.fobs.pop(number, None)


@contextmanager
def _desk(deed: str) -> Iterator[int]:
    by_user_id = person(DESK).id
    with acting_staff(Staff(by_user_id, DESK, f"POST /fleet/fobs/{deed}")):
        yield by_user_id
