"""How proving who one is, is refused."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class WrongCode(Refusal):
    code, status = "wrong_code", 401
    says = _l("That code does not count.")
    remedy = _l("Each code works once and for half a minute. Type the one that your app shows now, or a recovery code.")


class TooManyCodes(Refusal):
    code, status = "too_many_codes", 429
    says = _l("There were too many wrong codes for this account.")
    remedy = _l("Wait 15 minutes and try again. Your account is safe.")


class HalfIsOver(Refusal):
    code, status = "half_is_over", 410
    says = _l("That took too long.")
    remedy = _l("Sign in with your password again.")


class NotYou(Refusal):
    code, status = "not_you", 401
    says = _l("That is not your password.")
    remedy = _l("Check it and try again.")
