"""The address that Stripe's webhooks come to, and in the demo the look-alike of the page on which cards are given."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request
from flask_babel import gettext as _

from core.money import Money
from core.refusal import NotFound
from portal.billing.payments.events import keep_event
from portal.billing.payments.port import BadSignature, PaymentsRefused
from portal.billing.stripe.embedded.checkout_page import AsksBank, Declined, Done
from portal.billing.stripe.embedded.test_cards import TEST_CARDS
from portal.billing.stripe.forms import BankForm, CardChoiceForm
from portal.web.page import ANYONE, page
from portal.web.shell import adapters

bp = Blueprint("stripe", __name__)


@bp.post("/webhooks/stripe")
@page(who=ANYONE, exempt="a machine tells us to look at a payment; nobody sees it")
def webhook() -> Any:
    """Keep what is signed and of our mode; answer before anything is done about it, as Stripe wants it."""
    try:
        event = adapters().payments.read_event(request.get_data(), request.headers.get("Stripe-Signature", ""))
    except (BadSignature, PaymentsRefused) as no:
        return {"error": no.code}, 400
    keep_event(event)
    return {"received": True}


@bp.route("/demo/checkout/<session_id>", methods=["GET", "POST"])
@page(who=ANYONE, exempt="the card page of the demo city stands for Stripe’s own, which we do not see either")
def checkout(session_id: str) -> Any:
    """The card page of the demo city: test cards by name, never a number."""
    shown = _shown(session_id)
    card, bank, said = CardChoiceForm(), BankForm(), None
    card.token.choices = [(token, f"•••• {TEST_CARDS[token].last_four}: {TEST_CARDS[token].words}") for token in OFFERED]
    if bank.is_submitted() and bank.answer.data and bank.validate():
        said = adapters().stripe.complete_page(session_id, "", bank_says_yes=bank.answer.data == "yes")
    elif card.is_submitted() and card.validate():
        said = adapters().stripe.complete_page(session_id, card.token.data)
    if isinstance(said, Done):
        return redirect(_local(said.address))
    if isinstance(said, Declined):
        card.token.errors = [said.words]
    if said is not None:
        shown = _shown(session_id)
    return render_template(
        "portal/billing/checkout.html", shown=shown, form=card, bank=bank,
        asks_bank=shown["asks_bank"] or isinstance(said, AsksBank),
        amount=Money(shown["amount"], (shown["currency"] or "usd").upper()) if shown["amount"] else None,
        back=_local(shown["cancel_url"]), ends_at=datetime.fromtimestamp(shown["expires_at"], UTC),
        title=_("Card page of the demo city")), 402 if isinstance(said, Declined) else 200


OFFERED = (
    "pm_card_visa", "pm_card_mastercard", "pm_card_amex", "pm_card_visa_chargeDeclined",
    "pm_card_visa_chargeDeclinedInsufficientFunds", "pm_card_chargeCustomerFail", "pm_card_threeDSecure2Required",
    "pm_card_authenticationRequiredOnSetup", "pm_card_createDispute")


def _shown(session_id: str) -> Any:
    embedded = adapters().stripe
    shown = embedded.page(session_id) if embedded is not None else None
    if shown is None:
        raise NotFound()
    return shown


def _local(address: str) -> str:
    """The path of our own address: the browser may know this machine by another name than the settings do."""
    return address.removeprefix(current_app.config["SITE_URL"])
