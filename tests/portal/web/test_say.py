"""How days are written: the year is said when it is not this one, and on papers always."""

from datetime import date, timedelta

import pytest

from core.time import Span, service_clock
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
