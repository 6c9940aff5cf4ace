"""Money is whole cents; it is rounded half up, once, in one place."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import Money, total

CENTS = st.integers(-10**9, 10**9)
RATIOS = st.fractions(0, 1000)


@pytest.mark.parametrize(("cents", "ratio", "expected"), [
    (100, Fraction(1, 3), 33),
    (200, Fraction(1, 3), 67),
    (1, Fraction(1, 2), 1),       # half a cent goes up
    (3, Fraction(1, 2), 2),
    (-1, Fraction(1, 2), -1),     # a credit mirrors the charge
    (5, 0, 0),
    (825, Fraction(9, 4), 1856),  # 1856.25
])
def test_scaling_rounds_half_up_and_credits_mirror_charges(cents, ratio, expected):
    assert Money(cents).times(ratio) == Money(expected)


@given(CENTS, RATIOS)
def test_scaling_is_never_further_than_half_a_cent_from_the_truth(cents, ratio):
    assert abs(Money(cents).times(ratio).cents - cents * ratio) <= Fraction(1, 2)


@given(st.lists(CENTS))
def test_a_total_is_the_sum_of_its_amounts(amounts):
    assert total([Money(cents) for cents in amounts]) == Money(sum(amounts))


@given(CENTS, CENTS)
def test_taking_away_what_was_added_gives_back_what_was_there(one, other):
    assert Money(one) + Money(other) - Money(other) == Money(one)
    assert (-Money(one)).__neg__() == Money(one)


@pytest.mark.parametrize("cents", [1.5, 1.0, "1", True, None])
def test_money_that_is_not_whole_cents_is_refused(cents):
    with pytest.raises(TypeError, match="whole cents"):
        Money(cents)


def test_two_currencies_are_never_added():
    with pytest.raises(ValueError, match="convert first"):
        Money(1) + Money(1, "EUR")
    with pytest.raises(ValueError, match="convert first"):
        total([Money(1, "EUR")])


def test_a_ratio_below_zero_is_refused():
    with pytest.raises(ValueError, match="zero or more"):
        Money(100).times(Fraction(-1, 2))


def test_amounts_have_no_order_so_that_two_currencies_are_never_compared():
    with pytest.raises(TypeError):
        assert Money(1) < Money(2)
