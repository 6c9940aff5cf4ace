"""A price on a page is a signed token: frozen for a quarter of an hour, and of no use for anything else."""

from datetime import timedelta

import pytest
from itsdangerous import URLSafeSerializer

from reservations.booking.errors import OfferExpired
from reservations.booking.offer import LIVES, FrozenOffer, freeze, thaw
from tests.factories import NOON, hours

KEY = "a-secret-key"
OFFER = FrozenOffer(7, hours(24, 27), "regular", NOON)


def thawed(token: str, **changes):
    return thaw(token, KEY, **{"car_id": 7, "plan": "regular", "now": NOON} | changes)


def test_a_frozen_offer_comes_back_whole():
    assert thawed(freeze(OFFER, KEY)) == OFFER


@pytest.mark.parametrize("after", [timedelta(0), LIVES - timedelta(seconds=1), LIVES])
def test_it_holds_for_a_quarter_of_an_hour(after):
    assert thawed(freeze(OFFER, KEY), now=NOON + after) == OFFER


@pytest.mark.parametrize("changes", [
    {"now": NOON + LIVES + timedelta(seconds=1)}, {"now": NOON - timedelta(seconds=1)}, {"car_id": 8},
    {"plan": "payg"},
], ids=["too old", "from the future", "another car", "another plan"])
def test_it_is_of_no_use_for_anything_else(changes):
    with pytest.raises(OfferExpired):
        thawed(freeze(OFFER, KEY), **changes)


def forged(*parts) -> str:
    return URLSafeSerializer("another-key", salt="offer").dumps(list(parts))


@pytest.mark.parametrize("token", [
    "", "x", ".", "a.b", "\u2603.\u2603", "é", "A" * 4096, freeze(OFFER, KEY)[:-1], freeze(OFFER, KEY) + "x",
    forged(7, 1, 2, "regular", NOON.timestamp()), URLSafeSerializer(KEY, salt="another use").dumps([7, 1, 2, "regular", 3]),
])
def test_a_token_that_is_not_ours_is_refused(token):
    with pytest.raises(OfferExpired):
        thawed(token)
