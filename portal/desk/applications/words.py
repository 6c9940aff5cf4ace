"""What the reviewers' desk calls things."""

from collections.abc import Collection
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.desk.applications.queue import Kind
from portal.licence.models import LookedFor, Side
from portal.licence.reasons import WORDS, LicenceReason
from portal.signup.models import State
from portal.signup.reasons import REASONS, Reason

KINDS: dict[str, Any] = {
    Kind.APPLICATION: _l("Application"), Kind.APPEAL: _l("Appeal"), Kind.LICENCE: _l("Licence shown again")}
OUTCOMES: dict[str, Any] = {
    State.OPEN: _l("With the applicant"), State.SUBMITTED: _l("Waits"), State.APPROVED: _l("Approved"),
    State.REFUSED: _l("Refused"), State.WITHDRAWN: _l("Withdrawn"),
}
SIDES: dict[str, Any] = {Side.FRONT: _l("Front"), Side.BACK: _l("Back"), Side.SELFIE: _l("Selfie")}
LOOKED_FOR: dict[str, Any] = {
    LookedFor.OWN: _l("their own"), LookedFor.REVIEW: _l("to decide"), LookedFor.CHECK: _l("the licence check"),
    LookedFor.EXPORT: _l("their download"),
}


def why_words(codes: Collection[str]) -> list[Any]:
    """Codes of reasons in the words that an applicant reads; a code that is no longer in a list stands as it is."""
    return [_why(code) for code in codes]


def _why(code: str) -> Any:
    if code in set(Reason):
        return REASONS[Reason(code)].says
    return WORDS[LicenceReason(code)].says if code in set(LicenceReason) else code.replace("_", " ")
