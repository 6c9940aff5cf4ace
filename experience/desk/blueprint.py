"""The CX desk's blueprint, and what all its templates know."""

from dataclasses import dataclass
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

Place = tuple[str, Any, tuple[str, ...]]  # endpoint, label, and what else counts as being there
# The desk's places in the order of a working day, in groups: a group of one stands for itself, the others open. A room above
# or below adds its own line; one that does not stand yet is left out.
GROUPS: list[tuple[Any, list[Place]]] = [
    (_l("Today"), [("cx_desk.today", _l("Today"), ())]),
    (_l("Work"), [
        ("cx_cases.queue", _l("Cases"), ("cx_cases.",)),
        ("cx_desk.inbox", _l("Feedback"), ("cx_desk.note", "cx_desk.reply")),
        ("cx_fixes.all_fixes", _l("Fixes"), ("cx_fixes.",))]),
    (_l("What happens"), [
        ("cx_desk.journey", _l("Journey"), ("cx_desk.step", "cx_desk.one_journey")),
        ("cx_desk.promises", _l("Promises"), ("cx_desk.promise_rows",)),
        ("cx_desk.voices", _l("Voices"), ()),
        ("cx_desk.compare", _l("Compare"), ()),
        ("cx_desk.gap", _l("Gap"), ())]),
    (_l("What we write"), [
        ("cx_asks.gate", _l("Asks"), ("cx_asks.",)),
        ("messages.deliveries", _l("Messages"), ())]),
    (_l("Data"), [
        ("cx_desk.exports", _l("Export"), ()),
        ("cx_desk.browser", _l("Browsers"), ("cx_desk.browser_events", "cx_desk.quarantine")),
        ("cx_desk.reconciliation", _l("Reconciliation"), ()),
        ("cx_desk.lookups", _l("Lookups"), ())]),
    (_l("Saved views"), [("cx_desk.views", _l("Saved views"), ())]),
]
FOR_ADMINS = frozenset({"cx_desk.lookups"})


@dataclass(frozen=True, slots=True)
class Group:
    """Places that belong together: address, label and whether one is there."""

    label: Any
    places: list[tuple[str, Any, bool]]

    @property
    def here(self) -> Any:
        """The label of the place one is at, if it is one of these."""
        return next((label for _href, label, here in self.places if here), None)


@bp.app_template_global()
def cx_places() -> list[Group]:
    """The desk's own navigation, for whoever is asking."""
    groups = [Group(label, [_place(place) for place in places if _stands(place)]) for label, places in GROUPS]
    return [group for group in groups if group.places]


def _stands(place: Place) -> bool:
    return place[0] in current_app.view_functions and (place[0] not in FOR_ADMINS or "admin" in current_user.roles)


def _place(place: Place) -> tuple[str, Any, bool]:
    endpoint, label, also = place
    here = request.endpoint or ""
    return url_for(endpoint), label, here == endpoint or here.startswith(also or "\0")


@bp.context_processor
def _words() -> dict[str, Any]:
    """What the desk's templates call things."""
    return {"STEPS": STEPS, "STAGES": STAGE_LABELS, "PHASES": words.PHASES, "STATUSES": words.STATUSES,
            "TAGS": words.TAGS, "CLASSES": words.CLASSES, "MOODS": MOODS, "PERIODS": PERIODS}
