"""Checkout sessions and the look-alike of their page."""

from typing import Any

import pytest
import stripe
from stripe import checkout

from portal.billing.stripe.embedded.checkout_page import AsksBank, Declined, Done, Expired
from tests.portal.billing.stripe.embedded.town import BASE, ONLY_CARDS, Town

BACK = f"{BASE}/wallet?session={{CHECKOUT_SESSION_ID}}"
DEBT: Any = [{"price_data": {"currency": "usd", "unit_amount": 4200, "product_data": {"name": "A debt"}}, "quantity": 1}]


def open_page(town: Town, mode: str, **more: Any) -> checkout.Session:
    lines = {"line_items": DEBT} if mode == "payment" else {}
    said: Any = {
        "mode": mode, "success_url": BACK, "cancel_url": BASE, "customer": town.customer(), **ONLY_CARDS, **lines, **more}
    return town.api.checkout.sessions.create(said)


def look(town: Town, session_id: str) -> checkout.Session:
    return town.api.checkout.sessions.retrieve(session_id, {
        "expand": ["setup_intent.payment_method", "payment_intent.latest_charge"]})


def test_a_page_keeps_a_card(town: Town) -> None:
    session = open_page(town, "setup", setup_intent_data={"metadata": {"once": "a"}})
    assert (session.status, session.url) == ("open", f"{BASE}/demo/checkout/{session.id}")
    assert town.embedded.complete_page(session.id, "pm_card_visa") == Done(f"{BASE}/wallet?session={session.id}")

    seen = look(town, session.id)
    assert (seen.status, seen.url, seen.payment_status) == ("complete", None, "no_payment_required")
    setup = seen.setup_intent
    assert isinstance(setup, stripe.SetupIntent)
    assert isinstance(setup.payment_method, stripe.PaymentMethod)
    assert (setup.status, setup.metadata["once"]) == ("succeeded", "a")  # type: ignore[index]
    assert (setup.payment_method.customer, setup.payment_method.card.last4) == (seen.customer, "4242")  # type: ignore[union-attr]
    assert town.kinds()[-3:] == ["payment_method.attached", "setup_intent.succeeded", "checkout.session.completed"]
    assert town.pay(str(seen.customer), setup.payment_method.id).status == "succeeded"


def test_a_page_holds_an_amount_and_keeps_the_card(town: Town) -> None:
    session = open_page(town, "payment", payment_intent_data={
        "capture_method": "manual", "setup_future_usage": "off_session", "description": "A debt", "metadata": {"once": "a"}})
    assert (session.payment_intent, session.amount_total) == (None, 4200)
    assert isinstance(town.embedded.complete_page(session.id, "pm_card_visa"), Done)

    seen = look(town, session.id)
    held = seen.payment_intent
    assert isinstance(held, stripe.PaymentIntent)
    assert isinstance(held.latest_charge, stripe.Charge)
    assert (held.status, held.amount, held.description, held.metadata["once"]) == ("requires_capture", 4200, "A debt", "a")
    assert seen.payment_status == "unpaid"
    assert len(town.api.payment_methods.list({"customer": str(seen.customer)}).data) == 1
    town.api.payment_intents.capture(held.id)
    assert look(town, session.id).payment_status == "paid"


def test_after_a_decline_the_page_takes_another_card(town: Town) -> None:
    session = open_page(town, "payment")
    declined = town.embedded.complete_page(session.id, "pm_card_visa_chargeDeclinedInsufficientFunds")
    assert declined == Declined("insufficient_funds", "Your card has insufficient funds.")
    waiting = look(town, session.id).payment_intent
    assert isinstance(waiting, stripe.PaymentIntent)
    assert waiting.status == "requires_payment_method"

    assert isinstance(town.embedded.complete_page(session.id, "pm_card_visa"), Done)
    paid = look(town, session.id).payment_intent
    assert isinstance(paid, stripe.PaymentIntent)
    assert (paid.id, paid.status) == (waiting.id, "succeeded")


