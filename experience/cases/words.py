"""What cases and fixes call things; the words of an outcome are also what the member reads."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from experience.cases.clock import Clock, Face
from experience.cases.models import Act, CauseCode, End, FixState, Measure, Outcome, Rule, Severity, State
from portal.web.say import duration

RULES: dict[Rule, Any] = {
    Rule.DETRACTOR: _l("A very bad answer"), Rule.HARD: _l("It was hard"), Rule.FAILED: _l("Something failed"),
    Rule.BROKEN_PROMISE: _l("A broken promise"), Rule.PROMISE_OVERDUE: _l("An overdue promise"),
    Rule.HELP: _l("Asked for help"), Rule.NOTE: _l("A note"), Rule.HAND: _l("Opened by hand"),
}
SEVERITIES: dict[Severity, Any] = {
    Severity.MINOR: _l("Minor"), Severity.SERIOUS: _l("Serious"), Severity.SEVERE: _l("Severe"),
}
STATES: dict[State, Any] = {
    State.NEW: _l("New"), State.OPEN: _l("Open"), State.WAITING: _l("Waits for the member"), State.CLOSED: _l("Closed"),
}
OUTCOMES: dict[Outcome, Any] = {
    Outcome.SOLVED: _l("Solved: what was wrong is put right"),
    Outcome.MADE_GOOD: _l("Made good: it could not be undone, so we made up for it"),
    Outcome.EXPLAINED: _l("Explained: it works this way, and now it is clear why"),
    Outcome.APOLOGISED: _l("Our mistake: we are sorry, and have noted it so that it does not happen again"),
    Outcome.STANDS: _l("It stays as it is, for the reason we gave"),
    Outcome.NO_ANSWER: _l("Closed for now: we did not hear from you again"),
}
CAUSES: dict[CauseCode, Any] = {
    CauseCode.CAR_TECHNIQUE: _l("The car’s technique"), CauseCode.CAR_CONDITION: _l("The car’s condition"),
    CauseCode.MEMBER_BEFORE: _l("The member before"), CauseCode.LOT: _l("The lot"), CauseCode.SITE: _l("The site"),
    CauseCode.MONEY: _l("Prices and payment"), CauseCode.MESSAGES: _l("What we wrote, or did not"),
    CauseCode.RULES: _l("Our rules"), CauseCode.OUR_PEOPLE: _l("Our people"),
    CauseCode.OUTSIDE: _l("Nothing of ours"), CauseCode.UNKNOWN: _l("Not known"),
}
ACTS: dict[Act, Any] = {
    Act.OPENED: _l("Opened"), Act.REASON: _l("One more reason"), Act.TAKEN: _l("Taken"), Act.HANDED_OVER: _l("Handed over"),
    Act.NOTE: _l("Note for the team"), Act.REPLY: _l("Answered"), Act.MEMBER_WROTE: _l("The member wrote"),
    Act.CREDIT: _l("Credit"), Act.REFUND: _l("Money back"), Act.PROMISE: _l("Promised"), Act.LINKED: _l("Linked to a fix"),
    Act.CLOSED: _l("Closed"), Act.REOPENED: _l("Opened again"), Act.OVERDUE: _l("Past its clock"),
}
OF_PROMISES: dict[End, Any] = {
    End.DONE: _l("It was done"), End.NOT_DONE: _l("It was not done: the member is told, with the last words"),
    End.STAYS: _l("It stays open; whoever owns it sees to it"),
}
OF_SUMS: dict[End, Any] = {
    End.STAYS: _l("It goes on waiting; the member hears of it once it is given"),
    End.WITHDRAWN: _l("It is withdrawn, and not given"),
}
WHYS: dict[str, Any] = {
    "goodwill": _l("Goodwill"), "our_mistake": _l("Our mistake"), "car_fault": _l("The car was at fault"),
}
FIX_STATES: dict[FixState, Any] = {
    FixState.IDEA: _l("Idea"), FixState.DOING: _l("Under way"), FixState.DONE: _l("Done"), FixState.DROPPED: _l("Dropped"),
}
MEASURES: dict[Measure, Any] = {
    Measure.STOPPED: _l("Share of tries that were refused or failed"),
    Measure.MISSED: _l("Share that was measured below what is promised"),
    Measure.KEPT: _l("Share of promises kept"), Measure.MOOD: _l("Share of notes in a bad mood"),
}


def clock_words(clock: Clock) -> str:
    """What the clock says, the same on every page and in every mail."""
    if clock.face is Face.STOPPED:
        return _("closed")
    said = duration(clock.minutes if clock.minutes < 1440 else clock.minutes - clock.minutes % 60)
    if clock.face is Face.OVERDUE:
        return _("%(time)s overdue", time=said)
    return _("look again in %(time)s", time=said) if clock.face is Face.WAITING else _("%(time)s left", time=said)
