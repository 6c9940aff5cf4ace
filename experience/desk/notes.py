"""Questions about notes: the inbox, those of a step or a journey, and one with its words and replies."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from core.database import db
from core.refusal import NotFound
from core.sealed import Seal
from experience.asks.models import Mood, Note, NoteReply, NoteStatus
from experience.desk.filters import NOBODY, NoteFilters
from experience.insight.window import fact
from experience.journey import Stage, Step, steps_of
from experience.record.models import Event
from fleet.lots.models import Lot
from portal.account.models import Role, User, UserRole
from portal.web.next_in_line import next_in_line


@dataclass(frozen=True, slots=True)
class Notes:
    """Notes with the name of whoever owns them, newest first."""

    filters: NoteFilters

    def select(self) -> Select[Any]:
        return (select(Note, User.name.label("owner")).outerjoin(User, User.id == Note.owner_id)
                .where(*self._conditions()).order_by(Note.at.desc(), Note.id.desc()))

    def count(self) -> Select[int]:
        return select(func.count()).select_from(Note).where(*self._conditions())

    def _conditions(self) -> list[Any]:
        wanted = [getattr(Note, name) == value for name in ("status", "mood", "tag")
                  if (value := getattr(self.filters, name)) is not None]
        if self.filters.where is not None:
            wanted.append(Note.step.in_(_steps(self.filters.where)))
        if self.filters.owner is not None:
            wanted.append(Note.owner_id.is_(None) if self.filters.owner == NOBODY
                          else Note.owner_id == int(self.filters.owner))
        if self.filters.lot is not None:
            wanted.append(fact(Note.facts, "lot_id") == str(self.filters.lot))
        if self.filters.car_class is not None:
            wanted.append(fact(Note.facts, "car_class") == self.filters.car_class)
        return wanted


def _steps(where: str) -> list[str]:
    return [str(step) for step in steps_of(Stage(where))] if where in set(Stage) else [where]


def next_note(user_id: int, *, after: int | None = None) -> int | None:
    """The note to answer next: mine before nobody's, a bad mood before others, the oldest first."""
    found: int | None = next_in_line(
        Note.id, [Note.status.in_((NoteStatus.NEW, NoteStatus.OPEN)), or_(Note.owner_id == user_id, Note.owner_id.is_(None))],
        [Note.owner_id.is_(None), Note.mood != Mood.BAD, Note.at, Note.id], after=after)
    return found


@dataclass(frozen=True, slots=True)
class NotesAtStep:
    """What was said at a step since a moment, newest first."""

    step: Step
    since: datetime
    limit: int = 10

    def select(self) -> Select[Note]:
        return (select(Note).where(Note.step == str(self.step), Note.at >= self.since)
                .order_by(Note.at.desc(), Note.id.desc()).limit(self.limit))


@dataclass(frozen=True, slots=True)
class NotesOnJourney:
    """What was said on a journey."""

    journey_id: str

    def select(self) -> Select[Note]:
        said = select(Event.id).where(Event.journey_id == self.journey_id, Event.step == str(Step.HELP_CONTACT))
        return select(Note).where(Note.event_id.in_(said)).order_by(Note.at, Note.id)


@dataclass(frozen=True, slots=True)
class OpenNote:
    """A note that is being read: its words opened, its journey, its replies."""

    note: Note
    owner: str | None
    words: str | None
    journey_id: str | None
    replies: list[tuple[datetime, str, str | None]]  # when, who, words


def open_note(note_id: int, seal: Seal) -> OpenNote:
    """The note behind an address. Raises NotFound."""
    row = db.session.execute(
        select(Note, User.name, Event.journey_id).outerjoin(User, User.id == Note.owner_id)
        .outerjoin(Event, Event.id == Note.event_id).where(Note.id == note_id)).first()
    if row is None:
        raise NotFound(note_id=note_id)
    note, owner, journey_id = row
    replies = db.session.execute(
        select(NoteReply.at, User.name, NoteReply.words_sealed).join(User, User.id == NoteReply.by_user_id)
        .where(NoteReply.note_id == note_id).order_by(NoteReply.at, NoteReply.id))
    return OpenNote(note, owner, seal.read(note.words_sealed), journey_id,
                    [(at, name, seal.read(sealed)) for at, name, sealed in replies])


def owners() -> list[tuple[int, str]]:
    """The people of the CX team, by name."""
    rows = db.session.execute(
        select(User.id, User.name).join(UserRole, UserRole.user_id == User.id)
        .where(UserRole.role.in_((Role.CX, Role.ADMIN)), User.disabled_at.is_(None))
        .distinct().order_by(User.name))
    return [(user_id, name) for user_id, name in rows]


def lot_names() -> dict[int, str]:
    """Every lot's name, in the order of the names."""
    return {lot_id: name for lot_id, name in db.session.execute(select(Lot.id, Lot.name).order_by(Lot.name))}
