"""How changes of an e-mail address are refused."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class SameAddress(Refusal):
    code, status = "same_address", 422
    says = _l("That is the address you have already.")
    remedy = _l("Type another one, or leave it as it is.")


class WrongEmailCode(Refusal):
    code, status = "wrong_code", 422
    says = _l("That is not the code we sent.")
    remedy = _l("Look at the mail again: the code has six digits. If the mail has no code, that address cannot be taken.")


class EmailCodeIsOver(Refusal):
    code, status = "code_is_over", 409
    says = _l("This code counts no more.")
    remedy = _l("Type the new address again, and we send another one.")


class TooManyEmailCodes(Refusal):
    code, status = "too_many_codes", 429
    says = _l("We have sent as many codes as we may in one day.")
    remedy = _l("Try again tomorrow. Your address stays as it is until then.")


class TooManyToMailbox(TooManyEmailCodes):
    says = _l("We have sent as many codes to this address as we may in one day.")
    remedy = _l("Each of those mails has a link: open it here, and you may ask for more. Or try again tomorrow.")


class UndoIsOver(Refusal):
    code, status = "undo_is_over", 410
    says = _l("This link works no more.")
    remedy = _l("It puts an address back once, and for some days only. If somebody else is in your account, ask us for help.")


class AddressGone(Refusal):
    code, status = "address_taken", 409
    says = _l("This address has another account by now.")
    remedy = _l("Sign in there, or ask us for help: both accounts stay as they are.")
