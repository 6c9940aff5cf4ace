"""Somebody taps how a step is going, and now and then writes a sentence."""

from random import Random

from demo.asking_help import maybe_ask
from demo.city import City, Said
from demo.words import said_of
from experience.asks.models import Mood
from experience.asks.say import TripFacts, say_how_it_goes
from experience.journey import Step
from portal.account.models import Member
from reservations.booking.models import Reservation


def say(city: City, member: Member | None, step: Step, mood: Mood, dice: Random, *,
        reservation: Reservation | None = None, writes: float = 0.34) -> None:
    """Leave a note on a step; `writes` is how likely it has words."""
    said = said_of(dice, step, mood) if dice.random() < writes else None
    note = say_how_it_goes(
        member=member, step=step, mood=mood, words=said[0] if said else "",
        trip=_facts(reservation) if reservation else None, facts={"plan": member.plan} if member else {},
        seal=city.outside.seal, now=city.life.now)
    if member is not None:
        maybe_ask(city, member, step, mood, reservation, note.id)
    city.said.append(Said(note.id, city.life.now, said[1] if said else None, member is not None))


def _facts(reservation: Reservation) -> TripFacts:
    return TripFacts(reservation.id, reservation.car_id, reservation.car.car_class, reservation.lot_id,
                     reservation.member.plan)
