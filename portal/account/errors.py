"""How signing in is refused, and deciding by pictures that one may not see."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class WrongPassword(Refusal):
    code, status = "wrong_password", 401
    says = _l("That e-mail address and password do not match.")
    remedy = _l("Check both and try again.")


class TooManyTries(Refusal):
    code, status = "too_many_tries", 429
    says = _l("There were too many wrong passwords for this address.")
    remedy = _l("Wait 15 minutes and try again. Your account is safe.")


class TooManyToday(TooManyTries):
    """Strangers have tried; the account's own browsers and a link by mail still open it."""

    code = "too_many_tries_today"
    says = _l("There were too many wrong passwords for this address today.")
    remedy = _l("Choose a new password by mail, or sign in from a browser you have used here before. Your account is safe.")


class ReviewersOnly(Refusal):
    code, status = "reviewers_only", 403
    says = _l("Only reviewers see the pictures, so only they decide.")
    remedy = _l("Leave it to a colleague with the reviewer role.")
