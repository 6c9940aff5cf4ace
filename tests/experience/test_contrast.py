"""The statistics of comparisons: known values, other people's code, and how often they cry wolf."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from experience.insight.compare import Grid, scan
from experience.insight.contrast import (
    Kind,
    _wald_variance,
    adjusted,
    contrast,
    design_effect,
    estimate,
    fisher,
    quantile,
    sample_of,
)
from experience.insight.facts import Row
from experience.insight.measures import MEASURES, End, Material
from experience.insight.surroundings import CarKnown, LotKnown, MemberKnown, Surroundings, TripKnown
from experience.journey import Phase, Step
from tests.factories import NOON

CHICAGO = ZoneInfo("America/Chicago")


def clustered(seed: int, n: int = 600, clusters: int = 50) -> tuple[Any, Any, Any]:
    """Whose, in the group or not, and a value that members differ in more than they do from day to day."""
    draw = np.random.default_rng(seed)
    whose = draw.integers(0, clusters, n)
    in_group = (draw.random(clusters) < 0.4)[whose] ^ (draw.random(n) < 0.2)
    return whose, in_group, draw.normal(size=n) + 2 * draw.normal(size=clusters)[whose] + 0.5 * in_group


@pytest.mark.parametrize("seed", range(5))
def test_the_interval_of_a_difference_is_that_of_a_regression_clustered_by_member(seed: int) -> None:
    whose, in_group, values = clustered(seed)
    fitted = sm.OLS(values, sm.add_constant(in_group.astype(float))).fit(
        cov_type="cluster", cov_kwds={"groups": whose, "use_correction": False})
    everybody = sample_of(zip(whose, values, strict=True))
    group = sample_of(zip(whose[in_group], values[in_group], strict=True))
    found = contrast(group, everybody)
    assert found is not None
    assert found.difference == pytest.approx(fitted.params[1])
    clusters = len(everybody.clusters)
    assert _wald_variance(group, everybody) == pytest.approx(fitted.bse[1] ** 2 * clusters / (clusters - 1))
    assert found.low < found.difference < found.high


def test_members_who_come_often_widen_the_interval_and_never_narrow_it() -> None:
    alike = sample_of((who, float(who < 10)) for who in range(20) for _ in range(5))
    apart = sample_of((number, float(number < 50)) for number in range(100))
    wide, narrow = estimate(alike, Kind.SHARE), estimate(apart, Kind.SHARE)
    assert wide is not None
    assert narrow is not None
    assert design_effect(alike) == pytest.approx(5.2, abs=0.1)
    assert design_effect(apart) == pytest.approx(1, abs=0.02)
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)
    assert wide.value == narrow.value == 0.5


def test_a_share_has_wilsons_interval_when_everybody_comes_once() -> None:
    share = estimate(sample_of((number, float(number < 81)) for number in range(263)), Kind.SHARE)
    low, high = proportion_confint(81, 263, method="wilson")
    assert share is not None
    assert (share.low, share.high) == (pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-3))


def test_a_score_has_the_adjusted_walds_interval() -> None:
    """Sauro's example: 36 promoters, 11 passives, 9 detractors of 56: 48 %, adjusted from 25 % to 67 % or so."""
    values = [1.0] * 36 + [0.0] * 11 + [-1.0] * 9
    score = estimate(sample_of(enumerate(values)), Kind.NPS)
    assert score is not None
    assert score.value == pytest.approx(27 / 56)
    mean, ends = 27 / 59, 46.5 / 59
    half = 1.959964 * ((ends - mean * mean) / 59) ** 0.5
    assert (score.low, score.high) == (pytest.approx(mean - half, abs=1e-3), pytest.approx(mean + half, abs=1e-3))


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_the_exact_test_is_fishers(n: int, others: int, data: st.DataObject) -> None:
    hits, other_hits = data.draw(st.integers(0, n)), data.draw(st.integers(0, others))
    known = fisher_exact([[hits, n - hits], [other_hits, others - other_hits]])[1]
    assert fisher(hits, n, hits + other_hits, n + others) == pytest.approx(known, rel=1e-5)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_the_adjusted_p_values_are_benjaminis_and_hochbergs(p_values: list[float]) -> None:
    assert adjusted(p_values) == pytest.approx(list(multipletests(p_values, method="fdr_bh")[1]))


def test_a_quantile_and_its_interval_are_values_that_were_measured() -> None:
    values = [(number, float(number)) for number in range(1, 101)]
    half, nine_in_ten = quantile(values, 0.5), quantile(values, 0.9)
    assert half is not None
    assert nine_in_ten is not None
    assert (half.value, half.low, half.high) == (50, 41, 60)
    assert (nine_in_ten.value, nine_in_ten.low, nine_in_ten.high) == (90, 83, 95)


@pytest.mark.parametrize("kind", [Kind.SHARE, Kind.MEAN])
def test_nineteen_intervals_in_twenty_hold_the_truth_however_members_differ(kind: Kind) -> None:
    """Members come 1 to 12 times and have a temper each; the truth is the mean over all that could come."""
    held = 0
    for seed in range(400):
        draw = np.random.default_rng(seed)
        temper = draw.beta(2, 5, 60)
        visits = np.repeat(np.arange(60), draw.integers(1, 13, 60))
        values = (draw.random(len(visits)) < temper[visits]).astype(float) if kind is Kind.SHARE else (
            5 * temper[visits] + draw.normal(size=len(visits)))
        found = estimate(sample_of(zip(visits, values, strict=True)), kind)
        assert found is not None
        truth = 2 / 7 if kind is Kind.SHARE else 10 / 7
        held += found.low <= truth <= found.high
    assert 0.92 <= held / 400 <= 0.98


