"""Promises in words: what was promised, what happened, whose doing it was, what we gave and how the amount came about."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from core.money import Money
from experience.promises.kinds import CAUSES, KINDS, Cause, PromiseKind, State
from experience.promises.models import Promise
from portal.billing.remedies.models import Remedy
from portal.web import say


def says(promise: Promise) -> str:
    """What was promised."""
    kind = PromiseKind(promise.kind)
    if kind is PromiseKind.PRICE and promise.expected is not None:
        return _("The bill is %(amount)s, and what you changed yourself", amount=say.cents(int(promise.expected)))
    if kind is PromiseKind.CANCEL_FEE and promise.expected is not None:
        return _("Cancelling costs %(amount)s, as shown", amount=say.cents(int(promise.expected)))
    if kind is PromiseKind.ANSWER and promise.due_at is not None:
        return _("A person answers you by %(time)s", time=say.moment(promise.due_at))
    return str(KINDS[kind].says)


def happened(promise: Promise) -> str:
    """What became of it, with its number and its cause."""
    if promise.state == State.OPEN:
        return ""
    measured = _measured(promise)
    if promise.state == State.KEPT:
        return measured or _("Kept")
    cause = str(CAUSES[Cause(promise.cause or Cause.NO_EVIDENCE)])
    return _("%(measured)s: %(cause)s", measured=measured, cause=cause) if measured else say.first_upper(cause)


def _measured(promise: Promise) -> str:
    actual = promise.actual
    if actual is None:
        return ""
    how = {
        PromiseKind.CAR_THERE: _car_there, PromiseKind.UNLOCK: _opened, PromiseKind.CONFIRMATION: _went,
        PromiseKind.RECEIPT: _went, PromiseKind.TOLD_FREE: _went, PromiseKind.REMINDER: _ahead,
        PromiseKind.ENERGY: _level, PromiseKind.CLEAN: _stars,
        PromiseKind.PRICE: _cost, PromiseKind.CANCEL_FEE: _cost, PromiseKind.CHARGED_ONCE: _again,
        PromiseKind.REFUND: _days, PromiseKind.DISPUTE: _days,
    }.get(PromiseKind(promise.kind))
    return how(actual, promise.evidence) if how is not None else ""


def _car_there(minutes: float, evidence: dict[str, Any]) -> str:
    metres = evidence.get("metres", 0)
    if evidence.get("said_by"):
        return _("You said that it was there") if evidence.get("there") else _("You said that it was not in its bay")
    if evidence.get("took"):
        return _("It was not to be had when your time began, and you took %(car)s at the same price", car=evidence["took"])
    if evidence.get("shut"):
        return _("It could not be driven when your time began")
    if evidence.get("still") and minutes < 1:
        return _("It was not there when your time began")
    if minutes >= 1:
        return _("It was not there for %(minutes)d minutes or more", minutes=minutes) if evidence.get("still") else ngettext(
            "It was there %(num)d minute after your time began", "It was there %(num)d minutes after your time began",
            int(minutes))
    return _("It stood %(distance)s from its bay", distance=say.miles(metres)) if metres > 75 else _("It was there")


def _opened(seconds: float, evidence: dict[str, Any]) -> str:
    if evidence.get("opened") is False:
        return _("It had not opened after %(minutes)d minutes", minutes=seconds // 60)
    return ngettext("It opened after %(num)d second", "It opened after %(num)d seconds", max(1, round(seconds))) if (
        seconds < 120) else _("It opened after %(minutes)d minutes", minutes=seconds // 60)


def _went(seconds: float, evidence: dict[str, Any]) -> str:
    return ngettext("It went after %(num)d second", "It went after %(num)d seconds", max(1, round(seconds))) if (
        seconds < 120) else _("It went after %(minutes)d minutes", minutes=seconds // 60)


def _ahead(minutes: float, evidence: dict[str, Any]) -> str:
    return _("It went %(minutes)d minutes before the start", minutes=minutes) if minutes > 0 else _("It went after the start")


def _level(percent: float, evidence: dict[str, Any]) -> str:
    return _("It showed %(percent)d percent", percent=percent)


def _stars(stars: float, evidence: dict[str, Any]) -> str:
    return _("You gave it %(stars)d of 5", stars=stars)


def _cost(cents: float, evidence: dict[str, Any]) -> str:
    caused = evidence.get("caused_cents", 0)
    if caused:
        return _("It was %(amount)s, and %(caused)s for what you changed", amount=say.cents(int(cents)),
                 caused=say.cents(caused))
    return _("It was %(amount)s", amount=say.cents(int(cents)))


def _again(cents: float, evidence: dict[str, Any]) -> str:
    if cents:
        return _("%(amount)s were taken a second time", amount=say.cents(int(cents)))
    return _("Once") if evidence.get("charges") else _("No card was charged")


def _days(days: float, evidence: dict[str, Any]) -> str:
    return ngettext("It took %(num)d day", "It took %(num)d days", max(1, round(days))) if days >= 1 else _("The same day")


def sum_of(remedy: Remedy) -> str:
    """How the amount came about."""
    facts = remedy.facts
    if facts.get("minutes") and facts.get("hour_cents"):
        time = remedy.amount - Money(facts["fixed_cents"], remedy.currency)
        return _("%(fixed)s and %(minutes)d minutes at %(hour)s an hour: %(time)s.", fixed=say.cents(facts["fixed_cents"]),
                 minutes=facts["minutes"], hour=say.cents(facts["hour_cents"]), time=say.money(time))
    return ""


def state_tag(promise: Promise) -> tuple[str, str, str]:
    """A tag's kind, its icon and its word."""
    return {
        State.OPEN: ("info", "clock", _("Open")), State.KEPT: ("ok", "check", _("Kept")),
        State.BROKEN: ("bad", "warning", _("Broken")), State.WAIVED: ("", "", _("Does not count")),
    }[State(promise.state)]
