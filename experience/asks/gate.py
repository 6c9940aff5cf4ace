"""The gate: whether a member may be asked something now, and if not, why. Pure: no database, no clock, no request.

The rules, in the order in which they speak: a paused solicitation asks nobody; news go to nobody who wants none, never twice,
and wait for the morning; nobody is asked while driving or in the middle of a task; nobody is asked with a case open, and so a
case's closing ask comes when it, and every other, has closed; two dismissals bring silence; then the draw; then one ask per
reservation, the clocks of each metric, the gap between two asks, the most in a month, and the slot that is reserved for
recommending us. A one-tap check counts as no ask: it is for
trips whose sensor is missing, and an audit, once a trip.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from experience.asks.rules import Rules
from experience.asks.solicitations import MOMENTS, Solicitation
from experience.journey import Ask


class Why(StrEnum):
    """Why somebody is not asked."""

    PAUSED = "paused"
    UNWANTED = "unwanted"
    SENT_ALREADY = "sent_already"
    QUIET_HOURS = "quiet_hours"
    DRIVING = "driving"
    MID_TASK = "mid_task"
    OPEN_CASE = "open_case"
    SILENCE = "silence"
    NOT_DRAWN = "not_drawn"
    CHECKED_ALREADY = "checked_already"
    RESERVATION = "reservation"
    CLOCK = "clock"
    RESERVED = "reserved"
    GAP = "gap"
    MOST = "most"


@dataclass(frozen=True, slots=True)
class Past:
    """One earlier ask of the member. One that nobody saw counts until it ends."""

    solicitation: str
    metric: Ask | None
    exempt: bool
    offered_at: datetime
    expires_at: datetime
    shown_at: datetime | None = None
    dismissed_at: datetime | None = None
    reservation_id: int | None = None
    subject: str | None = None

    @property
    def at(self) -> datetime:
        """When the member was asked, as far as we know."""
        return self.shown_at or self.offered_at

    def counts(self, now: datetime) -> bool:
        return not self.exempt and (self.shown_at is not None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the member stands now; `since`: when they joined. `pulse`: whether they are asked twice a year at all.
    `wants_news`, and until when their night is: what they chose of how we write to them."""

    member_id: int
    since: datetime
    driving: bool = False
    mid_task: bool = False
    open_case: bool = False
    pulse: bool = True
    wants_news: bool = True
    quiet_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to ask. `number`: the draw, 0 to 1; `low` and `high`: which draws are in. `subject`: which news."""

    what: Solicitation
    reservation_id: int | None = None
    number: float = 0.0
    low: float = 0.0
    high: float = 1.0
    sensor_missing: bool = False
    subject: str | None = None

    @property
    def probability(self) -> float:
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Verdict:
    """Allowed, or why not: which rule, its value, the version of the rules, and when it may be worth wishing again."""

    why: Why | None
    version: int
    rule: str | None = None
    value: int | None = None
    again_at: datetime | None = None

    @property
    def allowed(self) -> bool:
        return self.why is None


SOON, TOMORROW = timedelta(hours=2), timedelta(days=1)


def number_of(*parts: object) -> float:
    """A number from 0 to 1 that is always the same for the same parts and tells nothing about others."""
    return int.from_bytes(sha256("/".join(map(str, parts)).encode()).digest()[:8]) / 2**64


def draw(what: Solicitation, member_id: int, about: object, rules: Rules, *,
         sensor_missing: bool = False) -> tuple[float, float, float]:
    """The draw for a member and what it is about, and from where to where it is in. Those of one moment share it."""
    number = number_of("check" if what.exempt else "ask", what.moment or what.key, member_id, about)
    return (number, *part_of(what, rules, sensor_missing=sensor_missing))


def part_of(what: Solicitation, rules: Rules, *, sensor_missing: bool = False) -> tuple[float, float]:
    """Which draws are in: those of a moment lie side by side, and none reaches over the end.

    Of checks only the audit's part is in, unless the sensor is missing.
    """
    whole = rules["audit"] / 1000 if what.exempt and not sensor_missing else 1.0
    low = 0
    for each in MOMENTS.get(what.moment, (what,)):
        if each.key == what.key:
            break
        low += rules[f"share_{each.key}"]
    high = min(1000, low + rules[f"share_{what.key}"])
    return whole * min(low, high) / 1000, whole * high / 1000


def judge(wish: Wish, past: Sequence[Past], situation: Situation, rules: Rules, now: datetime) -> Verdict:
    """Whether the member may be asked this now."""
    for verdict in _objections(wish, past, situation, rules, now):
        return verdict
    return Verdict(None, rules.version)


def held_back(situation: Situation, what: Solicitation, past: Sequence[Past], rules: Rules, now: datetime) -> bool:
    """Whether what was shown before rests now: a page shows it again when the moment is a better one."""
    return (situation.driving or (situation.mid_task and not what.exempt) or situation.open_case
            or _silent_until(past, rules, now) is not None)


def recommend_due(past: Iterable[Past], situation: Situation, rules: Rules, now: datetime) -> tuple[datetime, datetime]:
    """From when on the member may be asked for a recommendation, which is a day of their own within the slack, and when
    that slot lapses. One that lapsed without the question comes again half a year later, not at once: so a change of the
    rules, or a new service, never asks everybody on one day."""
    asked = [each.at for each in past if each.metric is Ask.RECOMMEND and each.counts(now)]
    last, clock = (max(asked), "clock_recommend") if asked else (situation.since, "first_recommend")
    middle, slack = last + rules.days(clock), rules.days("slack_recommend")
    missed = max(0, -((middle + slack - now) // rules.days("clock_recommend")))
    middle += missed * rules.days("clock_recommend")
    spread = number_of("recommend", situation.member_id, last.date())
    return middle - slack + 2 * slack * spread, middle + slack


def _objections(wish: Wish, past: Sequence[Past], situation: Situation, rules: Rules, now: datetime) -> Iterator[Verdict]:
    what = wish.what

    def no(why: Why, rule: str, again_at: datetime | None = None) -> Verdict:
        return Verdict(why, rules.version, rule, rules.values.get(rule), again_at)

    if not rules[f"active_{what.key}"]:
        yield no(Why.PAUSED, f"active_{what.key}")
    if what.news:
        yield from _of_news(wish, past, situation, no)
    yield from _by_the_moment(what, situation, now, no)
    silent_until = _silent_until(past, rules, now)
    if silent_until is not None:
        yield no(Why.SILENCE, "silence", silent_until)
    if not wish.low <= wish.number < wish.high:
        yield no(Why.NOT_DRAWN, "audit" if what.exempt else f"share_{what.key}")
    if what.exempt:
        if any(each.exempt and each.reservation_id == wish.reservation_id for each in past):
            yield no(Why.CHECKED_ALREADY, "once_a_trip")
        return
    if wish.reservation_id is not None and any(
            not each.exempt and each.reservation_id == wish.reservation_id for each in past):
        yield no(Why.RESERVATION, "one_per_reservation")
    yield from _by_the_clock(what, past, situation, rules, now, no)


def _of_news(wish: Wish, past: Sequence[Past], situation: Situation, no: Callable[..., Verdict]) -> Iterator[Verdict]:
    if not situation.wants_news:
        yield no(Why.UNWANTED, "contact_choices")
    if wish.subject is not None and any(
            each.subject == wish.subject and each.solicitation == wish.what.key for each in past):
        yield no(Why.SENT_ALREADY, "once_each")
    if situation.quiet_until is not None:
        yield no(Why.QUIET_HOURS, "quiet_hours", situation.quiet_until)


def _by_the_moment(what: Solicitation, situation: Situation, now: datetime, no: Callable[..., Verdict]) -> Iterator[Verdict]:
    if situation.driving:
        yield no(Why.DRIVING, "driving", now + SOON)
    if situation.mid_task and not what.exempt:
        yield no(Why.MID_TASK, "mid_task", now + SOON)
    if situation.open_case:
        yield no(Why.OPEN_CASE, "open_case", now + TOMORROW)


def _by_the_clock(what: Solicitation, past: Sequence[Past], situation: Situation, rules: Rules, now: datetime,
                  no: Callable[..., Verdict]) -> Iterator[Verdict]:
    times = sorted(each.at for each in past if each.counts(now))
    same = [each.at for each in past if each.counts(now) and each.metric is what.metric]
    if what.metric in (Ask.EASE, Ask.SATISFACTION) and same and now < max(same) + rules.days(f"clock_{what.metric}"):
        yield no(Why.CLOCK, f"clock_{what.metric}", max(same) + rules.days(f"clock_{what.metric}"))
    if times and now < times[-1] + rules.days("gap"):
        yield no(Why.GAP, "gap", times[-1] + rules.days("gap"))
    recent = [at for at in times if now < at + rules.days("window")]
    if len(recent) >= rules["most"]:
        yield no(Why.MOST, "most", recent[-rules["most"]] + rules.days("window"))
    due, lapses = recommend_due(past, situation, rules, now)
    if what.metric is Ask.RECOMMEND:
        if now < due:
            yield no(Why.CLOCK, "clock_recommend", due)
    elif situation.pulse and rules["active_stay_pulse"] and due - rules.days("window") <= now <= lapses:
        before = sum(at >= due - rules.days("window") for at in times)
        if now >= due - rules.days("gap") or before + 1 > rules["most"] - 1:
            yield no(Why.RESERVED, "clock_recommend", lapses)


def _silent_until(past: Sequence[Past], rules: Rules, now: datetime) -> datetime | None:
    """When the silence ends that the last dismissals brought; None when nobody has to be silent."""
    dismissed = sorted(each.dismissed_at for each in past if each.dismissed_at is not None and each.dismissed_at <= now)
    if len(dismissed) < rules["dismissals"]:
        return None
    last, first = dismissed[-1], dismissed[-rules["dismissals"]]
    ends = last + rules.days("silence")
    return ends if last - first <= rules.days("dismissed_within") and now < ends else None
