"""What money is called: each idea in a file of its own, all of them to be had from here."""

from portal.billing.words.codes import about, card_name, credit_kind, evidence_of, plan_name, reason
from portal.billing.words.lines import PriceLine, Why, basis, has_words, label, shown, why
from portal.billing.words.payments import became_of, refund_became

__all__ = ["PriceLine", "Why", "about", "basis", "became_of", "card_name", "credit_kind", "evidence_of", "has_words", "label",
           "plan_name", "reason", "refund_became", "shown", "why"]