@pytest.mark.parametrize("mode", ["setup", "payment"])
def test_the_bank_says_yes_or_no(town: Town, mode: str) -> None:
    session = open_page(town, mode)
    card = "pm_card_threeDSecure2Required"
    assert town.embedded.complete_page(session.id, card) == AsksBank()
    assert town.embedded.page(session.id)["asks_bank"]  # type: ignore[index]
    refused = town.embedded.complete_page(session.id, card, bank_says_yes=False)
    assert isinstance(refused, Declined)
    assert refused.code == ("setup" if mode == "setup" else "payment") + "_intent_authentication_failure"
    assert town.embedded.complete_page(session.id, card) == AsksBank()
    assert isinstance(town.embedded.complete_page(session.id, card, bank_says_yes=True), Done)


def test_a_page_that_is_through_sends_everyone_on(town: Town) -> None:
    session = open_page(town, "payment")
    first = town.embedded.complete_page(session.id, "pm_card_visa")
    assert town.embedded.complete_page(session.id, "pm_card_visa_chargeDeclined") == first
    assert len(town.api.charges.list().data) == 1
    with pytest.raises(stripe.InvalidRequestError, match="status of complete"):
        town.api.checkout.sessions.expire(session.id)


def test_a_page_closes_when_it_is_told_to_or_after_a_day(town: Town) -> None:
    told, left = open_page(town, "payment"), open_page(town, "payment")
    town.embedded.complete_page(told.id, "pm_card_visa_chargeDeclined")
    assert town.api.checkout.sessions.expire(told.id).status == "expired"
    assert town.embedded.complete_page(told.id, "pm_card_visa") == Expired()
    intent = look(town, told.id).payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert intent.status == "canceled"

    town.wait(hours=25)
    assert town.embedded.complete_page(left.id, "pm_card_visa") == Expired()
    assert look(town, left.id).status == "expired"
    assert town.kinds().count("checkout.session.expired") == 2


def test_an_intent_of_an_open_page_is_not_canceled_but_its_hold_is(town: Town) -> None:
    session = open_page(town, "payment", payment_intent_data={"capture_method": "manual"})
    town.embedded.complete_page(session.id, "pm_card_visa_chargeDeclined")
    intent = look(town, session.id).payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    with pytest.raises(stripe.InvalidRequestError, match="Expire the Checkout Session instead"):
        town.api.payment_intents.cancel(intent.id)
    town.embedded.complete_page(session.id, "pm_card_visa")
    assert town.api.payment_intents.cancel(intent.id).status == "canceled"


def test_the_page_says_what_it_is_for(quick: Town) -> None:
    session = open_page(quick, "payment", payment_intent_data={"capture_method": "manual", "setup_future_usage": "off_session"})
    page = quick.embedded.page(session.id)
    assert page is not None
    assert {name: page[name] for name in ("mode", "status", "amount", "currency", "items", "holds", "keeps_card", "email")} == {
        "mode": "payment", "status": "open", "amount": 4200, "currency": "usd", "items": ["A debt"], "holds": True,
        "keeps_card": True, "email": "ada@example.org"}
    assert page["cancel_url"] == BASE
    assert quick.embedded.page("cs_test_nobody") is None
    assert quick.embedded.complete_page("cs_test_nobody", "pm_card_visa") == Expired()
    assert quick.embedded.complete_page(session.id, "pm_card_nobody") == Declined(
        "incorrect_number", "Your card number is incorrect.")


@pytest.mark.parametrize("minutes", [29, 24 * 60 + 1])
def test_a_page_is_open_for_half_an_hour_to_a_day(quick: Town, minutes: int) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        open_page(quick, "payment", expires_at=quick.now + minutes * 60)
    assert refused.value.param == "expires_at"


def test_setup_intents_work_without_a_page_too(town: Town) -> None:
    customer = town.customer()
    made = town.api.setup_intents.create(ONLY_CARDS | {"customer": customer, "usage": "off_session"})
    assert (made.status, made.usage) == ("requires_payment_method", "off_session")
    with pytest.raises(stripe.CardError) as declined:
        town.api.setup_intents.confirm(made.id, {"payment_method": "pm_card_visa_chargeDeclined"})
    assert declined.value.error.setup_intent.id == made.id  # type: ignore[union-attr]
    assert town.api.setup_intents.confirm(made.id, {"payment_method": "pm_card_visa"}).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        town.api.setup_intents.cancel(made.id)
    assert refused.value.code == "setup_intent_unexpected_state"
