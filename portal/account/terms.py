"""The house rules that members agree to: which version is in force, so that what somebody agreed to can be named.

The words stand on `/terms` (portal/site); their numbers are policies, each with a version of its own. Whoever changes what the
words mean adds a version here, with the day from which it counts.
"""

from dataclasses import dataclass
from datetime import date, datetime

from portal.web.say import CITY_ZONE


@dataclass(frozen=True, slots=True)
class Terms:
    """One version of the house rules and the day from which it counts, by the city's clock."""

    version: int
    since: date


TERMS = (Terms(1, date(2026, 1, 1)),)  # oldest first
TERMS_VERSION = TERMS[-1].version


def terms_in_force(moment: datetime) -> Terms:
    """The newest version that counts at the moment; the first one before any does."""
    day = moment.astimezone(CITY_ZONE).date()
    return next((each for each in reversed(TERMS) if each.since <= day), TERMS[0])
