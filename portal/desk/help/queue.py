"""What waits for the help desk: by the time we promised, with who asks and who looks after it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import aliased

from core.database import db
from core.sealed import Seal
from experience.journey import STEPS
from experience.record.models import Identity
from portal.account.models import Member, User, UserRole
from portal.help.models import OPEN, OURS, Author, CallState, Conversation, Entry, Kind, Status
from portal.help.take import HELPERS
from portal.web.listing import SIZE, Asked
from portal.web.next_in_line import next_in_line
from reservations.booking.models import Reservation

Owner, Asker = aliased(User), aliased(User)
_OURS, _OPEN = [str(each) for each in OURS], [str(each) for each in OPEN]
_newest_words = (select(func.max(Entry.id)).where(
    Entry.conversation_id == Conversation.id, Entry.author == Author.MEMBER).correlate(Conversation).scalar_subquery())


@dataclass(frozen=True)
class Conversations(Asked):
    """Conversations with who asks, who looks after them and the last word of the member; what we owe first.

    Words are sealed, so `q` finds members, references, trips and steps; members only for those who see `names`. `among`
    narrows them to given ids.
    """

    show: str = "ours"
    kind: str = ""
    owner: str = ""
    now: datetime = field(kw_only=True)
    user_id: int = field(kw_only=True)
    names: bool = field(default=True, kw_only=True)
    among: tuple[Any, ...] | None = field(default=None, kw_only=True)

    GIVEN: ClassVar = frozenset({"now", "user_id", "names", "among"})
    SHOWS: ClassVar = {
        "ours": lambda asked: Conversation.status.in_(_OURS) | (Conversation.call_state == CallState.WANTED),
        "late": lambda asked: Conversation.status.in_(_OURS) & (Conversation.answer_due_at <= asked.now),
        "mine": lambda asked: Conversation.status.in_(_OPEN) & (Conversation.owner_id == asked.user_id),
        "nobody": lambda asked: Conversation.status.in_(_OURS) & Conversation.owner_id.is_(None),
        "urgent": lambda asked: Conversation.status.in_(_OPEN) & (Conversation.kind == Kind.URGENT),
        "calls": lambda asked: Conversation.status.in_(_OPEN) & Conversation.call_state.in_((
            CallState.WANTED, CallState.NOT_REACHED)),
        "waiting": lambda asked: Conversation.status == Status.WAITING,
        "solved": lambda asked: Conversation.status == Status.SOLVED,
        "praise": lambda asked: Conversation.kind == Kind.COMPLIMENT,
        "all": lambda asked: Conversation.status != Status.MERGED,
    }
    USUAL: ClassVar = "due"
    SORTS: ClassVar = {
        "due": [func.coalesce(Conversation.call_from, Conversation.answer_due_at), Conversation.last_at, Conversation.id],
        "last": [Conversation.last_at, Conversation.id],
        "opened": [Conversation.opened_at, Conversation.id],
    }

    def rows(self) -> Select[Any]:
        return (select(Conversation, Asker.name.label("asker"), Owner.name.label("owner"), Reservation.reference.label("trip"),
                       Entry.words_sealed.label("sealed"), Identity.pid.label("pid"))
                .outerjoin(Member, Member.id == Conversation.member_id).outerjoin(Asker, Asker.id == Member.user_id)
                .outerjoin(Owner, Owner.id == Conversation.owner_id)
                .outerjoin(Reservation, Reservation.id == Conversation.reservation_id)
                .outerjoin(Identity, (Identity.kind == "member") & (Identity.ref == Conversation.member_id))
                .outerjoin(Entry, Entry.id == _newest_words))

    def wanted(self) -> list[ColumnElement[bool]]:
        found = super().wanted()
        if self.kind in set(Kind):
            found.append(Conversation.kind == self.kind)
        if self.owner.isdecimal():
            found.append(Conversation.owner_id == int(self.owner[:9]))
        if self.among is not None:
            found.append(Conversation.id.in_(self.among))
        elif self.q:
            steps = [str(step) for step, declared in STEPS.items()
                     if self.q.casefold() in str(declared.label).casefold() or self.q.casefold() == str(step)]
            named = (Asker.name.icontains(self.q, autoescape=True), Asker.email.icontains(self.q, autoescape=True))
            found.append(or_(Conversation.reference == self.q.lower(), Reservation.reference == self.q.lower(),
                             Conversation.step.in_(steps), *(named if self.names else ())))
        return found


def by_words(asked: Conversations, seal: Seal) -> tuple[Any, ...]:
    """The conversations whose words hold what was typed, among the newest page of those that are shown: no more is opened."""
    newest = (asked.rows().where(*super(Conversations, asked).wanted()).order_by(Conversation.last_at.desc())
              .with_only_columns(Conversation.id).limit(SIZE))
    ids = list(db.session.scalars(newest))
    typed, found = asked.q.casefold(), set()
    words = select(Entry.conversation_id, Entry.words_sealed).where(
        Entry.conversation_id.in_(ids), Entry.words_sealed.is_not(None))
    for conversation_id, sealed in db.session.execute(words):
        if conversation_id not in found and typed in (seal.read(sealed) or "").casefold():
            found.add(conversation_id)
    return tuple(found)


def next_conversation(user_id: int, *, after: UUID | None = None) -> UUID | None:
    """The conversation to answer next: mine before nobody's, what is due first, and praise, which waits for nothing, last."""
    due = func.coalesce(Conversation.call_from, Conversation.answer_due_at)
    waiting = [Conversation.status.in_(_OURS), or_(Conversation.owner_id == user_id, Conversation.owner_id.is_(None))]
    found: UUID | None = next_in_line(
        Conversation.id, waiting,
        [Conversation.owner_id.is_(None), due.nulls_last(), Conversation.last_at, Conversation.id], after=after)
    return found


def helpers() -> list[tuple[int, str]]:
    """Everybody who answers, by name."""
    rows = db.session.execute(
        select(User.id, User.name).join(UserRole, UserRole.user_id == User.id)
        .where(UserRole.role.in_([str(role) for role in HELPERS]), User.disabled_at.is_(None)).distinct().order_by(User.name))
    return [(user_id, name) for user_id, name in rows]


def others_of(conversation: Conversation) -> list[Conversation]:
    """What else the same person has open: what this one can be merged into."""
    same = (Conversation.member_id == conversation.member_id if conversation.member_id is not None
            else Conversation.visitor_hash == conversation.visitor_hash)
    return list(db.session.scalars(
        select(Conversation).where(same, Conversation.id != conversation.id, Conversation.status.in_(_OPEN))
        .order_by(Conversation.last_at.desc()).limit(20)))


def earlier_of(conversation: Conversation) -> int:
    """How many conversations this person had before."""
    same = (Conversation.member_id == conversation.member_id if conversation.member_id is not None
            else Conversation.visitor_hash == conversation.visitor_hash)
    return db.session.scalar(select(func.count()).select_from(Conversation).where(
        same, Conversation.opened_at < conversation.opened_at)) or 0
