"""How days are written: the year is said when it is not this one, and on papers always."""

from datetime import date, timedelta

import pytest

from core.money import Money
from core.time import Span, service_clock
from fleet.tariffs.quote import Line
from portal.billing.words import label
from portal.web import say
from tests.factories import NOON


@pytest.fixture(autouse=True)
def _in_a_request(shared_app):
    with shared_app.test_request_context(), service_clock(lambda: NOON):
        yield


def test_a_day_of_this_year_has_no_year_and_any_other_has():
    assert say.day(NOON.date()) == f"{NOON:%a, %b} {NOON.day}"
    assert say.day(date(NOON.year - 1, 11, 28)).endswith(f"Nov 28, {NOON.year - 1}")
    assert say.moment(NOON + timedelta(days=330)).count(str(NOON.year + 1)) == 1


def test_papers_name_the_year():
    span = Span(NOON, NOON + timedelta(hours=2))
    assert str(NOON.year) not in say.span_words(span)
    assert say.span_words(span, year=True).count(str(NOON.year)) == 1


@pytest.mark.parametrize(("minutes", "words"), [(1440, "24 h"), (1575, "26 h 15 min"), (45, "45 min"), (0, "0 min")])
def test_where_an_hour_has_a_price_days_are_said_in_hours(minutes, words):
    assert say.hours(minutes) == words
    line = Line("time_night", Money(100), "hour_rate", 1, {"minutes": minutes, "hour_cents": 450, "plan": "payg"})
    assert label(line) == f"{words} at $4.50 an hour"
