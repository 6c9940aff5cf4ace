"""The one way from a random id to a person: asked with a reason, by those whose work it is, and written down first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import case, select

from core.database import db, transaction
from core.refusal import Refusal
from core.sealed import Seal
from experience.insight.models import Lookup, LookupReason
from experience.record.models import Identity
from portal.account.models import Member, Role, User, UserRole
from reservations.booking.models import Reservation

MAY = (Role.CX, Role.ADMIN)
SHORTEST_WORDS = 10


class NotYours(Refusal):
    """Only the CX team and admins look people up."""

    code, status = "lookup_not_allowed", 403
    says = _l("Looking people up is for the CX team and for admins.")
    remedy = _l("Ask somebody of the CX team to write to this member.")


class SayWhy(Refusal):
    """The reason has no words."""

    code, status = "lookup_without_words", 422
    says = _l("Say in a few words why you need to know who this is.")
    remedy = _l("A sentence is enough. It is kept, and admins read it.")


@dataclass(frozen=True, slots=True)
class Person:
    """Who is behind a random id."""

    member_id: int
    user_id: int
    name: str
    email: str


def reidentify(*, pid: UUID, by_user_id: int, reason: LookupReason, words: str, seal: Seal,
               now: datetime) -> Person | None:
    """Who is behind the id of a member, or whose trip it is; None when that was erased or never was.

    Every look is written down, the vain ones too, before anybody sees a name. Raises NotYours and SayWhy.
    """
    if len(words.strip()) < SHORTEST_WORDS:
        raise SayWhy()
    with transaction():
        allowed = db.session.scalar(select(UserRole.user_id).where(
            UserRole.user_id == by_user_id, UserRole.role.in_([str(role) for role in MAY])).limit(1))
        if allowed is None:
            raise NotYours(user_id=by_user_id)
        row = db.session.execute(_behind(pid)).first()
        db.session.add(Lookup(at=now, by_user_id=by_user_id, pid=pid, found=row is not None, reason=str(reason),
                              words_sealed=seal.close_words(words.strip())))
    return Person(*row) if row is not None else None


def _behind(pid: UUID):  # type: ignore[no-untyped-def]  # a Select of four columns
    member_id = case((Identity.kind == "member", Identity.ref), else_=Reservation.member_id)
    return (select(Member.id, User.id, User.name, User.email).select_from(Identity)
            .outerjoin(Reservation, (Identity.kind == "trip") & (Reservation.id == Identity.ref))
            .join(Member, Member.id == member_id).join(User, User.id == Member.user_id).where(Identity.pid == pid))
