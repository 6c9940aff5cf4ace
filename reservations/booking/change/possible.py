"""What a booking could become: how long its car can be kept, and which other cars are free for its time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from core.money import Money
from core.time import Span, quarter_at_or_after
from fleet.calendar.hold import CarTaken, taken_spans
from fleet.calendar.turnaround import LONGEST_TURNAROUND, turnaround_of, with_turnaround
from fleet.cars.models import Car
from fleet.tariffs.in_force import policies_at
from portal.web import say
from reservations.booking.change.proposal import Proposal, Wish, in_the_way, priced, propose
from reservations.booking.errors import YoursAlready
from reservations.booking.models import Reservation, Status
from reservations.booking.own_trips import OwnTrips
from reservations.search.availability import State
from reservations.search.find import offers_for
from reservations.search.nearby import LOOKED_AT, NearbyCars

AROUND_M = 2500.0
SHOWN = 5
STEPS = (30, 60, 120, 240)  # minutes that are offered as one tap


@dataclass(frozen=True, slots=True)
class OtherEnd:
    """One tap: another end, and what it adds to the price."""

    span: Span
    longer: bool
    minutes: int
    difference: Money


@dataclass(frozen=True, slots=True)
class OtherCar:
    """One tap: another car for the same time, how far its lot is from here, and what it adds to the price."""

    car: Car
    metres: float
    difference: Money

    @property
    def walk_minutes(self) -> int:
        return say.walking_minutes(self.metres)


def is_free(reservation: Reservation, wish: Wish, now: datetime) -> bool:
    """Whether nobody else has the car then, its turnaround included. Better said before; the calendar decides."""
    wanted = with_turnaround(wish.car, wish.span, policies_at(now))
    return all(row.id == reservation.occupancy_id for row in taken_spans([wish.car.id], wanted)[wish.car.id])


def propose_free(reservation: Reservation, wish: Wish, now: datetime, *, looks_id: int) -> Proposal:
    """The change as it stands now, in a time that nobody else has: what is shown before it is made.

    Raises as propose() does, YoursAlready where another booking of its driver takes the time which the member `looks_id`
    may look at too, and CarTaken where somebody else's does.
    """
    proposal = propose(reservation, wish, now)
    if is_free(reservation, wish, now):
        return proposal
    own = OwnTrips(reservation.member_id, looks_id, wish.span).in_car(wish.car.id, but_id=reservation.id)
    raise YoursAlready(own) if own else CarTaken(car_id=wish.car.id)


def latest_end(reservation: Reservation, now: datetime) -> datetime:
    """Until when the member could have the car: to the next who has it, less the turnaround, or as long as trips may be."""
    policies = policies_at(now)
    longest = reservation.starts_at + timedelta(minutes=policies["booking_most"].value)
    ahead = Span(reservation.ends_at, max(longest, reservation.ends_at) + LONGEST_TURNAROUND)
    taken = [row.starts_at for row in taken_spans([reservation.car_id], ahead)[reservation.car_id]
             if row.id != reservation.occupancy_id]
    if not taken:
        return longest
    until = min(taken) - turnaround_of(reservation.car, policies)
    return min(longest, until - timedelta(minutes=until.minute % 15))


def other_ends(reservation: Reservation, now: datetime) -> list[OtherEnd]:
    """Ends that can be had with one tap, later ones first, each with what it adds."""
    latest = latest_end(reservation, now)
    base = max(reservation.ends_at, quarter_at_or_after(now))
    later = [base + timedelta(minutes=minutes) for minutes in STEPS if base + timedelta(minutes=minutes) <= latest]
    earlier = [reservation.ends_at - timedelta(minutes=minutes) for minutes in STEPS[:2]]
    wishes = [Wish(reservation.car, Span(reservation.starts_at, end)) for end in (*later, *earlier)
              if end > reservation.starts_at]
    return [OtherEnd(wish.span, wish.span.end > reservation.ends_at,
                     int(abs(wish.span.end - reservation.ends_at).total_seconds() // 60),
                     priced(reservation, wish, now).difference)
            for wish in wishes if in_the_way(reservation, wish, now) is None]


def other_cars(reservation: Reservation, span: Span, now: datetime) -> list[OtherCar]:
    """Cars near the booked one that are free for the span, nearest first; none for whoever has theirs out already."""
    if reservation.status != Status.BOOKED:
        return []
    mine, member = reservation.car, reservation.member
    near = [one for one in NearbyCars(mine.lat, mine.lng, AROUND_M, most=LOOKED_AT).all() if one.car.id != mine.id]
    offers = offers_for(near, span, member.plan, now, member.for_price)
    free = (offer for offer in offers if offer.availability.state is State.FREE)
    fitting = (offer for offer in free if in_the_way(reservation, Wish(offer.car, span), now) is None)
    return [OtherCar(offer.car, offer.metres, priced(reservation, Wish(offer.car, span), now).difference)
            for offer in islice(fitting, SHOWN)]  # each costs reads: none is asked after the last that is shown
