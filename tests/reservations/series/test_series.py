"""Bookings that recur: by the wall's clock over clock changes, all that are free, the others reported, one letter."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from core.database import db
from core.money import Money
from core.time import Span
from experience.promises.models import Promise
from portal.messages.models import Message
from reservations.booking.cancel import cancel
from reservations.booking.errors import DearerThanShown, TooLateToCancel
from reservations.booking.models import Reservation, Status, Waiver
from reservations.series.book import book_series, bookings_of
from reservations.series.cancel import cancel_rest, fees_of, left_of
from reservations.series.errors import NoSeries, NothingFree
from reservations.series.models import Series
from reservations.series.plan import cost_of, instead_of, plan_series
from reservations.series.rules import Occurrence, Repeats, Why, occurrences, repeats_of
from tests.factories import NOON, a_car, hours
from tests.reservations.made import TOMORROW, booked, steps

CHICAGO = ZoneInfo("America/Chicago")
FORWARD, BACK = date(2027, 3, 14), date(2026, 11, 1)  # Sundays on which the clocks change at 2 AM


def every(weekday: int, first: date, weeks: int, starts: time, ends: time, nights: int = 0) -> Repeats:
    """Each week on one day."""
    return Repeats(first, first + timedelta(weeks=weeks - 1), frozenset({weekday}), starts, ends, nights)


def wished(weeks: int = 3, weekdays: tuple[int, ...] = (2,), span: Span = TOMORROW) -> Repeats:
    """Wednesdays, noon to three, from tomorrow on."""
    return repeats_of(span, CHICAGO, frozenset(weekdays), date(2026, 11, 25) + timedelta(weeks=weeks) - timedelta(days=1))


def booked_series(member, wish=None, once="series-form-1", now=NOON, car=None):
    return book_series(member=member, car=car or a_car(), wish=wish or wished(), waiver=Waiver.INCLUDED, at=now, once=once,
                       now=now)


@pytest.mark.one_database
@pytest.mark.parametrize(("first", "utc_hours"), [(date(2027, 3, 7), [15, 14]), (date(2026, 10, 25), [14, 15])])
def test_a_series_keeps_the_walls_clock_when_the_clocks_change(first, utc_hours):
    found = occurrences(every(6, first, 2, time(9), time(11)), CHICAGO)
    assert [each.span.start.hour for each in found] == utc_hours
    assert {each.span.minutes for each in found} == {120}


@pytest.mark.one_database
@pytest.mark.parametrize(("starts", "ends", "nights", "day", "why"), [
    (time(2, 30), time(5), 0, FORWARD, Why.NEVER),
    (time(0, 30), time(2), 0, FORWARD, Why.NEVER),
    (time(22), time(2, 45), 1, FORWARD - timedelta(days=1), Why.NEVER),
    (time(1, 30), time(5), 0, BACK, Why.TWICE),
    (time(22), time(1), 1, BACK - timedelta(days=1), Why.TWICE),
])
def test_an_hour_that_does_not_exist_or_exists_twice_is_reported_and_not_guessed(starts, ends, nights, day, why):
    found = occurrences(every(day.weekday(), day - timedelta(weeks=1), 3, starts, ends, nights), CHICAGO)
    assert [each.why for each in found] == [None, why, None]
    assert found[1] == Occurrence(day, None, why)


@pytest.mark.one_database
def test_a_night_is_as_long_as_the_clock_makes_it():
    wish = every(5, FORWARD - timedelta(days=8), 3, time(22), time(6), 1)
    assert [each.span.minutes for each in occurrences(wish, CHICAGO)] == [480, 420, 480]


@pytest.mark.one_database
def test_a_wish_reads_the_times_of_its_first_span_and_the_nights_between():
    span = Span(datetime(2026, 11, 28, 4, 15, tzinfo=UTC), datetime(2026, 11, 29, 16, tzinfo=UTC))
    wish = repeats_of(span, CHICAGO, frozenset({4}), date(2026, 12, 31))
    assert (wish.first, wish.starts, wish.ends, wish.nights) == (date(2026, 11, 27), time(22, 15), time(10), 2)


def test_all_that_are_free_are_booked_each_at_its_shown_price_and_the_others_reported(street, clock, people):
    ada, second = people.member(), TOMORROW.shifted(timedelta(weeks=1))
    booked(people.member(), span=hours(25, 26, day=NOON + timedelta(weeks=1)))
    shown = plan_series(member=ada, car=a_car(), wish=wished(), waiver=Waiver.INCLUDED, at=NOON, now=NOON)
    series = booked_series(ada)
    made = bookings_of(series)
    assert [trip.span for trip in made] == [TOMORROW, TOMORROW.shifted(timedelta(weeks=2))]
    assert [trip.price for trip in made] == [each.price for each in shown if each.price]
    assert sum(trip.price_cents for trip in made) == cost_of(shown).cents
    assert series.not_booked == [{"day": "2026-12-02", "why": "taken", "start": second.start.isoformat(),
                                  "end": second.end.isoformat()}]
    assert steps("succeeded").count(("book.confirm", "succeeded", None)) == 3
    assert ("book.confirm", "refused", "car_taken") not in steps()  # nobody tries what is known to be taken


def test_what_is_taken_comes_with_the_nearest_shift_and_another_car(app, people):
    second = TOMORROW.shifted(timedelta(weeks=1))
    booked(people.member(), span=Span(second.start - timedelta(hours=2), second.start + timedelta(minutes=30)))
    instead = instead_of(a_car(), [second], NOON)[second]
    assert instead.shifted == second.shifted(timedelta(minutes=30))
    assert instead.car is None or instead.car.car_class == a_car().car_class


def test_one_letter_confirms_them_all_and_keeps_the_promise_of_each(street, clock, people):
    ada = people.member()
    series = booked_series(ada)
    clock.forward(seconds=5)
    street.work()
    kinds = db.session.scalars(select(Message.kind).where(Message.member_id == ada.id)).all()
    assert kinds == ["series_confirmed"]
    ids = [trip.id for trip in bookings_of(series)]
    states = db.session.scalars(select(Promise.state).where(Promise.kind == "confirmation", Promise.reservation_id.in_(ids)))
    assert list(states) == ["kept"] * 3


def test_the_same_form_posted_again_is_the_same_series(app, people):
    ada = people.member()
    first = booked_series(ada)
    assert booked_series(ada).id == first.id
    assert db.session.scalar(select(func.count()).select_from(Series)) == 1
    assert db.session.scalar(select(func.count()).select_from(Reservation)) == 3


@pytest.mark.parametrize(("weeks", "weekdays"), [(1, (2,)), (26, (0, 2)), (30, (2,))])
def test_a_series_has_two_bookings_or_more_not_too_many_and_not_too_far_ahead(app, people, weeks, weekdays):
    with pytest.raises(NoSeries):
        booked_series(people.member(), wished(weeks, weekdays))
    assert db.session.scalars(select(Reservation)).all() == []


def test_when_every_day_is_taken_nothing_is_booked_and_no_series_is_left(app, people):
    booked_series(people.member())
    with pytest.raises(NothingFree) as refused:
        booked_series(people.member("Bo Lindqvist"))
    assert "taken" in refused.value.says
    assert db.session.scalar(select(func.count()).select_from(Series)) == 1


@pytest.mark.one_database
@pytest.mark.parametrize(("whys", "says"), [
    ([Why.TAKEN, Why.TAKEN], "taken"), ([Why.NEVER, Why.TWICE], "clocks"), ([Why.TAKEN, Why.NEVER], "any of these days")])
def test_why_no_day_can_be_booked_is_said_as_it_is(app, whys, says):
    assert says in NothingFree(whys).says


def test_one_is_cancelled_by_itself_and_all_that_are_left_together(street, clock, people):
    ada = people.member()
    series = booked_series(ada)
    street.work()
    clock.forward(hours=1)
    cancel(reservation=bookings_of(series)[1], now=clock())
    left = left_of(series)
    assert len(left) == 2
    assert cancel_rest(series=series, shown=Money(0), now=clock()) == Money(0)
    street.work()
    assert {trip.status for trip in bookings_of(series)} == {Status.CANCELLED}
    kinds = sorted(db.session.scalars(select(Message.kind).where(Message.member_id == ada.id)))
    assert kinds == ["booking_cancelled", "series_cancelled", "series_confirmed"]
    with pytest.raises(TooLateToCancel):
        cancel_rest(series=series, shown=Money(0), now=clock())


def test_what_cancelling_all_costs_is_what_was_shown_or_nothing_is_cancelled(street, clock, people):
    series = booked_series(people.member())
    clock.at = TOMORROW.start - timedelta(hours=1)
    fees = fees_of(left_of(series), clock())
    assert [fee.cents > 0 for fee in fees] == [True, False, False]
    with pytest.raises(DearerThanShown):
        cancel_rest(series=series, shown=Money(fees[0].cents - 1), now=clock())
    assert len(left_of(series)) == 3
    assert cancel_rest(series=series, shown=fees[0], now=clock()) == fees[0]
