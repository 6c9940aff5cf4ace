"""What the CX team asks of the gate: who may be asked now and why not, what was logged, and how much each question brings."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from core.database import db
from core.refusal import NotFound
from experience.asks.gate import Past, Situation, Verdict, Why, Wish, judge
from experience.asks.history import pasts
from experience.asks.in_force import rules_at
from experience.asks.models import Answer, AskLog, AskRow, Logged
from experience.asks.rules import Rules
from experience.asks.solicitations import SOLICITATIONS, Solicitation
from experience.cases.models import Case
from experience.cases.models import State as CaseState
from experience.record.models import Identity
from portal.account.member_facts import active_since, member_facts
from reservations.booking.queries import who_drives, who_is_at_the_car

LOOK_BACK = timedelta(days=28)
AFTER_A_TRIP = "receipt_expectation"


@dataclass(frozen=True, slots=True)
class Standing:
    """One member: what the gate would say now, and when they were asked last."""

    member_id: int
    verdict: Verdict
    asked_at: datetime | None
    asks: int


def standings(what: Solicitation, now: datetime) -> list[Standing]:
    """Everybody who drives with us, with what the gate would say if they were asked this now, drawn."""
    rules, past = rules_at(now), _every_past()
    driving, there, cases = who_drives(), who_is_at_the_car(now), who_has_a_case()
    found = []
    for member_id, since in active_since().items():
        mine = past.get(member_id, [])
        situation = Situation(member_id, since, driving=member_id in driving, mid_task=member_id in there,
                              open_case=member_id in cases)
        found.append(Standing(member_id, _say(what, mine, situation, rules, now),
                              max((each.at for each in mine), default=None), len(mine)))
    return found


def _say(what: Solicitation, past: list[Past], situation: Situation, rules: Rules, now: datetime) -> Verdict:
    return judge(Wish(what), past, situation, rules, now)


def counted(found: list[Standing]) -> list[tuple[Why | None, int]]:
    """How many may be asked, and how many not for each reason, the commonest first."""
    return Counter(each.verdict.why for each in found).most_common()


def _every_past() -> dict[int, list[Past]]:
    found: dict[int, list[Past]] = defaultdict(list)
    for row in db.session.scalars(select(AskRow).order_by(AskRow.offered_at)):
        found[row.member_id] += pasts([row])
    return found


def who_has_a_case() -> frozenset[int]:
    """Members with a case that is not closed."""
    return frozenset(db.session.scalars(select(Case.member_id).where(Case.state != CaseState.CLOSED)))


def verdicts_of(member_id: int, now: datetime) -> list[tuple[Solicitation, Verdict]]:
    """What the gate would say of each solicitation. Raises NotFound for nobody."""
    facts = member_facts(member_id)
    if facts is None:
        raise NotFound(member_id=member_id)
    rules = rules_at(now)
    past = pasts(db.session.scalars(select(AskRow).where(AskRow.member_id == member_id).order_by(AskRow.offered_at)))
    situation = Situation(member_id, facts.since, member_id in who_drives(), member_id in who_is_at_the_car(now),
                          member_id in who_has_a_case(), facts.active)
    return [(what, _say(what, past, situation, rules, now)) for what in SOLICITATIONS.values()]


def pids_of(member_ids: list[int]) -> dict[int, UUID]:
    """The random ids under which members appear in the log; those who were never seen have none."""
    return {ref: pid for ref, pid in db.session.execute(
        select(Identity.ref, Identity.pid).where(Identity.kind == "member", Identity.ref.in_(member_ids)))}


def member_behind(pid: UUID) -> int:
    """The member of a random id, to look up what we asked them; it is shown to nobody. Raises NotFound."""
    found = db.session.scalar(select(Identity.ref).where(Identity.kind == "member", Identity.pid == pid))
    if found is None:
        raise NotFound(pid=str(pid))
    return found


@dataclass(frozen=True, slots=True)
class MemberLog:
    """Everything that was logged of one member's asks, newest first."""

    member_id: int

    def select(self) -> Any:
        return (select(AskLog, Answer.value, Answer.metric).outerjoin(Answer, Answer.ask_id == AskLog.ask_id)
                .where(AskLog.member_id == self.member_id).order_by(AskLog.at.desc(), AskLog.id.desc()))

    def count(self) -> Select[int]:
        return select(func.count()).select_from(AskLog).where(AskLog.member_id == self.member_id)


@dataclass(frozen=True, slots=True)
class Brought:
    """One solicitation in numbers."""

    what: Solicitation
    counts: Counter[str]
    active: bool
    share: int

    @property
    def answered(self) -> int:
        return self.counts[Logged.ANSWERED]

    @property
    def shown(self) -> int:
        return self.counts[Logged.SHOWN]


def brought(now: datetime) -> list[Brought]:
    """What each solicitation has brought in four weeks, and whether it is asked."""
    rules, counts = rules_at(now), defaultdict[str, Counter[str]](Counter)
    for key, what, n in db.session.execute(
            select(AskLog.solicitation, AskLog.what, func.count()).where(AskLog.at >= now - LOOK_BACK)
            .group_by(AskLog.solicitation, AskLog.what)):
        counts[key][what] = n
    return [Brought(what, counts[key], bool(rules[f"active_{key}"]), rules[f"share_{key}"])
            for key, what in SOLICITATIONS.items()]


def reasons(now: datetime) -> list[tuple[str, int]]:
    """Why wishes were suppressed in four weeks, the commonest first."""
    rows = db.session.execute(
        select(AskLog.why, func.count().label("n")).where(AskLog.at >= now - LOOK_BACK, AskLog.why.is_not(None))
        .group_by(AskLog.why).order_by(func.count().desc(), AskLog.why))
    return [(str(why), n) for why, n in rows]
