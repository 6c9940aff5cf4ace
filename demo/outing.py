"""One booking lived to its end: walking to the car, opening it, driving, refuelling, bringing it back - or not coming."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from core.money import Money
from demo.asking import answer_what_is_open
from demo.city import City, browser
from demo.fate import Fate, Leg, fate_of, legs_of
from demo.life import STAFF as ON_DUTY
from demo.neighbours import ADA
from demo.riders import Place, Rider, near
from demo.saying import say
from demo.toll import pass_on_toll
from demo.wallet import read_bill
from demo.words import CHARGERS, MARKS, STATIONS
from experience.asks.models import Mood
from experience.journey import Step
from fleet.tariffs.in_force import policies_at
from fleet.telematics.models import CarCommand
from fleet.telematics.player.cars import Faults, State
from fleet.telematics.port import Action
from reservations.booking.cancel import cancel, terms
from reservations.booking.models import Reservation, Status
from reservations.fuel.log_stop import Fill, OverCardLimit, log_stop
from reservations.fuel.models import PaidBy
from reservations.trip.ask_car import ask_car
from reservations.trip.check import NewMark, check_car
from reservations.trip.drive_away import note_driven_off
from reservations.trip.errors import StillOutWithAnother, TooEarly
from reservations.trip.models import CheckStage, Trip
from reservations.trip.queries import trip_of
from reservations.trip.return_car import return_car

OUT_OF_TOWN = (
    Place(43.0389, -87.9065), Place(41.6528, -87.0524), Place(41.3190, -88.9942), Place(42.5917, -88.4334),
    Place(42.1103, -86.4808), Place(40.1106, -88.2073), Place(42.4170, -90.4290), Place(41.5964, -88.2073),
)
CHARGE_AN_HOUR = 13.0  # percent of a battery, on the chargers in the bays
ROLLS = 0.2  # miles until the box is heard of anew
PATIENCE = 3  # tries before somebody gives up


class Outing:
    """What a rider does with a booking."""

    def __init__(self, city: City, rider: Rider, reservation: Reservation) -> None:
        self._city, self._rider, self._reservation = city, rider, reservation
        self._id, self._vin, self._car = reservation.id, reservation.car.vin, city.by_id[reservation.car_id]
        self._fate = self._decide()
        self._dice = self._fate.dice("acts")
        self._visit = browser(self._fate.dice("visit"))
        self._tries = self._returns = self._stops = 0
        self._moods: list[tuple[Step, Mood]] = []
        self._trip: Trip | None = None  # held, so that the session need not load it for every act
        self._asked: CarCommand | None = None  # the same
        city.recent.append(self)

    def _decide(self) -> Fate:
        booked = self._reservation
        dirty = self._city.dice(f"dirty/{self._car.slug}").betavariate(1.2, 4)
        fate = fate_of(seed=self._city.seed, reference=booked.reference, span=booked.span,
                       booked_at=booked.booked_at, careful=self._rider.careful, dirty=dirty)
        if self._rider.number > ADA:
            return fate
        return replace(fate, cancels_at=None, forgets=False, comes_too_early=False, leaves_door_open=False,
                       returns=min(fate.returns, booked.ends_at - timedelta(minutes=2)))

    def plan(self) -> None:
        """Have it happen, from where the booking stands now on."""
        life, fate = self._city.life, self._fate
        if self._reservation.status == Status.DRIVING:
            self._trip = trip_of(self._reservation)
            self._plan_drive(self._trip.started_at if self._trip else life.now)
        elif fate.cancels_at is not None:
            life.plan(fate.cancels_at, self._look_at_cancelling, self._visit)
        elif not fate.forgets:
            early = self._reservation.starts_at - timedelta(minutes=19)
            if fate.comes_too_early and early > life.now:
                life.plan(early, self._come_too_early, self._visit)
            life.plan(fate.arrives, self._walk_up, self._visit)

    # Little helpers of every act.

    @property
    def _state(self) -> State:
        return self._city.garage.unit(self._vin).state

    def _is(self, status: Status) -> bool:
        return self._reservation.status == status

    def _later(self, least: float, most: float, do: Callable[[], None]) -> None:
        self._city.life.later(self._dice.uniform(least, most), do, self._visit)

    def _opened(self, step: Step) -> None:
        self._city.opened(step, self._reservation.member, trip_id=self._id)

    def _ask(self, action: Action) -> None:
        self._asked = ask_car(reservation=self._reservation, action=action, now=self._city.life.now)

    def _hears_back(self, do: Callable[[], None]) -> None:
        """The worker calls the car within seconds; a few calls take their time."""
        seconds = self._dice.uniform(0.8, 3.5) if self._dice.random() < 0.965 else self._dice.uniform(9, 19)
        self._city.life.later(seconds, do)

    def _answer(self) -> None:
        self._city.call_car()

    def _say(self, step: Step, mood: Mood, writes: float = 0.34) -> None:
        say(self._city, self._reservation.member, step, mood, self._dice, reservation=self._reservation, writes=writes)

    # Not coming.

    def _look_at_cancelling(self) -> None:
        if self._is(Status.BOOKED):
            self._opened(Step.BOOK_CANCEL)
            shown = terms(self._reservation, self._city.life.now, policies_at(self._reservation.booked_at)).fee
            self._later(12, 90, lambda: self._cancel(shown))

    def _cancel(self, shown: Money | None = None) -> None:
        fees: list[Money] = []
        refusal = self._city.refused(
            lambda: fees.append(cancel(reservation=self._reservation, now=self._city.life.now, shown=shown)))
        if refusal is None:
            self._free_plan()
            self._later(3, 40, self._see_what_is_asked)
            if fees[0].cents and self._dice.random() < 0.4:
                self._say(Step.BOOK_CANCEL, Mood.BAD, 0.6)
            elif self._dice.random() < 0.04:
                self._say(Step.BOOK_CANCEL, Mood.SO_SO)

    def _free_plan(self) -> None:
        mine = self._city.plans.get(self._rider.number, [])
        if self._reservation.span in mine:
            mine.remove(self._reservation.span)

    # At the car.

    def _come_too_early(self) -> None:
        if self._is(Status.BOOKED):
            self._opened(Step.PICKUP_ARRIVE)
            refusal = self._city.refused(lambda: self._ask(Action.UNLOCK))
            if isinstance(refusal, TooEarly) and self._dice.random() < 0.2:
                self._say(Step.PICKUP_ARRIVE, Mood.SO_SO, 0.2)

    def _walk_up(self) -> None:
        if not self._is(Status.BOOKED):
            return
        self._opened(Step.PICKUP_ARRIVE)
        if self._fate.flashes and self._city.refused(lambda: self._ask(Action.FLASH)) is None:
            self._hears_back(self._answer)
        self._later(30, 110, self._look_round)

    def _look_round(self) -> None:
        if self._is(Status.BOOKED):
            self._opened(Step.PICKUP_CHECK)
            self._later(9, 55, self._check_and_unlock)

    def _check_and_unlock(self) -> None:
        if not self._is(Status.BOOKED):
            return
        fate = self._fate
        marks: tuple[NewMark, ...] = ()
        if fate.finds_mark:
            view, what = self._dice.choice(MARKS)
            marks = (NewMark(view, what),)
        refusal = self._city.refused(lambda: check_car(
            reservation=self._reservation, stage=CheckStage.OUTSIDE, now=self._city.life.now, marks=marks,
            skipped=fate.skips_check and not marks))
        if refusal is None:
            self._unlock()
        elif isinstance(refusal, TooEarly):
            self._city.life.plan(self._reservation.starts_at + timedelta(seconds=5), self._look_round, self._visit)
        else:
            self._wait_for_it()

    def _unlock(self) -> None:
        if not self._is(Status.BOOKED):
            return
        if self._tries == 0 and (self._fate.car_is_silent or self._fate.car_says_no):
            faults = Faults(silent=True) if self._fate.car_is_silent else Faults(refuse="no_signal")
            self._city.garage.set_faults(self._vin, faults, at=self._city.life.now)
        refusal = None if self._holds_fob() else self._city.refused(lambda: self._ask(Action.UNLOCK))
        if refusal is None:
            self._hears_back(self._opens)
        elif isinstance(refusal, TooEarly):
            self._city.life.plan(self._reservation.starts_at + timedelta(seconds=5), self._unlock, self._visit)
        elif isinstance(refusal, StillOutWithAnother):
            self._wait_for_it()

    def _holds_fob(self) -> bool:
        """Whoever has a fob holds it to the reader first, once their time has come; the phone is for when that did not help."""
        number, ahead = self._city.fobs.get(self._rider.number), self._city.life.now < self._reservation.starts_at
        if number is None or ahead or self._tries or self._fate.car_is_silent or self._fate.car_says_no:
            return False
        self._city.hold_fob(self._vin, number)
        return True

    def _opens(self) -> None:
        self._city.hear()
        self._city.call_car()
        self._city.garage.set_faults(self._vin, Faults(), at=self._city.life.now)
        if self._is(Status.DRIVING):
            self._trip = trip_of(self._reservation)
            self._plan_drive(self._city.life.now)
            return
        self._moods.append((Step.PICKUP_UNLOCK, Mood.BAD))
        self._city.life.end_batch()
        self._try_again(25, 60)

    def _wait_for_it(self) -> None:
        if self._tries == 0 and self._dice.random() < 0.6:
            self._say(Step.PICKUP_ARRIVE, Mood.BAD, 0.6)
        self._try_again(480, 700)

    def _try_again(self, least: float, most: float) -> None:
        self._tries += 1
        self._later(least, most, self._look_round if self._tries <= PATIENCE else self._cancel)

    # On the way.

    def _plan_drive(self, begins: datetime) -> None:
        """Plan what is left of the drive; what lies behind us has happened."""
        life, legs = self._city.life, legs_of(self._fate, begins)
        if self._fate.rates is not None:
            self._plan_ahead(begins + timedelta(seconds=self._dice.uniform(40, 160)), self._rate)
        for number, leg in enumerate(legs):
            last = number == len(legs) - 1
            self._plan_ahead(leg.sets_off, self._set_off)
            self._plan_ahead(leg.arrives, partial(self._arrive, leg, last=last))
        back = max(self._fate.returns, legs[-1].arrives + timedelta(seconds=45))
        life.plan(back, self._bring_back, self._visit)

    def _plan_ahead(self, at: datetime, do: Callable[[], None]) -> None:
        if at > self._city.life.now:
            self._city.life.plan(at, do, self._visit)

    def _rate(self) -> None:
        if self._is(Status.DRIVING) and self._fate.rates is not None:
            check_car(reservation=self._reservation, stage=CheckStage.INSIDE, cleanliness=self._fate.rates,
                      now=self._city.life.now)
            if self._fate.rates != 4:
                self._moods.append((Step.PICKUP_CHECK, _mood_of(self._fate.rates)))

    def _set_off(self) -> None:
        if not self._is(Status.DRIVING):
            return
        if self._state.locked:
            self._ask(Action.UNLOCK)
            self._hears_back(self._go)
        else:
            self._go()

    def _go(self) -> None:
        if self._state.locked:
            self._city.call_car()
        self._unplug()
        if self._state.locked:
            return
        self._city.garage.start_engine(self._vin, at=self._city.life.now)
        if self._trip is not None and self._trip.drove_off_at is None:
            self._city.life.later(self._fate.dice("rolls").uniform(5, 40), self._roll)

    def _roll(self) -> None:
        """Out of the bay: the box says that the car moves, and the worker hears of it."""
        if self._is(Status.DRIVING) and self._state.engine_on and self._state.energy > 1:
            self._city.garage.drive(self._vin, miles=ROLLS, minutes=1, at=self._city.life.now)
            self._city.hear()
            note_driven_off(self._city.life.now)

    def _unplug(self) -> None:
        if self._state.plugged_in:
            charge(self._city, self._vin)
            self._city.garage.unplug(self._vin, at=self._city.life.now)

    def _arrive(self, leg: Leg, *, last: bool) -> None:
        if not self._is(Status.DRIVING) or self._state.locked:
            return
        setup, at, garage = self._city.garage.unit(self._vin).setup, self._city.life.now, self._city.garage
        self._unplug()
        if self._state.energy - leg.miles / setup.tank_miles * 100 < 7:
            self._refuel()
        garage.drive(self._vin, miles=leg.miles, minutes=max((leg.arrives - leg.sets_off).total_seconds() / 60, 3),
                     at=at)
        there = self._home_bay() if last else self._somewhere()
        garage.park(self._vin, lat=there.lat, lng=there.lng, at=at)
        garage.stop_engine(self._vin, at=at)
        low = 26 + 26 * self._rider.careful
        if not last and self._state.energy < low and self._dice.random() < 0.85:
            self._refuel()
        if leg.locks:
            self._ask(Action.LOCK)
            self._hears_back(self._answer)

    def _home_bay(self) -> Place:
        bay = Place(self._car.bay_lat, self._car.bay_lng)
        return Place(bay.lat + 0.0013, bay.lng - 0.0006) if self._fate.parks_elsewhere else near(self._dice, bay, 0.00006)

    def _somewhere(self) -> Place:
        if self._reservation.span.length > timedelta(hours=20):
            return near(self._dice, self._dice.choice(OUT_OF_TOWN), 0.01)
        return near(self._dice, self._dice.choice(self._city.lots), 0.005)

    def _refuel(self) -> None:
        """Tank or charge: with the car's card, or on the member's money; a big tank can be more than the card pays."""
        self._opened(Step.DRIVE_REFUEL)
        model, electric = self._reservation.car.model, self._car.electric
        full, before = (model.battery_kwh if electric else model.tank_gallons) or 12.0, self._state.energy
        to = self._dice.randrange(84, 101)
        volume = max((to - before) / 100 * full, 0.2)
        cents = round(volume * self._dice.uniform(38, 58) if electric else volume * self._dice.uniform(325, 395))
        station = self._dice.choice(CHARGERS if electric else STATIONS)
        paid_by = PaidBy.CARD if self._dice.random() < 0.8 else PaidBy.MEMBER
        self._city.hear()
        refusal = self._city.refused(lambda: self._log(station, cents, volume, paid_by))
        if isinstance(refusal, OverCardLimit):
            self._log(station, 7500, volume * 7500 / cents, PaidBy.CARD)
            self._log(station, cents - 7500, volume * (cents - 7500) / cents, PaidBy.MEMBER)
        bad = refusal is not None or before < 12
        self._moods.append((Step.DRIVE_REFUEL, Mood.BAD if bad else self._dice.choice((Mood.GOOD, Mood.SO_SO))))
        self._city.garage.refuel(self._vin, to_percent=to, at=self._city.life.now)

    def _log(self, station: str, cents: int, volume: float, paid_by: PaidBy) -> None:
        self._stops += 1
        log_stop(reservation=self._reservation, once=f"demo/{self._stops}", now=self._city.life.now, fill=Fill(
            station, Money(cents), max(round(volume * 1000), 1), paid_by))

    # Bringing it back.

    def _bring_back(self) -> None:
        if self._is(Status.DRIVING):
            self._opened(Step.RETURN_CHECKLIST)
            self._later(22, 85, self._hand_in)

    def _hand_in(self) -> None:
        if not self._is(Status.DRIVING):
            return
        city, fate, first = self._city, self._fate, self._returns == 0
        if first and self._state.engine_on:
            city.garage.stop_engine(self._vin, at=city.life.now)
        if first and fate.leaves_door_open and not self._state.locked:
            city.garage.set_doors(self._vin, opened=1, at=city.life.now)
        if fate.silent_at_return:
            city.garage.set_faults(self._vin, Faults(silent=True), at=city.life.now)
        city.hear()
        if first and fate.typo_in_odometer:
            city.refused(lambda: self._return(odometer=int(self._state.odometer_miles) // 10))
        self._return(odometer=int(self._state.odometer_miles))
        self._hears_back(self._locked)

    def _return(self, *, odometer: int) -> None:
        self._asked = return_car(
            reservation=self._reservation, odometer=odometer, energy=round(self._state.energy),
            now=self._city.life.now, lock=self._returns < PATIENCE - 1)

    def _locked(self) -> None:
        self._city.call_car()
        self._returns += 1
        if self._is(Status.DRIVING) and self._returns <= PATIENCE:
            self._moods.append((Step.RETURN_CHECKLIST, Mood.BAD))
            self._city.life.end_batch()
            self._city.garage.set_doors(self._vin, opened=0, at=self._city.life.now)
            self._later(20, 45, self._hand_in)
            return
        self._city.garage.set_faults(self._vin, Faults(), at=self._city.life.now)
        if not self._state.locked:  # it was deaf, so the trip was ended without it: the button in the car still works
            self._city.garage.send(self._vin, Action.LOCK, once=f"button/{self._reservation.reference}",
                                   at=self._city.life.now)
        self._leave()

    def _leave(self) -> None:
        """Plug it in if it wants that, and say how it went if there is anything to say."""
        self._city.recent.append(self)
        if self._car.electric and self._reservation.car.bay.charger and self._dice.random() < 0.95:
            self._city.garage.plug_in(self._vin, at=self._city.life.now)
        if self._dice.random() < 0.03:
            self._city.life.later(self._dice.uniform(86_400, 300_000), lambda: pass_on_toll(self._city, self._reservation),
                                  ON_DUTY)
        self._later(1800, 80_000, lambda: read_bill(self._city, self._reservation.member, self._reservation))
        self._later(900, 160_000, self._see_what_is_asked)
        if self._fate.returns > self._reservation.ends_at + timedelta(minutes=10):
            self._moods.append((Step.PAY_BILL, self._dice.choice((Mood.SO_SO, Mood.BAD))))
        bad = [said for said in self._moods if said[1] is Mood.BAD]
        if self._dice.random() < (0.07 + 0.3 * self._rider.talks) * (2.0 if bad else 1.0):
            usual = ((Step.RETURN_CHECKLIST, Mood.GOOD), (Step.PAY_BILL, Mood.GOOD), (Step.PICKUP_ARRIVE, Mood.GOOD),
                     (Step.FIND_SEARCH, Mood.GOOD), (Step.PICKUP_UNLOCK, Mood.GOOD), (Step.PICKUP_CHECK, Mood.GOOD),
                     (Step.PICKUP_ARRIVE, Mood.SO_SO), (Step.RETURN_CHECKLIST, Mood.SO_SO))
            step, mood = self._dice.choice(bad or self._moods or usual)
            self._say(step, mood)

    def _see_what_is_asked(self) -> None:
        answer_what_is_open(self._city, self._reservation.member, self._fate.dice("asked"),
                            [mood for _step, mood in self._moods], self._reservation)


def _mood_of(rating: int) -> Mood:
    return Mood.GOOD if rating == 5 else Mood.SO_SO if rating == 3 else Mood.BAD


def charge(city: City, vin: str) -> None:
    """A plugged-in car has charged since its box last said anything."""
    unit = city.garage.unit(vin)
    hours = (city.life.now - unit.heard.at).total_seconds() / 3600
    to = min(100, int(unit.state.energy + hours * CHARGE_AN_HOUR))
    if unit.state.plugged_in and to > unit.state.energy:
        city.garage.refuel(vin, to_percent=to, at=city.life.now)
