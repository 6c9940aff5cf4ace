"""Time of a car has become free: whoever waits longest and fits is offered it, and it is held for them."""

from datetime import datetime, timedelta
from uuid import UUID

from core.database import db, take_turns, transaction
from core.ids import new_id
from core.outbox import Job, post
from core.time import Span, now
from fleet.calendar.hold import CarTaken, hold, taken_spans
from fleet.calendar.models import Kind
from fleet.calendar.turnaround import turnaround_of, with_turnaround
from fleet.cars.models import Car, CarState
from fleet.tariffs.in_force import policies_at
from reservations.booking.models import Waiver
from reservations.booking.offer import FrozenOffer
from reservations.waitlist.models import OfferState, Wait, WaitOffer, WaitState
from reservations.waitlist.queries import cars_for, in_line, open_offer_of


def hear_of_free_time(job: Job) -> None:
    """Handle the outbox's `time_freed`, which the calendar posts with everything that is given back."""
    start, end = (datetime.fromisoformat(job.facts[key]) for key in ("start", "end"))
    offer_time(car=db.session.get_one(Car, job.facts["car_id"]), freed=Span(start, end), freed_at=job.due_at, now=now())


def look_for(job: Job) -> None:
    """Handle the outbox's `wait_look`, posted when somebody joins: what they wish for may have become free just before.

    Whoever joined earlier and fits is asked first here too.
    """
    wait, at = db.session.get_one(Wait, UUID(job.facts["wait_id"])), now()
    cars, policies = cars_for(wait), policies_at(at)
    taken = taken_spans([car.id for car in cars], Span(wait.starts_at, wait.ends_at + timedelta(days=1)))
    for car in cars:
        whole = with_turnaround(car, wait.span, policies)
        if any(row.span.overlaps(whole) for row in taken[car.id]):
            continue
        offer_time(car=car, freed=whole, freed_at=job.due_at, now=at)
        if open_offer_of(wait) is not None:
            return


def offer_time(*, car: Car, freed: Span, freed_at: datetime, now: datetime) -> list[WaitOffer]:
    """Offer what became free at `freed_at`, first come, first served, to as many as it has room for; the calendar decides
    what is free. Called again for the same time it offers what is left of it, if anything.
    """
    wished = Span(freed.start - turnaround_of(car, policies_at(now)), freed.end)  # before it, a turnaround may have had no room
    if car.state == CarState.RETIRED or freed.end <= now or not in_line(car, wished, now):
        return []  # nobody waits for it, as nearly always: that takes no lock
    made = []
    with transaction():
        take_turns("waits")
        for wait in in_line(car, wished, now):
            db.session.refresh(wait, with_for_update={"of": Wait})
            if wait.state == WaitState.WAITING and (offer := _offer(wait, car, freed_at, now)) is not None:
                made.append(offer)
    return made


def _offer(wait: Wait, car: Car, freed_at: datetime, now: datetime) -> WaitOffer | None:
    """Hold the car and say so; None when it is taken for some of the time that this one wishes for."""
    policies, plan = policies_at(now), wait.member.plan
    try:
        occupancy_id = hold(car.id, wait.span, Kind.OFFER, turnaround=turnaround_of(car, policies))
    except CarTaken:
        return None
    price = FrozenOffer(car.id, wait.span, plan, now).price(car, Waiver.INCLUDED, wait.member.for_price).total
    offer = WaitOffer(
        id=new_id(), wait_id=wait.id, car_id=car.id, occupancy_id=occupancy_id, freed_at=freed_at, offered_at=now,
        lapses_at=min(now + timedelta(minutes=policies["wait_offer"].value), wait.starts_at), plan=plan,
        price_cents=price.cents, currency=price.currency, state=OfferState.OPEN)
    db.session.add(offer)
    db.session.flush()
    facts = {"wait_id": str(wait.id), "offer_id": str(offer.id)}
    post("wait_offer", member_id=wait.member_id, due=freed_at, **facts)
    post("wait_lapse", member_id=wait.member_id, due=offer.lapses_at, **facts)
    return offer
