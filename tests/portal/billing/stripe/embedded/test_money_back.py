"""Refunds, disputes and payouts, and what they leave in the books."""

from typing import Any

import pytest
import stripe

from portal.billing.stripe.embedded.memory import MemoryStore
from tests.portal.billing.stripe.embedded.town import Town

COLOURED: Any = {"evidence": {"colour": "red"}}
DISPUTED, ASKED_ABOUT = "pm_card_createDispute", "pm_card_createDisputeInquiry"


def books_of(town: Town, source: str) -> list[tuple[str, int, int]]:
    lines = town.api.balance_transactions.list({"source": source}).data
    return [(line.reporting_category, line.amount, line.fee) for line in lines][::-1]


def the_dispute(town: Town, card: str = DISPUTED) -> stripe.Dispute:
    paid = town.pay(None, card, 8000)
    town.wait(minutes=11)
    (dispute,) = town.api.disputes.list({"payment_intent": paid.id}).data
    return dispute


def test_money_goes_back_in_parts_and_never_more_than_there_is(town: Town) -> None:
    paid = town.pay(None, "pm_card_visa", 5000)
    part = town.api.refunds.create({"payment_intent": paid.id, "amount": 2000, "metadata": {"once": "r1"}})
    assert (part.status, part.amount, part.metadata["once"]) == ("succeeded", 2000, "r1")  # type: ignore[index]
    assert books_of(town, part.id) == [("refund", -2000, 0)]

    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        town.api.refunds.create({"payment_intent": paid.id, "amount": 3001})
    town.api.refunds.create({"payment_intent": paid.id})
    charge = town.charge_of(paid.id)
    assert (charge.amount_refunded, charge.refunded) == (5000, True)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        town.api.refunds.create({"payment_intent": paid.id})
    assert refused.value.code == "charge_already_refunded"
    assert [refund.amount for refund in town.api.refunds.list({"payment_intent": paid.id}).data] == [3000, 2000]
    assert town.kinds()[-2:] == ["charge.refunded", "refund.created"]


def test_of_a_partly_captured_hold_only_what_was_captured_goes_back(town: Town) -> None:
    held = town.hold(None, "pm_card_visa", 5000)
    town.api.payment_intents.capture(held.id, {"amount_to_capture": 3000})
    with pytest.raises(stripe.InvalidRequestError):
        town.api.refunds.create({"payment_intent": held.id, "amount": 3001})
    assert town.api.refunds.create({"payment_intent": held.id}).amount == 3000


def test_what_is_let_go_of_a_hold_is_no_refund(town: Town) -> None:
    captured, canceled, forgotten = (town.hold(None, "pm_card_visa", 5000).id for _ in range(3))
    town.api.payment_intents.capture(captured, {"amount_to_capture": 3000})
    town.api.payment_intents.cancel(canceled)
    town.wait(days=8)

    assert town.api.refunds.list().data == []
    charges = [town.charge_of(intent) for intent in (captured, canceled, forgotten)]
    assert [(charge.amount_captured, charge.amount_refunded, charge.refunded) for charge in charges] == [
        (3000, 0, False), (0, 0, False), (0, 0, False)]
    assert [line.amount for line in town.api.balance_transactions.list().data] == [3000]
    assert {"charge.refunded", "refund.created"}.isdisjoint(town.kinds())


def test_of_a_partly_captured_hold_only_what_was_captured_is_disputed(quick: Town) -> None:
    held = quick.hold(None, DISPUTED, 8000)
    quick.api.payment_intents.capture(held.id, {"amount_to_capture": 3000})
    quick.wait(hours=1)
    assert [dispute.amount for dispute in quick.api.disputes.list().data] == [3000]


def test_a_hold_cannot_be_refunded(quick: Town) -> None:
    held = quick.hold(None, "pm_card_visa")
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge to refund"):
        quick.api.refunds.create({"payment_intent": held.id})


def test_a_refund_may_fail_later_and_the_money_is_ours_again(town: Town) -> None:
    paid = town.pay(None, "pm_card_refundFail", 5000)
    refund = town.api.refunds.create({"payment_intent": paid.id})
    assert refund.status == "succeeded"
    town.wait(minutes=3)

    failed = town.api.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert failed.failure_balance_transaction is not None
    assert books_of(town, refund.id) == [("refund", -5000, 0), ("refund_failure", 5000, 0)]
    charge = town.charge_of(paid.id)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert "refund.failed" in town.kinds()


def test_a_refund_may_be_on_its_way_for_a_while(town: Town) -> None:
    paid = town.pay(None, "pm_card_pendingRefund")
    refund = town.api.refunds.create({"payment_intent": paid.id})
    assert refund.status == "pending"
    town.wait(minutes=3)
    assert town.api.refunds.retrieve(refund.id).status == "succeeded"


