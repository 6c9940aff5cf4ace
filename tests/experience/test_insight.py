"""The journey's numbers are what one gets by counting by hand."""

import random
from collections import defaultdict
from datetime import timedelta
from math import ceil
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from core.database import db, transaction
from experience.insight.by_place import place_figures
from experience.insight.days import slowest_visits
from experience.insight.funnel import journey_figures, step_figures
from experience.insight.measures import MEASURES, Material
from experience.insight.times import rounded, visits
from experience.insight.wilson import wilson
from experience.insight.window import Window
from experience.journey import Phase, Stage, Step
from experience.record.models import Event
from tests.experience.given import happened, minutes, write
from tests.factories import NOON

STEPS_USED = (Step.FIND_SEARCH, Step.BOOK_CONFIRM, Step.PICKUP_UNLOCK)
ENDS = {"succeeded", "refused", "failed"}


def random_events(seed: int, count: int = 400) -> list[dict[str, Any]]:
    """Visits and trips all mixed up: repeated pages, ends without a page, answers by cars, events of no visit."""
    draw = random.Random(seed)
    rows = []
    for _ in range(count):
        session = draw.choice([None, "s1", "s2", "s3", "s4"])
        journey = draw.choice([session, session, "t1", "t2"])
        facts = draw.choice([{}, {"lot_id": draw.randint(1, 3), "car_class": draw.choice(["suv", "van"])},
                             {"lot_id": draw.randint(1, 3)}, {"car_class": "van", "plan": "regular"}])
        rows.append(happened(draw.choice(STEPS_USED), draw.choice(list(Phase)),
                             NOON + timedelta(milliseconds=draw.randint(0, 20_000_000)),
                             session=session, journey=journey, facts=facts))
    return rows


def fits(row: dict[str, Any], window: Window) -> bool:
    facts = row["facts"]
    return ((window.lot_id is None or facts.get("lot_id") == window.lot_id)
            and (window.car_class is None or facts.get("car_class") == window.car_class))


def visits_by_hand(rows: list[dict[str, Any]], window: Window) -> dict[str, list[int]]:
    """Cut each thread of events into visits and measure them, one list at a time."""
    threads: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["time"], row["id"].hex)):
        if row["phase"] != "undone":
            for key in {row["session_id"], row["journey_id"]} - {None}:
                threads[row["step"], key].append(row)
    lengths = defaultdict(list)
    for (step, key), thread in threads.items():
        for visit in cut(thread):
            ends = [row for row in visit if row["phase"] in ENDS]
            left = any(row["phase"] == "abandoned" for row in visit)
            if visit[0]["phase"] != "entered" or not ends or visit[0]["time"] < window.since:
                continue
            last = ends[-1] if not left else None
            if left:  # ends after an abandonment began nowhere; those before it are wiped out with the visit
                continue
            if last and fits(last, window) and key == (last["session_id"] or last["journey_id"]):
                lengths[step].append(round((last["time"] - visit[0]["time"]).total_seconds() * 1000))
    return lengths


