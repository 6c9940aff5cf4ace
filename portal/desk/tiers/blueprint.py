"""The blueprint of the reduced tier's desk, and what its templates call things."""

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, url_for
from flask_babel import lazy_gettext as _l

from portal.account.tier.models import TierState
from portal.account.tier.words import BENEFITS, REASONS
from portal.desk.tiers.queue import tiers_waiting
from portal.web.page import may_open

bp = Blueprint("tiers", __name__, url_prefix="/office/tiers")
WHY = "staff desk: a reviewer is not on a member's journey"
STATES: dict[str, Any] = {
    TierState.WAITING: _l("Waits"), TierState.GRANTED: _l("Granted"), TierState.REFUSED: _l("Refused"),
    TierState.WITHDRAWN: _l("Withdrawn")}


@bp.context_processor
def _words() -> dict[str, Any]:
    return {"BENEFITS": BENEFITS, "REASONS": REASONS, "STATES": STATES, "may_open": may_open}


bp.add_app_template_global(tiers_waiting)


def back_to(request_id: UUID) -> Any:
    """The way back to the request."""
    return redirect(url_for("tiers.matter", request_id=request_id))
