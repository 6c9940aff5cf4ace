"""The telematics port, once for both adapters: the embedded one, and HTTP against a real player process."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.time import wall_now
from fleet.telematics.embedded import EmbeddedTelematics
from fleet.telematics.http import HttpTelematics
from fleet.telematics.player.cars import Faults, Garage
from fleet.telematics.player.play import happening
from fleet.telematics.player.store import Store
from fleet.telematics.port import (
    Action,
    CarRefused,
    CarSilent,
    Reading,
    Setup,
    Telematics,
    TelematicsDown,
)
from fleet.telematics.wire import pack

ROOT = Path(__file__).parents[3]
TOKEN = "only-for-tests"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
numbers = count(1)


def a_car(**differently: Any) -> Setup:
    """A car nobody has heard of yet: a Golf with 300 miles in a full tank, half full."""
    setup = Setup(f"VIN{next(numbers):08}", "Golf Gloria", 41.93, -87.70, 12_000.0, 50, 300, electric=False)
    return replace(setup, **differently)


def newest(port: Telematics) -> int:
    """The cursor after everything that has happened so far."""
    since = 0
    while found := port.changes(since):
        since = found[-1].sequence
    return since


@dataclass(frozen=True)
class World:
    """An adapter, the same with little patience, a delay beyond that patience, and a hand on the cars."""

    port: Telematics
    impatient: Telematics
    too_slow: float
    garage: Garage | None = None
    control: httpx.Client | None = None

    def play(self, unit: str, document: dict[str, Any]) -> None:
        if self.garage is not None:
            happening(document)(self.garage, unit, wall_now())
        if self.control is not None:
            self.control.post(f"/v1/units/{unit}/play", json=document).raise_for_status()

    def set_faults(self, unit: str, **faults: Any) -> None:
        if self.garage is not None:
            self.garage.set_faults(unit, Faults(**faults), at=wall_now())
        if self.control is not None:
            self.control.put(f"/v1/units/{unit}/faults", json=pack(Faults(**faults))).raise_for_status()

    def car(self, **differently: Any) -> str:
        setup = a_car(**differently)
        self.port.install([setup])
        return setup.unit


@dataclass(frozen=True)
class Running:
    process: subprocess.Popen[str]
    address: str


@contextmanager
def player_on(store: Path) -> Iterator[Running]:
    """A player process on a free port, gone afterwards."""
    command = [sys.executable, "-m", "fleet.telematics.player", "--port", "0", "--store", str(store)]
    environment = {**os.environ, "TELEMATICS_TOKEN": TOKEN}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as process:
        try:
            assert process.stdout is not None
            said = re.search(r"http://\S+", process.stdout.readline())
            assert said, "the player says where it is"
            yield Running(process, said.group().rstrip("/"))
        finally:
            process.kill()


@contextmanager
def telematics_at(address: str, token: str = TOKEN, timeout: float = 5) -> Iterator[HttpTelematics]:
    port = HttpTelematics(address, token, timeout)
    yield port
    port.close()


def control_of(address: str) -> httpx.Client:
    """A hand on the cars of a player."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=5)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with player_on(tmp_path_factory.mktemp("player") / "services.sqlite") as running:
        yield running.address


@pytest.fixture(scope="module")
def over_http(address: str) -> Iterator[World]:
    with (
        telematics_at(address) as port,
        telematics_at(address, timeout=0.3) as impatient,
        control_of(address) as control,
    ):
        yield World(port, impatient, too_slow=0.5, control=control)


