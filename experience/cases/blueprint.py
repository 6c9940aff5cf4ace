"""The blueprint of the cases' pages, and what its templates call things."""

from typing import Any
from uuid import UUID

from flask import Blueprint
from sqlalchemy import select

from core.database import db
from experience.cases import words
from experience.cases.clock import clock_of
from experience.cases.models import CaseReason
from experience.cases.replay import SOURCES
from experience.journey import STAGE_LABELS, STEPS

bp = Blueprint("cx_cases", __name__, url_prefix="/experience")
WHY = "staff desk: the CX team is not on a member's journey"
bp.add_app_template_filter(words.clock_words)


@bp.context_processor
def _words() -> dict[str, Any]:
    return {"RULES": words.RULES, "SEVERITIES": words.SEVERITIES, "STATES": words.STATES, "OUTCOMES": words.OUTCOMES,
            "CAUSES": words.CAUSES, "ACTS": words.ACTS, "SOURCES": SOURCES, "STEPS": STEPS, "STAGES": STAGE_LABELS,
            "clock_of": clock_of}


@bp.app_template_global()
def case_about(about: str) -> UUID | None:
    """The case that was opened from something, by its reference."""
    return db.session.scalar(select(CaseReason.case_id).where(CaseReason.about == about).order_by(CaseReason.id).limit(1))
