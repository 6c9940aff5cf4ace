"""Typed times become instants: by the lot's clock, honest about the nights on which clocks change."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from core.time import LocalTime, Span, from_local, local_time_kind, quarter_for_now
from fleet.tariffs.quote import Policies
from portal.web import say

DEFAULT_LENGTH = timedelta(hours=2)
NOW = ("", "now")


@dataclass
class Times:
    """A wished-for span as typed: the span if it holds, and for each field what is wrong and what to do."""

    span: Span | None
    errors: dict[str, str]
    twice: dict[str, list[tuple[str, str]]]  # fields whose hour happens twice, with the two readings to choose from


def read_times(start: str, end: str, *, zone: ZoneInfo, now: datetime, policies: Policies,
               start_fold: str = "", end_fold: str = "") -> Times:
    """Read two typed times ("2026-11-28T14:15", with or without an offset; an empty start or "now" is now)."""
    times = Times(None, {}, {})
    begins = (starting_now(now, policies) if start.strip().lower() in NOW
              else _instant("start", start, start_fold, zone, times))
    ends = _instant("end", end, end_fold, zone, times) if end.strip() else (begins + DEFAULT_LENGTH if begins else None)
    if begins is None or ends is None:
        return times
    times.errors.update(span_errors(begins, ends, zone=zone, now=now, policies=policies))
    if not times.errors:
        times.span = Span(begins, ends)
    return times


def starting_now(now: datetime, policies: Policies) -> datetime:
    """When a trip starts that is wanted now."""
    return quarter_for_now(now, timedelta(minutes=policies["early_access"].value))


def default_span(now: datetime, policies: Policies) -> Span:
    """Two hours from now: what is shown to somebody who has not said when."""
    start = starting_now(now, policies)
    return Span(start, start + DEFAULT_LENGTH)


def span_errors(start: datetime, end: datetime, *, zone: ZoneInfo, now: datetime,
                policies: Policies) -> dict[str, str]:
    """What is wrong with a span as a booking, by field; empty when nothing is. Numbers are the operator's policies."""
    least, most = policies["booking_least"].value, policies["booking_most"].value
    minutes = (end - start).total_seconds() / 60
    if start < now - timedelta(minutes=15):
        return {"start": _("%(time)s has passed. Pick a later time, or leave it empty for now.",
                           time=say.moment(start, zone))}
    if start > now + timedelta(days=policies["booking_ahead"].value):
        return {"start": _("Bookings open %(days)d days ahead. Pick a day before %(day)s.",
                           days=policies["booking_ahead"].value,
                           day=say.day(now + timedelta(days=policies["booking_ahead"].value), zone))}
    if minutes <= 0:
        return {"end": _("That is before you start at %(time)s. Pick a later time.", time=say.clock(start, zone))}
    if minutes < least:
        return {"end": _("Trips are %(length)s or longer. Pick a later time.", length=say.duration(least))}
    if minutes > most:
        return {"end": _("Trips are %(length)s at most. Pick an earlier time, or make two bookings.",
                         length=say.duration(most))}
    if not _on_the_quarter(start, zone):
        return {"start": _("Trips start on the quarter-hour: :00, :15, :30 or :45.")}
    if not _on_the_quarter(end, zone):
        return {"end": _("Trips end on the quarter-hour: :00, :15, :30 or :45.")}
    return {}


def _on_the_quarter(at: datetime, zone: ZoneInfo) -> bool:
    """By the lot's clock, whatever offset it was typed with."""
    local = at.astimezone(zone)
    return not (local.minute % 15 or local.second or local.microsecond)


def _instant(name: str, text: str, fold: str, zone: ZoneInfo, times: Times) -> datetime | None:
    typed = _parsed(text)
    if typed is None:
        times.errors[name] = _("We could not read that time. Type it like 2026-11-28T14:15.")
        return None
    if typed.tzinfo is not None:
        return typed
    kind = local_time_kind(typed, zone)
    if kind is LocalTime.NEVER:
        times.errors[name] = _("%(time)s does not exist on that day: the clocks go forward over it. Pick an hour later.",
                               time=typed.strftime("%H:%M"))
        return None
    if kind is LocalTime.TWICE and fold not in ("0", "1"):
        times.errors[name] = _("%(time)s happens twice on that day: the clocks go back. Say which one you mean.",
                               time=typed.strftime("%H:%M"))
        times.twice[name] = [("0", _("The first, before the clocks go back")),
                             ("1", _("The second, after they went back"))]
        return None
    return from_local(typed, zone, fold=int(fold) if fold in ("0", "1") else 0)


def _parsed(text: str) -> datetime | None:
    try:
        typed = datetime.fromisoformat(text.strip()[:40])
        if typed.tzinfo is not None:
            typed.utctimetuple()  # an offset can push year 1 or 9999 over the edge
        return typed if 1970 < typed.year < 9000 else None
    except (ValueError, OverflowError):
        return None


def typed(at: datetime, zone: ZoneInfo) -> str:
    """What a date-and-time field shows for an instant."""
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def query(span: Span, zone: ZoneInfo) -> dict[str, Any]:
    """A span as address parameters, with offsets, so that the hour that happens twice stays the one chosen."""
    return {"start": span.start.astimezone(zone).isoformat(timespec="minutes"),
            "end": span.end.astimezone(zone).isoformat(timespec="minutes")}
