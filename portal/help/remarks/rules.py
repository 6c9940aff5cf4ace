"""What a remark may not hold, judged by its letters alone: links, ways to reach somebody, plates of others."""

import re
from collections.abc import Collection
from enum import StrEnum

LEAST, MOST = 5, 280
PER_REPORTS = 3  # so many members report it, and it is held until somebody of ours has looked

_LINK = re.compile(r"https?:|www\.|\b[\w-]{2,}\.(?:com|net|org|io|co|de|uk|info|biz|me|app|example)\b", re.I)
_MAIL = re.compile(r"[\w.+-]+\s*(?:@|\(at\)|\[at\])\s*[\w-]+", re.I)
_PHONE = re.compile(r"(?:\+?\d[\s().-]*){7,}")
_PLATE_LIKE = re.compile(r"\b(?=[A-Z0-9 -]*\d)(?=[A-Z0-9 -]*[A-Z])[A-Z0-9]{1,4}[ -][A-Z0-9]{2,5}\b")


class NotAllowed(StrEnum):
    LINK = "link"
    MAIL = "mail"
    PHONE = "phone"
    PLATE = "plate"


def bare(plate: str) -> str:
    """A plate without its spaces and dashes, as one compares them."""
    return re.sub(r"[^A-Z0-9]", "", plate.upper())


def not_allowed(words: str, plates: Collection[str], own_plate: str = "") -> list[NotAllowed]:
    """What has to come out. `plates` are those of all our cars; the car that the remark is about may be named."""
    found = [NotAllowed.MAIL] if _MAIL.search(words) else []
    rest = re.sub(r"\S*@\S*", " ", words)  # what follows the @ is no link of its own
    found += [kind for kind, pattern in ((NotAllowed.LINK, _LINK), (NotAllowed.PHONE, _PHONE)) if pattern.search(rest)]
    own, squeezed = bare(own_plate), bare(words)
    like = {bare(each) for each in _PLATE_LIKE.findall(words)}
    ours = {bare(each) for each in plates if len(bare(each)) >= 5 and bare(each) in squeezed}
    if (like | ours) - {own}:
        found.append(NotAllowed.PLATE)
    return found
