"""Nobody's card number is kept because they wrote it into a box for words."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.card_numbers import is_card_number, mask_cards
from core.sealed import Seal

ROOT = Path(__file__).parents[2]
# Addresses, secrets, numbers to call, pins, licences, needs from a list, pictures, downloads of one's own, the empty text, and
# letters, whose quotes were masked before.
SEALED_AS_TYPED = {
    "fleet/commands.py", "demo/commands.py", "portal/help/call.py", "portal/help/start.py", "portal/help/take_mail.py",
    "portal/messages/deliver.py", "reservations/feed/start.py", "portal/licence/submit.py", "portal/licence/keep_picture.py",
    "portal/account/security/authenticator.py", "portal/account/security/reset.py", "portal/account/security/views.py",
    "portal/account/needs/tell.py", "portal/account/tier/ask.py", "portal/privacy/export.py", "portal/privacy/erase_rows.py"}


def checked(digits: str) -> str:
    """The digits with the check digit that makes them a card's."""
    return next(digits + last for last in "0123456789" if is_card_number(digits + last))


@st.composite
def cards(draw: st.DrawFn) -> str:
    """A card's number, grouped as people group it."""
    number = checked(draw(st.text("0123456789", min_size=12, max_size=18)))
    size, between = draw(st.integers(2, 8)), draw(st.sampled_from(["", " ", "-", ".", "\u00a0", "  "]))
    return between.join(number[place:place + size] for place in range(0, len(number), size))


WORDS = st.text(st.characters(exclude_categories=["Nd", "Cs"], exclude_characters=" .-\u00a0"), max_size=20)


@given(card=cards(), before=WORDS, after=WORDS)
def test_of_a_card_number_only_the_last_four_digits_are_kept(card, before, after):
    digits = re.sub(r"\D", "", card)
    assert mask_cards(before + card + after) == f"{before}•••• {digits[-4:]}{after}"


@given(digits=st.text("0123456789", max_size=30), words=WORDS)
def test_other_numbers_stay_as_they_were_written(digits, words):
    if not is_card_number(digits):
        assert mask_cards(words + digits) == words + digits


@pytest.mark.parametrize(("written", "kept"), [
    ("my card 4242 4242 4242 4242 did not work", "my card •••• 4242 did not work"),
    ("4242-4242-4242-4242, 12/29", "•••• 4242, 12/29"),
    ("at 12 4242 4242 4242 4242 and 5555555555554444.", "at 12 •••• 4242 and •••• 4444."),
    ("378282246310005", "•••• 0005"),
    ("Call +1 312 555 0142 or +1 312 555 0143", "Call +1 312 555 0142 or +1 312 555 0143"),
    ("4242 4242 4242 4241", "4242 4242 4242 4241"),
    ("On 2026-11-22 I paid 38.40 twice.", "On 2026-11-22 I paid 38.40 twice."),
])
def test_as_people_write_them(written, kept):
    assert mask_cards(written) == kept


def test_words_are_sealed_without_card_numbers():
    seal = Seal("x" * 43 + "=")
    assert seal.open(seal.close_words("It is 4242 4242 4242 4242.")) == "It is •••• 4242."


def test_whatever_is_written_freely_is_sealed_as_words():
    rooms = [file for room in ("experience", "fleet", "portal", "reservations", "demo") for file in (ROOT / room).rglob("*.py")]
    assert {str(file.relative_to(ROOT)) for file in rooms if "seal.close" in file.read_text().replace("seal.close_words", "")
            } == SEALED_AS_TYPED
