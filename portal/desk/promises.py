"""Promises that colleagues made, as the desk lists them: by their date, the overdue first."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, cast, func, null, select
from sqlalchemy.orm import aliased

from core.database import db
from core.refusal import NotFound
from experience.promises.kinds import PromiseKind, State
from experience.promises.models import Promise
from experience.record.models import Identity
from portal.account.models import Member, Role, User, UserRole
from portal.web.listing import Asked
from reservations.booking.models import Reservation

OFFICE = (Role.CX, Role.SUPPORT, Role.FINANCE, Role.ADMIN)
NAMES = frozenset(OFFICE) - {Role.CX}  # who may see whom a promise was made to; the CX team has random ids
NEWEST_TRIPS = 10
Owner, Maker, Whose = aliased(User), aliased(User), aliased(User)


@dataclass(frozen=True)
class ByHand(Asked):
    """Promises by hand with their member, who made them and who keeps them; open ones unless asked otherwise.

    Without `names` they have the member's random id alone, and are neither found nor sorted by who that is.
    """

    show: str = "open"
    now: datetime = field(kw_only=True)
    user_id: int = field(kw_only=True)
    names: bool = field(default=True, kw_only=True)

    GIVEN: ClassVar = frozenset({"now", "user_id", "names"})
    SHOWS: ClassVar = {
        "open": lambda asked: Promise.state == State.OPEN.value,
        "overdue": lambda asked: (Promise.state == State.OPEN.value) & (Promise.due_at <= asked.now),
        "mine": lambda asked: (Promise.state == State.OPEN.value) & (Promise.owner_id == asked.user_id),
        "settled": lambda asked: Promise.state != State.OPEN.value,
        "all": lambda asked: Promise.id.is_not(None),
    }
    USUAL: ClassVar = "due"
    SORTS: ClassVar = {"due": [Promise.due_at, Promise.id], "made": [Promise.minted_at, Promise.id],
                       "member": [Whose.name, Promise.id], "owner": [Owner.name, Promise.id]}

    def rows(self) -> Select[Any]:
        member = Whose.name if self.names else null()
        return (select(Promise, member.label("member"), Identity.pid.label("pid"),
                       Owner.name.label("owner"), Maker.name.label("maker"))
                .join(Member, Member.id == Promise.member_id).join(Whose, Whose.id == Member.user_id)
                .outerjoin(Owner, Owner.id == Promise.owner_id).outerjoin(Maker, Maker.id == Promise.by_user_id)
                .outerjoin(Identity, (Identity.kind == "member") & (Identity.ref == Promise.member_id))
                .where(Promise.kind == PromiseKind.BY_HAND.value))

    def wanted(self) -> list[ColumnElement[bool]]:
        found = super().wanted()
        if self.q and not self.names:
            found.append(func.replace(cast(Identity.pid, String), "-", "", type_=String).istartswith(
                self.q.replace("-", ""), autoescape=True))
        elif self.q:
            found.append(Whose.name.icontains(self.q, autoescape=True) | Whose.email.icontains(self.q, autoescape=True))
        return found

    @property
    def by(self) -> str:
        """By what it is sorted: names that are not shown order nothing either."""
        return super().by if self.names or self.sort.removeprefix("-") != "member" else self.USUAL


def the_promise(promise_id: Any) -> Promise:
    """A promise by hand, for staff. Raises NotFound."""
    found = db.session.get(Promise, promise_id)
    if found is None or found.kind != PromiseKind.BY_HAND:
        raise NotFound()
    return found


def the_member(member_id: int) -> Member:
    """Whom something is promised. Raises NotFound."""
    found = db.session.get(Member, member_id)
    if found is None:
        raise NotFound()
    return found


def pid_of_member(member_id: int) -> UUID | None:
    """The member's random id; none when they were never seen."""
    return db.session.scalar(select(Identity.pid).where(Identity.kind == "member", Identity.ref == member_id))


def member_by_email(email: str) -> Member | None:
    """The member with exactly this address."""
    return db.session.scalar(select(Member).join(User, User.id == Member.user_id).where(User.email == email.strip().lower()))


def colleagues() -> list[tuple[int, str]]:
    """Who may own a promise: everybody of the office, by name."""
    return [(user_id, name) for user_id, name in db.session.execute(
        select(User.id, User.name).join(UserRole, UserRole.user_id == User.id)
        .where(UserRole.role.in_([role.value for role in OFFICE])).distinct().order_by(User.name, User.id))]


def trips_of(member_id: int) -> list[Reservation]:
    """The trips that a promise may be about, the newest first."""
    return list(db.session.scalars(select(Reservation).where(Reservation.member_id == member_id)
                                   .order_by(Reservation.starts_at.desc()).limit(NEWEST_TRIPS)))
