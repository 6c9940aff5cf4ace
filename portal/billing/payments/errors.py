"""How money matters are refused."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class CardFirst(Refusal):
    code, status = "card_first", 409
    says = _l("There is no card yet that could pay for this.")
    remedy = _l("Add a card on your account’s payment page; it takes a minute. Nothing is charged for adding it.")


class BookingStopped(Refusal):
    code, status = "booking_stopped", 403
    says = _l("An earlier bill is not paid, so we cannot hold another car for you.")
    remedy = _l("Pay what is open on your account’s payment page; booking works again at once.")


class PaymentFirst(Refusal):
    code, status = "payment_first", 409
    says = _l("Your card did not let us hold the price of this trip.")
    remedy = _l("Finish it on the payment page: confirm with your bank, or add another card. The car stays yours meanwhile.")


class NothingToPay(Refusal):
    code, status = "nothing_to_pay", 409
    says = _l("Nothing is open.")
    remedy = _l("Your statement shows every line.")


class LastCard(Refusal):
    code, status = "last_card", 409
    says = _l("This is your only card, and you have a booking or an open bill.")
    remedy = _l("Add another card first, then remove this one.")


class MoreThanPaid(Refusal):
    code, status = "more_than_paid", 422
    says = _l("That is more than this line cost, less what was given back already.")
    remedy = _l("Enter a smaller amount.")