def test_a_group_in_which_nothing_has_happened_yet_is_no_wonder() -> None:
    everybody = sample_of((number, float(number % 100 == 0)) for number in range(1000))
    spared = sample_of((number, 0.0) for number in range(1, 31))
    found = contrast(spared, everybody, exact=True)
    assert found is not None
    assert found.p > 0.5


def test_nothing_is_said_of_nobody_or_of_one() -> None:
    everybody = sample_of((number, 1.0) for number in range(30))
    assert estimate(sample_of([]), Kind.MEAN) is None
    assert quantile([], 0.5) is None
    assert contrast(sample_of([]), everybody) is None
    assert contrast(sample_of((0, 1.0) for _ in range(5)), sample_of((number % 3, 1.0) for number in range(15))) is None


# The whole grid, on a city made of dice: 12 lots, 40 cars of 4 classes, 120 members who differ from each other.

CLASSES = ("economy", "suv", "van", "ev")


def town(seed: int, *, dirty_lot: int = 0, slow_class: str = "", trips: int = 1500) -> Material:
    """Trips of people of different tempers, in cars that differ in nothing - unless one lot or one class is made to."""
    draw = random.Random(seed)
    cars = {number: CarKnown(f"Car {number}", CLASSES[number % 4], f"Model {number % 9}", "gasoline", 1 + number % 12)
            for number in range(1, 41)}
    lots = {number: LotKnown(f"Lot {number}", f"Area {number % 5}", draw.choice(["street", "garage"]), CHICAGO)
            for number in range(1, 13)}
    members = {number: MemberKnown(draw.choice(["payg", "regular"]), NOON - timedelta(days=draw.randrange(900)))
               for number in range(1, 121)}
    temper = {number: draw.betavariate(2, 12) for number in members}
    keen = [draw.expovariate(1) for _ in members]
    ends: dict[str, list[End]] = {str(step): [] for step in Step}
    known = {}
    for trip in range(trips):
        who, car_id = draw.choices(list(members), keen)[0], draw.choice(list(cars))
        car, at = cars[car_id], NOON - timedelta(minutes=draw.randrange(28 * 1440))
        known[f"t{trip}"] = TripKnown(who, car_id, car.lot_id, at, at - timedelta(hours=draw.expovariate(0.05)))
        clean = 2 if draw.random() < (0.85 if car.lot_id == dirty_lot else temper[who]) else 5
        took = draw.lognormvariate(0.7, 0.5) + (3 if car.car_class == slow_class else 0)
        failed = draw.random() < 0.02
        row = Row(who, 0.0, at, f"t{trip}", car_id, car.lot_id)
        ends["pickup.check"].append(End(row, "succeeded", 1, 4, clean))
        ends["pickup.unlock"].append(End(row, str(Phase.FAILED if failed else Phase.SUCCEEDED), 1, 10, took, took))
        ends["pickup.energy"].append(End(row, "succeeded", 1, 25, draw.uniform(15, 100)))
    made = Material(NOON - timedelta(days=28), NOON)
    made.__dict__ |= {"ends": ends, "around": Surroundings(cars, lots, members, known)}
    return made


PAIRS = [(MEASURES["stopped"], Step.PICKUP_UNLOCK), (MEASURES["typical"], Step.PICKUP_UNLOCK),
         (MEASURES["missed"], Step.PICKUP_UNLOCK), (MEASURES["missed"], Step.PICKUP_CHECK),
         (MEASURES["missed"], Step.PICKUP_ENERGY)]


def named(grid: Grid) -> set[tuple[str, str, str]]:
    return {(cell.step, cell.fact.key, cell.value) for cell in grid.cells}


def looked_over(made: Callable[[int], Material], seeds: range) -> list[set[tuple[str, str, str]]]:
    return [named(scan(PAIRS, made(seed))) for seed in seeds]


def test_with_nothing_planted_hardly_a_look_names_anything() -> None:
    """Twenty towns: at most one false alarm is five per cent."""
    found = looked_over(lambda seed: town(seed, trips=800), range(20))
    assert sum(bool(each) for each in found) <= 1, found


@pytest.mark.parametrize("seed", range(5))
def test_one_dirty_lot_and_one_slow_class_are_named_and_nothing_else(seed: int) -> None:
    grid = scan(PAIRS, town(seed, dirty_lot=3, slow_class="van"))
    assert named(grid) == {("pickup.check", "lot", "3"), ("pickup.unlock", "car_class", "van")}
    lot = next(cell for cell in grid.cells if cell.fact.key == "lot")
    assert lot.figure.low <= 0.85 <= lot.figure.high
    assert lot.contrast.low > 0
    assert any("Car" in echo for echo in lot.echoes)


def test_two_members_who_always_complain_make_no_dirty_lot() -> None:
    made = town(1)
    for end in [end for end in made.ends["pickup.check"] if end.row.lot_id == 5][:60]:
        made.ends["pickup.check"].remove(end)
    for number in range(60):
        row = Row(1 + number % 2, 0.0, NOON - timedelta(hours=number), "t0", 5, 5)
        made.ends["pickup.check"].append(End(row, "succeeded", 1, 4, 1))
    assert not [each for each in named(scan(PAIRS, made)) if each[1] == "lot"]
