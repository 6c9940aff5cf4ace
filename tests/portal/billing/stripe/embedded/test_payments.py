"""Holding, paying, capturing, cancelling and running out."""

import pytest
import stripe

from tests.portal.billing.stripe.embedded.town import ONLY_CARDS, Town

WEEK = 7 * 24 * 3600


def test_a_hold_holds_for_a_week_and_is_captured(town: Town) -> None:
    customer = town.customer()
    held = town.hold(customer, town.card(customer), expand=["latest_charge"], metadata={"once": "a"})

    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 5000, 0)
    charge = held.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert (charge.captured, charge.balance_transaction, charge.metadata["once"]) == (False, None, "a")
    assert charge.payment_method_details.card.capture_before == town.now + WEEK  # type: ignore[union-attr]

    town.wait(days=6)
    done = town.api.payment_intents.capture(held.id)
    assert (done.status, done.amount_capturable, done.amount_received) == ("succeeded", 0, 5000)
    assert town.kinds()[-4:] == [
        "charge.succeeded", "payment_intent.amount_capturable_updated", "charge.captured", "payment_intent.succeeded"]


def test_capturing_a_part_lets_the_rest_go_and_refunds_nothing(town: Town) -> None:
    held = town.hold(None, "pm_card_visa")
    done = town.api.payment_intents.capture(held.id, {"amount_to_capture": 3000})
    charge = town.charge_of(held.id)

    assert (done.amount, done.amount_received) == (5000, 3000)
    assert (charge.amount_captured, charge.amount_refunded, charge.refunded) == (3000, 0, False)
    books = town.api.balance_transactions.retrieve(str(charge.balance_transaction))
    assert (books.amount, books.fee, books.net) == (3000, 117, 2883)


def test_more_than_is_held_cannot_be_captured(quick: Town) -> None:
    held = quick.hold(None, "pm_card_visa")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        quick.api.payment_intents.capture(held.id, {"amount_to_capture": 5001})
    assert (refused.value.code, refused.value.http_status) == ("amount_too_large", 400)
    assert quick.api.payment_intents.retrieve(held.id).status == "requires_capture"


def test_a_hold_that_runs_out_is_canceled_as_expired_at_its_moment(town: Town) -> None:
    held = town.hold(None, "pm_card_visa")
    started = town.now
    town.wait(days=9)
    gone = town.api.payment_intents.retrieve(held.id)

    assert (gone.status, gone.cancellation_reason, gone.canceled_at) == ("canceled", "expired", started + WEEK)
    (event,) = town.api.events.list({"type": "payment_intent.canceled"}).data
    assert event.created == started + WEEK
    with pytest.raises(stripe.InvalidRequestError) as refused:
        town.api.payment_intents.capture(held.id)
    assert refused.value.code == "payment_intent_unexpected_state"


def test_a_hold_that_was_captured_does_not_run_out(town: Town) -> None:
    held = town.hold(None, "pm_card_visa")
    town.api.payment_intents.capture(held.id)
    town.wait(days=9)
    assert town.api.payment_intents.retrieve(held.id).status == "succeeded"


def test_a_hold_is_canceled_once_and_nothing_is_refunded(town: Town) -> None:
    held = town.hold(None, "pm_card_visa")
    gone = town.api.payment_intents.cancel(held.id, {"cancellation_reason": "abandoned"})

    assert (gone.status, gone.cancellation_reason, gone.amount_capturable) == ("canceled", "abandoned", 0)
    charge = town.charge_of(held.id)
    assert (charge.captured, charge.amount_refunded, charge.refunded) == (False, 0, False)
    with pytest.raises(stripe.InvalidRequestError, match="status of canceled") as refused:
        town.api.payment_intents.cancel(held.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert refused.value.error is not None
    assert refused.value.error.payment_intent is not None
    assert refused.value.error.payment_intent.id == held.id


def test_a_charge_costs_what_stripe_charges(town: Town) -> None:
    paid = town.pay(None, "pm_card_visa", 10_000)
    (books,) = town.api.balance_transactions.list({"source": town.charge_of(paid.id).id}).data
    assert (books.type, books.amount, books.fee, books.net) == ("charge", 10_000, 320, 9_680)
    assert books.status == "pending"
    town.wait(days=2)
    assert town.api.balance_transactions.retrieve(books.id).status == "available"


def test_without_a_capture_method_the_books_come_a_little_later(town: Town) -> None:
    paid = town.api.payment_intents.create(ONLY_CARDS | {
        "amount": 5000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True})
    assert (paid.capture_method, paid.status) == ("automatic_async", "succeeded")
    assert town.charge_of(paid.id).balance_transaction is None
    town.wait(seconds=3)
    assert town.charge_of(paid.id).balance_transaction is not None
    assert town.kinds()[-1] == "charge.updated"


def test_without_a_way_to_pay_a_return_address_is_asked_for(quick: Town) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="you must provide a `return_url`"):
        quick.api.payment_intents.create({"amount": 5000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True})


