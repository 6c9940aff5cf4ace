"""Who may join: each rule on the day before and on the day itself, in any combination, with words for each."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.time import months_later
from portal.signup.eligibility import Answers, LicenceFrom, Rules, look_at
from portal.signup.reasons import REASONS, Reason

RULES = Rules(age=18, held_months=12, violation_months=36)
TODAY, DAY = date(2026, 11, 24), timedelta(days=1)
LONG_AGO = date(1990, 1, 1)
days = st.dates(date(1930, 1, 1), date(2040, 12, 31))


def found(*, born=LONG_AGO, held=date(2015, 1, 1), where=LicenceFrom.US, violation=None, today=TODAY, **more):
    return look_at(Answers(born, held, where, violation), RULES, today, **more)


@pytest.mark.parametrize(("told", "reason", "until"), [
    ({"born": date(2008, 11, 25)}, Reason.TOO_YOUNG, date(2026, 11, 25)),
    ({"held": date(2025, 11, 25)}, Reason.HELD_TOO_SHORT, date(2026, 11, 25)),
    ({"violation": date(2023, 11, 25)}, Reason.VIOLATION, date(2026, 11, 25)),
])
def test_each_rule_says_no_until_its_day_and_yes_on_it(told, reason, until):
    no = found(**told)
    assert [(each.reason, each.until) for each in no.in_the_way] == [(reason, until)]
    assert no.from_on == until == TODAY + DAY
    assert found(**told, today=until).may_join


def test_a_licence_counts_on_its_last_day_and_not_after_it():
    assert found(expires_on=TODAY).may_join
    assert [each.reason for each in found(expires_on=TODAY - DAY).in_the_way] == [Reason.EXPIRED]


@pytest.mark.parametrize(("day", "months", "later"), [
    (date(2008, 2, 29), 18 * 12, date(2026, 3, 1)), (date(2008, 2, 29), 20 * 12, date(2028, 2, 29)),
    (date(2025, 3, 31), 1, date(2025, 5, 1)), (date(2025, 12, 31), 12, date(2026, 12, 31)),
    (date(2026, 1, 30), 1, date(2026, 3, 1)),
])
def test_a_day_that_a_month_does_not_have_is_the_first_of_the_next(day, months, later):
    assert months_later(day, months) == later


def test_who_was_born_on_a_leap_day_is_of_age_on_the_first_of_march():
    assert not found(born=date(2008, 2, 29), today=date(2026, 2, 28)).may_join
    assert found(born=date(2008, 2, 29), today=date(2026, 3, 1)).may_join


def test_a_licence_from_abroad_is_no_refusal_but_for_a_person_to_look_at():
    abroad = found(where=LicenceFrom.ELSEWHERE)
    assert (abroad.may_join, abroad.doubts) == (True, (Reason.FROM_ABROAD,))
    assert found(where=LicenceFrom.CANADA).doubts == ()


@given(born=days, held=days, violation=st.none() | days, today=days)
def test_whoever_comes_back_on_the_day_that_was_named_may_join_and_not_a_day_before(born, held, violation, today):
    no = found(born=born, held=held, violation=violation, today=today)
    if no.from_on is None:
        assert found(born=born, held=held, violation=violation, today=today + DAY).may_join
        return
    assert found(born=born, held=held, violation=violation, today=no.from_on).may_join
    assert not found(born=born, held=held, violation=violation, today=no.from_on - DAY).may_join


def test_every_reason_for_which_somebody_is_refused_says_why_and_what_to_do():
    for reason, declared in REASONS.items():
        assert str(declared.says).endswith(".")
        assert not (declared.refuses or declared.sends_back) or str(declared.mend).endswith("."), reason
