"""Whoever enters a step and never ends it has abandoned it, once."""

from datetime import timedelta

import pytest
from flask import Flask

from experience.journey import STEPS, Phase, Step
from experience.record import abandon
from experience.record.abandon import note_abandoned
from tests.experience.given import happened, log, minutes, phases, write
from tests.factories import NOON

BOOK = Step.BOOK_CONFIRM
LIMIT = STEPS[BOOK].limit


def test_a_step_past_its_limit_is_abandoned_once(app: Flask) -> None:
    write(happened(BOOK, Phase.ENTERED, NOON, session="s", facts={"lot_id": 3}))
    assert note_abandoned(NOON + LIMIT - minutes(1)) == 0
    assert note_abandoned(NOON + LIMIT) == 1
    assert note_abandoned(NOON + LIMIT + minutes(60)) == 0
    left = log()[-1]
    assert (left.phase, left.time, left.session_id, left.facts) == ("abandoned", NOON + LIMIT, "s", {"lot_id": 3})


@pytest.mark.parametrize("end", [Phase.SUCCEEDED, Phase.REFUSED, Phase.FAILED, Phase.ABANDONED, Phase.UNDONE])
@pytest.mark.parametrize("by", ["session", "journey"])
def test_a_step_with_any_end_is_not_abandoned(app: Flask, end: Phase, by: str) -> None:
    same = {"session": "s"} if by == "session" else {"journey": "trip"}
    other = {"journey": "trip"} if by == "session" else {"session": "s"}
    write(happened(BOOK, Phase.ENTERED, NOON, session="s", journey="trip"),
          happened(BOOK, end, NOON + minutes(5), **same))
    assert other != same
    assert note_abandoned(NOON + minutes(120)) == 0


def test_an_end_before_another_step_or_of_another_visit_does_not_count(app: Flask) -> None:
    write(happened(BOOK, Phase.SUCCEEDED, NOON - minutes(5), session="s"),
          happened(BOOK, Phase.ENTERED, NOON, session="s"),
          happened(Step.FIND_CAR, Phase.SUCCEEDED, NOON + minutes(5), session="s"),
          happened(BOOK, Phase.SUCCEEDED, NOON + minutes(5), session="somebody else"))
    assert note_abandoned(NOON + minutes(120)) == 1


def test_opening_a_step_twice_abandons_it_once_counted_from_the_second_time(app: Flask) -> None:
    write(happened(BOOK, Phase.ENTERED, NOON, session="s"),
          happened(BOOK, Phase.ENTERED, NOON + minutes(20), session="s"))
    assert note_abandoned(NOON + LIMIT + minutes(5)) == 0
    assert note_abandoned(NOON + LIMIT + minutes(20)) == 1
    assert phases() == ["entered", "entered", "abandoned"]


def test_a_step_may_be_abandoned_again_on_the_same_visit(app: Flask) -> None:
    for start in (NOON, NOON + minutes(100)):
        write(happened(BOOK, Phase.ENTERED, start, session="s"))
        assert note_abandoned(start + LIMIT + minutes(1)) == 1
    assert phases() == ["entered", "abandoned", "entered", "abandoned"]


def test_many_are_noted_in_batches(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abandon, "BATCH", 10)
    write(*(happened(BOOK, Phase.ENTERED, NOON + timedelta(seconds=n), session=f"s{n}") for n in range(25)))
    assert [note_abandoned(NOON + minutes(120)) for _ in range(4)] == [10, 10, 5, 0]


def test_what_nobody_could_be_found_for_is_left_alone(app: Flask) -> None:
    write(happened(BOOK, Phase.ENTERED, NOON))
    assert note_abandoned(NOON + minutes(120)) == 0
