"""Stored quotes: a price by its id, for fifteen minutes, for whoever asked for it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from core.database import db, transaction
from fleet.tariffs.models import Tariff
from portal.account.models import Member, Plan
from reservations.booking.book import book
from reservations.booking.errors import BadSpan, OfferExpired, QuoteUnknown
from reservations.booking.models import StoredQuote, Waiver
from reservations.booking.promo import BadPromoCode
from reservations.booking.store_quote import forget_quotes, offer_of_quote, store_quote
from tests.factories import NOON, a_car, hours
from tests.reservations.booking.test_promo import a_code
from tests.reservations.made import TOMORROW

MINUTE = timedelta(minutes=1)


def stored(member: Member, **changes) -> StoredQuote:
    return store_quote(**{"member": member, "car": a_car(), "span": TOMORROW, "waiver": Waiver.PLUS, "now": NOON} | changes)


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(StoredQuote))


def test_a_stored_quote_is_booked_at_its_price_to_the_last_second(app, people):
    member = people.member()
    quote = stored(member, promo_code=a_code())
    until = NOON + 15 * MINUTE
    assert quote.expires_at == until
    wanted = offer_of_quote(quote.id, member=member, now=until)
    trip = book(member=member, car=a_car(), offer=wanted.offer, waiver=wanted.waiver, once="q", now=until)
    assert (trip.price_cents, trip.waiver, trip.quote) == (quote.total_cents, "plus", quote.quote)
    assert [line.code for line in quote.lines] == [line["code"] for line in trip.quote["lines"]]


@pytest.mark.parametrize(("case", "no"), [("too late", OfferExpired), ("another plan", OfferExpired),
                                          ("somebody else's", QuoteUnknown), ("unknown", QuoteUnknown)])
@pytest.mark.check("steps")
def test_a_stored_quote_is_of_no_use_for_anything_else(app, people, case, no):
    ada, ben = people.member(), people.member("Ben Ode")
    quote = stored(ada)
    if case == "another plan":
        with transaction():
            ada.plan = Plan.PAY_AS_YOU_GO
    with pytest.raises(no):
        offer_of_quote("no-such-quote" if case == "unknown" else quote.id, member=ben if case == "somebody else's" else ada,
                       now=NOON + timedelta(minutes=16 if case == "too late" else 1))


def test_times_and_codes_that_do_not_work_are_refused_and_store_nothing(app, people):
    with pytest.raises(BadSpan):
        stored(people.member(), span=hours(24, 24.25))
    with pytest.raises(BadPromoCode):
        stored(people.member(), promo_code="nothing")
    assert count() == 0


def test_a_tariff_from_a_later_moment_leaves_stored_and_booked_quotes_alone(app, people):
    member = people.member()
    quote = stored(member)
    with transaction():
        for name in ("economy", "compact", "ev", "suv", "van", "wagon", "premium", "accessible"):
            db.session.add(Tariff(car_class=name, plan="regular", version=2, effective_from=NOON + MINUTE, weekday_hour=1,
                                  weekend_hour=1, night_hour=1, weekday_day=1, weekend_day=1, included_miles=1, mile=1))
    wanted = offer_of_quote(quote.id, member=member, now=NOON + 5 * MINUTE)
    trip = book(member=member, car=a_car(), offer=wanted.offer, waiver=wanted.waiver, once="q", now=NOON + 5 * MINUTE)
    assert (trip.price_cents, trip.quote["rates"]["version"]) == (quote.total_cents, 1)
    assert stored(member, now=NOON + 5 * MINUTE, span=hours(30, 33)).total_cents < quote.total_cents


def test_a_young_member_is_quoted_and_booked_with_what_their_age_adds(app, people):
    member = people.member()
    with transaction():
        member.born_on = date(2005, 11, 25)  # 21 on the day of the trip, by the lot's clock
    (line,) = [line for line in stored(member).lines if line.code == "young_driver"]
    assert (line.amount.cents, line.facts["under"]) == (3 * 306, 25)


def test_quotes_are_forgotten_a_day_after_their_end(app, people):
    stored(people.member())
    assert forget_quotes(NOON + timedelta(days=1, minutes=15)) == 0
    assert forget_quotes(NOON + timedelta(days=1, minutes=16)) == 1
    assert count() == 0
