"""What states of fobs, and what became of a tap, are called."""

from typing import Any

from flask_babel import lazy_gettext as _l

from reservations.fob.models import FobState, FobWhy

STATES: dict[str, Any] = {
    FobState.WANTED: _l("Asked for"), FobState.ISSUED: _l("In use"), FobState.BLOCKED: _l("Blocked"),
    FobState.HANDED_IN: _l("Handed in"), FobState.WITHDRAWN: _l("Withdrawn")}
WHYS: dict[str, Any] = {
    FobWhy.LOST: _l("lost"), FobWhy.STOLEN: _l("stolen"), FobWhy.BROKEN: _l("broken"), FobWhy.LEFT: _l("its member has left"),
    FobWhy.STAFF: _l("by us")}
_OUTCOMES: dict[str, Any] = {
    "unlock": _l("asked the car to open"), "lock": _l("asked the car to lock"), "blocked": _l("nothing: the fob is blocked"),
    "late": _l("nothing: the car was out of reach, and told us too late"),
    "not_booked": _l("nothing: you had no trip with this car then"),
    "too_early": _l("nothing: it was too early for your trip"), "time_over": _l("nothing: your time was over"),
    "check_first": _l("nothing: look at the car’s outside first, on the page Drive"),
    "membership_over": _l("nothing: your membership was not active any more"),
    "licence_over": _l("nothing: your licence did not count to the end of your trip"),
    "payment_first": _l("nothing: a payment was missing"), "out_of_service": _l("nothing: the car was out of service"),
    "still_out": _l("nothing: somebody else still had the car")}


def outcome_words(outcome: str) -> Any:
    """What came of it."""
    return _OUTCOMES.get(outcome, _l("nothing"))
