"""How cases say no."""

from typing import Any

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal
from portal.web.say import cents


class ChangedMeanwhile(Refusal):
    """Somebody or something was faster; `facts["version"]` is where the case stands now, `says` what came last."""

    code = "case_changed"
    remedy = _l("What you typed is still here. Read what is new in “What was done”, then send yours again.")

    def __init__(self, version: int, says: Any) -> None:
        super().__init__(version=version)
        self.says = says


class InOtherHands(Refusal):
    """Somebody else of the team owns this case; `facts["owner_id"]` says who."""

    code = "case_in_other_hands"
    remedy = _l("What you typed is still here. Read in “What was done” what they did; to go on yourself, take it over.")

    def __init__(self, owner_id: int, name: str) -> None:
        super().__init__(owner_id=owner_id)
        self.says = _l("%(name)s is looking after this case.", name=name)


class AlreadyClosed(Refusal):
    code = "case_closed"
    says = _l("This case is closed.")
    remedy = _l("Open it again first; that works for 30 days.")


class NotClosed(Refusal):
    code = "case_not_closed"
    says = _l("This case is still open.")
    remedy = _l("Go on with it as it is.")


class TooOldToReopen(Refusal):
    code = "case_too_old"
    says = _l("This case was closed too long ago to be opened again.")
    remedy = _l("Open a new one for this member; the old one stays in their history.")


class AnotherIsOpen(Refusal):
    """The member has another open case about the same trip; `facts["case_id"]` says which."""

    code = "case_beside"
    says = _l("This member has another open case about the same.")
    remedy = _l("Go on in that one; this one stays in their history.")


class NotTheirLine(Refusal):
    code, status = "line_of_another", 404
    says = _l("There is no such line on this member’s bills.")
    remedy = _l("Choose one from the list.")


class MoreThanACaseGives(Refusal):
    """Goodwill has an upper bound for one case, whoever agrees; `most` and `so_far` are cents."""

    code, status = "more_than_a_case_gives", 422

    def __init__(self, most: int, so_far: int) -> None:
        super().__init__(most_cents=most, so_far_cents=so_far)
        self.says = _l("One case gives at most %(most)s of goodwill.", most=cents(most))
        self.remedy = _l("%(left)s of that is left. What was paid and should not have been is money back, by its line.",
                         left=cents(max(0, most - so_far)))


class LooseEnds(Refusal):
    """Promises or money are open that the case is not closed over in silence."""

    code, status = "case_has_loose_ends", 422
    says = _l("Something of this case is still open.")
    remedy = _l("Say of each below what becomes of it, then close the case.")


class NobodyToOwn(Refusal):
    code, status = "not_of_the_team", 422
    says = _l("That colleague cannot work on cases.")
    remedy = _l("Choose somebody of the CX team.")


class FixMoved(Refusal):
    """A colleague changed this fix meanwhile."""

    code = "fix_changed"
    says = _l("A colleague has changed this fix while you had it open.")
    remedy = _l("What you typed is still here. Read what is new, then send yours again.")


class NotDoneYet(Refusal):
    code = "fix_not_done"
    says = _l("Only what is done can be told.")
    remedy = _l("Set it to done first, on the day it was.")


class AlreadyTold(Refusal):
    code = "fix_told"
    says = _l("Members have been told that this is done.")
    remedy = _l("Take the words off the page first, if it is not.")
