"""The reviewers' blueprint, and what its templates call things."""

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, url_for

from core.time import now
from portal.desk.applications import words
from portal.desk.applications.queue import waiting_count
from portal.web.page import may_open

bp = Blueprint("reviews", __name__, url_prefix="/office/applications")
WHY = "staff desk: a reviewer is not on a member's journey"


@bp.context_processor
def _words() -> dict[str, Any]:
    return {name: getattr(words, name) for name in ("KINDS", "OUTCOMES", "LOOKED_FOR", "SIDES")} | {
        "may_open": may_open, "why_words": words.why_words}


@bp.app_template_global()
def reviews_waiting() -> int:
    """How many wait for a reviewer, beside the name of their list."""
    return waiting_count(now())


def back_to(matter_id: UUID) -> Any:
    """The way back to what is reviewed."""
    return redirect(url_for("reviews.matter", matter_id=matter_id))
