"""The cars themselves: what they are told, what is done to them, and what their boxes say of it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from fleet.telematics.fobs import fob_number
from fleet.telematics.port import (
    Ack,
    Action,
    CarRefused,
    CarSilent,
    Reading,
    Setup,
    check_once,
    check_percent,
    check_position,
)
from fleet.telematics.wire import pack, unpack

ACKS_KEPT = timedelta(days=7)  # how long the same `once` is recognised
LONGEST_DELAY_SECONDS = 30.0
LONGEST_DRIVE_MILES = 2_000
FASTEST_MPH = 100  # on average over a drive: faster is a slip of the pen


@dataclass(frozen=True, slots=True)
class State:
    """How a car is, whether or not anybody has heard of it. Energy is percent of a full tank or battery."""

    lat: float
    lng: float
    odometer_miles: float
    energy: float
    locked: bool = True
    doors_open: int = 0
    engine_on: bool = False
    plugged_in: bool = False
    tap: str | None = None
    tapped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Faults:
    """How a box misbehaves: late, deaf, saying no to every action (with this reason), or out of reach."""

    delay_seconds: float = 0.0
    silent: bool = False
    refuse: str | None = None
    offline: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.delay_seconds <= LONGEST_DELAY_SECONDS:
            raise ValueError(f"an answer is 0 to {LONGEST_DELAY_SECONDS:g} seconds late")
        if self.refuse is not None and not re.fullmatch(r"[a-z_]{1,40}", self.refuse):
            raise ValueError("a reason to refuse is 1 to 40 small letters and underscores")


@dataclass(frozen=True, slots=True)
class Unit:
    """One car: its setup, how it is, what was last heard of it, and its faults."""

    setup: Setup
    state: State
    heard: Reading
    faults: Faults

    def as_json(self) -> dict[str, Any]:
        return {
            "setup": pack(self.setup),
            "state": pack(self.state),
            "heard": pack(self.heard),
            "faults": pack(self.faults),
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Unit":
        """Raises ValueError when the document is not a unit."""
        return cls(
            unpack(Setup, document.get("setup")),
            unpack(State, document.get("state")),
            unpack(Reading, document.get("heard")),
            unpack(Faults, document.get("faults")),
        )


Keep = Callable[[Sequence[Unit], Ack | None], None]
"""Writes changed units and a new ack down, all or nothing; if it raises, the change has not happened."""


def keep_nothing(units: Sequence[Unit], ack: Ack | None) -> None:
    """For a garage that lives as long as its process."""


class Garage:
    """All cars of the service, for any number of threads. A car it lacks is a CarRefused: unknown_unit."""

    def __init__(
        self, units: Iterable[Unit] = (), acks: Iterable[Ack] = (), keep: Keep = keep_nothing
    ) -> None:
        self._lock = Lock()
        self._keep = keep
        self._fill(units, acks)

    def _fill(self, units: Iterable[Unit], acks: Iterable[Ack]) -> None:
        # The car that changed last comes last, so that `changes` looks no further back than it must.
        self._units = {unit.setup.unit: unit for unit in sorted(units, key=lambda unit: unit.heard.sequence)}
        self._acks = {ack.once: ack for ack in sorted(acks, key=lambda ack: ack.at)}
        self._latest = {ack.unit: ack for ack in self._acks.values()}
        self._sequence = max((unit.heard.sequence for unit in self._units.values()), default=0)

    # What the service asks.

    def send(self, unit: str, action: Action, *, once: str, at: datetime) -> Ack:
        """Have the car act; a `once` that has acted already has its Ack. Raises CarSilent, CarRefused."""
        with self._lock:
            if known := self._acknowledged(unit, action, once):
                return known
            car = self._known(unit)
            if car.faults.offline or car.faults.silent:
                raise CarSilent("offline" if car.faults.offline else "silent")
            if car.faults.refuse:
                raise CarRefused(car.faults.refuse)
            ack = Ack(unit, action, once, at)
            self._become(car, at, state=_acted(car.state, action), ack=ack)
            self._remember(ack)
            return ack

    def acknowledged(self, unit: str, action: Action, *, once: str) -> Ack | None:
        """The Ack that this `once` already has. Raises CarRefused (once_reused) if it did something else."""
        with self._lock:
            return self._acknowledged(unit, action, once)

    def read(self, unit: str, *, at: datetime) -> Reading:
        """How the car is at this moment; if offline, what was last heard of it. Raises CarSilent."""
        with self._lock:
            car = self._known(unit)
            if car.faults.offline:
                return car.heard
            if car.faults.silent:
                raise CarSilent("silent")
            return replace(car.heard, at=at)

    def changes(self, since: int, limit: int = 500) -> list[Reading]:
        """Each car's newest reading after `since`, oldest first; a future `since` starts at the beginning.

        Such a cursor belongs to cars that have been set up afresh since.
        """
        with self._lock:
            since = since if since <= self._sequence else 0
            found = []
            for car in reversed(self._units.values()):
                if car.heard.sequence <= since:
                    break
                found.append(car.heard)
            return found[::-1][: max(limit, 0)]

    def install(self, setups: Sequence[Setup], *, at: datetime) -> None:
        """Make the cars that are new, as their setups say; those that are known keep their state."""
        with self._lock:
            sequence = self._sequence
            changed = []
            for setup in {setup.unit: setup for setup in setups}.values():
                known = self._units.get(setup.unit)
                if known is None:
                    sequence += 1
                    changed.append(_new(setup, sequence, at))
                elif known.setup != setup:
                    changed.append(replace(known, setup=setup))
            self._commit(changed)

    # What happens to a car out in the street.

    def drive(self, unit: str, *, miles: float, minutes: float, at: datetime) -> Reading:
        """The car arrives at `at` after so many minutes, or stops as far as its energy lasts.

        Raises CarRefused: locked, door_open, plugged_in, energy_empty; ValueError for an impossible drive.
        """
        if not 0 < miles <= LONGEST_DRIVE_MILES or not miles * 60 <= FASTEST_MPH * minutes:
            raise ValueError(f"a drive is up to {LONGEST_DRIVE_MILES} miles, and up to {FASTEST_MPH} mph")
        with self._lock:
            car = self._known(unit)
            _refuse(
                locked=car.state.locked,
                door_open=car.state.doors_open > 0,
                plugged_in=car.state.plugged_in,
                energy_empty=car.state.energy <= 0,
            )
            lasts = car.state.energy / 100 * car.setup.tank_miles
            left = car.state.energy - miles / car.setup.tank_miles * 100 if miles < lasts else 0.0
            odometer = car.state.odometer_miles + min(miles, lasts)
            there = replace(car.state, odometer_miles=odometer, energy=max(left, 0.0))
            return self._become(car, at, state=there)

    def refuel(self, unit: str, *, to_percent: int, at: datetime) -> Reading:
        """Set what is in the tank or battery."""
        check_percent(to_percent)
        return self._alter(unit, at, energy=float(to_percent))

    def park(self, unit: str, *, lat: float, lng: float, at: datetime) -> Reading:
        """Put the car somewhere else, in degrees."""
        check_position(lat, lng)
        return self._alter(unit, at, lat=lat, lng=lng)

    def set_doors(self, unit: str, *, opened: int, at: datetime) -> Reading:
        """Leave so many doors open; 0 closes all. Raises CarRefused (locked) when opening a locked car."""
        if not 0 <= opened <= 5:
            raise ValueError("a car has 0 to 5 doors to open")
        with self._lock:
            car = self._known(unit)
            _refuse(locked=car.state.locked and opened > 0)
            return self._become(car, at, state=replace(car.state, doors_open=opened))

    def start_engine(self, unit: str, *, at: datetime) -> Reading:
        """Raises CarRefused: locked, plugged_in."""
        with self._lock:
            car = self._known(unit)
            _refuse(locked=car.state.locked, plugged_in=car.state.plugged_in)
            return self._become(car, at, state=replace(car.state, engine_on=True))

    def stop_engine(self, unit: str, *, at: datetime) -> Reading:
        return self._alter(unit, at, engine_on=False)

    def plug_in(self, unit: str, *, at: datetime) -> Reading:
        """Raises CarRefused: not_electric, engine_on."""
        with self._lock:
            car = self._known(unit)
            _refuse(not_electric=not car.setup.electric, engine_on=car.state.engine_on)
            return self._become(car, at, state=replace(car.state, plugged_in=True))

    def unplug(self, unit: str, *, at: datetime) -> Reading:
        return self._alter(unit, at, plugged_in=False)

    def tap(self, unit: str, *, fob: str, at: datetime) -> Reading:
        """Hold a fob to its reader: the box says which, and does nothing by itself. Raises ValueError for no fob's number."""
        return self._alter(unit, at, tap=fob_number(fob), tapped_at=at)

    def set_faults(self, unit: str, faults: Faults, *, at: datetime) -> Reading:
        """Have the box misbehave from now on; `Faults()` mends it."""
        with self._lock:
            return self._become(self._known(unit), at, faults=faults)

    # Looking on.

    def faults(self, unit: str) -> Faults:
        with self._lock:
            return self._known(unit).faults

    def unit(self, unit: str) -> Unit:
        with self._lock:
            return self._known(unit)

    def latest_ack(self, unit: str) -> Ack | None:
        """What the car did last because it was told to."""
        with self._lock:
            return self._latest.get(unit)

    def search(self, words: str = "") -> list[Unit]:
        """Cars whose name or unit has every word, by name."""
        wanted = words.casefold().split()
        with self._lock:
            cars = list(self._units.values())
        named = sorted((f"{car.setup.name} {car.setup.unit}".casefold(), car) for car in cars)
        return [car for name, car in named if all(word in name for word in wanted)]

    def snapshot(self) -> tuple[list[Unit], list[Ack]]:
        """All cars in the order of their last change, and the acks in the order they were given."""
        with self._lock:
            return list(self._units.values()), list(self._acks.values())

    def export_state(self) -> dict[str, Any]:
        """Everything as one JSON object."""
        units, acks = self.snapshot()
        return {"units": [unit.as_json() for unit in units], "acks": [pack(ack) for ack in acks]}

    def import_state(self, state: dict[str, Any]) -> None:
        """Become what `export_state` told, in memory only. Raises ValueError."""
        units = [Unit.from_json(unit) for unit in state["units"]]
        acks = [unpack(Ack, ack) for ack in state["acks"]]
        with self._lock:
            self._fill(units, acks)

    # With the lock held.

    def _known(self, unit: str) -> Unit:
        if unit not in self._units:
            raise CarRefused("unknown_unit")
        return self._units[unit]

    def _acknowledged(self, unit: str, action: Action, once: str) -> Ack | None:
        check_once(once)
        known = self._acks.get(once)
        if known is not None and (known.unit, known.action) != (unit, action):
            raise CarRefused("once_reused")
        return known

    def _alter(self, unit: str, at: datetime, **state: Any) -> Reading:
        with self._lock:
            car = self._known(unit)
            return self._become(car, at, state=replace(car.state, **state))

    def _become(
        self,
        car: Unit,
        at: datetime,
        *,
        state: State | None = None,
        faults: Faults | None = None,
        ack: Ack | None = None,
    ) -> Reading:
        """Write down how the car is now; what its box says gets the next sequence if it says anything new."""
        after = replace(car, state=state or car.state, faults=faults or car.faults)
        says = _says(after)
        if says != car.heard:
            after = replace(after, heard=replace(says, sequence=self._sequence + 1, at=at))
        self._commit([after] if after != car else [], ack)
        return after.heard

    def _commit(self, changed: Sequence[Unit], ack: Ack | None = None) -> None:
        if not changed and ack is None:
            return
        self._keep(changed, ack)
        for car in changed:
            name = car.setup.unit
            if car.heard.sequence > self._sequence:
                self._units.pop(name, None)
                self._sequence = car.heard.sequence
            self._units[name] = car

    def _remember(self, ack: Ack) -> None:
        self._acks[ack.once] = ack
        self._latest[ack.unit] = ack
        while (oldest := next(iter(self._acks.values()))).at < ack.at - ACKS_KEPT:
            del self._acks[oldest.once]


