"""How a change of a membership is refused."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class NoMembership(Refusal):
    code, status = "no_membership", 409
    says = _l("There is no membership to change: you have not joined yet, or have left.")
    remedy = _l("Your account page says what is next.")


class SamePlan(Refusal):
    code, status = "same_plan", 409
    says = _l("You are on that plan already.")
    remedy = _l("Nothing was changed.")


class FeeHasChanged(Refusal):
    code, status = "fee_has_changed", 409
    says = _l("The fee of that plan has changed since the page was opened.")
    remedy = _l("Look at the new one, and confirm it if you still want it.")


class CountsAlready(Refusal):
    code, status = "counts_already", 409
    says = _l("There is no change of plan to undo: it counts already, or was undone.")
    remedy = _l("You can change your plan again at any time.")


class TripsAhead(Refusal):
    code, status = "trips_ahead", 409
    says = _l("You have trips ahead, and a pause would leave you without a car.")
    remedy = _l("The list says which: drive or cancel them, then pause.")


class PauseTooLong(Refusal):
    """Beyond the policy `pause_most`, in days."""

    code, status = "pause_too_long", 422
    remedy = _l("Choose a day within that time. When it is over you can pause again.")

    def __init__(self, most: int) -> None:
        super().__init__()
        self.says = _("A pause lasts from one day to %(days)d days.", days=most)


class MayNotComeBack(Refusal):
    code, status = "may_not_come_back", 403
    says = _l("We ended this membership, so it cannot be opened again from here.")
    remedy = _l("Write to us: a person looks at it and answers you.")


class StillMissing(Refusal):
    code, status = "still_missing", 409
    says = _l("Something is missing before you can come back.")
    remedy = _l("The list says what.")