def test_a_dispute_takes_the_money_and_a_fee(town: Town) -> None:
    dispute = the_dispute(town)

    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 8000)
    assert dispute.evidence_details.due_by == dispute.created + 9 * 24 * 3600
    assert books_of(town, dispute.id) == [("dispute", -8000, 1500)]
    charge = town.api.charges.retrieve(str(dispute.charge))
    assert charge.disputed
    assert town.kinds()[-2:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        town.api.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_disputed"


def test_a_hold_is_disputed_only_after_it_was_captured(quick: Town) -> None:
    held = quick.hold(None, "pm_card_createDispute")
    quick.wait(hours=1)
    assert quick.api.disputes.list().data == []
    quick.api.payment_intents.capture(held.id)
    quick.wait(hours=1)
    assert len(quick.api.disputes.list().data) == 1


@pytest.mark.parametrize(("words", "status", "books"), [
    ("We have winning_evidence", "won", [("dispute", -8000, 1500), ("dispute_reversal", 8000, -1500)]),
    ("losing_evidence", "lost", [("dispute", -8000, 1500)]),
])
def test_evidence_wins_or_loses_as_in_stripes_test_mode(
    town: Town, words: str, status: str, books: list[tuple[str, int, int]],
) -> None:
    dispute = the_dispute(town)
    answered = town.api.disputes.update(dispute.id, {"evidence": {"uncategorized_text": words}})
    assert (answered.status, answered.evidence_details.submission_count) == ("under_review", 1)
    town.wait(minutes=2)

    closed = town.api.disputes.retrieve(dispute.id)
    assert (closed.status, len(closed.balance_transactions)) == (status, len(books))
    assert books_of(town, dispute.id) == books
    assert town.kinds()[-1] == "charge.dispute.closed"
    with pytest.raises(stripe.InvalidRequestError, match="cannot take evidence any more"):
        town.api.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "more"}})


def test_money_that_was_won_back_can_be_refunded(quick: Town) -> None:
    dispute = the_dispute(quick)
    quick.api.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    quick.wait(minutes=2)
    assert quick.api.refunds.create({"charge": str(dispute.charge), "amount": 500}).status == "succeeded"


def test_evidence_can_be_kept_before_it_is_handed_in(town: Town) -> None:
    dispute = the_dispute(town)
    kept = town.api.disputes.update(dispute.id, {"evidence": {"customer_name": "Ada"}, "submit": False})
    assert (kept.status, kept.evidence.customer_name, kept.evidence_details.has_evidence) == ("needs_response", "Ada", True)
    with pytest.raises(stripe.InvalidRequestError, match="20,000"):
        town.api.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "x" * 20_001}})
    with pytest.raises(stripe.InvalidRequestError, match="evidence\\[colour\\]"):
        town.api.disputes.update(dispute.id, COLOURED)


def test_a_dispute_that_nobody_answers_is_lost(town: Town) -> None:
    dispute = the_dispute(town)
    town.wait(days=10)
    lost = town.api.disputes.retrieve(dispute.id)
    assert (lost.status, lost.evidence_details.past_due) == ("lost", True)


def test_a_dispute_can_be_accepted(town: Town) -> None:
    assert town.api.disputes.close(the_dispute(town).id).status == "lost"


def test_an_inquiry_takes_no_money_and_can_be_refunded(town: Town) -> None:
    inquiry = the_dispute(town, ASKED_ABOUT)
    assert (inquiry.status, inquiry.is_charge_refundable, inquiry.balance_transactions) == ("warning_needs_response", True, [])
    assert town.api.refunds.create({"charge": str(inquiry.charge)}).status == "succeeded"
    town.wait(days=10)
    assert town.api.disputes.retrieve(inquiry.id).status == "warning_closed"


def test_the_books_come_by_time_and_kind(town: Town) -> None:
    paid = town.pay(None, "pm_card_visa")
    town.wait(days=1)
    start = town.now
    town.api.refunds.create({"payment_intent": paid.id, "amount": 1000})
    town.wait(days=1)
    lines = town.api.balance_transactions.list({"created": {"gte": start, "lt": start + 3600}}).data
    assert [line.type for line in lines] == ["refund"]
    assert [line.amount for line in town.api.balance_transactions.list({"type": "charge"}).data] == [5000]


def test_every_midnight_the_bank_gets_what_came_in() -> None:
    town = Town(MemoryStore(), settings={"payouts": True})
    paid = town.pay(None, "pm_card_visa", 10_000)
    town.wait(days=1)
    town.api.refunds.create({"payment_intent": paid.id, "amount": 2000})
    town.wait(days=1)
    town.pay(None, "pm_card_visa", 10_000)
    town.wait(days=1)

    assert [payout.amount for payout in town.api.payouts.list().data] == [9_680 - 2_000, 9_680]
    lines = town.api.balance_transactions.list().data
    assert sum(line.net for line in lines) == 0
    assert {line.type for line in lines} == {"charge", "refund", "payout"}