def cut(thread: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    pieces: list[list[dict[str, Any]]] = []
    for row in thread:
        if not pieces or (row["phase"] == "entered" and pieces[-1][-1]["phase"] != "entered"):
            pieces.append([])
        pieces[-1].append(row)
    return pieces


@pytest.mark.parametrize("window", [
    Window(NOON), Window(NOON + minutes(90)), Window(NOON, lot_id=2), Window(NOON, car_class="van"),
    Window(NOON + minutes(30), lot_id=1, car_class="suv"), Window(NOON, lot_id=99)])
def test_the_figures_equal_a_recount(app: Flask, window: Window) -> None:
    for seed in range(3):
        rows = random_events(seed)
        _start_over(app)
        write(*rows)
        by_hand = visits_by_hand(rows, window)
        recent = [row for row in rows if row["time"] >= window.since and fits(row, window)]
        stages = {stage.stage: stage for stage in journey_figures(window)}
        for step in STEPS_USED:
            counts = {phase: sum(row["step"] == step and row["phase"] == phase for row in recent) for phase in Phase}
            figures = step_figures(step, window)
            assert {phase: n for phase, n in counts.items() if n} == figures.counts
            assert figures in stages[Stage(step.partition(".")[0])].steps
            lengths = sorted(by_hand[step])
            assert sorted(visit.milliseconds for visit in visits(window) if visit.step == step) == lengths
            if lengths:
                assert figures.timed == len(lengths)
                assert figures.median_ms == rounded(lengths[ceil(len(lengths) / 2) - 1])
                assert figures.p90_ms == rounded(lengths[ceil(len(lengths) * 9 / 10) - 1])
                assert [v.milliseconds for v in slowest_visits(step, window, 3)] == lengths[::-1][:3]
            by_place = {(place.lot_id, place.car_class): place.counts for place in place_figures(step, window)}
            assert by_place == places_by_hand([row for row in recent if row["step"] == step])


def places_by_hand(rows: list[dict[str, Any]]) -> dict[Any, dict[Phase, int]]:
    counts: dict[Any, dict[Phase, int]] = defaultdict(dict)
    for row in rows:
        if "lot_id" in row["facts"]:
            place = counts[row["facts"]["lot_id"], row["facts"].get("car_class")]
            place[Phase(row["phase"])] = place.get(Phase(row["phase"]), 0) + 1
    return counts


def _start_over(app: Flask) -> None:
    with transaction():
        db.session.execute(delete(Event))


def test_every_step_is_shown_even_when_nothing_happened(app: Flask) -> None:
    stages = journey_figures(Window(NOON))
    assert [stage.stage for stage in stages] == list(Stage)
    assert [each.step for stage in stages for each in stage.steps] == list(Step)
    assert all(each.success is None and each.median_ms is None for stage in stages for each in stage.steps)


def test_a_stray_fact_breaks_no_filter(app: Flask) -> None:
    write(happened(Step.FIND_CAR, Phase.SUCCEEDED, NOON, session="s", facts={"lot_id": "unknown"}))
    assert step_figures(Step.FIND_CAR, Window(NOON, lot_id=3)).counts == {}
    assert [place.lot_id for place in place_figures(Step.FIND_CAR, Window(NOON))] == [None]


def test_an_answer_by_a_car_ends_the_visit_of_its_trip(app: Flask) -> None:
    write(happened(Step.PICKUP_UNLOCK, Phase.ENTERED, NOON, session="s", journey="trip"),
          happened(Step.PICKUP_UNLOCK, Phase.SUCCEEDED, NOON + timedelta(seconds=4), journey="trip"))
    figures = step_figures(Step.PICKUP_UNLOCK, Window(NOON))
    assert (figures.timed, figures.median_ms) == (1, 4000)


def test_a_step_that_nobody_opens_takes_as_long_as_its_ends_say(app: Flask) -> None:
    write(happened(Step.RETURN_LOCK, Phase.SUCCEEDED, NOON, journey="t1", measured=(10, 2.5, "s")),
          happened(Step.RETURN_LOCK, Phase.FAILED, NOON, journey="t2", measured=(10, 15, "s"), facts={"lot_id": 3}),
          happened(Step.PICKUP_DRIVE_AWAY, Phase.SUCCEEDED, NOON, session="s", journey="t1", measured=(5, 4, "min")),
          happened(Step.PICKUP_ENERGY, Phase.SUCCEEDED, NOON, journey="t1", measured=(25, 80, "%")))
    lock, away, energy = (step_figures(step, Window(NOON)) for step in (
        Step.RETURN_LOCK, Step.PICKUP_DRIVE_AWAY, Step.PICKUP_ENERGY))
    assert (lock.timed, lock.median_ms, lock.p90_ms, lock.opened) == (2, 2500, 15_000, None)
    assert (away.timed, away.median_ms) == (1, 240_000)
    assert energy.timed == 0
    assert step_figures(Step.RETURN_LOCK, Window(NOON, lot_id=3)).median_ms == 15_000
    assert [visit.journey_id for visit in slowest_visits(Step.RETURN_LOCK, Window(NOON))] == ["t2", "t1"]
    typical = MEASURES["typical"]
    material = Material(NOON - timedelta(days=1), NOON + timedelta(days=1))
    assert [row.value for row in typical.rows(material, Step.PICKUP_DRIVE_AWAY)] == [240]


def test_an_end_that_says_how_long_it_took_is_timed_once_also_when_its_page_was_opened(app: Flask) -> None:
    write(happened(Step.PICKUP_IDENTIFY, Phase.ENTERED, NOON, session="s", journey="trip"),
          happened(Step.PICKUP_IDENTIFY, Phase.SUCCEEDED, NOON + timedelta(seconds=40), journey="trip", measured=(10, 3, "s")))
    figures = step_figures(Step.PICKUP_IDENTIFY, Window(NOON))
    assert (figures.timed, figures.median_ms, figures.opened) == (1, 3000, 1)


def test_trying_again_is_one_visit_from_its_first_page_on(app: Flask) -> None:
    write(happened(Step.BOOK_CONFIRM, Phase.ENTERED, NOON, session="s"),
          happened(Step.BOOK_CONFIRM, Phase.REFUSED, NOON + minutes(1), session="s"),
          happened(Step.BOOK_CONFIRM, Phase.SUCCEEDED, NOON + minutes(3), session="s", journey="trip"))
    figures = step_figures(Step.BOOK_CONFIRM, Window(NOON))
    assert (figures.timed, figures.median_ms) == (1, 180_000)
    assert figures.success is not None
    assert (figures.success.hits, figures.success.n) == (1, 2)


@pytest.mark.parametrize(("hits", "n", "low", "high"), [
    (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)])
def test_the_interval_is_wilsons(hits: int, n: int, low: float, high: float) -> None:
    """The last row is Newcombe's (1998) example, 25.53 % to 36.62 %."""
    share = wilson(hits, n)
    assert share is not None
    assert (round(share.low, 4), round(share.high, 4)) == (low, high)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_stays_between_none_and_all(counts: tuple[int, int]) -> None:
    share = wilson(*counts)
    assert share is not None
    assert 0 <= share.low <= share.share <= share.high <= 1


def test_nothing_has_no_share() -> None:
    assert wilson(0, 0) is None
    with pytest.raises(ValueError, match="is no share"):
        wilson(3, 2)
