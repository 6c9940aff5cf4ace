"""Why something stays although its person is erased: in words, with the law or the rule that names it."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from core.personal import Because
from experience.record.forget import STEPS_KEPT_MONTHS


@dataclass(frozen=True, slots=True)
class Reason:
    """What stays, which law or rule says so, and whether it is for the policy's years or for as long as it counts something."""

    what: Any
    law: Any
    for_years: bool


WHY: dict[Because, Reason] = {
    Because.BOOKS: Reason(
        _l("Amounts that were charged, paid and given back, under a number instead of your name"),
        _l("Books have to be kept: 26 U.S.C. § 6001 and 26 CFR § 1.6001-1."), True),
    Because.TRIPS: Reason(
        _l("Which car was where and when, with its fuel and its damage, under the same number"),
        _l("The amounts rest on it, so it belongs to the books: 26 CFR § 1.6001-1."), True),
    Because.TRAIL: Reason(
        _l("Which of our staff looked at or changed what, and when, without a word about you"),
        _l("Our own rule: nobody here may take away the trace of what they did."), False),
    Because.FIGURES: Reason(
        _l("What was counted: ratings without their words, promises kept or broken, steps that worked or did not"),
        _l("It is nobody’s: the one row that tied it to you is gone. Steps are deleted after %(months)d months.",
           months=STEPS_KEPT_MONTHS), False),
}
