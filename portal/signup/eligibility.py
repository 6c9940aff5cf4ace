"""Who may drive with us, as pure rules: what somebody tells about themselves, and what stands in the way until which day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.time import months_later
from fleet.tariffs.quote import Policy
from portal.signup.reasons import Reason


class LicenceFrom(StrEnum):
    """Where a licence was issued, as far as it matters to us."""

    US = "us"
    CANADA = "canada"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Answers:
    """What the free check asks. `violation_on` is the day of the latest major violation, if there was one."""

    born_on: date
    held_since: date
    licence_from: LicenceFrom
    violation_on: date | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers: the least age in years, the least time with a licence and the time since a violation in months."""

    age: int
    held_months: int
    violation_months: int

    @classmethod
    def of(cls, policies: Mapping[str, Policy]) -> "Rules":
        return cls(policies["join_age"].value, policies["join_held"].value, policies["join_violation"].value)


@dataclass(frozen=True, slots=True)
class InTheWay:
    """One thing that stands in the way, and the first day on which it no longer does."""

    reason: Reason
    until: date


@dataclass(frozen=True, slots=True)
class Finding:
    """What the rules say: what stands in the way, and what a person has to look at."""

    in_the_way: tuple[InTheWay, ...]
    doubts: tuple[Reason, ...]

    @property
    def may_join(self) -> bool:
        return not self.in_the_way

    @property
    def from_on(self) -> date | None:
        """The first day on which nothing stands in the way any more; None when nothing does today."""
        return max((each.until for each in self.in_the_way), default=None)


def look_at(answers: Answers, rules: Rules, today: date, *, expires_on: date | None = None) -> Finding:
    """Judge by the rules. With `expires_on`, the licence's last day counts too: on that day itself it still holds."""
    found = [
        InTheWay(Reason.TOO_YOUNG, months_later(answers.born_on, rules.age * 12)),
        InTheWay(Reason.HELD_TOO_SHORT, months_later(answers.held_since, rules.held_months)),
    ]
    if answers.violation_on is not None:
        found.append(InTheWay(Reason.VIOLATION, months_later(answers.violation_on, rules.violation_months)))
    in_the_way = [each for each in found if today < each.until]
    if expires_on is not None and expires_on < today:
        in_the_way.append(InTheWay(Reason.EXPIRED, today))  # with a new licence at once
    doubts = (Reason.FROM_ABROAD,) if answers.licence_from is LicenceFrom.ELSEWHERE else ()
    return Finding(tuple(in_the_way), doubts)
