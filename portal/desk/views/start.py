"""The desk's first page: what needs somebody now."""

from flask import render_template
from flask_login import current_user

from core.time import now
from portal.desk.blueprint import WHY, bp
from portal.desk.needs import needs, needs_of_reviewers
from portal.web.page import FINANCE, REVIEWER, Who, page


@bp.get("/")
@page(who=Who(roles=FINANCE.roles | REVIEWER.roles), exempt=WHY)
def start() -> str:
    """Every list that has something in it, of those that one's role opens, the most pressing first."""
    at = now()
    found = needs(at, current_user.id) if current_user.roles & FINANCE.roles else []
    if current_user.roles & REVIEWER.roles:
        found = needs_of_reviewers(at, current_user.id) + found
    return render_template("portal/desk/start.html", at=at, needs=[need for need in found if need.count],
                           quiet=[need for need in found if not need.count])
