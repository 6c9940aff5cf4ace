"""Stripe's documented test cards: what each does when it is kept, when it is charged and afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

AUTHENTICATE = "authentication_required"
"""In place of a decline code: the bank wants to see its customer first."""


@dataclass(frozen=True, slots=True)
class PretendCard:
    """A card by its token, with its last four digits. An empty word means that the bank says yes."""

    token: str
    last_four: str
    words: str
    keep: str = ""  # what the bank says to keeping it for later
    present: str = ""  # to a charge while its owner is here
    away: str = ""  # to a charge while its owner is away
    checked: str = ""  # to a charge once its owner has passed the check
    once_is_enough: bool = False  # the check on keeping it holds for later charges
    later: str = ""  # what happens after a charge or a refund that went through
    brand: str = "visa"
    funding: str = "credit"

    @property
    def fingerprint(self) -> str:
        """The same for every card of this number, as Stripe's are."""
        return blake2b(self.token.encode(), digest_size=8).hexdigest()


def _works(token: str, last_four: str, words: str, later: str = "", brand: str = "visa") -> PretendCard:
    return PretendCard(token, last_four, words, later=later, brand=brand)


def _declined(token: str, last_four: str, why: str, code: str) -> PretendCard:
    return PretendCard(token, last_four, f"Declined: {why}", keep=code, present=code, away=code, checked=code)


def _cards() -> Iterator[PretendCard]:
    yield _works("pm_card_visa", "4242", "Works")
    yield _works("pm_card_mastercard", "4444", "Works (Mastercard)", brand="mastercard")
    yield _works("pm_card_amex", "0005", "Works (American Express)", brand="amex")
    yield _works("pm_card_discover", "1117", "Works (Discover)", brand="discover")
    yield PretendCard("pm_card_visa_debit", "5556", "Works (debit)", funding="debit")
    yield _declined("pm_card_visa_chargeDeclined", "0002", "the bank gives no reason", "generic_decline")
    yield _declined("pm_card_visa_chargeDeclinedInsufficientFunds", "9995", "insufficient funds", "insufficient_funds")
    yield _declined("pm_card_visa_chargeDeclinedLostCard", "9987", "lost card", "lost_card")
    yield _declined("pm_card_visa_chargeDeclinedStolenCard", "9979", "stolen card", "stolen_card")
    yield _declined("pm_card_chargeDeclinedExpiredCard", "0069", "expired card", "expired_card")
    yield _declined("pm_card_chargeDeclinedIncorrectCvc", "0127", "wrong security code", "incorrect_cvc")
    yield _declined("pm_card_chargeDeclinedProcessingError", "0119", "an error at the bank", "processing_error")
    yield PretendCard("pm_card_chargeCustomerFail", "0341", "Can be kept, and is declined when it is charged",
                      present="generic_decline", away="generic_decline", checked="generic_decline")
    yield PretendCard("pm_card_threeDSecure2Required", "3220", "Asks for your bank's check every time",
                      keep=AUTHENTICATE, present=AUTHENTICATE, away=AUTHENTICATE)
    yield PretendCard("pm_card_authenticationRequired", "3184", "Asks for your bank's check every time, whatever was agreed",
                      keep=AUTHENTICATE, present=AUTHENTICATE, away=AUTHENTICATE)
    yield PretendCard("pm_card_authenticationRequiredOnSetup", "3155",
                      "Asks for your bank's check once, and is fine afterwards", keep=AUTHENTICATE,
                      present=AUTHENTICATE, away=AUTHENTICATE, once_is_enough=True)
    yield PretendCard("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "3178",
                      "Asks for your bank's check, then declined: insufficient funds", keep=AUTHENTICATE,
                      present=AUTHENTICATE, away=AUTHENTICATE, checked="insufficient_funds")
    yield _works("pm_card_createDispute", "0259", "Works, and the cardholder disputes it later", "dispute:fraudulent")
    yield _works("pm_card_createDisputeProductNotReceived", "2685", "Works, and the cardholder says later that nothing came",
                 "dispute:product_not_received")
    yield _works("pm_card_createDisputeInquiry", "1976", "Works, and the cardholder's bank asks about it later",
                 "inquiry:fraudulent")
    yield _works("pm_card_pendingRefund", "7726", "Works; refunds are on their way for a while", "refund_pends")
    yield _works("pm_card_refundFail", "5126", "Works; refunds fail later", "refund_fails")
    yield _works("pm_card_bypassPending", "0077", "Works, and the money is available at once", "available")


TEST_CARDS: dict[str, PretendCard] = {card.token: card for card in _cards()}
BY_FINGERPRINT: dict[str, PretendCard] = {card.fingerprint: card for card in TEST_CARDS.values()}

# By decline code: the error's code, and what Stripe says to people.
DECLINES = {
    "generic_decline": ("card_declined", "Your card was declined."),
    "insufficient_funds": ("card_declined", "Your card has insufficient funds."),
    "lost_card": ("card_declined", "Your card was declined."),
    "stolen_card": ("card_declined", "Your card was declined."),
    "expired_card": ("expired_card", "Your card has expired."),
    "incorrect_cvc": ("incorrect_cvc", "Your card's security code is incorrect."),
    "processing_error": ("processing_error", "An error occurred while processing your card. Try again in a little bit."),
    AUTHENTICATE: (AUTHENTICATE, "Your card was declined. This transaction requires authentication."),
}
WITHOUT_DECLINE_CODE = frozenset({"expired_card", "incorrect_cvc", "processing_error"})  # the error's code says it all
