"""The outer loop: which fix first. Rank = reach × severity × value, all three computed from what happened.

- reach: how many different members had a case that this fix mends, or came to grief at its step (refused, failed or
  abandoned, their own doing and what they did to others left out), in the last 90 days;
- severity: the mean weight of its cases of those days, minor 1, serious 3, severe 9; without a case 1;
- value: dollars, what each of those members was charged by us in those 90 days, on average.

The rank's unit is weighted dollars at stake in 90 days: members × weight × dollars a member.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, and_, case, func, not_, or_, select, union

from core.database import db
from core.money import Money
from experience.cases.models import Case, Fix, FixState, Severity
from experience.cases.rules import DONE_TO_OTHERS, OWN_DOING
from experience.insight.contrast import Estimate, Kind, estimate, sample_of
from experience.insight.difference import Difference, difference
from experience.insight.measures import MEASURES, Material
from experience.journey import Phase, Step
from experience.record.models import Event, Identity
from portal.billing.ledger.models import CHARGES, Account, LedgerRow

DAYS = timedelta(days=90)
SEEN = timedelta(days=28)  # before a fix was begun, and after it was done
MOST = 40  # fixes on the board at once
WEIGHTS: dict[Severity, int] = {Severity.MINOR: 1, Severity.SERIOUS: 3, Severity.SEVERE: 9}


@dataclass(frozen=True, slots=True)
class Rank:
    """Why a fix stands where it stands. `severity` is a mean weight, `value` dollars a member, `score` weighted dollars."""

    reach: int
    cases: int
    severity: Fraction
    value: Money
    score: int

    @classmethod
    def of(cls, reach: int, cases: int, weights: int, charged_cents: int) -> "Rank":
        """From what was counted; `weights` is the sum over the cases, `charged_cents` the sum over the members."""
        severity = Fraction(weights, cases) if cases else Fraction(1)
        value = Fraction(charged_cents, reach) if reach else Fraction(0)
        return cls(reach, cases, severity, Money(round(value)), round(reach * severity * value / 100))


def rank_of(fix: Fix, now: datetime) -> Rank:
    """The rank of a fix as things are now."""
    touched = touched_by(fix, now)
    reach = db.session.scalar(select(func.count()).select_from(touched.subquery())) or 0
    cases, weights = db.session.execute(
        select(func.count(), func.coalesce(func.sum(case(
            {severity.value: weight for severity, weight in WEIGHTS.items()}, value=Case.severity, else_=0)), 0))
        .where(Case.fix_id == fix.id, Case.opened_at > now - DAYS)).one()
    charged = db.session.scalar(
        select(func.coalesce(func.sum(LedgerRow.amount_cents), 0))
        .where(LedgerRow.member_id.in_(touched), LedgerRow.at > now - DAYS, LedgerRow.origin.in_(CHARGES),
               LedgerRow.debit_account == Account.RECEIVABLE)) or 0
    return Rank.of(reach, cases, int(weights), int(charged))


def touched_by(fix: Fix, now: datetime) -> Select[Any]:
    """The members, each once, who had a case of this fix or came to grief at its step in the last 90 days."""
    had_a_case = select(Case.member_id).where(Case.fix_id == fix.id, Case.opened_at > now - DAYS)
    came_to_grief = (
        select(Identity.ref).join(Event, Event.member_pid == Identity.pid)
        .where(Identity.kind == "member", Event.step == fix.step, Event.time > now - DAYS,
               Event.phase.in_((Phase.REFUSED, Phase.FAILED, Phase.ABANDONED)),
               or_(Event.error_code.is_(None), and_(Event.error_code.not_in(sorted(OWN_DOING)),
                                                    not_(Event.error_code.startswith(DONE_TO_OTHERS, autoescape=True))))))
    both = union(had_a_case, came_to_grief).subquery()
    return select(both.c[0])


@dataclass(frozen=True, slots=True)
class Placed:
    """A fix on the board."""

    fix: Fix
    rank: Rank


def board(now: datetime, state: FixState | None = None) -> list[Placed]:
    """The fixes, those that matter most first; what was dropped only when it is asked for. Of very many the newest MOST:
    each rank is counted from what happened in 90 days.
    """
    wanted = Fix.state == state if state is not None else Fix.state != FixState.DROPPED
    newest = select(Fix).where(wanted).order_by(Fix.created_at.desc(), Fix.id.desc()).limit(MOST)
    placed = [Placed(fix, rank_of(fix, now)) for fix in db.session.scalars(newest).all()]
    return sorted(placed, key=lambda each: (-each.rank.score, each.fix.created_at, str(each.fix.id)))


def off_the_board(state: FixState | None = None) -> int:
    """How many older fixes of this state the board leaves out."""
    wanted = Fix.state == state if state is not None else Fix.state != FixState.DROPPED
    return max(0, (db.session.scalar(select(func.count()).select_from(Fix).where(wanted)) or 0) - MOST)


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """A fix's measure before it was begun and since it was done. `better` is unknown while the interval holds no change."""

    before: Estimate
    after: Estimate
    change: Difference
    better: bool | None
    until: datetime


def before_after(fix: Fix, now: datetime) -> BeforeAfter | None:
    """What changed over four weeks each; None before it is done, and while one side has nothing."""
    if fix.done_at is None:
        return None
    begun, until = fix.started_at or fix.done_at, min(now, fix.done_at + SEEN)
    before, after = _share(fix, begun - SEEN, begun), _share(fix, fix.done_at, until)
    if before is None or after is None:
        return None
    change, worse = difference(before, after), MEASURES[fix.measure].worse
    better = change.difference * worse < 0 if change.is_certain else None
    return BeforeAfter(before, after, change, better, until)


def _share(fix: Fix, since: datetime, until: datetime) -> Estimate | None:
    """The measure of a time, with members as the clusters."""
    if since >= until:
        return None
    step = Step(fix.step)
    rows = MEASURES[fix.measure].rows(Material(since, until, (step,)), step)
    return estimate(sample_of((row.who, row.value) for row in rows), Kind.SHARE)
