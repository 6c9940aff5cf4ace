"""The home page: what its cards say is what whoever looks at them pays."""

import re
from datetime import date

import pytest

from core.database import transaction
from fleet.tariffs.in_force import policies_at
from portal.web import say
from reservations.booking.offer import FrozenOffer
from reservations.search.times import default_span
from tests.factories import NOON, a_car
from tests.reservations.pages import browser_of

pytestmark = pytest.mark.one_database
PRICED = re.compile(r'data-slug="([^"]+)".*? data-price="([^"]+)"')


def test_a_young_member_sees_the_price_with_what_their_age_adds(site, people, clock):
    ada, born_on = people.member(), date(2005, 11, 25)
    with transaction():
        ada.born_on = born_on
    span = default_span(NOON, policies_at(NOON))
    cards = PRICED.findall(browser_of(site, ada.user, clock).get("/").text)
    assert cards
    for slug, price in cards:
        car = a_car(slug=slug)
        quote = FrozenOffer(car.id, span, ada.plan, NOON).price(car, "included", born_on)
        assert "young_driver" in {line.code for line in quote.lines}
        assert price == say.money(quote.total)
