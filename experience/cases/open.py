"""A case is opened by a rule or by hand; while one about the same trip is open, it takes in what else goes wrong."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from core.audit import audit
from core.database import db, transaction
from core.ids import new_id
from core.outbox import Job
from core.refusal import NotFound
from core.sealed import Seal
from core.time import now as service_now
from experience.asks.models import Answer, AskRow
from experience.cases.change import enter, one_at_a_time
from experience.cases.clock import reply_by
from experience.cases.conversation import take_up
from experience.cases.models import Act, Case, CaseReason, Rule, Severity, State
from experience.cases.rules import SEVERITIES, worse
from experience.cases.who import see_who
from experience.journey import Phase, Step
from experience.record.observe import Seen, record
from fleet.tariffs.in_force import policies_at
from reservations.booking.models import Reservation


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that was hit: by what (its reference), at which step, how bad it was."""

    rule: Rule
    about: str
    step: Step
    severity: Severity


def open_case(*, member_id: int, hit: Hit, reservation_id: int | None = None, now: datetime) -> Case:
    """The case that this hit belongs to: the open one about the same trip, else a new one; the same hit changes nothing.

    What happened (`now`) before somebody closed the trip's case was before their eyes: it is noted there and opens nothing.
    A bad answer to how a case was solved opens that case again. Raises NotFound when there is no such member, or no such
    trip of theirs.
    """
    with transaction():
        one_at_a_time(member_id)
        known = db.session.scalar(select(CaseReason).where(CaseReason.rule == hit.rule, CaseReason.about == hit.about))
        if known is not None:
            return db.session.get_one(Case, known.case_id)
        _check_trip(member_id, reservation_id)
        case = open_case_of(member_id, reservation_id) or _unsolved(member_id, reservation_id, hit, now)
        if case is None and (seen_to := _closed_since(reservation_id, hit, now)) is not None:
            case = seen_to
            enter(case, Act.REASON, now=now, facts={"rule": str(hit.rule), "about": hit.about})
        elif case is None:
            case = _new(member_id, reservation_id, hit, now)
        else:
            _join(case, hit, now)
        db.session.add(CaseReason(case_id=case.id, rule=hit.rule, about=hit.about, step=str(hit.step),
                                  severity=hit.severity, at=now))
        if hit.about.startswith("conversation:"):
            case.conversation_id = case.conversation_id or UUID(hit.about.removeprefix("conversation:"))
        db.session.flush()
    return case


def open_by_hand(*, member_id: int, step: Step, severity: Severity, about: str, words: str, by_user_id: int,
                 reservation_id: int | None = None, seal: Seal, now: datetime) -> Case:
    """Somebody of the team opens a case from what they read (`about` names it) and looks after it from now on."""
    with transaction():
        rule = Rule.NOTE if about.startswith("note:") else Rule.HAND
        case = open_case(member_id=member_id, hit=Hit(rule, about, step, severity), reservation_id=reservation_id, now=now)
        audit(f"cases/{case.id}", before={}, after={"about": about, "state": case.state})
        if case.owner_id is None and case.state != State.CLOSED:
            case.owner_id, case.state = by_user_id, State.OPEN
            see_who(case, by_user_id, seal, now)
        if words:
            enter(case, Act.NOTE, now=now, by_user_id=by_user_id, words=words, seal=seal)
    return case


def handle_open_case(job: Job) -> None:
    """Handle the outbox's `open_case`. The clock runs from when it happened, not from when the worker came to it.

    Visitors have no case: their conversation has an owner and a clock of its own.
    """
    if job.member_id is None:
        return
    facts, rule = job.facts, Rule(job.facts["rule"])
    severity = Severity(facts.get("severity", SEVERITIES[rule]))
    hit = Hit(rule, facts.get("about") or f"job:{job.id}", Step(facts["step"]), severity)
    open_case(member_id=job.member_id, hit=hit, reservation_id=facts.get("reservation_id"), now=min(job.due_at, service_now()))


def open_case_of(member_id: int, reservation_id: int | None) -> Case | None:
    """The member's open case about a trip, or about none."""
    about = Case.reservation_id.is_(None) if reservation_id is None else Case.reservation_id == reservation_id
    return db.session.scalar(
        select(Case).where(Case.member_id == member_id, about, Case.state != State.CLOSED)
        .with_for_update().execution_options(populate_existing=True))


