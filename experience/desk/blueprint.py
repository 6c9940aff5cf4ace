"""The CX desk's blueprint, and what all its templates know."""

from typing import Any

from flask import Blueprint, current_app, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from experience.asks.forms import MOODS
from experience.desk import words
from experience.desk.filters import PERIODS
from experience.desk.stops import facts_in_words
from experience.journey import STAGE_LABELS, STEPS
from portal.web.page import Who

bp = Blueprint("cx_desk", __name__, url_prefix="/experience")
WHY = "staff desk: the CX team is not on a member's journey"
ADMINS = Who(roles=frozenset({"admin"}))

bp.add_app_template_filter(words.how_long)
bp.add_app_template_filter(words.in_percent)
bp.add_app_template_filter(words.as_measured)
bp.add_app_template_filter(facts_in_words)

# The desk's places, in the order of a working day: endpoint, label, and what else counts as being there. A room above
# or below adds its own line; one that does not stand yet is left out.
PLACES: list[tuple[str, Any, tuple[str, ...]]] = [
    ("cx_desk.today", _l("Today"), ()),
    ("cx_cases.queue", _l("Cases"), ("cx_cases.",)),
    ("cx_fixes.all_fixes", _l("Fixes"), ("cx_fixes.",)),
    ("cx_desk.inbox", _l("Feedback"), ("cx_desk.note", "cx_desk.reply")),
    ("cx_desk.journey", _l("Journey"), ("cx_desk.step", "cx_desk.one_journey")),
    ("cx_desk.promises", _l("Promises"), ("cx_desk.promise_rows",)),
    ("cx_desk.voices", _l("Voices"), ()),
    ("cx_desk.compare", _l("Compare"), ()),
    ("cx_desk.gap", _l("Gap"), ()),
    ("cx_asks.gate", _l("Asks"), ("cx_asks.",)),
    ("messages.deliveries", _l("Messages"), ()),
    ("cx_desk.views", _l("Saved views"), ()),
    ("cx_desk.exports", _l("Export"), ()),
    ("cx_desk.browser", _l("Browsers"), ("cx_desk.browser_events", "cx_desk.quarantine")),
    ("cx_desk.reconciliation", _l("Reconciliation"), ()),
]
FOR_ADMINS: list[tuple[str, Any, tuple[str, ...]]] = [("cx_desk.lookups", _l("Lookups"), ())]


@bp.app_template_global()
def cx_places() -> list[tuple[str, Any, bool]]:
    """Address, label, and whether one is there: the desk's own navigation."""
    here, found = request.endpoint or "", PLACES + (FOR_ADMINS if "admin" in current_user.roles else [])
    return [(url_for(endpoint), label, here == endpoint or here.startswith(tuple(also) or "\0"))
            for endpoint, label, also in found if endpoint in current_app.view_functions]


@bp.context_processor
def _words() -> dict[str, Any]:
    """What the desk's templates call things."""
    return {"STEPS": STEPS, "STAGES": STAGE_LABELS, "PHASES": words.PHASES, "STATUSES": words.STATUSES,
            "TAGS": words.TAGS, "CLASSES": words.CLASSES, "MOODS": MOODS, "PERIODS": PERIODS}
