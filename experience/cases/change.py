"""One case, loaded for a change: locked, fresh, as it was seen; and the entry that every act leaves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from core.database import db
from core.refusal import NotFound
from core.sealed import Seal
from experience.cases.errors import AlreadyClosed, ChangedMeanwhile, InOtherHands, NobodyToOwn
from experience.cases.models import Act, Case, CaseEntry, State
from experience.cases.words import ACTS
from portal.account.models import Member, Role, User, UserRole
from portal.web.say import moment

TEAM = (Role.CX, Role.ADMIN)


def one_at_a_time(member_id: int) -> None:
    """Have whoever opens, closes or reopens a case of this member take turns, until the open transaction ends.

    Rows that name the member may still be written meanwhile. Raises NotFound.
    """
    if db.session.scalar(select(Member.id).where(Member.id == member_id).with_for_update(key_share=True)) is None:
        raise NotFound(member_id=member_id)


def the_case(case_id: UUID) -> Case:
    """A case, for staff. Raises NotFound."""
    found = db.session.get(Case, case_id)
    if found is None:
        raise NotFound()
    return found


def locked_case(case_id: UUID) -> Case:
    """The case, fresh and locked until the open transaction ends; its member's other cases keep still too. Raises NotFound."""
    one_at_a_time(the_case(case_id).member_id)
    found = db.session.get(Case, case_id, with_for_update=True, populate_existing=True)
    assert found is not None  # cases are never deleted
    return found


def case_to_change(case_id: UUID, *, by_user_id: int, seen: int) -> Case:
    """The open case, locked, as this colleague saw it. A case that nobody owns is theirs from now on.

    Raises NotFound, InOtherHands, ChangedMeanwhile and AlreadyClosed.
    """
    case = locked_case(case_id)
    if case.owner_id not in (None, by_user_id):
        raise in_other_hands(case.owner_id)
    if case.version != seen:
        raise ChangedMeanwhile(case.version, _what_came_last(case))
    if case.state == State.CLOSED:
        raise AlreadyClosed()
    if case.owner_id is None:
        case.owner_id, case.state = by_user_id, State.OPEN
    return case


def in_other_hands(owner_id: int) -> InOtherHands:
    """The refusal that names who looks after the case."""
    return InOtherHands(owner_id, db.session.get_one(User, owner_id).name.split()[0])


def _what_came_last(case: Case) -> Any:
    act, at, name = db.session.execute(
        select(CaseEntry.act, CaseEntry.at, User.name).outerjoin(User, User.id == CaseEntry.by_user_id)
        .where(CaseEntry.case_id == case.id).order_by(CaseEntry.id.desc()).limit(1)).one()
    if name is None:
        return _l("Something has happened in this case while you had it open. %(act)s: %(time)s.", act=ACTS[Act(act)],
                  time=moment(at))
    return _l("%(name)s was in this case while you had it open. %(act)s: %(time)s.", name=name.split()[0], act=ACTS[Act(act)],
              time=moment(at))


def was_done(once: str | None) -> bool:
    """Whether the form with this key has acted already."""
    return once is not None and db.session.scalar(select(CaseEntry.id).where(CaseEntry.once == once)) is not None


def enter(case: Case, act: Act, *, now: datetime, by_user_id: int | None = None, words: str = "", seal: Seal | None = None,
          once: str | None = None, facts: Mapping[str, Any] | None = None) -> None:
    """Write down what was done; the case's version grows. Words need the seal."""
    assert not words or seal is not None
    db.session.add(CaseEntry(
        case_id=case.id, at=now, by_user_id=by_user_id, act=act, facts=dict(facts or {}), once=once,
        words_sealed=seal.close_words(words) if words and seal else None))
    case.version += 1
    db.session.flush()


def of_the_team(user_id: int) -> None:
    """Raise NobodyToOwn unless this user works on cases."""
    if db.session.scalar(select(User.id).join(UserRole, UserRole.user_id == User.id).where(
            User.id == user_id, User.disabled_at.is_(None), UserRole.role.in_(TEAM)).limit(1)) is None:
        raise NobodyToOwn()