@pytest.fixture(params=["embedded", "http"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "embedded":
        embedded = EmbeddedTelematics(Garage(), wall_now)
        return World(embedded, embedded, too_slow=8.0, garage=embedded.garage)
    served: World = request.getfixturevalue("over_http")
    return served


def test_a_new_car_is_locked_shut_and_off_where_its_setup_says(world: World) -> None:
    unit = world.car()

    reading = world.port.read(unit)

    assert reading == Reading(
        unit, reading.sequence, reading.at, 41.93, -87.70, 12_000.0, 50, True, 0, False, False, True
    )
    assert wall_now() - timedelta(minutes=1) < reading.at <= wall_now()


def test_unlocking_and_locking_is_acknowledged_and_seen_in_the_reading(world: World) -> None:
    unit = world.car()

    ack = world.port.send(unit, Action.UNLOCK, once=f"{unit}-1")
    assert (ack.unit, ack.action, ack.once) == (unit, Action.UNLOCK, f"{unit}-1")
    assert ack.at.tzinfo is not None
    assert not world.port.read(unit).locked

    world.port.send(unit, Action.LOCK, once=f"{unit}-2")
    assert world.port.read(unit).locked


def test_the_same_once_acts_once_and_is_answered_with_the_first_ack(world: World) -> None:
    unit = world.car()
    first = world.port.send(unit, Action.UNLOCK, once=f"{unit}-1")
    world.port.send(unit, Action.LOCK, once=f"{unit}-2")

    assert world.port.send(unit, Action.UNLOCK, once=f"{unit}-1") == first
    assert world.port.read(unit).locked


def test_a_hundred_of_the_same_at_once_act_once(world: World) -> None:
    unit, since, acks = world.car(), newest(world.port), set()

    def unlock() -> None:
        acks.add(world.port.send(unit, Action.UNLOCK, once=f"{unit}-1"))

    threads = [threading.Thread(target=unlock) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(acks) == 1
    assert newest(world.port) == since + 1


def test_a_once_is_not_used_again_for_something_else(world: World) -> None:
    unit, other = world.car(), world.car()
    world.port.send(unit, Action.UNLOCK, once=f"{unit}-1")

    for car, action in [(unit, Action.LOCK), (other, Action.UNLOCK)]:
        with pytest.raises(CarRefused) as no:
            world.port.send(car, action, once=f"{unit}-1")
        assert no.value.reason == "once_reused"


@pytest.mark.parametrize("once", ["", "two words", "naïve", "line\nbreak", "x" * 201])
def test_a_once_that_cannot_travel_is_refused_before_it_does(world: World, once: str) -> None:
    with pytest.raises(ValueError, match="once"):
        world.port.send(world.car(), Action.FLASH, once=once)


@pytest.mark.parametrize(
    ("document", "reason"), [({"door": "open"}, "door_open"), ({"engine": "start"}, "engine_on")]
)
def test_a_car_does_not_lock_with_a_door_open_or_the_engine_on(
    world: World, document: dict[str, Any], reason: str
) -> None:
    unit = world.car()
    world.port.send(unit, Action.UNLOCK, once=f"{unit}-1")
    world.play(unit, document)

    with pytest.raises(CarRefused) as no:
        world.port.send(unit, Action.LOCK, once=f"{unit}-2")
    assert no.value.reason == reason

    world.play(unit, {"door": "close"})
    world.play(unit, {"engine": "stop"})
    assert world.port.send(unit, Action.LOCK, once=f"{unit}-2").action is Action.LOCK


@pytest.mark.parametrize("unit", ["NOBODY", "", "../changes", "a b", "é"])
def test_a_car_nobody_knows_is_refused(world: World, unit: str) -> None:
    for ask in (partial(world.port.read, unit), partial(world.port.send, unit, Action.HORN, once="horn")):
        with pytest.raises(CarRefused) as no:
            ask()
        assert no.value.reason == "unknown_unit"


def test_a_box_that_refuses_gives_its_reason(world: World) -> None:
    unit = world.car()
    world.set_faults(unit, refuse="battery_low")

    with pytest.raises(CarRefused) as no:
        world.port.send(unit, Action.UNLOCK, once=f"{unit}-1")
    assert no.value.reason == "battery_low"
    assert world.port.read(unit).locked


def test_a_silent_car_gives_no_answer_and_does_not_act(world: World) -> None:
    unit = world.car()
    world.set_faults(unit, silent=True)

    with pytest.raises(CarSilent):
        world.impatient.send(unit, Action.UNLOCK, once=f"{unit}-1")
    with pytest.raises(CarSilent):
        world.impatient.read(unit)

    world.set_faults(unit)
    assert world.port.read(unit).locked


def test_a_slow_car_is_silent_to_the_impatient_acts_late_and_acts_once(world: World) -> None:
    unit = world.car()
    since = newest(world.port)
    world.set_faults(unit, delay_seconds=world.too_slow)

    with pytest.raises(CarSilent) as trouble:
        world.impatient.send(unit, Action.UNLOCK, once=f"{unit}-1")
    assert trouble.value.reason == "timeout"

    give_up = time.monotonic() + 30
    while not (late := world.port.changes(since)) and time.monotonic() < give_up:
        time.sleep(0.05)
    assert [reading.locked for reading in late] == [False]
    assert world.impatient.send(unit, Action.UNLOCK, once=f"{unit}-1").action is Action.UNLOCK
    assert world.port.changes(late[0].sequence) == []


def test_an_offline_car_is_known_by_what_was_last_heard(world: World) -> None:
    unit = world.car()
    world.set_faults(unit, offline=True)
    world.play(unit, {"refuel": {"to_percent": 90}})
    gone = newest(world.port)

    with pytest.raises(CarSilent) as trouble:
        world.port.send(unit, Action.UNLOCK, once=f"{unit}-1")
    assert trouble.value.reason == "offline"
    heard = world.port.read(unit)
    assert (heard.online, heard.energy_percent) == (False, 50)

    world.set_faults(unit)
    back = world.port.changes(gone)
    assert [(reading.online, reading.energy_percent) for reading in back] == [(True, 90)]


def test_changes_tells_each_cars_newest_reading_once_in_the_order_of_change(world: World) -> None:
    one, two, three = world.car(), world.car(), world.car()
    since = newest(world.port)
    assert world.port.changes(since) == []

    world.play(two, {"refuel": {"to_percent": 60}})
    world.play(one, {"refuel": {"to_percent": 70}})
    world.play(two, {"refuel": {"to_percent": 80}})
    world.port.send(three, Action.FLASH, once=f"{three}-1")

    found = world.port.changes(since)
    assert [(reading.unit, reading.energy_percent) for reading in found] == [(one, 70), (two, 80)]
    assert since < found[0].sequence < found[1].sequence
    assert [reading.unit for reading in world.port.changes(since, limit=1)] == [one]
    assert [reading.unit for reading in world.port.changes(found[0].sequence)] == [two]
    assert world.port.changes(found[1].sequence) == []


def test_a_cursor_from_before_the_cars_were_set_up_afresh_starts_over(world: World) -> None:
    unit = world.car()

    assert unit in {reading.unit for reading in world.port.changes(10**9, limit=1_000)}


def test_installing_again_keeps_the_cars_state_and_takes_what_its_setup_says_anew(world: World) -> None:
    setup = a_car(energy_percent=100)
    world.port.install([setup])
    world.port.send(setup.unit, Action.UNLOCK, once=f"{setup.unit}-1")
    world.play(setup.unit, {"drive": {"miles": 30, "minutes": 60}})
    before = world.port.read(setup.unit)

    world.port.install([setup, replace(setup, tank_miles=600, odometer_miles=0.0)])
    world.port.install([])

    after = world.port.read(setup.unit)
    assert replace(after, at=before.at) == before
    world.play(setup.unit, {"drive": {"miles": 60, "minutes": 90}})
    assert world.port.read(setup.unit).energy_percent == 80


def test_more_cars_than_fit_one_request_are_installed(world: World) -> None:
    setups = [a_car() for _ in range(1_100)]
    since = newest(world.port)

    world.port.install(setups)

    told = []
    while found := world.port.changes(since):
        told += [reading.unit for reading in found]
        since = found[-1].sequence
    assert told == [setup.unit for setup in setups]


def test_a_drive_moves_the_odometer_and_uses_energy(world: World) -> None:
    unit = world.car()
    world.port.send(unit, Action.UNLOCK, once=f"{unit}-1")

    world.play(unit, {"drive": {"miles": 30.5, "minutes": 45}})
    world.play(unit, {"park": {"lat": 41.9, "lng": -87.6}})

    reading = world.port.read(unit)
    assert (reading.odometer_miles, reading.energy_percent) == (12_030.5, 40)
    assert (reading.lat, reading.lng) == (41.9, -87.6)


def test_a_slow_car_does_not_hold_up_the_others(address: str) -> None:
    with telematics_at(address) as port, telematics_at(address, timeout=0.6) as impatient:
        slow, quick = a_car(), a_car()
        port.install([slow, quick])
        with control_of(address) as control:
            control.put(f"/v1/units/{slow.unit}/faults", json={"silent": True}).raise_for_status()
        silences = []

        def knock(attempt: int) -> None:
            with pytest.raises(CarSilent):
                impatient.send(slow.unit, Action.UNLOCK, once=f"{slow.unit}-{attempt}")
            silences.append(attempt)

        threads = [threading.Thread(target=knock, args=[attempt]) for attempt in range(24)]
        for thread in threads:
            thread.start()
        assert port.send(quick.unit, Action.FLASH, once=f"{quick.unit}-1").unit == quick.unit
        assert silences == [], "the quick car answers while the slow one is still being waited for"
        for thread in threads:
            thread.join()
        assert len(silences) == 24


def test_a_wrong_token_or_no_player_or_no_sense_is_the_service_being_down(address: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
        for base, token, reason in [
            (address, "wrong", "http_401"),
            (nobody, TOKEN, "unreachable"),
            (f"{address}/elsewhere", TOKEN, "http_404"),
        ]:
            with telematics_at(base, token) as port:
                for ask in (
                    partial(port.changes, 0),
                    partial(port.read, "VIN1"),
                    partial(port.send, "VIN1", Action.LOCK, once="1"),
                    partial(port.install, [a_car()]),
                ):
                    with pytest.raises(TelematicsDown) as down:
                        ask()
                    assert down.value.reason == reason


def test_a_service_that_hangs_is_a_silent_car_to_one_and_down_to_all() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        with telematics_at(f"http://127.0.0.1:{mute.getsockname()[1]}", timeout=0.1) as port:
            with pytest.raises(CarSilent):
                port.send("VIN1", Action.UNLOCK, once="1")
            with pytest.raises(TelematicsDown) as down:
                port.changes(0)
        assert down.value.reason == "timeout"


@pytest.mark.parametrize("timeout", [0, -1, 8.5])
def test_nobody_waits_longer_than_eight_seconds_for_a_car(timeout: float) -> None:
    with pytest.raises(ValueError, match="time-out"):
        HttpTelematics("http://127.0.0.1:1", TOKEN, timeout)


def test_a_killed_player_comes_back_with_its_cars_and_remembers_what_was_done(tmp_path: Path) -> None:
    store, setup = tmp_path / "instance" / "services.sqlite", a_car()
    with player_on(store) as running, telematics_at(running.address) as port:
        port.install([setup])
        done = port.send(setup.unit, Action.UNLOCK, once="trip-1")
        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait()
        with pytest.raises(TelematicsDown):
            port.read(setup.unit)

    with player_on(store) as running, telematics_at(running.address) as port:
        port.install([setup])
        [reading] = port.changes(0)
        assert (reading.locked, reading.sequence) == (False, 2)
        port.send(setup.unit, Action.LOCK, once="trip-2")
        assert port.send(setup.unit, Action.UNLOCK, once="trip-1") == done
        assert [(reading.locked, reading.sequence) for reading in port.changes(2)] == [(True, 3)]

        running.process.terminate()
        assert running.process.wait(timeout=30) == 0


def test_a_player_without_a_token_does_not_start(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fleet.telematics.player", "--store", str(tmp_path / "s.sqlite")]
    environment = {name: value for name, value in os.environ.items() if name != "TELEMATICS_TOKEN"}

    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)

    assert ended.returncode == 1
    assert "TELEMATICS_TOKEN" in ended.stderr


def test_what_the_demo_drove_is_what_the_player_goes_on_with(tmp_path: Path) -> None:
    moments = (NOON + timedelta(minutes=minute) for minute in count())
    built, setup = EmbeddedTelematics(Garage(), lambda: next(moments)), a_car()
    built.install([setup])
    ack = built.send(setup.unit, Action.UNLOCK, once="trip-1")
    built.garage.drive(setup.unit, miles=15, minutes=60, at=NOON + timedelta(hours=2))
    store = Store(tmp_path / "services.sqlite")
    store.save_garage(built.garage)

    played = EmbeddedTelematics(store.load(), lambda: NOON)
    store.close()

    assert played.export_state() == built.export_state()
    assert played.send(setup.unit, Action.UNLOCK, once="trip-1") == ack
    copied = EmbeddedTelematics(Garage(), lambda: NOON)
    copied.import_state(built.export_state())
    assert copied.read(setup.unit).odometer_miles == 12_015
