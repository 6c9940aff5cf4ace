"""Somebody who had trouble, or joy, writes to the help desk, leaves a note for the next one, or suggests a car."""

from random import Random

from demo.city import City
from demo.words import HELP_WORDS, REMARKS
from experience.asks.models import Mood
from experience.journey import Step
from fleet.cars.models import CarClass
from fleet.cars.queries import the_car
from portal.account.models import Member
from portal.help.context import About
from portal.help.models import Kind
from portal.help.remarks.write import write_remark
from portal.help.start import start_conversation
from portal.help.suggestions.models import Wanted
from portal.help.suggestions.suggest import suggest
from reservations.booking.models import Reservation, Status

OURS = "demo-"  # how the forms of the simulated begin: what visitors of the demo ask is left to whoever signs in
ASKS = {Mood.BAD: 0.16, Mood.SO_SO: 0.05, Mood.GOOD: 0.05}


def maybe_ask(city: City, member: Member, step: Step, mood: Mood, reservation: Reservation | None, about: int) -> None:
    """Somebody who said how a step went may also write to the help desk, leave a note for the next one, or suggest a car."""
    dice = city.dice(f"help/{about}")
    if step is Step.FIND_SEARCH and mood is Mood.BAD and dice.random() < 0.12:
        _suggest(city, member, dice)
    if reservation is None or dice.random() > ASKS[mood]:
        return
    kind = {Mood.BAD: Kind.COMPLAINT, Mood.SO_SO: Kind.QUESTION, Mood.GOOD: Kind.COMPLIMENT}[mood]
    start_conversation(
        who=member, kind=kind, words=dice.choice(HELP_WORDS[kind]), once=f"{OURS}{about}", seal=city.outside.seal,
        now=city.life.now, about=About(step=step, reservation=reservation, car=reservation.car, lot=reservation.car.lot))
    if mood is not Mood.BAD and reservation.status == Status.RETURNED:
        city.refused(lambda: write_remark(
            member=member, car=None, lot=reservation.car.lot, words=dice.choice(REMARKS), once=f"{OURS}{about}",
            now=city.life.now))


def _suggest(city: City, member: Member, dice: Random) -> None:
    lot, wanted = the_car(dice.choice(city.fleet).slug).lot, dice.choice((Wanted.LOT, Wanted.CAR))
    suggest(member=member, wanted=wanted, lot=lot, words="", seal=city.outside.seal, now=city.life.now,
            car_class=str(dice.choice((CarClass.VAN, CarClass.EV, CarClass.WAGON))) if wanted is Wanted.CAR else None)
