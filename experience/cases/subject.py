"""What a case can be opened from by hand: a note, a conversation, a trip or a member, by the random ids of the desk."""

from dataclasses import dataclass
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from core.database import db
from core.refusal import NotFound, Refusal
from experience.asks.models import Answer, Note
from experience.journey import Step
from experience.promises.models import Promise
from experience.record.models import Identity
from portal.help.models import Conversation
from reservations.booking.models import Reservation


class NobodyToHelp(Refusal):
    code, status = "visitor_has_no_case", 422
    says = _l("This came from a visitor who was not signed in, so there is nobody to open a case for.")
    remedy = _l("If they left an address, answer them in the help queue.")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose case it is, and what is known of it already. `about` is its reference."""

    about: str
    member_id: int
    reservation_id: int | None
    step: Step | None
    conversation_id: UUID | None = None


def subject_of(about: str) -> Subject:
    """What a reference like "note:7" stands for. Raises NotFound, and NobodyToHelp for a visitor's."""
    kind, _, ref = about.partition(":")
    look = {"note": _note, "conversation": _conversation, "answer": _answer, "promise": _promise, "trip": _trip,
            "member": _member}.get(kind)
    try:
        found = look(about, ref) if look else None
    except ValueError:  # no id of ours
        found = None
    if found is None:
        raise NotFound(about=kind)
    return found


def _step(name: str | None) -> Step | None:
    return Step(name) if name in set(Step) else None


def _note(about: str, ref: str) -> Subject | None:
    note = db.session.get(Note, int(ref)) if len(ref) < 10 else None
    if note is not None and note.member_id is None:
        raise NobodyToHelp()
    if note is None or note.member_id is None:
        return None
    return Subject(about, note.member_id, note.reservation_id, _step(note.step))


def _conversation(about: str, ref: str) -> Subject | None:
    found = db.session.get(Conversation, UUID(ref))
    if found is not None and found.member_id is None:
        raise NobodyToHelp()
    if found is None or found.member_id is None:
        return None
    return Subject(about, found.member_id, found.reservation_id, _step(found.step), found.id)


def _answer(about: str, ref: str) -> Subject | None:
    found = db.session.get(Answer, UUID(ref))
    return Subject(about, found.member_id, found.reservation_id, _step(found.step)) if found is not None else None


def _promise(about: str, ref: str) -> Subject | None:
    found = db.session.get(Promise, UUID(ref))
    return Subject(about, found.member_id, found.reservation_id, _step(found.step)) if found is not None else None


def _trip(about: str, ref: str) -> Subject | None:
    row = db.session.execute(
        select(Reservation.member_id, Reservation.id).join(Identity, Identity.ref == Reservation.id)
        .where(Identity.kind == "trip", Identity.pid == UUID(ref))).first()
    return Subject(about, row[0], row[1], None) if row is not None else None


def _member(about: str, ref: str) -> Subject | None:
    member_id = db.session.scalar(select(Identity.ref).where(Identity.kind == "member", Identity.pid == UUID(ref)))
    return Subject(about, member_id, None, None) if member_id is not None else None
