"""Numbers of payment cards in what people write: nobody needs them, so they are never kept."""

import re

LEAST, MOST, SHOWN = 13, 19, 4  # digits, by ISO/IEC 7812; how many may stay, by PCI DSS
_GROUPS = re.compile(r"\d+(?:[ \u00a0.-]{1,2}\d+)*")
_DIGITS = re.compile(r"\d+")


def mask_cards(words: str) -> str:
    """The words with each card number but its last four digits blotted out, however it is grouped."""
    return _GROUPS.sub(lambda found: _masked(found.group()), words)


def is_card_number(digits: str) -> bool:
    """Whether digits are as many as on a card, and hold its check digit (Luhn)."""
    return LEAST <= len(digits) <= MOST and sum(
        int(digit) if place % 2 == 0 else sum(divmod(2 * int(digit), 10)) for place, digit in enumerate(reversed(digits))
    ) % 10 == 0


def _masked(text: str) -> str:
    """A row of groups of digits: a card's number begins and ends with a group, and others may stand beside it."""
    groups = list(_DIGITS.finditer(text))
    for first, begin in enumerate(groups):
        for last in reversed(groups[first:]):
            digits = "".join(_DIGITS.findall(text[begin.start():last.end()]))
            if is_card_number(digits):
                return f"{text[:begin.start()]}•••• {digits[-SHOWN:]}{_masked(text[last.end():])}"
    return text