def _refuse(**reasons: bool) -> None:
    for reason, holds in reasons.items():
        if holds:
            raise CarRefused(reason)


def _acted(state: State, action: Action) -> State:
    if action is Action.LOCK:
        _refuse(door_open=state.doors_open > 0, engine_on=state.engine_on)
        return replace(state, locked=True)
    return replace(state, locked=False) if action is Action.UNLOCK else state


def _says(car: Unit) -> Reading:
    """What the box would say now, under the sequence and moment of what was last heard."""
    if car.faults.offline:
        return replace(car.heard, online=False)
    state = car.state
    return replace(
        car.heard,
        lat=state.lat,
        lng=state.lng,
        odometer_miles=round(state.odometer_miles, 1),
        energy_percent=round(state.energy),
        locked=state.locked,
        doors_open=state.doors_open,
        engine_on=state.engine_on,
        plugged_in=state.plugged_in,
        online=True,
        tap=state.tap,
        tapped_at=state.tapped_at,
    )


def _new(setup: Setup, sequence: int, at: datetime) -> Unit:
    """A car as it is delivered: locked, shut and off."""
    state = State(setup.lat, setup.lng, setup.odometer_miles, float(setup.energy_percent))
    heard = Reading(
        unit=setup.unit,
        sequence=sequence,
        at=at,
        lat=setup.lat,
        lng=setup.lng,
        odometer_miles=round(setup.odometer_miles, 1),
        energy_percent=setup.energy_percent,
        locked=True,
        doors_open=0,
        engine_on=False,
        plugged_in=False,
        online=True,
    )
    return Unit(setup, state, heard, Faults())
