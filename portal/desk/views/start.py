"""The desk's first page: what needs somebody now."""

from flask import render_template
from flask_login import current_user

from core.time import now
from portal.desk.blueprint import WHY, bp
from portal.desk.needs import needs
from portal.web.page import FINANCE, page


@bp.get("/")
@page(who=FINANCE, exempt=WHY)
def start() -> str:
    """Every list that has something in it, the most pressing first."""
    at = now()
    found = needs(at, current_user.id)
    return render_template("portal/desk/start.html", at=at, needs=[need for need in found if need.count],
                           quiet=[need for need in found if not need.count])
