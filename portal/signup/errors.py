"""How joining is refused."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal
from portal.account.contact.errors import TooManyCodes


class NotWaiting(Refusal):
    code, status = "not_waiting", 409
    says = _l("This application waits for no decision: it was decided, sent back or withdrawn meanwhile.")
    remedy = _l("Look at it again; the next one waits in the queue.")


class NeedsReason(Refusal):
    code, status = "needs_reason", 422
    says = _l("A refusal needs a reason that the applicant can be told.")
    remedy = _l("Choose one or more of the list.")


class DecidedByYou(Refusal):
    code, status = "decided_by_you", 403
    says = _l("You decided this application the first time, so somebody else has to hear the appeal.")
    remedy = _l("Leave it to a colleague with the reviewer role.")


class OwnApplication(Refusal):
    code, status = "own_application", 403
    says = _l("This is your own application.")
    remedy = _l("Leave it to a colleague with the reviewer role.")


class TakenByAnother(Refusal):
    code, status = "taken_by_another", 409
    says = _l("A colleague has this application on their desk.")
    remedy = _l("Take the next one, or ask them to put it back.")


class NotWhole(Refusal):
    code, status = "not_whole", 409
    says = _l("Something is still missing from your application.")
    remedy = _l("The list above says what. Do that first, then send it.")


class NoAppeal(Refusal):
    code, status = "no_appeal", 409
    says = _l("A refusal can be appealed once, and yours was, or there is none.")
    remedy = _l("The page says from when on you may apply again.")


class NotYet(Refusal):
    code, status = "not_yet_again", 409
    says = _l("You cannot apply again yet.")
    remedy = _l("The page says from which day on.")


class OverAlready(Refusal):
    code, status = "application_over", 409
    says = _l("This application is over already.")
    remedy = _l("Your application page shows what became of it.")


class TooManyMailCodes(TooManyCodes):
    says = _l("We have sent as many codes to this address as we may in one day.")
    remedy = _l("Each of those mails has a link: open it here, and you may ask for more. Or try again tomorrow.")


class WrongMailCode(Refusal):
    code, status = "wrong_code", 422
    says = _l("That is not the code we sent.")
    remedy = _l("Look at the mail again: the code has six digits. If the mail says that you have an account, sign in instead.")


class NotEligible(Refusal):
    code, status = "not_eligible", 409
    says = _l("With these answers you cannot join yet.")
    remedy = _l("The free check says why, and from when on.")
