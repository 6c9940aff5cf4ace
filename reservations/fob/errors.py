"""How a member, or whoever issues fobs, is refused."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class FobAlready(Refusal):
    code, status = "fob_already", 409
    says = _l("You have a fob, or have asked for one.")
    remedy = _l("Report the old one lost first: it is blocked at once, and you can ask for another.")


class FobForMembers(Refusal):
    code, status = "fob_for_members", 409
    says = _l("Only members have fobs.")
    remedy = _l("Finish joining first, or end your pause: then ask again.")


class FobOfNobodyDriving(Refusal):
    code, status = "fob_of_nobody_driving", 409
    says = _l("Its member does not drive with us now: they have paused or left.")
    remedy = _l("Keep it here. It can be issued when they are back.")


class FobFeeChanged(Refusal):
    code, status = "fob_fee_changed", 409
    says = _l("The fee for another fob has changed since you saw it.")
    remedy = _l("Nothing was asked for. The page shows the new one.")


class NoSuchFob(Refusal):
    code, status = "fob_not_so", 409
    says = _l("This fob is no longer in that state.")
    remedy = _l("Look at the list again: somebody was faster.")


class FobNumberTaken(Refusal):
    code, status = "fob_number_taken", 409
    says = _l("Another fob has this number.")
    remedy = _l("Compare it with what is printed on the fob; a fob that was handed in is not issued twice.")
