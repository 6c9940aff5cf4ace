"""The desk's blueprint, and what all its templates know."""

from typing import Any

from flask import Blueprint

from portal.billing.words import credit_kind, reason
from portal.desk import words
from portal.web.page import may_open

bp = Blueprint("office", __name__, url_prefix="/office")
WHY = "staff desk: finance is not on a member's journey"

bp.add_app_template_filter(words.line_words)
bp.add_app_template_filter(words.facts_of)


@bp.context_processor
def _words() -> dict[str, Any]:
    """What the desk's templates call things, and which of its pages somebody may open."""
    return {name: getattr(words, name) for name in (
        "ACCOUNTS", "ORIGINS", "WHYS", "PAYMENT_STATES", "PURPOSES", "REFUND_STATES", "CALLINGS", "OUTCOMES",
        "ADJUSTMENT_KINDS", "ADJUSTMENT_STATES", "NOTICE_KINDS", "NOTICE_STATES", "CHARGEBACK_STATES", "MOVEMENT_KINDS",
        "ACTORS", "CHECKS")} | {"may_open": may_open, "card_words": words.card_words, "credit_kind": credit_kind,
                                "credit_reason": reason}
