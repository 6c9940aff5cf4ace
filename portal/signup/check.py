"""The free check: what the rules say to somebody's answers. Nothing of them is kept but which rule said no."""

from datetime import datetime

from core.database import transaction
from experience.journey import Phase, Step
from experience.record.observe import Seen, record
from fleet.tariffs.in_force import policies_at
from portal.signup.eligibility import Answers, Finding, Rules, look_at
from portal.web.say import CITY_ZONE


def check(*, answers: Answers, member_id: int | None, now: datetime) -> Finding:
    """Judge the answers; a no is recorded by its reasons."""
    finding = look_at(answers, Rules.of(policies_at(now)), now.astimezone(CITY_ZONE).date())
    if not finding.may_join:
        with transaction():
            record(Seen(Step.JOIN_APPLY, member_id, None), Phase.REFUSED, error_code=str(finding.in_the_way[0].reason))
    return finding
