"""What members do in a race. A wish is `[who, deed, …what the deed needs]`; an answer is `[who, deed, outcome, id]`.

The outcome is `done` with the reservation's id (of `offer`, how many offers were made), the code of a refusal, or the words
of a fault.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Flask

from core.database import db, transaction
from core.ids import new_id
from core.outbox import Job
from core.refusal import Refusal
from core.time import Span, service_clock
from fleet.cars.models import Car
from portal.account.models import Member
from reservations.booking.book import book
from reservations.booking.cancel import cancel
from reservations.booking.change.change import change
from reservations.booking.change.proposal import Wish
from reservations.booking.models import Reservation, Waiver
from reservations.booking.offer import FrozenOffer
from reservations.waitlist.answer import accept_offer, lapse, run_out
from reservations.waitlist.models import WaitOffer
from reservations.waitlist.offer import offer_time
from tests.factories import NOON
from tests.races.account_deeds import ACCOUNT_DEEDS

Go = Callable[[], int]


def act(app: Flask, at: float, wish: list[Any], answers: list[list[Any]]) -> None:
    """Get ready, wait for the moment, do it, and say what became of it."""
    who, deed, *told = wish
    with app.app_context(), service_clock(lambda: NOON):
        go = DEEDS[deed](who, *told)
        time.sleep(max(0.0, at - time.time()))
        try:
            answers.append([who, deed, "done", go()])
        except Refusal as refusal:
            answers.append([who, deed, refusal.code, None])
        except Exception as fault:  # whatever it is: the test says that it must not be
            answers.append([who, deed, f"{type(fault).__name__}: {fault}"[:300], None])
        db.session.remove()


def _book(who: int, car_id: int, start: float, end: float, once: str) -> Go:
    member, car = db.session.get_one(Member, who), db.session.get_one(Car, car_id)
    offer = FrozenOffer(car.id, _span(start, end), member.plan, NOON)
    return lambda: book(member=member, car=car, offer=offer, waiver=Waiver.INCLUDED, once=once, now=NOON).id


def _cancel(_who: int, reservation_id: int) -> Go:
    reservation = db.session.get_one(Reservation, reservation_id)

    def go() -> int:
        cancel(reservation=reservation, now=NOON)
        return reservation.id

    return go


def _change(_who: int, reservation_id: int, car_id: int, start: float, end: float, once: str) -> Go:
    reservation, car = db.session.get_one(Reservation, reservation_id), db.session.get_one(Car, car_id)
    wish = Wish(car, _span(start, end))

    def go() -> int:
        change(reservation=reservation, wish=wish, shown=None, once=once, now=NOON)
        return reservation.id

    return go


def _accept(_who: int, offer_id: str, at: float) -> Go:
    offer = db.session.get_one(WaitOffer, UUID(offer_id))
    return lambda: accept_offer(offer=offer, waiver=Waiver.INCLUDED, now=_moment(at)).id


def _lapse(who: int, offer_id: str, at: float) -> Go:
    due = _moment(at)
    job = Job(new_id(), "wait_lapse", who, {"offer_id": offer_id}, 1, due)

    def go() -> int:
        with service_clock(lambda: due):
            lapse(job)
        return 0

    return go


def _lapse_blindly(_who: int, offer_id: str, at: float) -> Go:
    """As if nobody had to wait for whoever answers: what a race must notice."""
    offer = db.session.get_one(WaitOffer, UUID(offer_id))

    def go() -> int:
        with transaction():
            run_out(offer, _moment(at))
        return 0

    return go


def _offer(_who: int, car_id: int, start: float, end: float) -> Go:
    car, freed = db.session.get_one(Car, car_id), _span(start, end)

    def go() -> int:
        return len(offer_time(car=car, freed=freed, freed_at=NOON, now=NOON))

    return go


def _span(start: float, end: float) -> Span:
    return Span(_moment(start), _moment(end))


def _moment(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)


DEEDS: dict[str, Callable[..., Go]] = {
    "book": _book, "cancel": _cancel, "change": _change, "accept": _accept, "lapse": _lapse,
    "lapse blindly": _lapse_blindly, "offer": _offer, **ACCOUNT_DEEDS}