@pytest.mark.parametrize(("amount", "code"), [
    (49, "amount_too_small"), (0, "parameter_invalid_integer"), (100_000_000, "amount_too_large"),
])
def test_an_amount_must_be_payable(quick: Town, amount: int, code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        quick.pay(None, "pm_card_visa", amount)
    assert (refused.value.code, refused.value.param) == (code, "amount")


@pytest.mark.parametrize(("token", "code", "decline_code"), [
    ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
    ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
    ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
    ("pm_card_authenticationRequired", "authentication_required", "authentication_required"),
    ("pm_card_threeDSecure2Required", "authentication_required", "authentication_required"),
])
def test_a_declined_card_is_a_card_error_that_shows_the_intent(
    quick: Town, token: str, code: str, decline_code: str | None,
) -> None:
    with pytest.raises(stripe.CardError) as declined:
        quick.hold(None, token)
    error = declined.value.error
    assert error is not None
    assert (declined.value.http_status, declined.value.code, error.decline_code) == (402, code, decline_code)
    assert error.payment_intent is not None
    intent = quick.api.payment_intents.retrieve(error.payment_intent.id)
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error is not None
    charge = quick.api.charges.retrieve(str(intent.latest_charge))
    assert (charge.status, charge.paid, charge.failure_code) == ("failed", False, code)
    assert quick.kinds()[-3:] == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]


def test_after_a_decline_another_card_may_pay(town: Town) -> None:
    with pytest.raises(stripe.CardError) as declined:
        town.pay(None, "pm_card_visa_chargeDeclined")
    intent = declined.value.error.payment_intent.id  # type: ignore[union-attr]
    paid = town.api.payment_intents.confirm(intent, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    with pytest.raises(stripe.InvalidRequestError, match="already succeeded") as refused:
        town.api.payment_intents.confirm(intent, {"payment_method": "pm_card_visa"})
    assert refused.value.code == "payment_intent_unexpected_state"


def test_a_card_that_declines_cannot_be_attached_but_one_that_fails_later_can(town: Town) -> None:
    customer = town.customer()
    with pytest.raises(stripe.CardError):
        town.api.payment_methods.attach("pm_card_visa_chargeDeclined", {"customer": customer})
    card = town.api.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer})
    assert card.customer == customer
    with pytest.raises(stripe.CardError):
        town.pay(customer, card.id)


def test_a_card_that_asks_once_is_fine_after_it_was_set_up(town: Town) -> None:
    customer = town.customer()
    with pytest.raises(stripe.CardError):
        town.pay(customer, town.api.payment_methods.attach("pm_card_authenticationRequiredOnSetup", {"customer": customer}).id)
    set_up = town.card(customer, "pm_card_authenticationRequiredOnSetup")
    assert town.pay(customer, set_up).status == "succeeded"


def test_with_its_owner_present_the_bank_is_asked(town: Town) -> None:
    waiting = town.pay(None, "pm_card_authenticationRequired", off_session=False)
    assert (waiting.status, waiting.next_action.type) == ("requires_action", "use_stripe_sdk")  # type: ignore[union-attr]
    town.embedded.answer_bank_check(waiting.id, yes=True)
    assert town.api.payment_intents.retrieve(waiting.id).status == "succeeded"

    waiting = town.pay(None, "pm_card_authenticationRequired", off_session=False)
    town.embedded.answer_bank_check(waiting.id, yes=False)
    failed = town.api.payment_intents.retrieve(waiting.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"


def test_a_card_belongs_to_its_customer_and_once_detached_to_nobody(town: Town) -> None:
    ada, bob = town.customer(), town.customer()
    card = town.card(ada)
    with pytest.raises(stripe.InvalidRequestError, match="must be attached to the customer"):
        town.pay(bob, card)
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        town.api.payment_methods.attach(card, {"customer": bob})

    assert town.api.payment_methods.detach(card).customer is None
    assert town.api.payment_methods.list({"customer": ada}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="not attached"):
        town.api.payment_methods.detach(card)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        town.pay(ada, card)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        town.api.payment_methods.attach(card, {"customer": ada})


def test_lists_come_in_pages_newest_first(town: Town) -> None:
    ada, bob = town.customer(), town.customer()
    made = []
    for _ in range(7):
        made.append(town.hold(ada, "pm_card_visa").id)
        town.hold(bob, "pm_card_visa")
        town.wait(minutes=1)

    first = town.api.payment_intents.list({"customer": ada, "limit": 3})
    assert ([one.id for one in first.data], first.has_more) == (made[:3:-1], True)
    everything = town.api.payment_intents.list({"customer": ada, "limit": 3}).auto_paging_iter()
    assert [one.id for one in everything] == made[::-1]
    before = town.api.payment_intents.list({"customer": ada, "limit": 2, "ending_before": made[3]})
    assert [one.id for one in before.data] == [made[5], made[4]]
    recent = town.api.payment_intents.list({"customer": ada, "created": {"gte": town.now - 120, "lt": town.now - 60}})
    assert [one.id for one in recent.data] == [made[5]]


def test_metadata_is_merged_and_emptied(town: Town) -> None:
    customer = town.customer()
    town.api.customers.update(customer, {"metadata": {"plan": "free", "member": ""}, "name": "Ada L."})
    seen = town.api.customers.retrieve(customer)
    assert seen.metadata is not None
    assert (seen.name, seen.email, seen.metadata.to_dict()) == ("Ada L.", "ada@example.org", {"plan": "free"})
    with pytest.raises(stripe.InvalidRequestError, match="values up to 500"):
        town.api.customers.update(customer, {"metadata": {"plan": "x" * 501}})


def test_what_cannot_be_expanded_is_refused_before_anything_is_done(quick: Town) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        quick.hold(None, "pm_card_visa", expand=["latest_charge.colour"])
    assert quick.api.payment_intents.list().data == []


def test_only_test_keys_open_the_door(quick: Town) -> None:
    stranger = stripe.StripeClient("sk_live_or_so", http_client=quick.embedded, max_network_retries=0)
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key"):
        stranger.v1.customers.create({})
