"""How contact choices are refused."""

from datetime import timedelta
from math import ceil

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from core.refusal import Refusal


class NoNumberYet(Refusal):
    code, status = "no_number_yet", 409
    says = _l("There is no number that you have confirmed, so we cannot text you.")
    remedy = _l("Add your number below first.")


class TooManyCodes(Refusal):
    code, status = "too_many_codes", 429
    says = _l("We have sent as many codes as we may in one day.")
    remedy = _l("Try again tomorrow. Until then we write by mail.")


class CodeJustSent(Refusal):
    code, status = "code_just_sent", 429
    says = _l("A code is on its way already.")

    def __init__(self, left: timedelta) -> None:
        """`left`: how long until another one may be asked for."""
        super().__init__()
        seconds = max(1, ceil(left.total_seconds()))
        self.remedy = ngettext("Wait one second before you ask for another one.",
                               "Wait %(num)d seconds before you ask for another one.", seconds)


class WrongCode(Refusal):
    code, status = "wrong_code", 422
    says = _l("That is not the code we sent.")
    remedy = _l("Look at the text message again: the code has six digits.")


class TooManyGuesses(Refusal):
    code, status = "too_many_tries", 429
    says = _l("Too many codes were typed in for this number today.")
    remedy = _l("Try again tomorrow, or ask us for help. Until then we write by mail.")


class CodeIsOver(Refusal):
    code, status = "code_is_over", 409
    says = _l("This code counts no more.")
    remedy = _l("Ask for a new one.")


class TooManyDevices(Refusal):
    code, status = "too_many_devices", 409
    says = _l("Notifications are on for as many devices as we keep.")
    remedy = _l("Take one of them away first.")
