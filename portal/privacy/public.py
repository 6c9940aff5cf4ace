"""`/privacy`: what we keep, why and for how long, read from the register and the rules in force."""

from flask import render_template

from core.time import now
from fleet.tariffs.in_force import policies_at
from portal.privacy.register import HOLDERS
from portal.privacy.retention import told
from portal.privacy.words import WHY
from portal.site.blueprint import bp
from portal.web.page import ANYONE, page


@bp.get("/privacy")
@page(who=ANYONE, exempt="reading about privacy is not observed")
def privacy() -> str:
    """What we keep, why, and for how long."""
    return render_template("portal/site/privacy.html", holders=HOLDERS, rules=told(policies_at(now())), why=WHY.values())
