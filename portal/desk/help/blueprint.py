"""The help desk's blueprint, and what its templates count and call."""

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, url_for

from portal.help.models import OPEN
from portal.help.template import HOLES
from portal.web.page import may_open

bp = Blueprint("help_desk", __name__, url_prefix="/office/help")
WHY = "staff desk: whoever answers is not on a member's journey"


@bp.context_processor
def _words() -> dict[str, Any]:
    return {"HOLES": HOLES, "OPEN": OPEN, "may_open": may_open}


def back_to(conversation_id: UUID) -> Any:
    """The way back to a conversation."""
    return redirect(url_for("help_desk.conversation", conversation_id=conversation_id))
