"""What has become of payments and refunds, in words."""

from dataclasses import dataclass

from flask_babel import gettext as _

from portal.billing.payments.models import Payment, Refund, RefundState, State


@dataclass(frozen=True, slots=True)
class Became:
    """What has become of a payment or a refund: a tag’s kind and icon, its word, and what that means in a sentence."""

    kind: str
    icon: str
    word: str
    means: str


def became_of(payment: Payment) -> Became:
    """What has become of a payment."""
    if payment.state == State.WANTED and payment.card_id is None:
        return Became("info", "clock", _("Begun"), _("It waits for you on the payment page."))
    return {
        State.WANTED: lambda: Became("info", "clock", _("Asked for"), _("The bank has not answered yet.")),
        State.CONFIRM: lambda: Became("warn", "warning", _("Waits for you"), _("Your bank wants to see that it is you.")),
        State.HELD: lambda: Became("info", "lock", _("Held"), _("Nothing is taken before the trip ends.")),
        State.CAPTURED: lambda: Became("ok", "check", _("Paid"), ""),
        State.RELEASED: lambda: Became("", "", _("Let go"), _("Nothing was taken.")),
        State.DECLINED: lambda: Became("bad", "warning", _("Declined"), declined(payment.declined_why)),
    }[State(payment.state)]()


def declined(code: str | None) -> str:
    """Why a bank said no, as far as it says so."""
    return {
        "insufficient_funds": _("There was not enough money on the card."),
        "expired_card": _("The card has expired."),
        "lost_card": _("The card was reported lost."),
        "stolen_card": _("The card was reported stolen."),
        "incorrect_cvc": _("The security code was not right."),
        "never_answered": _("The bank never answered. Nothing was taken."),
    }.get(code or "", _("Your bank did not say why. It can tell you."))


def refund_became(refund: Refund) -> Became:
    """What has become of a refund."""
    return {
        RefundState.WANTED: lambda: Became("info", "clock", _("On its way"), _("It shows on your card within 5 days.")),
        RefundState.PENDING: lambda: Became("info", "clock", _("On its way"), _("It shows on your card within 5 days.")),
        RefundState.DONE: lambda: Became("ok", "check", _("Sent back"), _("It shows on your card within 5 days.")),
        RefundState.FAILED: lambda: Became("warn", "warning", _("Came back to us"),
                                           _("Your bank did not take it. It stands on your balance.")),
    }[RefundState(refund.state)]()
