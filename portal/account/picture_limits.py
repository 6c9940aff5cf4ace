"""How large a picture that a member sends may be, by the rules in force."""

from datetime import datetime

from core.pictures import Limits
from fleet.tariffs.in_force import policies_at

MB = 1_000_000


def picture_limits(now: datetime) -> Limits:
    """What a picture may be, by the rules in force."""
    rules = policies_at(now)
    return Limits(rules["picture_most"].value * MB, rules["picture_pixels"].value * MB, rules["picture_least"].value,
                  rules["picture_size"].value)
