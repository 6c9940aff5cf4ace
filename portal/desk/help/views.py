"""The help desk's pages."""

from flask import Blueprint

from portal.web.page import SUPPORT, page

bp = Blueprint("help_desk", __name__, url_prefix="/office/help")
WHY = "staff desk: whoever answers is not on a member's journey"


@bp.get("/")
@page(who=SUPPORT, exempt=WHY)
def queue() -> str:
    """What waits for an answer."""
    return ""
