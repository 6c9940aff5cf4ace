"""Disputes: a cardholder asks their bank for the money back, and the bank decides on the evidence."""

from portal.billing.stripe.embedded import charges
from portal.billing.stripe.embedded.balance import book
from portal.billing.stripe.embedded.listing import PAGING, listed
from portal.billing.stripe.embedded.params import Params, below, flag, metadata, word
from portal.billing.stripe.embedded.refusals import refused, wrong
from portal.billing.stripe.embedded.store import Obj
from portal.billing.stripe.embedded.world import DAY, World

LISTED = PAGING | {"charge", "created", "payment_intent"}
UPDATED = frozenset({"evidence", "metadata", "submit"})

FEE_CENTS = 1500
ANSWER_WITHIN = 9 * DAY
DECIDED_AFTER_SECONDS = 60  # with the words that Stripe's test mode decides by
DECIDED_AT_LAST = 60 * DAY  # without them; the bank then believes its customer
LONGEST_FIELD, LONGEST_EVIDENCE = 20_000, 150_000
FIELDS = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure", "cancellation_rebuttal",
    "customer_communication", "customer_email_address", "customer_name", "customer_purchase_ip", "customer_signature",
    "duplicate_charge_documentation", "duplicate_charge_explanation", "duplicate_charge_id", "product_description", "receipt",
    "refund_policy", "refund_policy_disclosure", "refund_refusal_explanation", "service_date", "service_documentation",
    "shipping_address", "shipping_carrier", "shipping_date", "shipping_documentation", "shipping_tracking_number",
    "uncategorized_file", "uncategorized_text",
)
FILES = frozenset(name for name in FIELDS if name.endswith(("_documentation", "_file", "_signature", "_communication"))) | {
    "cancellation_policy", "receipt", "refund_policy"}
OPEN = ("needs_response", "warning_needs_response")
NETWORK_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}


def opens(world: World, charge_id: str) -> None:
    """The dispute that this charge's card brings; there is none about money that went back already."""
    before = world.get("charge", charge_id)
    amount = before["amount_captured"] - before["amount_refunded"]
    if amount == 0:
        return
    what, _, reason = charges.card_of(before).later.partition(":")
    inquiry = what == "inquiry"
    card = before["payment_method_details"]["card"]
    code = NETWORK_CODES[reason]
    dispute: Obj = {
        "id": world.new_id("du_"), "object": "dispute", "amount": amount, "balance_transactions": [], "charge": charge_id,
        "created": world.now, "currency": before["currency"], "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(FIELDS) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": world.now + ANSWER_WITHIN, "enhanced_eligibility": {}, "has_evidence": False, "past_due": False,
            "submission_count": 0, "submission_method": "not_submitted",
        },
        "is_charge_refundable": inquiry, "livemode": False, "metadata": {}, "network_reason_code": code,
        "payment_intent": before["payment_intent"],
        "payment_method_details": {"type": "card", "card": {
            "brand": card["brand"], "case_type": "inquiry" if inquiry else "chargeback", "network": card["network"],
            "network_reason_code": code}},
        "reason": reason, "status": "warning_needs_response" if inquiry else "needs_response",
    }
    if not inquiry:
        taken = book(world, "adjustment", dispute, -amount, fee=FEE_CENTS, category="dispute",
                     about=f"Chargeback withdrawal for {charge_id}")
        dispute["balance_transactions"] = [taken]
    else:
        world.note(f"refundable:{charge_id}", still=True)
    world.change(before, disputed=True)
    world.emit("charge.dispute.created", world.put(dispute))
    if not inquiry:
        world.emit("charge.dispute.funds_withdrawn", dispute)
    world.later(ANSWER_WITHIN, "dispute_lapses", dispute["id"])


def update(world: World, params: Params, dispute_id: str) -> Obj:
    before = world.get("dispute", dispute_id)
    said = _evidence(world, below(params, "evidence"))
    submits = flag(params, "submit") if "submit" in params else bool(said)
    if (said or submits) and before["status"] not in OPEN:
        raise refused(f"This dispute cannot take evidence any more: its status is {before['status']}.")
    evidence = before["evidence"] | said
    if sum(len(text) for text in evidence.values() if isinstance(text, str)) > LONGEST_EVIDENCE:
        raise wrong("The combined character count of all evidence must be at most 150,000.", "evidence")
    details = before["evidence_details"] | {"has_evidence": any(isinstance(text, str) for text in evidence.values())}
    status = before["status"]
    if submits:
        status = "warning_under_review" if status.startswith("warning") else "under_review"
        details |= {"submission_count": details["submission_count"] + 1, "submission_method": "manual"}
        text = evidence["uncategorized_text"] or ""
        at_once = "winning_evidence" in text or "losing_evidence" in text
        world.later(DECIDED_AFTER_SECONDS if at_once else DECIDED_AT_LAST, "dispute_decided", dispute_id)
    dispute = world.change(before, evidence=evidence, evidence_details=details, status=status,
                           metadata=metadata(params, before["metadata"]))
    world.emit("charge.dispute.updated", dispute, before)
    return dispute


def _evidence(world: World, said: Params) -> dict[str, str | None]:
    for name, text in said.items():
        if name not in FIELDS:
            raise wrong(f"Received unknown parameter: evidence[{name}]", f"evidence[{name}]", "parameter_unknown")
        if name in FILES and text:
            world.get("file", text, f"evidence[{name}]")
        if not isinstance(text, str) or len(text) > LONGEST_FIELD:
            raise wrong("Evidence has a maximum character count of 20,000 a field.", f"evidence[{name}]")
    return {name: text or None for name, text in said.items()}


def close(world: World, params: Params, dispute_id: str) -> Obj:
    dispute = world.get("dispute", dispute_id)
    if dispute["status"] not in OPEN:
        raise refused(f"This dispute is already closed or under review: its status is {dispute['status']}.")
    return _ends(world, dispute, won=False)


def lapses(world: World, dispute_id: str) -> None:
    dispute = world.get("dispute", dispute_id)
    if dispute["status"] in OPEN:
        _ends(world, dispute | {"evidence_details": dispute["evidence_details"] | {"past_due": True}}, won=False)


def decided(world: World, dispute_id: str) -> None:
    dispute = world.get("dispute", dispute_id)
    if dispute["status"].endswith("under_review"):
        _ends(world, dispute, won="winning_evidence" in (dispute["evidence"]["uncategorized_text"] or ""))


def _ends(world: World, before: Obj, *, won: bool) -> Obj:
    if before["status"].startswith("warning"):
        dispute = world.change(before, status="warning_closed")
    elif won:
        back = book(world, "adjustment", before, before["amount"], fee=-FEE_CENTS, category="dispute_reversal",
                    about=f"Chargeback reversal for {before['charge']}")
        dispute = world.change(before, status="won", balance_transactions=[*before["balance_transactions"], back])
        world.emit("charge.dispute.funds_reinstated", dispute, before)
        world.note(f"refundable:{before['charge']}", still=True)
    else:
        dispute = world.change(before, status="lost")
    world.emit("charge.dispute.closed", dispute, before)
    return dispute


def retrieve(world: World, params: Params, dispute_id: str) -> Obj:
    return world.get("dispute", dispute_id)


def page(world: World, params: Params) -> Obj:
    charge_id, intent_id = word(params, "charge"), word(params, "payment_intent")
    by = ("about", intent_id) if intent_id else None
    wanted = (lambda dispute: dispute["charge"] == charge_id) if charge_id else None
    return listed(world, "dispute", "/v1/disputes", params, by=by, wanted=wanted)
