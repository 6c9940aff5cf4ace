"""Fixes: planned, linked to the cases they mend, done on a day, and told to those who said it was wrong."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from core.database import db, transaction
from core.ids import new_id
from core.outbox import post
from core.refusal import NotFound
from experience.cases.change import enter, locked_case, of_the_team
from experience.cases.errors import AlreadyTold, FixMoved, NotDoneYet
from experience.cases.models import Act, Case, Fix, FixState, Measure
from experience.journey import Step


@dataclass(frozen=True, slots=True)
class Plan:
    """What a fix is to be: what is wrong where, what we think helps, and by which share we will see it."""

    title: str
    step: Step
    hypothesis: str
    measure: Measure
    owner_id: int


def the_fix(fix_id: UUID) -> Fix:
    """A fix, for staff. Raises NotFound."""
    found = db.session.get(Fix, fix_id)
    if found is None:
        raise NotFound()
    return found


def plan_fix(*, plan: Plan, by_user_id: int, now: datetime) -> Fix:
    """Put an idea on the board. Raises NobodyToOwn."""
    with transaction():
        of_the_team(plan.owner_id)
        fix = Fix(id=new_id(), by_user_id=by_user_id, created_at=now, state=FixState.IDEA, version=1, **_columns(plan))
        db.session.add(fix)
        db.session.flush()
    return fix


def change_fix(*, fix_id: UUID, plan: Plan, state: FixState, seen: int, now: datetime) -> Fix:
    """Change what a fix is or where it stands; it is under way and done from the moment when that is said.

    Raises NotFound, FixMoved when a colleague was faster, NobodyToOwn, and AlreadyTold for one that is no longer to be done.
    """
    with transaction():
        fix = _to_change(fix_id, seen)
        of_the_team(plan.owner_id)
        if fix.published is not None and state is not FixState.DONE:
            raise AlreadyTold()
        for name, value in _columns(plan).items():
            setattr(fix, name, value)
        if state is FixState.DOING:
            fix.started_at = fix.started_at or now
        fix.done_at = (fix.done_at or now) if state is FixState.DONE else None
        fix.state = state
        db.session.flush()
    return fix


def link_case(*, case_id: UUID, fix_id: UUID | None, by_user_id: int, now: datetime) -> Case:
    """Say which fix mends what this case is about, or none; also of a closed case. Raises NotFound."""
    with transaction():
        case = locked_case(case_id)
        if fix_id is not None:
            the_fix(fix_id)
        if case.fix_id != fix_id:
            case.fix_id = fix_id
            enter(case, Act.LINKED, now=now, by_user_id=by_user_id, facts={"fix_id": str(fix_id) if fix_id else None})
    return case


def publish_fix(*, fix_id: UUID, said: str, did: str, seen: int, now: datetime) -> int:
    """Show "you said, we did" to everybody, and wish to tell the members whose cases it mends; returns how many those are.

    The ask gate decides about each, once, however often the words are changed. Raises NotFound, FixMoved and NotDoneYet.
    """
    with transaction():
        fix = _to_change(fix_id, seen)
        if fix.state != FixState.DONE:
            raise NotDoneYet()
        fix.said, fix.published, fix.published_at = said, did, fix.published_at or now
        members = db.session.scalars(
            select(Case.member_id).where(Case.fix_id == fix_id).group_by(Case.member_id).order_by(Case.member_id)).all()
        for member_id in members:
            post("ask", member_id=member_id, due=now, once=f"you_said-{fix_id}-{member_id}", solicitation="you_said",
                 message="you_said", fix_id=str(fix_id))
        db.session.flush()
    return len(members)


def unpublish_fix(*, fix_id: UUID, seen: int) -> Fix:
    """Show it no longer. Raises NotFound and FixMoved."""
    with transaction():
        fix = _to_change(fix_id, seen)
        fix.published = fix.published_at = None
        db.session.flush()
    return fix


def told_fixes() -> list[Fix]:
    """What was published, newest first."""
    return list(db.session.scalars(select(Fix).where(Fix.published.is_not(None)).order_by(Fix.published_at.desc(), Fix.id)))


def cases_of(fix_id: UUID) -> int:
    """How many cases a fix mends."""
    return db.session.scalar(select(func.count()).select_from(Case).where(Case.fix_id == fix_id)) or 0


def _columns(plan: Plan) -> dict[str, object]:
    return {"title": plan.title, "step": str(plan.step), "hypothesis": plan.hypothesis, "measure": str(plan.measure),
            "owner_id": plan.owner_id}


def _to_change(fix_id: UUID, seen: int) -> Fix:
    fix = db.session.get(Fix, fix_id, with_for_update=True, populate_existing=True)
    if fix is None:
        raise NotFound()
    if fix.version != seen:
        raise FixMoved(version=fix.version)
    fix.version += 1
    return fix
