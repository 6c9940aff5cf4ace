"""What benefits and reasons are called, to members and reviewers alike."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.account.tier.models import Benefit, TierReason

BENEFITS: dict[str, Any] = {
    Benefit.SNAP: _l("SNAP (food stamps)"), Benefit.WIC: _l("WIC"), Benefit.MEDICAID: _l("Medicaid"),
    Benefit.TANF: _l("TANF (cash assistance)"), Benefit.SSI: _l("SSI or SSDI"),
    Benefit.HOUSING: _l("Public housing, or a housing voucher"), Benefit.ENERGY: _l("LIHEAP (help with energy bills)"),
    Benefit.STUDENT_AID: _l("A Pell Grant"),
}


@dataclass(frozen=True, slots=True)
class ReasonWords:
    """Why it was refused, and what to do about it."""

    says: Any
    mend: Any


REASONS: dict[str, ReasonWords] = {
    TierReason.UNREADABLE: ReasonWords(
        _l("We cannot read what is on the picture."), _l("Take it again, in daylight, with all four corners in it.")),
    TierReason.OTHER_NAME: ReasonWords(
        _l("It has another name than your account."), _l("Send one with your own name, or ask us if your name has changed.")),
    TierReason.OUT_OF_DATE: ReasonWords(
        _l("It does not count any more."), _l("Send a card or letter that counts today.")),
    TierReason.NOT_LISTED: ReasonWords(
        _l("It does not show a benefit of the list."), _l("Choose the benefit that you have, and send what shows that one.")),
}
