"""Why an application is refused, sent back or unclear: a closed list, each with words and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l


class Reason(StrEnum):
    TOO_YOUNG = "too_young"
    HELD_TOO_SHORT = "held_too_short"
    VIOLATION = "violation"
    EXPIRED = "expired"
    FROM_ABROAD = "from_abroad"
    UNREADABLE = "unreadable"
    NOT_A_LICENCE = "not_a_licence"
    DETAILS_DIFFER = "details_differ"
    FACE_DIFFERS = "face_differs"
    NUMBER_UNUSUAL = "number_unusual"
    NUMBER_KNOWN = "number_known"
    CARD_GONE = "card_gone"
    CHECK_UNCLEAR = "check_unclear"
    CHECK_SILENT = "check_silent"
    APPEAL = "appeal"


@dataclass(frozen=True, slots=True)
class Declared:
    """`says` is why, `mend` what the applicant can do; for which a reviewer may refuse it, and for which send it back."""

    says: Any
    mend: Any = ""
    refuses: bool = False
    sends_back: bool = False


R = Reason
OF_THE_LICENCE = frozenset({R.EXPIRED, R.UNREADABLE, R.NOT_A_LICENCE, R.DETAILS_DIFFER, R.FACE_DIFFERS})  # another picture
REASONS: dict[Reason, Declared] = {
    R.TOO_YOUNG: Declared(_l("You are not old enough yet to drive with us."), _l("Come back on your birthday."), refuses=True),
    R.HELD_TOO_SHORT: Declared(_l("You have not held your licence for long enough yet."),
                               _l("Come back when you have."), refuses=True),
    R.VIOLATION: Declared(_l("There is a major violation on your driving record that is too recent."),
                          _l("Come back when it is old enough. If it is not yours or not a major one, tell us in an appeal."),
                          refuses=True),
    R.EXPIRED: Declared(_l("Your licence has expired."), _l("Renew it, and show us the new one."), refuses=True,
                        sends_back=True),
    R.FROM_ABROAD: Declared(_l("Your licence is from a country whose licences a person has to look at.")),
    R.UNREADABLE: Declared(_l("We cannot read the pictures of your licence."),
                           _l("Take them again: in daylight, flat on a table, all four corners in the picture."),
                           refuses=True, sends_back=True),
    R.NOT_A_LICENCE: Declared(_l("This is not a full driving licence: learner’s, provisional and temporary ones do not count."),
                              _l("Come back with a full licence."), refuses=True, sends_back=True),
    R.DETAILS_DIFFER: Declared(_l("Your name or date of birth differs from the one on your licence."),
                               _l("Correct what you typed, or show us the licence that is yours."), refuses=True,
                               sends_back=True),
    R.FACE_DIFFERS: Declared(_l("The face on the selfie and the one on the licence do not look like the same person to us."),
                             _l("Take the selfie again, facing the light, without a hat or dark glasses."), refuses=True,
                             sends_back=True),
    R.NUMBER_UNUSUAL: Declared(_l("The number of the licence does not look like those of that state."),
                               _l("Compare it with the card, and correct it if it is mistyped."), sends_back=True),
    R.NUMBER_KNOWN: Declared(_l("Somebody else has shown a licence with this number."),
                             _l("If you had an account before, write to us: we bring the two together."), refuses=True),
    R.CARD_GONE: Declared(_l("There is no card that could pay for a trip."), _l("Add one."), sends_back=True),
    R.CHECK_UNCLEAR: Declared(_l("The check of the licence came to no clear result.")),
    R.CHECK_SILENT: Declared(_l("The licence could not be checked at once.")),
    R.APPEAL: Declared(_l("The applicant has appealed.")),
}
