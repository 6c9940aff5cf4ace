"""The desk's words for the gate: reasons, what the log says, metrics and units."""

from typing import Any

from flask_babel import lazy_gettext as _l

from experience.asks.gate import Why
from experience.asks.models import Logged
from experience.journey import Ask

WHYS: dict[str, Any] = {
    Why.PAUSED: _l("This question is paused"), Why.UNWANTED: _l("Wants no news"),
    Why.SENT_ALREADY: _l("Has had this one"), Why.QUIET_HOURS: _l("It is night there"),
    Why.DRIVING: _l("Is driving"), Why.MID_TASK: _l("Is in the middle of something"),
    Why.OPEN_CASE: _l("Has an open case"), Why.SILENCE: _l("Said “Not now” too often"), Why.NOT_DRAWN: _l("Was not drawn"),
    Why.CHECKED_ALREADY: _l("Was checked on this trip already"),
    Why.RESERVATION: _l("Was asked about this reservation already"),
    Why.CLOCK: _l("Was asked the same kind lately"), Why.RESERVED: _l("Is kept free for the recommendation"),
    Why.GAP: _l("Was asked something lately"), Why.MOST: _l("Was asked often enough"),
}
LOGGED: dict[str, Any] = {
    Logged.OFFERED: _l("Allowed"), Logged.SHOWN: _l("Shown"), Logged.DISMISSED: _l("“Not now”"),
    Logged.ANSWERED: _l("Answered"), Logged.SUPPRESSED: _l("Not asked"),
}
METRICS: dict[str, Any] = {
    Ask.EASE: _l("Ease, 1 to 7"), Ask.SATISFACTION: _l("Satisfaction, 1 to 5"),
    Ask.EXPECTATION: _l("Against expectation, 1 to 5"), Ask.RECOMMEND: _l("Recommendation, 0 to 10"),
    Ask.VERIFY: _l("Check, yes or no"),
}
UNITS: dict[str, Any] = {"days": _l("days"), "asks": _l("asks"), "times": _l("times"), "per_mille": _l("in 1,000"),
                         "yes_no": ""}
