"""Requests for the reduced tier: one is granted, one refused, and two wait for whoever signs in."""

import io
from datetime import datetime, timedelta

from PIL import Image, ImageDraw

from core.audit import Staff, acting_staff
from demo.city import City
from demo.life import STAFF as ON_DUTY
from demo.neighbours import GRACE, HANA, MINA, NEIGHBOURS, TOBIAS
from demo.people import person
from portal.account.tier.ask import ask_for_tier
from portal.account.tier.decide import grant, refuse
from portal.account.tier.models import Benefit, TierReason, TierRequest

HOUR = timedelta(hours=1)
REVIEWER = "reviewer@example.com"


def plan_tiers(city: City, begins: datetime, ends: datetime) -> None:
    """Everything, so that a city of three days has it too."""
    asked: dict[int, TierRequest] = {}

    def ask(number: int, benefit: Benefit) -> None:
        asked[number] = ask_for_tier(member=city.members[number], benefit=benefit, stream=io.BytesIO(_letter(number, benefit)),
                                     now=city.life.now, files=city.outside.files, seal=city.outside.seal)

    def decide() -> None:
        reviewer = person(REVIEWER)
        with acting_staff(Staff(reviewer.id, REVIEWER, "POST /office/tiers")):
            grant(request_id=asked[MINA].id, reviewer=reviewer, now=city.life.now)
            refuse(request_id=asked[TOBIAS].id, reason=TierReason.OUT_OF_DATE, reviewer=reviewer, now=city.life.now)

    city.have(begins + 5 * HOUR, lambda: ask(MINA, Benefit.SNAP))
    city.have(begins + 6 * HOUR, lambda: ask(TOBIAS, Benefit.MEDICAID))
    city.have(begins + 18 * HOUR, decide, ON_DUTY)
    city.have(ends - 11 * HOUR, lambda: ask(GRACE, Benefit.HOUSING))
    city.have(ends - HOUR, lambda: ask(HANA, Benefit.STUDENT_AID))


def _letter(number: int, benefit: Benefit) -> bytes:
    """A drawn letter: no authority's stands in the demo city."""
    name = next(one.name for one in NEIGHBOURS if one.number == number)
    picture = Image.new("RGB", (800, 620), "#f2efe6")
    draw = ImageDraw.Draw(picture)
    for line, words in enumerate(("SPECIMEN", f"Notice of benefits: {benefit.upper()}", name, "You receive this benefit now.")):
        draw.text((70, 70 + 90 * line), words, fill="#26303a", font_size=34)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()
