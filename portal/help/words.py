"""Help's words for kinds, states, and what happened."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.refusal import Refusal
from experience.journey import STEPS, Phase, Step
from portal.help.models import CallState, Kind, Status
from portal.help.remarks.models import RemarkState, RemovedWhy
from portal.help.suggestions.models import SuggestionState
from portal.web import say

KINDS: dict[Kind, Any] = {
    Kind.QUESTION: _l("A question"), Kind.COMPLAINT: _l("Something went wrong"), Kind.COMPLIMENT: _l("Praise"),
    Kind.SUGGESTION: _l("A suggestion"), Kind.CALLBACK: _l("Please call me"), Kind.URGENT: _l("Help now"),
    Kind.WE_WROTE: _l("We wrote"),
}
STATUSES: dict[Status, Any] = {
    Status.NEW: _l("New"), Status.OPEN: _l("Open"), Status.WAITING: _l("Answered"), Status.SOLVED: _l("Solved"),
    Status.MERGED: _l("Merged"),
}
CALLS: dict[CallState, Any] = {
    CallState.WANTED: _l("wanted"), CallState.DONE: _l("made"), CallState.NOT_REACHED: _l("not reached"),
}
PHASES: dict[Phase, Any] = {
    Phase.ENTERED: _l("opened"), Phase.SUCCEEDED: _l("done"), Phase.REFUSED: _l("refused"), Phase.FAILED: _l("did not work"),
    Phase.ABANDONED: _l("left"), Phase.UNDONE: _l("undone"),
}
CODES: dict[str, Any] = {
    "CarDidNotAnswer": _l("the car did not answer"), "car_door_open": _l("a door was open"),
    "car_engine_on": _l("the engine was on"), "too_early": _l("it was too early"), "car_taken": _l("somebody else has the car"),
    "payment_first": _l("the price was not held yet"), "fields": _l("something in the form was missing"),
    "licence_over": _l("the licence did not count any more"), "membership_over": _l("the membership was not active any more"),
    "offer_expired": _l("the price had expired"), "still_out": _l("the driver before was late"),
    "out_of_service": _l("the car was out of service"), "may_not_drive": _l("the membership is not active"),
    "failed": _l("something broke on our side"),
    "other": _l("the car said no"), "time_over": _l("the time was over"), "csrf": _l("the form was open too long"),
    "http_404": _l("no such page"), "not_found": _l("no such page"), "check_first": _l("the look round was missing"),
}
SUGGESTION_STATES: dict[SuggestionState, Any] = {
    SuggestionState.OPEN: _l("We are thinking about it"), SuggestionState.PLANNED: _l("Planned"),
    SuggestionState.DONE: _l("Done"), SuggestionState.NOT_NOW: _l("Not now"),
}
REMARK_STATES: dict[RemarkState, Any] = {
    RemarkState.HELD: _l("To look at"), RemarkState.SHOWN: _l("Shown"), RemarkState.REFUSED: _l("Not shown"),
    RemarkState.REMOVED: _l("Removed"),
}
REMOVED: dict[RemovedWhy, Any] = {
    RemovedWhy.PERSONAL: _l("It is about a person"), RemovedWhy.RUDE: _l("It is rude"),
    RemovedWhy.UNTRUE: _l("It is not true"), RemovedWhy.OLD: _l("It is no longer so"),
    RemovedWhy.NOT_ABOUT_IT: _l("It is not about this car or lot"),
}


def step_label(step: str | None) -> str:
    """What a step is called; the name itself for one that is no longer declared."""
    return str(STEPS[Step(step)].label) if step in set(Step) else step or ""


def code_words(code: str) -> str:
    """Why something did not work: our words for it, else those of the refusal; empty where there are none."""
    bare = code.removeprefix("car_")
    for known in (code, bare):
        if known in CODES:
            return str(CODES[known])
    says = next((each.says for each in _refusals(Refusal) if each.code in (code, bare)), "")
    return str(says).rstrip(".")


def _refusals(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for each in kind.__subclasses__():
        if "code" in vars(each):
            yield each
        yield from _refusals(each)


def events_in_words(events: Sequence[dict[str, Any]], zone: ZoneInfo = say.CITY_ZONE, *, codes: bool = False) -> list[str]:
    """"2:15 PM Unlock: did not work (the car did not answer)", oldest first; with the day where it is an earlier one.

    `codes`: what has no words of its own says its code, for colleagues.
    """
    told = []
    last_day = datetime.fromisoformat(events[-1]["at"]).astimezone(zone).date() if events else None
    for each in events:
        moment = datetime.fromisoformat(each["at"])
        at = say.clock(moment, zone) if moment.astimezone(zone).date() == last_day else say.moment(moment, zone)
        phase = str(PHASES[Phase(each["phase"])]) if each["phase"] in set(Phase) else each["phase"]
        code = each.get("code") or ""
        why = code_words(code) or (code if codes else "")
        told.append(_("%(time)s %(step)s: %(phase)s (%(why)s)", time=at, step=step_label(each["step"]), phase=phase, why=why)
                    if why else _("%(time)s %(step)s: %(phase)s", time=at, step=step_label(each["step"]), phase=phase))
    return told


def happened(code: str, facts: dict[str, Any], name: str) -> str:
    """What a system's entry says; `name` is the first name of whoever did it, if one of us."""
    return {
        "taken": _("%(name)s looks after it", name=name),
        "handed_over": _("%(name)s handed it over", name=name),
        "merged": _("Brought together with your conversation %(reference)s", reference=facts.get("reference", "")),
        "solved": _("Marked as solved"), "reopened": _("Taken up again"),
        "call_wanted": _("A call was asked for"),
        "called": _("%(name)s called you", name=name or _("Somebody")),
        "not_reached": _("%(name)s called and did not reach you", name=name or _("Somebody")),
        "attachments_left_out": _("The mail had attachments: we keep its words only"),
    }.get(code, code)
