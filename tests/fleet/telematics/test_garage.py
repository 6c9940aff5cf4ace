"""The cars themselves, whatever is done to them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.telematics.player.cars import ACKS_KEPT, Faults, Garage, Unit
from fleet.telematics.player.play import happening
from fleet.telematics.player.store import Store
from fleet.telematics.port import Ack, Action, CarRefused, CarSilent, Setup

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
GOLF = Setup("GOLF", "Golf Gloria", 41.93, -87.70, 12_000.0, 50, 300, electric=False)
LEAF = Setup("LEAF", "Leaf Lena", 41.95, -87.65, 800.0, 80, 150, electric=True)

units = st.sampled_from([GOLF.unit, LEAF.unit])
events = st.one_of(
    st.sampled_from(list(Action)),
    st.builds(Faults, silent=st.booleans(), offline=st.booleans()),
    st.fixed_dictionaries(
        {"drive": st.fixed_dictionaries({"miles": st.floats(0.1, 400), "minutes": st.floats(1, 600)})}
    ),
    st.fixed_dictionaries({"refuel": st.fixed_dictionaries({"to_percent": st.integers(-5, 105)})}),
    st.fixed_dictionaries({"door": st.sampled_from(["open", "close"])}),
    st.fixed_dictionaries({"engine": st.sampled_from(["start", "stop"])}),
    st.fixed_dictionaries({"plug": st.booleans()}),
)


def a_garage(*setups: Setup) -> Garage:
    garage = Garage()
    garage.install(setups or [GOLF, LEAF], at=NOON)
    return garage


def unlocked(setup: Setup) -> Garage:
    garage = a_garage(setup)
    garage.send(setup.unit, Action.UNLOCK, once="open", at=NOON)
    return garage


def apply(garage: Garage, unit: str, event: Any, once: str, at: datetime) -> None:
    with suppress(CarRefused, CarSilent, ValueError):
        if isinstance(event, Action):
            garage.send(unit, event, once=once, at=at)
        elif isinstance(event, Faults):
            garage.set_faults(unit, event, at=at)
        else:
            happening(event)(garage, unit, at)


@settings(database=None, deadline=None, max_examples=150)
@given(st.lists(st.tuples(units, events), max_size=40))
def test_whatever_happens_the_cars_stay_possible_and_their_story_in_order(story: list[Any]) -> None:
    garage, at = a_garage(), NOON
    for step, (unit, event) in enumerate(story):
        before = {car.setup.unit: car for car in garage.search()}
        newest = max(car.heard.sequence for car in before.values())
        at += timedelta(minutes=1)
        apply(garage, unit, event, f"step-{step}", at)

        for car in garage.search():
            was = before[car.setup.unit]
            assert 0 <= car.state.energy <= 100
            assert 0 <= car.heard.energy_percent <= 100
            assert car.state.odometer_miles >= was.state.odometer_miles
            assert car.heard.odometer_miles >= was.heard.odometer_miles
            assert not (car.state.locked and (car.state.doors_open or car.state.engine_on))
            same = replace(car.heard, sequence=0, at=NOON) == replace(was.heard, sequence=0, at=NOON)
            assert (car.heard == was.heard) if same else (car.heard.sequence == newest + 1)
        told = garage.changes(newest)
        assert [reading.unit for reading in told] == [unit] * len(told)

    everything = garage.changes(0)
    assert [reading.sequence for reading in everything] == sorted(
        {reading.sequence for reading in everything}
    )
    copy = Garage()
    copy.import_state(garage.export_state())
    assert copy.export_state() == garage.export_state()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda garage: garage.send("LEAF", Action.LOCK, once="shut", at=NOON), "locked"),
        (lambda garage: garage.set_doors("LEAF", opened=1, at=NOON), "door_open"),
        (lambda garage: garage.plug_in("LEAF", at=NOON), "plugged_in"),
        (lambda garage: garage.refuel("LEAF", to_percent=0, at=NOON), "energy_empty"),
    ],
)
def test_a_car_does_not_drive_locked_open_plugged_in_or_empty(spoil: Any, reason: str) -> None:
    garage = unlocked(LEAF)
    spoil(garage)

    with pytest.raises(CarRefused) as no:
        garage.drive("LEAF", miles=5, minutes=20, at=NOON)
    assert no.value.reason == reason


def test_a_car_drives_only_as_far_as_its_energy_lasts() -> None:
    garage = unlocked(LEAF)

    reading = garage.drive("LEAF", miles=400, minutes=600, at=NOON)

    assert reading.odometer_miles == 920.0  # 80 % of 150 miles
    assert reading.energy_percent == 0
    with pytest.raises(CarRefused, match="energy_empty"):
        garage.drive("LEAF", miles=1, minutes=10, at=NOON)


def test_many_short_drives_add_up_to_a_long_one() -> None:
    garage = unlocked(GOLF)

    for _ in range(600):
        reading = garage.drive("GOLF", miles=0.1, minutes=1, at=NOON)

    assert (reading.odometer_miles, reading.energy_percent) == (12_060.0, 30)


@pytest.mark.parametrize(
    ("miles", "minutes"), [(0, 10), (-3, 10), (2_001, 9_999), (30, 10), (5, 0), (float("nan"), 9)]
)
def test_a_drive_that_cannot_be_is_refused(miles: float, minutes: float) -> None:
    with pytest.raises(ValueError, match="a drive is"):
        unlocked(GOLF).drive("GOLF", miles=miles, minutes=minutes, at=NOON)


def test_a_locked_car_opens_no_door_and_starts_no_engine() -> None:
    garage = a_garage()

    with pytest.raises(CarRefused, match="locked"):
        garage.set_doors("GOLF", opened=1, at=NOON)
    with pytest.raises(CarRefused, match="locked"):
        garage.start_engine("GOLF", at=NOON)


def test_only_an_electric_car_that_is_off_is_plugged_in() -> None:
    with pytest.raises(CarRefused, match="not_electric"):
        a_garage().plug_in("GOLF", at=NOON)
    garage = unlocked(LEAF)
    garage.start_engine("LEAF", at=NOON)
    with pytest.raises(CarRefused, match="engine_on"):
        garage.plug_in("LEAF", at=NOON)


def test_a_reading_is_of_the_moment_it_was_asked_for_and_of_the_last_contact_when_offline() -> None:
    garage, later = a_garage(), NOON + timedelta(hours=3)

    assert garage.read("GOLF", at=later) == replace(garage.changes(0)[0], at=later)
    garage.set_faults("GOLF", Faults(offline=True), at=later)
    assert garage.read("GOLF", at=later + timedelta(hours=1)).at == later


def test_a_once_is_remembered_for_a_week() -> None:
    garage = a_garage()
    first = garage.send("GOLF", Action.HORN, once="horn", at=NOON)

    assert garage.send("GOLF", Action.HORN, once="horn", at=NOON + ACKS_KEPT) == first
    garage.send("LEAF", Action.HORN, once="other", at=NOON + ACKS_KEPT + timedelta(seconds=1))
    assert garage.send("GOLF", Action.HORN, once="horn", at=NOON + timedelta(days=9)) != first


def test_a_change_that_cannot_be_written_down_has_not_happened() -> None:
    written: list[Sequence[Unit]] = []

    def keep(changed: Sequence[Unit], ack: Ack | None) -> None:
        if written:
            raise OSError("disk full")
        written.append(changed)

    garage = Garage(keep=keep)
    garage.install([GOLF], at=NOON)
    before = garage.export_state()

    with pytest.raises(OSError, match="disk full"):
        garage.send("GOLF", Action.UNLOCK, once="open", at=NOON)
    with pytest.raises(OSError, match="disk full"):
        garage.refuel("GOLF", to_percent=90, at=NOON)
    assert garage.export_state() == before


def test_the_store_gives_back_what_happened_and_forgets_old_acks(tmp_path: Path) -> None:
    store = Store(tmp_path / "services.sqlite")
    garage = store.load()
    garage.install([GOLF, LEAF], at=NOON)
    garage.send("GOLF", Action.UNLOCK, once="first", at=NOON)
    garage.send("GOLF", Action.FLASH, once="second", at=NOON + ACKS_KEPT + timedelta(seconds=1))
    garage.set_faults("LEAF", Faults(delay_seconds=2, refuse="battery_low"), at=NOON)

    again = store.load()
    store.close()

    assert again.export_state() == garage.export_state()
    assert [ack.once for ack in again.snapshot()[1]] == ["second"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit": ""},
        {"unit": "a/b"},
        {"lat": 91.0},
        {"lng": float("nan")},
        {"energy_percent": 101},
        {"odometer_miles": -1.0},
        {"tank_miles": 0},
    ],
)
def test_a_car_that_cannot_be_is_not_set_up(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"unit|position|percent|odometer|miles"):
        replace(GOLF, **wrong)
