"""The same key is done once, and answered the same for a day."""

import threading

import pytest
import stripe
from stripe import StripeClient

from portal.billing.stripe.embedded.faults import Fault, Trouble
from tests.portal.billing.stripe.embedded.town import KEY, Town


def replayed(answer: stripe.StripeObject) -> bool:
    response = answer.last_response
    assert response is not None
    return response.headers.get("Idempotent-Replayed") == "true"


def test_the_same_key_charges_once(town: Town) -> None:
    first = town.pay(None, "pm_card_visa", once="a")
    town.wait(hours=23)
    second = town.pay(None, "pm_card_visa", once="a")

    assert first.id == second.id
    assert (replayed(first), replayed(second)) == (False, True)
    assert len(town.api.payment_intents.list().data) == 1


def test_after_a_day_the_same_key_is_a_new_one(town: Town) -> None:
    first = town.pay(None, "pm_card_visa", once="a")
    town.wait(hours=25)
    assert town.pay(None, "pm_card_visa", once="a").id != first.id


def test_the_same_key_with_other_parameters_is_refused(town: Town) -> None:
    held = town.hold(None, "pm_card_visa", once="a")
    with pytest.raises(stripe.IdempotencyError) as refused:
        town.hold(None, "pm_card_visa", 6000, once="a")
    assert refused.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        town.api.payment_intents.capture(held.id, {}, {"idempotency_key": "a"})


def test_a_decline_is_answered_again_with_the_same_intent(town: Town) -> None:
    seen = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as declined:
            town.pay(None, "pm_card_visa_chargeDeclined", once="a")
        assert declined.value.error is not None
        assert declined.value.error.payment_intent is not None
        seen.append(declined.value.error.payment_intent.id)
    assert seen[0] == seen[1]
    assert len(town.api.charges.list().data) == 1


def test_a_refusal_of_parameters_leaves_the_key_free(town: Town) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        town.pay(None, "pm_card_visa", 10, once="a")
    assert town.pay(None, "pm_card_visa", once="a").status == "succeeded"


def test_a_refusal_of_the_moment_is_answered_again(town: Town) -> None:
    held = town.hold(None, "pm_card_visa")
    town.api.payment_intents.cancel(held.id)
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            town.api.payment_intents.capture(held.id, {}, {"idempotency_key": "a"})
        assert refused.value.code == "payment_intent_unexpected_state"


def test_a_key_that_is_too_long_is_refused(quick: Town) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="255"):
        quick.pay(None, "pm_card_visa", once="a" * 256)


def test_the_same_key_at_the_same_time_is_a_conflict(town: Town) -> None:
    slow = threading.Event()

    def hang_first(method: str, path: str) -> Fault | None:
        if slow.is_set():
            return None
        slow.set()
        return Fault(Trouble.HANG, 0.2)

    town.fails(hang_first)
    first = threading.Thread(target=town.pay, args=(None, "pm_card_visa"), kwargs={"once": "a"})
    first.start()
    slow.wait()
    with pytest.raises(stripe.APIError) as refused:
        town.pay(None, "pm_card_visa", once="a")
    first.join()

    assert (refused.value.http_status, refused.value.error.code) == (409, "idempotency_key_in_use")  # type: ignore[union-attr]
    assert replayed(town.pay(None, "pm_card_visa", once="a"))


@pytest.mark.parametrize(("trouble", "made"), [(Trouble.TIME_OUT_BEFORE, 0), (Trouble.TIME_OUT_AFTER, 1)])
def test_a_call_without_an_answer_is_asked_again_and_done_once(town: Town, trouble: Trouble, made: int) -> None:
    town.fails(lambda method, path: Fault(trouble) if method == "post" else None)
    with pytest.raises(stripe.APIConnectionError) as lost:
        town.pay(None, "pm_card_visa", once="a")
    assert lost.value.should_retry
    town.fails(None)
    assert len(town.api.payment_intents.list().data) == made
    assert replayed(town.pay(None, "pm_card_visa", once="a")) is bool(made)
    assert len(town.api.payment_intents.list().data) == 1


@pytest.mark.parametrize(("trouble", "error"), [(Trouble.ERROR, stripe.APIError), (Trouble.RATE_LIMIT, stripe.RateLimitError)])
def test_errors_of_stripes_own_do_nothing(quick: Town, trouble: Trouble, error: type[stripe.StripeError]) -> None:
    quick.fails(lambda method, path: Fault(trouble) if path == "/v1/payment_intents" and method == "post" else None)
    with pytest.raises(error):
        quick.pay(None, "pm_card_visa", once="a")
    quick.fails(None)
    assert quick.api.payment_intents.list().data == []
    assert quick.pay(None, "pm_card_visa", once="a").status == "succeeded"


def test_who_hangs_longer_than_the_client_waits_is_given_up_on_and_has_done_it(quick: Town) -> None:
    quick.embedded.timeout = 0.05
    quick.fails(lambda method, path: Fault(Trouble.HANG, 60))
    with pytest.raises(stripe.APIConnectionError):
        quick.pay(None, "pm_card_visa")
    quick.fails(None)
    assert len(quick.api.payment_intents.list().data) == 1


def test_the_sdk_tries_again_by_itself_with_one_key(quick: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.0)
    faults = [Fault(Trouble.TIME_OUT_AFTER), Fault(Trouble.ERROR)]
    quick.fails(lambda method, path: faults.pop() if faults else None)
    patient = StripeClient(KEY, http_client=quick.embedded, max_network_retries=2)
    made = patient.v1.customers.create({"name": "Ada"})

    assert replayed(made)
    quick.api.customers.retrieve(made.id)
    assert quick.kinds() == ["customer.created"]
