"""Answers have the fields that Stripe documents, and no others."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import stripe
from stripe import checkout

import portal.billing.stripe.embedded as package
from portal.billing.stripe.embedded.memory import MemoryStore
from portal.billing.stripe.embedded.params import parse_form
from portal.billing.stripe.embedded.routes import ROUTES
from tests.portal.billing.stripe.embedded.shapes import complaints
from tests.portal.billing.stripe.embedded.town import ONLY_CARDS, Town

CLASSES: dict[str, Any] = {
    "customer": stripe.Customer, "setup_intent": stripe.SetupIntent, "payment_method": stripe.PaymentMethod,
    "payment_intent": stripe.PaymentIntent, "charge": stripe.Charge, "refund": stripe.Refund, "dispute": stripe.Dispute,
    "checkout.session": checkout.Session, "balance_transaction": stripe.BalanceTransaction, "event": stripe.Event,
    "payout": stripe.Payout,
}

EMITTED = {
    "customer.created", "payment_method.attached", "payment_method.detached", "setup_intent.created",
    "setup_intent.succeeded", "setup_intent.requires_action", "setup_intent.canceled", "payment_intent.created",
    "payment_intent.succeeded", "payment_intent.amount_capturable_updated", "payment_intent.payment_failed",
    "payment_intent.requires_action", "payment_intent.canceled", "charge.succeeded", "charge.captured", "charge.failed",
    "charge.refunded", "charge.updated", "charge.expired", "refund.created", "refund.updated", "refund.failed",
    "charge.refund.updated", "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
    "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated", "checkout.session.completed",
    "checkout.session.expired",
}


def live_a_little(town: Town) -> None:
    """Every kind of thing that can happen here, happens."""
    api, customer = town.api, town.customer()
    visa = town.card(customer)
    for token in ("pm_card_threeDSecure2Required", "pm_card_createDisputeInquiry", "pm_card_refundFail"):
        town.card(customer, token)
    api.payment_intents.capture(town.hold(customer, visa).id, {"amount_to_capture": 3000})
    api.payment_intents.cancel(town.hold(customer, visa).id)
    town.hold(customer, visa)
    town.pay(customer, visa, capture_method="automatic_async")
    for token in ("pm_card_visa_chargeDeclined", "pm_card_chargeDeclinedExpiredCard", "pm_card_authenticationRequired"):
        with pytest.raises(stripe.CardError):
            town.pay(None, token)
    for yes in (True, False):
        waiting = town.pay(None, "pm_card_authenticationRequired", off_session=False, return_url="http://localhost")
        town.embedded.answer_bank_check(waiting.id, yes=yes)
    refused = api.refunds.create({"payment_intent": town.pay(None, "pm_card_refundFail").id, "reason": "requested_by_customer"})
    api.payment_methods.detach(visa)
    for token in ("pm_card_createDispute", "pm_card_createDisputeInquiry"):
        town.pay(None, token)
    town.wait(hours=1)
    for dispute in api.disputes.list().data:
        api.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    town.wait(hours=1)
    assert api.refunds.retrieve(refused.id).status == "failed"
    price = {"currency": "usd", "unit_amount": 2000, "product_data": {"name": "A debt"}}
    page: Any = {
        "mode": "payment", "customer": customer, "success_url": "http://localhost", "cancel_url": "http://localhost",
        "line_items": [{"price_data": price, "quantity": 1}], "payment_intent_data": {"description": "A debt"}}
    for keeps in ({}, {"setup_future_usage": "off_session"}):
        session = api.checkout.sessions.create(page | {"payment_intent_data": {"description": "A debt", **keeps}})
        town.embedded.complete_page(session.id, "pm_card_visa_chargeDeclined")
        town.embedded.complete_page(session.id, "pm_card_visa")
    api.checkout.sessions.expire(api.checkout.sessions.create({
        "mode": "setup", "success_url": "http://localhost", "currency": "usd"}).id)
    api.setup_intents.cancel(api.setup_intents.create(ONLY_CARDS | {"customer": customer}).id)
    town.wait(days=8)


def test_every_object_has_what_its_class_says_and_nothing_else() -> None:
    quick = Town(MemoryStore(), settings={"payouts": True})
    live_a_little(quick)
    quick.api.events.list()

    seen = [obj for obj in quick.store._objects.values() if obj["object"] in CLASSES]  # type: ignore[attr-defined]
    found = {word for obj in seen for word in complaints(obj, CLASSES[obj["object"]], obj["object"])}

    assert {obj["object"] for obj in seen} >= CLASSES.keys()
    assert not found


def test_the_check_of_fields_notices_what_is_wrong(quick: Town) -> None:
    quick.customer()
    (customer,) = (obj for obj in quick.store._objects.values() if obj["object"] == "customer")  # type: ignore[attr-defined]
    wrong = customer | {"colour": "red", "livemode": "no", "invoice_settings": {"footer": 3}}
    del wrong["created"]
    assert sorted(complaints(wrong, stripe.Customer, "customer")) == [
        "customer.colour: invented", "customer.created: missing", "customer.invoice_settings.footer: 3 is no <class 'str'>",
        "customer.livemode: 'no' is no <class 'bool'>"]


def test_every_event_carries_an_object_of_its_class(quick: Town) -> None:
    live_a_little(quick)
    quick.api.events.list()
    events = [obj for obj in quick.store._objects.values() if obj["object"] == "event"]  # type: ignore[attr-defined]

    found = {word for event in events
             for word in complaints(event["data"]["object"], CLASSES[event["data"]["object"]["object"]], event["type"])}

    assert not found
    assert {event["type"] for event in events} >= EMITTED


def test_an_event_is_a_picture_of_its_moment(town: Town) -> None:
    held = town.hold(None, "pm_card_visa")
    town.api.payment_intents.capture(held.id)

    (event,) = town.api.events.list({"type": "payment_intent.amount_capturable_updated"}).data
    assert event.data.object["status"] == "requires_capture"
    assert event.data.object["amount_capturable"] == 5000
    assert event.api_version == stripe.api_version
    (captured,) = town.api.events.list({"type": "charge.captured"}).data
    assert captured.data.previous_attributes is not None
    assert captured.data.previous_attributes["captured"] is False


@pytest.mark.parametrize("path", [
    "customers/cus_1", "payment_methods/pm_1", "setup_intents/seti_1", "payment_intents/pi_1", "charges/ch_1",
    "refunds/re_1", "disputes/du_1", "checkout/sessions/cs_1", "balance_transactions/txn_1", "events/evt_1",
])
def test_what_is_not_there_is_a_404(quick: Town, path: str) -> None:
    body, status, _ = quick.embedded.request("get", f"https://api.stripe.com/v1/{path}", {"Authorization": "Bearer sk_test_1"})

    assert status == 404
    assert json.loads(body)["error"]["code"] == "resource_missing"


def test_an_address_that_stripe_has_and_we_have_not_is_refused(quick: Town) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        quick.api.invoices.list()


def test_an_unknown_parameter_is_refused(quick: Town) -> None:
    coloured: Any = {"colour": "red"}
    with pytest.raises(stripe.InvalidRequestError, match="Received unknown parameter: colour") as refused:
        quick.api.customers.create(coloured)
    assert refused.value.code == "parameter_unknown"


def test_we_understand_no_parameter_that_stripe_has_not(quick: Town) -> None:
    names = {
        "post customers": "CustomerCreateParams", "post payment_intents": "PaymentIntentCreateParams",
        "post payment_intents/:/capture": "PaymentIntentCaptureParams", "get payment_intents": "PaymentIntentListParams",
        "post payment_intents/:/confirm": "PaymentIntentConfirmParams", "post setup_intents": "SetupIntentCreateParams",
        "post refunds": "RefundCreateParams", "get refunds": "RefundListParams", "post disputes/:": "DisputeUpdateParams",
        "get charges": "ChargeListParams", "get balance_transactions": "BalanceTransactionListParams",
        "get events": "EventListParams",
    }
    for route, name in names.items():
        assert ROUTES[route].known <= getattr(stripe.params, name).__annotations__.keys(), route
    checkout_params = stripe.params.checkout.SessionCreateParams.__annotations__
    assert ROUTES["post checkout.sessions"].known <= checkout_params.keys()


def test_no_card_number_stands_anywhere() -> None:
    (folder,) = package.__path__
    for file in [*Path(folder).glob("*.py"), *Path(__file__).parent.glob("*.py")]:
        assert not re.search(r"\d(?:[ _-]?\d){12,18}", file.read_text()), file


@pytest.mark.parametrize(("form", "said"), [
    ("", {}),
    ("a=1&b=", {"a": "1", "b": ""}),
    ("name=Ada+L.%2C+%E2%82%AC&&email=a%2Bb%40example.org", {"name": "Ada L., €", "email": "a+b@example.org"}),
    ("m[a%20b]=c%5Bd%5D&e[1]=y&e[0]=x", {"m": {"a b": "c[d]"}, "e": ["x", "y"]}),
    ("a[b][c]=1&a[b][d]=%25&e[]=x&e[]=y&alone", {"a": {"b": {"c": "1", "d": "%"}}, "e": ["x", "y"], "alone": ""}),
])
def test_a_form_is_read_as_it_was_meant(form: str, said: dict[str, Any]) -> None:
    assert parse_form(form) == said
