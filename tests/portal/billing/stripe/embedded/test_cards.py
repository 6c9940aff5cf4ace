"""The table of test cards, and what each of them does."""

import re

import pytest
import stripe

from portal.billing.stripe.embedded.test_cards import BY_FINGERPRINT, DECLINES, TEST_CARDS, PretendCard
from tests.portal.billing.stripe.embedded.town import Town

CARDS = pytest.mark.parametrize("card", TEST_CARDS.values(), ids=list(TEST_CARDS))


def test_cards_are_told_apart_by_their_fingerprints_and_words() -> None:
    assert len(BY_FINGERPRINT) == len({card.words for card in TEST_CARDS.values()}) == len(TEST_CARDS)


@CARDS
def test_a_card_shows_its_last_four_and_never_its_token(quick: Town, card: PretendCard) -> None:
    seen = quick.api.payment_methods.retrieve(card.token)
    assert seen.card is not None
    assert re.fullmatch(r"[0-9]{4}", card.last_four)
    assert (seen.card.last4, seen.card.brand, seen.customer) == (card.last_four, card.brand, None)
    assert card.token not in str(seen)


@CARDS
def test_a_card_does_what_the_table_says_while_its_owner_is_away(quick: Town, card: PretendCard) -> None:
    if not card.away:
        assert quick.pay(None, card.token).status == "succeeded"
        return
    with pytest.raises(stripe.CardError) as declined:
        quick.pay(None, card.token)
    assert declined.value.code == DECLINES[card.away][0]


@CARDS
def test_a_card_can_be_kept_unless_its_bank_declines_that(quick: Town, card: PretendCard) -> None:
    customer = quick.customer()
    if card.keep in ("", "authentication_required"):
        assert quick.api.payment_methods.attach(card.token, {"customer": customer}).customer == customer
        return
    with pytest.raises(stripe.CardError):
        quick.api.payment_methods.attach(card.token, {"customer": customer})
