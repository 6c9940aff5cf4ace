"""Photos, and licences at every point of their way."""

import io
from datetime import date
from functools import lru_cache
from typing import Any

from flask import current_app
from PIL import Image

from portal.account.models import Member
from portal.adapters import Adapters
from portal.licence.decide import accept_licence
from portal.licence.keep_picture import keep_picture
from portal.licence.models import Licence, Side
from portal.licence.submit import Details, draft_of, keep_details, submit_licence
from tests.factories import NOON

GOOD = "D400-1234-5678"  # a number as Illinois has them, and no ending of the documented ones
FIELDS = {"place": "US-IL", "number": GOOD, "name": "Ada Okafor", "held_since": "2015-03-01", "expires_on": "2029-03-01"}


@lru_cache
def photo(shade: int = 100, kind: str = "JPEG", width: int = 900, height: int = 620, **saved: Any) -> bytes:
    """A photo in one colour, so that it is small: two of another shade are two pictures."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), (shade, shade // 2, 60)).save(out, kind, **saved)
    return out.getvalue()


def outside() -> Adapters:
    """The outside world of the running app."""
    found: Adapters = current_app.extensions["adapters"]
    return found


def a_draft(member: Member, *, number: str = GOOD, expires_on: date = date(2029, 3, 1), sides: Any = tuple(Side),
            now: Any = NOON) -> Licence:
    """All filled in, with a picture of each side."""
    licence, around = draft_of(member, now), outside()
    for shade, side in enumerate(sides):
        keep_picture(licence=licence, side=side, stream=io.BytesIO(photo(50 + 40 * shade)), now=now, files=around.files,
                     seal=around.seal)
    keep_details(licence=licence, seal=around.seal,
                 details=Details("US-IL", number, "Ada Okafor", date(2015, 3, 1), expires_on))
    return licence


def a_sent(member: Member, **given: Any) -> Licence:
    """One that waits for its answer."""
    licence = a_draft(member, **given)
    submit_licence(licence=licence, now=given.get("now", NOON))
    return licence


def a_verified(member: Member, **given: Any) -> Licence:
    """One that counts."""
    licence = a_sent(member, **given)
    accept_licence(licence=licence, by_id=None, now=given.get("now", NOON))
    return licence
