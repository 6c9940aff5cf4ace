"""Answers, clocks and workers at the same moment: one of them wins, and nobody waits for what somebody else has."""

import threading
from collections.abc import Callable
from contextvars import Context
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from core.database import db, transaction
from core.ids import new_id
from core.outbox import Job
from core.refusal import Refusal
from core.time import service_clock
from fleet.calendar.models import Kind, Occupancy
from fleet.cars.models import Car
from portal.account.models import Member
from reservations.booking.models import Reservation, Waiver
from reservations.waitlist.answer import accept_offer, decline_offer, lapse
from reservations.waitlist.join import Wish, join_waitlist
from reservations.waitlist.models import OfferState, Wait, WaitOffer, WaitState
from reservations.waitlist.offer import offer_time
from tests.factories import NOON, Clock, a_car
from tests.reservations.made import TOMORROW

ROUNDS = 8


def at_once(app: Flask, *acts: Callable[[], object]) -> list[str]:
    """Do all of them at the same moment, each in a thread and context of its own; what became of each."""
    line, said = threading.Barrier(len(acts)), ["" for _ in acts]

    def run(number: int, act: Callable[[], object]) -> None:
        with app.app_context():
            line.wait()
            try:
                act()
            except Refusal as refusal:
                said[number] = refusal.code
            else:
                said[number] = "done"

    threads = [threading.Thread(target=Context().run, args=(run, number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return said


def a_wait(member: Member, number: int) -> Wait:
    span = TOMORROW.shifted(timedelta(days=number))
    return join_waitlist(member=member, wish=Wish(span, a_car()), once=f"race-{member.id}-{number}", now=NOON)


def an_offer(wait: Wait) -> WaitOffer:
    return offer_time(car=a_car(), freed=wait.span, freed_at=NOON, now=NOON)[0]


def held() -> list[str]:
    return [kind for kind in db.session.scalars(select(Occupancy.kind).where(Occupancy.car_id == a_car().id))]


def clean() -> None:
    """What a round booked is taken away, so that the next one begins with a free car."""
    with transaction():
        db.session.execute(delete(Occupancy))


@pytest.mark.long
def test_of_several_workers_that_hear_of_one_slot_one_offers_it_to_whoever_joined_first(app, people):
    members, car_id = [people.member(f"Member {n}").id for n in range(3)], a_car().id
    for number in range(ROUNDS):
        span = TOMORROW.shifted(timedelta(days=number))
        for after, member_id in enumerate(members):
            wish = Wish(span, a_car())
            join_waitlist(member=db.session.get_one(Member, member_id), wish=wish, once=f"line-{number}",
                          now=NOON + timedelta(seconds=after))

        def hear(span=span, car_id=car_id) -> None:
            offer_time(car=db.session.get_one(Car, car_id), freed=span, freed_at=NOON, now=NOON)

        at_once(app, hear, hear, hear, hear)
        made = db.session.execute(select(Wait.member_id, WaitOffer.state).join(Wait, Wait.id == WaitOffer.wait_id).where(
            Wait.starts_at == span.start)).all()
        assert [tuple(row) for row in made] == [(members[0], OfferState.OPEN)]
        assert held() == [Kind.OFFER]
        clean()
        with transaction():
            db.session.execute(delete(WaitOffer))
            db.session.execute(delete(Wait))


@pytest.mark.long
def test_an_answer_at_the_last_moment_and_the_clock_never_both_win(app, people):
    member = people.member()
    for number in range(ROUNDS):
        offer = an_offer(a_wait(db.session.get_one(Member, member.id), number))
        offer_id, ends = offer.id, offer.lapses_at
        db.session.rollback()

        def accept(offer_id=offer_id, ends=ends) -> None:
            accept_offer(offer=db.session.get_one(WaitOffer, offer_id), waiver=Waiver.INCLUDED, now=ends - timedelta(seconds=1))

        def run_out(offer_id=offer_id, ends=ends) -> None:
            with service_clock(Clock(ends)):
                lapse(Job(new_id(), "wait_lapse", None, {"offer_id": str(offer_id)}, 1, ends))

        accepted, clock_said = at_once(app, accept, run_out)
        assert clock_said == "done"
        db.session.expire_all()
        offer = db.session.get_one(WaitOffer, offer_id)
        booked = db.session.scalar(select(Reservation.id).where(Reservation.once == f"wait-{offer_id}"))
        if accepted == "done":
            assert (offer.state, offer.wait.state, held()) == (OfferState.ACCEPTED, WaitState.BOOKED, [Kind.TRIP])
            assert booked is not None
        else:
            assert (accepted, offer.state, held()) == ("wait_offer_lapsed", OfferState.LAPSED, [])
            assert booked is None
        clean()


@pytest.mark.long
def test_one_offer_accepted_on_two_devices_and_declined_on_a_third_is_one_booking_or_none(app, people):
    member = people.member()
    for number in range(ROUNDS):
        offer_id = an_offer(a_wait(db.session.get_one(Member, member.id), number)).id
        db.session.rollback()

        def accept(offer_id=offer_id) -> None:
            accept_offer(offer=db.session.get_one(WaitOffer, offer_id), waiver=Waiver.INCLUDED, now=NOON)

        def decline(offer_id=offer_id) -> None:
            decline_offer(offer=db.session.get_one(WaitOffer, offer_id), now=NOON)

        said = at_once(app, accept, accept, decline)
        trips = db.session.scalars(select(Reservation).where(Reservation.once == f"wait-{offer_id}")).all()
        assert len(trips) == (1 if "done" in said[:2] else 0)
        assert said[0] == said[1]
        assert held() == [Kind.TRIP] * len(trips)
        clean()
