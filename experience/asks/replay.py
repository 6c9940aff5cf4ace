"""Other rules over what really happened: every wish of the past is judged again, as if they had been in force. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from experience.asks.gate import Past, Situation, Wish, judge, part_of
from experience.asks.rules import Rules
from experience.asks.solicitations import MOMENTS, Solicitation

WINDOW = timedelta(days=30)
WORST = 5


@dataclass(frozen=True, slots=True)
class OldWish:
    """A wish as it was logged: what the gate knew, what it said (`why`; none: allowed), and what became of the ask."""

    at: datetime
    what: Solicitation
    situation: Situation
    number: float
    reservation_id: int | None
    sensor_missing: bool = False
    why: str | None = None
    shown_at: datetime | None = None
    dismissed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MemberTried:
    """One member: how many asks they got and would get, and the most in any thirty days."""

    member_id: int
    before: int
    after: int
    most_before: int
    most_after: int


@dataclass
class Tried:
    """What the changed rules would have done."""

    wishes: int = 0
    before: Counter[str] = field(default_factory=Counter)  # allowed, by solicitation
    after: Counter[str] = field(default_factory=Counter)
    why_before: Counter[str] = field(default_factory=Counter)  # suppressed, by reason
    why_after: Counter[str] = field(default_factory=Counter)
    newly_asked: int = 0
    newly_spared: int = 0
    members: list[MemberTried] = field(default_factory=list)  # those with the most first


def replay(wishes: Iterable[OldWish], before: Mapping[int, Sequence[Past]], rules: Rules) -> Tried:
    """Judge every wish again; `before`: what members were asked before the first of them.

    An ask that was made keeps what became of it; one that only the changed rules allow counts as seen at once.
    """
    tried, of_member = Tried(), defaultdict[int, list[OldWish]](list)
    for wish in sorted(wishes, key=lambda each: each.at):
        of_member[wish.situation.member_id].append(wish)
    for member_id, old in of_member.items():
        tried.members.append(_of_member(member_id, old, list(before.get(member_id, ())), rules, tried))
    tried.members.sort(key=lambda each: (-each.most_after, -each.after, each.member_id))
    del tried.members[WORST:]
    return tried


def _of_member(member_id: int, old: list[OldWish], past: list[Past], rules: Rules, tried: Tried) -> MemberTried:
    was: list[datetime] = []
    now: list[datetime] = []
    for wish in old:
        what = drawn(wish, rules)
        low, high = part_of(what, rules, sensor_missing=wish.sensor_missing)
        verdict = judge(Wish(what, wish.reservation_id if what.of_trip else None, wish.number, low, high, wish.sensor_missing),
                        past, wish.situation, rules, wish.at)
        tried.wishes += 1
        _count(wish.why, wish.what.key, tried.before, tried.why_before)
        _count(verdict.why, what.key, tried.after, tried.why_after)
        tried.newly_asked += verdict.allowed and wish.why is not None
        tried.newly_spared += wish.why is None and not verdict.allowed
        if wish.why is None and not wish.what.exempt:
            was.append(wish.at)
        if verdict.allowed:
            past.append(_past(what, wish))
            now += [wish.at] if not what.exempt else []
    return MemberTried(member_id, len(was), len(now), most_within(was), most_within(now))


def _count(why: str | None, key: str, allowed: Counter[str], suppressed: Counter[str]) -> None:
    if why is None:
        allowed[key] += 1
    else:
        suppressed[str(why)] += 1


def _past(what: Solicitation, wish: OldWish) -> Past:
    made = wish.why is None
    return Past(what.key, what.metric, what.exempt, wish.at, wish.at + what.lives, wish.shown_at if made else wish.at,
                wish.dismissed_at if made else None, wish.reservation_id if what.of_trip else None)


def drawn(wish: OldWish, rules: Rules) -> Solicitation:
    """Which of its moment's solicitations the wish's draw falls on under these rules."""
    for each in MOMENTS.get(wish.what.moment, ()):
        low, high = part_of(each, rules, sensor_missing=wish.sensor_missing)
        if low <= wish.number < high:
            return each
    return wish.what


def most_within(times: Sequence[datetime], window: timedelta = WINDOW) -> int:
    """The most of these times that lie within one window; they come in order."""
    return max((sum(start <= each < start + window for each in times) for start in times), default=0)
