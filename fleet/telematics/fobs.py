"""Numbers of fobs, as cars read them: never kept, only the mark by which a fob is known again."""

import re

from core.sealed import Seal

FOB = re.compile(r"[0-9A-F]{8,16}", re.ASCII)


def fob_number(typed: str) -> str:
    """What was typed or read, as it is marked: hexadecimal digits in capitals, without what parts them. Raises ValueError."""
    number = re.sub(r"[\s:.-]", "", typed).upper()
    if not FOB.fullmatch(number):
        raise ValueError("a fob has a number of 8 to 16 hexadecimal digits")
    return number


def fob_mark(number: str, seal: Seal) -> str:
    """The mark of a number (64 hex digits): made with the site's key, since all numbers of eight digits are soon tried."""
    return seal.mark("fob", number)