def has_open_case(member_id: int) -> bool:
    """Whether somebody of ours has, or should have, this member's trouble in hand."""
    return db.session.scalar(
        select(Case.id).where(Case.member_id == member_id, Case.state != State.CLOSED).limit(1)) is not None


def _check_trip(member_id: int, reservation_id: int | None) -> None:
    if reservation_id is not None and db.session.scalar(select(Reservation.id).where(
            Reservation.id == reservation_id, Reservation.member_id == member_id)) is None:
        raise NotFound(reservation_id=reservation_id)


def _new(member_id: int, reservation_id: int | None, hit: Hit, now: datetime) -> Case:
    case = Case(id=new_id(), member_id=member_id, reservation_id=reservation_id, step=str(hit.step), rule=hit.rule,
                severity=hit.severity, state=State.NEW, opened_at=now, due_at=reply_by(hit.severity, now), heard_at=now,
                reopened=0, version=1)
    db.session.add(case)
    db.session.flush()
    enter(case, Act.OPENED, now=now, facts={"rule": str(hit.rule), "about": hit.about})
    return case


def _join(case: Case, hit: Hit, now: datetime) -> None:
    """Take one more reason in. What is worse sets the clock, and what waits for the member is ours again."""
    case.severity = worse(case.severity, hit.severity)
    case.due_at = min(case.due_at, reply_by(case.severity, now))
    if case.state == State.WAITING:
        case.state = State.OPEN
    enter(case, Act.REASON, now=now, facts={"rule": str(hit.rule), "about": hit.about})


def _unsolved(member_id: int, reservation_id: int | None, hit: Hit, now: datetime) -> Case | None:
    """The case that was closed lately and that this bad answer about its solution is about, open again."""
    if hit.step is not Step.HELP_RESOLVE or hit.rule not in (Rule.HARD, Rule.DETRACTOR):
        return None
    since, asked = now - timedelta(days=policies_at(now)["case_reopen"].value), _asked_about(hit.about)
    about = Case.id == asked if asked else Case.reservation_id == reservation_id if reservation_id else Case.id.is_not(None)
    case = db.session.scalar(
        select(Case).where(Case.member_id == member_id, Case.state == State.CLOSED, Case.closed_at >= since, about)
        .order_by(Case.closed_at.desc()).limit(1).with_for_update().execution_options(populate_existing=True))
    if case is None or open_case_of(member_id, case.reservation_id) is not None:
        return None
    open_again(case, now)
    return case


def _closed_since(reservation_id: int | None, hit: Hit, happened: datetime) -> Case | None:
    """The trip's case that somebody closed after this failure, which its replay showed them."""
    if reservation_id is None or hit.rule not in (Rule.FAILED, Rule.BROKEN_PROMISE):
        return None
    return db.session.scalar(select(Case).where(Case.reservation_id == reservation_id, Case.state == State.CLOSED,
                                                Case.closed_at >= happened).order_by(Case.closed_at.desc()).limit(1))


def _asked_about(about: str) -> UUID | None:
    """The case about whose solution an answer was asked for."""
    kind, _, answer = about.partition(":")
    try:
        subject = db.session.scalar(select(AskRow.subject).join(Answer, Answer.ask_id == AskRow.id).where(
            Answer.id == UUID(answer))) if kind == "answer" else None
    except ValueError:  # no answer of ours
        return None
    return UUID(subject.removeprefix("case:")) if subject and subject.startswith("case:") else None


def open_again(case: Case, now: datetime, by_user_id: int | None = None) -> None:
    """The closed case is open again, with its owner and a new clock, within the open transaction."""
    case.state = State.OPEN if case.owner_id is not None else State.NEW
    case.closed_at = case.outcome = case.alarmed_at = None
    case.due_at, case.reopened = reply_by(case.severity, now), case.reopened + 1
    enter(case, Act.REOPENED, now=now, by_user_id=by_user_id)
    if not take_up(case, now, by_user_id):
        record(Seen(Step.HELP_RESOLVE, case.member_id, case.reservation_id), Phase.UNDONE, at=now)
