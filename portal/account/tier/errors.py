"""How a request for the reduced tier, or its decision, is refused; pictures have refusals of their own (`core.pictures`)."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class AskedAlready(Refusal):
    code, status = "tier_asked_already", 409
    says = _l("You have asked already, and we are looking at it.")
    remedy = _l("Wait for our answer, or withdraw the request and send another picture.")


class TierStillCounts(Refusal):
    code, status = "tier_still_counts", 409
    says = _l("You have the reduced tier, and it goes on for a while.")
    remedy = _l("Your page says from which day on you can ask again. You lose no day by waiting until then.")


class NotDriving(Refusal):
    code, status = "tier_not_driving", 409
    says = _l("Only members have a tier.")
    remedy = _l("Finish joining first: then ask for the reduced tier here.")


class TooManyAsked(Refusal):
    code, status = "tier_too_many", 429
    says = _l("You have sent as many pictures as we take in one day.")
    remedy = _l("Try again tomorrow.")


class TierNotWaiting(Refusal):
    code, status = "tier_not_waiting", 409
    says = _l("This request waits for no decision any more.")
    remedy = _l("Somebody was faster. Look at it again.")


class TierOnAnotherDesk(Refusal):
    code, status = "tier_on_another_desk", 409
    says = _l("A colleague has this request on their desk.")
    remedy = _l("Take it over first, or take the next one.")


class OwnTier(Refusal):
    code, status = "own_tier", 403
    says = _l("This is your own request.")
    remedy = _l("Leave it to a colleague with the reviewer role.")
