"""What a car is doing now follows from facts alone."""

from datetime import timedelta

import pytest

from fleet.cars.classes import STANDS_IN, classes_for
from fleet.cars.models import CarClass, CarState
from fleet.cars.needs import Need, Watch, needs
from fleet.cars.state import Facts, ShownState, shown_state
from fleet.cars.where import is_away, metres_apart
from tests.factories import NOON

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(("facts", "state"), [
    (Facts("available", online=True), "available"),
    (Facts("available", online=True, plugged_in=True), "charging"),
    (Facts("available", online=True, next_start=NOON + 60 * MINUTE), "booked"),
    (Facts("available", online=True, next_start=NOON + 61 * MINUTE), "available"),
    (Facts("available", online=True, next_start=NOON - 20 * MINUTE), "booked"),  # begun and not picked up
    (Facts("available", online=True, plugged_in=True, next_start=NOON + 30 * MINUTE), "booked"),
    (Facts("available", online=False), "offline"),
    (Facts("available", online=False, next_start=NOON + 30 * MINUTE), "offline"),
    (Facts("available", online=True, due_back=NOON + MINUTE), "in_use"),
    (Facts("available", online=True, due_back=NOON), "in_use"),  # due this very moment is not late
    (Facts("available", online=True, due_back=NOON - MINUTE), "late"),
    (Facts("available", online=False, due_back=NOON + MINUTE), "in_use"),  # under ground, and driven
    (Facts("cleaning", online=True), "cleaning"),
    (Facts("maintenance", online=False), "maintenance"),
    (Facts("damaged", online=True, next_start=NOON), "damaged"),
    (Facts("transport", online=True, plugged_in=True), "transport"),
    (Facts("damaged", online=True, due_back=NOON + MINUTE), "in_use"),  # its last trip is not stopped
    (Facts("retired", online=False), "retired"),
])
def test_the_state_is_possession_then_staff_then_silence_then_calendar_then_plug(facts, state):
    assert shown_state(facts, NOON) == state


def test_every_state_that_staff_decide_can_be_shown():
    assert {str(state) for state in CarState} <= {str(state) for state in ShownState}


WELL = {"state": ShownState.AVAILABLE, "decided": "available", "online": True, "locked": True, "away": False,
        "low": False}


@pytest.mark.parametrize(("watch", "reasons"), [
    ({}, ()),
    ({"state": ShownState.LATE}, (Need.LATE,)),
    ({"at_risk": 2}, (Need.AT_RISK,)),
    ({"online": False, "state": ShownState.OFFLINE}, (Need.OFFLINE,)),
    ({"online": False, "state": ShownState.IN_USE}, ()),
    ({"locked": False}, (Need.OPEN,)),
    ({"locked": False, "state": ShownState.IN_USE}, ()),
    ({"locked": False, "away": True, "decided": "maintenance", "state": ShownState.MAINTENANCE,
      "block_until": NOON + MINUTE}, ()),
    ({"away": True}, (Need.AWAY,)),
    ({"away": True, "state": ShownState.LATE}, (Need.LATE,)),
    ({"low": True}, ()),
    ({"low": True, "next_start": NOON + 119 * MINUTE}, (Need.LOW_AND_NEXT,)),
    ({"low": True, "next_start": NOON + 121 * MINUTE}, ()),
    ({"decided": "cleaning", "state": ShownState.CLEANING, "block_until": NOON}, (Need.OVERDUE,)),
    ({"decided": "cleaning", "state": ShownState.CLEANING, "block_until": NOON + MINUTE}, ()),
    ({"decided": "cleaning", "state": ShownState.CLEANING}, (Need.OVERDUE,)),  # out without an end
    ({"decided": "retired", "state": ShownState.RETIRED, "online": False}, ()),
    ({"locked": False, "online": False, "state": ShownState.OFFLINE}, (Need.OFFLINE,)),
])
def test_a_car_needs_someone_for_each_reason_that_holds(watch, reasons):
    assert needs(Watch(**{**WELL, **watch}), NOON) == reasons


def test_each_class_stands_in_for_itself_and_nothing_for_a_ramp():
    assert set(STANDS_IN) == set(CarClass)
    assert all(each in others for each, others in STANDS_IN.items())
    assert STANDS_IN[CarClass.ACCESSIBLE] == {CarClass.ACCESSIBLE}


@pytest.mark.parametrize(("other", "fits"), [("wagon", True), ("compact", True), ("economy", False), ("van", False)])
def test_a_stand_in_is_of_an_equal_or_better_class(other, fits):
    assert (other in classes_for("compact")) is fits


def test_a_car_is_away_from_its_bay_beyond_the_drift_of_positions():
    metres = metres_apart(41.9092, -87.6776, 41.9102, -87.6776)
    assert 105 < metres < 117
    assert is_away(metres)
    assert not is_away(40.0)
    assert not is_away(None)
