"""What is sent, when, how often, and that its signature holds."""

import json
from datetime import timedelta

import pytest
import stripe

from portal.billing.stripe.embedded.memory import MemoryStore
from tests.portal.billing.stripe.embedded.town import SECRET, Town


def kinds_sent(town: Town) -> list[str]:
    """Send and acknowledge everything that is due."""
    sent = []
    for event_id, body, signature in town.embedded.due_webhooks(1000):
        sent.append(stripe.Webhook.construct_event(body, signature, SECRET).type)
        town.embedded.acknowledge(event_id)
    return sent


def test_what_is_sent_is_signed_and_carries_the_event(town: Town) -> None:
    held = town.hold(None, "pm_card_visa")
    (event_id, body, signature), *_ = town.embedded.due_webhooks()

    event = stripe.Webhook.construct_event(body, signature, SECRET)
    assert (event.id, event.type, event.livemode) == (event_id, "payment_intent.created", False)
    assert json.loads(body)["data"]["object"]["id"] == held.id
    assert town.api.events.retrieve(event_id).pending_webhooks == 1
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body.replace(b"5000", b"5001"), signature, SECRET)


def test_in_order_everything_comes_once(town: Town) -> None:
    town.hold(None, "pm_card_visa")
    assert kinds_sent(town) == ["payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated"]
    assert kinds_sent(town) == []
    assert {event.pending_webhooks for event in town.api.events.list().data} == {0}


def test_what_is_not_acknowledged_stays_due(town: Town) -> None:
    town.customer()
    assert len(town.embedded.due_webhooks()) == len(town.embedded.due_webhooks()) == 1


def test_what_fails_comes_again_later_and_later_for_three_days(town: Town) -> None:
    town.customer()
    waits, waited = [], timedelta()
    while due := town.embedded.due_webhooks():
        town.embedded.failed(due[0][0])
        before = town.at
        while not town.embedded.due_webhooks() and town.at - before < timedelta(days=1):
            town.wait(minutes=1)
        waits.append(town.at - before)
    del waits[-1]
    waited = sum(waits, timedelta())

    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=1)
    assert timedelta(days=2) < waited <= timedelta(days=3)


def test_a_hold_that_runs_out_is_sent_without_anyone_asking_and_as_no_refund(town: Town) -> None:
    town.hold(None, "pm_card_visa")
    kinds_sent(town)
    town.wait(days=8)
    assert kinds_sent(town) == ["charge.expired", "payment_intent.canceled"]


def test_in_disorder_some_come_late_or_twice_and_nothing_is_lost() -> None:
    town = Town(MemoryStore(), settings={"disorder": True, "seed": 4})
    for _ in range(100):
        town.hold(None, "pm_card_visa")
    made = town.api.events.list({"limit": 100}).data
    at_once: list[str] = []
    every: list[str] = []
    for seconds in [0, 1, 1, 58, 600, 600]:
        town.wait(seconds=seconds)
        for event_id, _, _ in town.embedded.due_webhooks(1000):
            town.embedded.acknowledge(event_id)
            every.append(event_id)
        at_once = at_once or list(every)

    assert len(set(every)) == 300
    assert {event.id for event in made} <= set(every)
    assert 5 <= len(every) - 300 <= 30
    assert every[:50] != [event.id for event in made[::-1]][:50]


def test_the_same_seed_makes_the_same_city() -> None:
    first, second, other = (Town(MemoryStore(), settings={"disorder": True, "seed": seed}) for seed in (1, 1, 2))
    for town in (first, second, other):
        town.api.customers.create({"name": "Ada"}, {"idempotency_key": "b"})
        town.hold(None, "pm_card_visa", once="a")
        town.wait(hours=1)

    bodies = [[body for _, body, _ in town.embedded.due_webhooks()] for town in (first, second, other)]
    assert bodies[0] == bodies[1]
    assert {json.loads(body)["id"] for body in bodies[0]}.isdisjoint(json.loads(body)["id"] for body in bodies[2])


def test_a_city_that_was_built_without_listening_forgets_what_it_would_send(town: Town) -> None:
    town.customer()
    town.embedded.forget_webhooks()
    assert kinds_sent(town) == []
    town.customer()
    assert kinds_sent(town) == ["customer.created"]


def test_who_does_not_listen_is_sent_nothing_and_learns_of_disputes_and_failed_refunds_alone(town: Town) -> None:
    town = Town(town.store, settings={"listening": False})
    town.api.payment_intents.capture(town.hold(town.customer(), "pm_card_visa").id)
    town.api.refunds.create({"payment_intent": town.pay(None, "pm_card_refundFail").id})
    town.pay(None, "pm_card_createDispute")
    town.wait(hours=1)

    assert sorted(town.kinds()) == ["charge.dispute.created", "charge.dispute.funds_withdrawn", "refund.failed"]
    assert {event.pending_webhooks for event in town.api.events.list().data} == {0}
    assert town.embedded.due_webhooks(1000) == []


def test_who_does_not_listen_finds_the_same_money(town: Town) -> None:
    town = Town(town.store, settings={"listening": False})
    held, left = (town.hold(None, "pm_card_visa", once=once).id for once in "ab")
    town.api.payment_intents.capture(held, {"amount_to_capture": 3000})
    assert town.hold(None, "pm_card_visa", once="a").id == held
    town.wait(days=8)
    assert [one.status for one in town.api.payment_intents.list().data] == ["canceled", "succeeded"]
    assert town.api.payment_intents.retrieve(left).cancellation_reason == "expired"
    assert [line.amount for line in town.api.balance_transactions.list().data] == [3000]


def test_events_are_kept_for_thirty_days(town: Town) -> None:
    town.customer()
    town.wait(days=31)
    town.customer()
    assert town.kinds() == ["customer.created"]
    assert len(kinds_sent(town)) == 1
