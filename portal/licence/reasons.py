"""Why a licence is refused or looked at by a person: a closed list, each with words and what its owner can do about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l


class LicenceReason(StrEnum):
    """Those that an application knows too have the same code there (`portal/signup/reasons.py`)."""

    EXPIRED = "expired"
    UNREADABLE = "unreadable"
    NOT_A_LICENCE = "not_a_licence"
    DETAILS_DIFFER = "details_differ"
    FACE_DIFFERS = "face_differs"
    FROM_ABROAD = "from_abroad"
    NUMBER_UNUSUAL = "number_unusual"
    NUMBER_KNOWN = "number_known"
    CHECK_UNCLEAR = "check_unclear"


@dataclass(frozen=True, slots=True)
class InWords:
    """`says` is why, `mend` what its owner can do."""

    says: Any
    mend: Any


A_PERSON = _l("There is nothing for you to do: a person looks at it and writes to you.")
R = LicenceReason
WORDS: dict[LicenceReason, InWords] = {
    R.EXPIRED: InWords(_l("This licence has expired."), _l("Renew it, and show us the new one.")),
    R.UNREADABLE: InWords(_l("We cannot read the pictures of it."),
                          _l("Take them again: in daylight, flat on a table, all four corners in the picture.")),
    R.NOT_A_LICENCE: InWords(_l("This is not a full driving licence: learner’s, provisional and temporary ones do not count."),
                             _l("Show us a full licence.")),
    R.DETAILS_DIFFER: InWords(_l("What you typed differs from what is on the licence."),
                              _l("Type name, number and dates as they are printed on it.")),
    R.FACE_DIFFERS: InWords(_l("The face on the selfie and the one on the licence do not look like the same person to us."),
                            _l("Take the selfie again, facing the light, without a hat or dark glasses.")),
    R.FROM_ABROAD: InWords(_l("It is from a country whose licences a person has to look at."), A_PERSON),
    R.NUMBER_UNUSUAL: InWords(_l("Its number does not look like those of that state."),
                              _l("Compare it with the card. If it is right, a person looks at it and writes to you.")),
    R.NUMBER_KNOWN: InWords(_l("A person has to look at its number."), A_PERSON),
    R.CHECK_UNCLEAR: InWords(_l("The check came to no clear result."), A_PERSON),
}
