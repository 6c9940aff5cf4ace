"""A conversation begins: a member or a visitor asks, or one of us writes first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from core.database import db, take_turns, transaction
from core.ids import new_id, new_reference
from core.outbox import post
from core.sealed import Seal
from experience.journey import Step
from experience.record.observe import Seen, observe
from portal.account.models import Member
from portal.help.call import Call, may_ask_for_call, set_call, want_call
from portal.help.clock import owe_answer
from portal.help.context import About
from portal.help.entries import add_words
from portal.help.errors import TooManyOpen
from portal.help.models import OPEN, Author, Conversation, Kind, Status
from reservations.booking.models import Reservation
from reservations.booking.models import Status as TripStatus

MOST_OF_A_VISITOR = 3  # open conversations with one address that has no account, so that nobody is flooded in our name
REFERENCE = 7


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody without an account: the mail address, and the key under which we find it again."""

    mail: str
    hash: str


def start_conversation(*, who: Member | Visitor, kind: Kind, words: str, about: About, once: str, seal: Seal, now: datetime,
                       events: Sequence[dict[str, Any]] = (), call: Call | None = None, by_mail: bool = False) -> Conversation:
    """Ask us something. The same form sent again is the same conversation, and so is a second call for urgent help on a trip.

    Urgent is what somebody asks who has a trip, booked or begun; without one it is a question like others.

    Raises TooManyOpen for a visitor's address with several open ones.
    """
    member = who if isinstance(who, Member) else None
    kind = Kind.QUESTION if kind is Kind.URGENT and not _has_a_trip(member) else kind
    with observe(Step.HELP_CONTACT, member=member, trip=about.reservation) as seen, transaction():
        take_turns(f"help of {who.id if isinstance(who, Member) else who.hash}")
        again = _same(once) or _urgent_already(kind, about)
        if again is not None:
            if call is not None and may_ask_for_call(again):
                want_call(again, call, seal, now)
            seen.was_repeated()
            return again
        _note(seen, kind, about)
        begun = _new(kind, about, once, now, events)
        begun.event_id, begun.status = seen.event_id, str(Status.NEW)
        _say_who(begun, who, seal)
        if call is not None:
            set_call(begun, call, seal)
        db.session.add(begun)
        db.session.flush()
        seen.about("conversation", begun.id, "opened")
        add_words(begun, Author.MEMBER, words, seal, now, by_mail=by_mail)
        owe_answer(begun, now)
        _tell(begun, kind)
    return begun


def start_conversation_with(*, member_id: int, words: str, by_user_id: int, seal: Seal, now: datetime, once: str,
                            about: About = About(), step: Step | None = None) -> Conversation:  # noqa: B008 - frozen
    """Write to a member first; their inbox and mail have it. The same `once` is the same conversation."""
    with transaction():
        take_turns(f"help of {member_id}")
        again = _same(once)
        if again is not None:
            return again
        begun = _new(Kind.WE_WROTE, about, once, now, ())
        begun.member_id, begun.owner_id, begun.status = member_id, by_user_id, str(Status.WAITING)
        begun.step, begun.answered_at = str(step or about.step) if step or about.step else None, now
        db.session.add(begun)
        db.session.flush()
        entry = add_words(begun, Author.STAFF, words, seal, now, by_user_id=by_user_id)
        post_reply(begun, entry.id)
    return begun


def post_reply(conversation: Conversation, entry_id: int) -> None:
    """Have what we wrote brought to whoever asked."""
    urgent = conversation.kind == Kind.URGENT
    to_member = "help_now_reply" if urgent else "help_reply"
    post(to_member if conversation.member_id else "help_visitor_mail", member_id=conversation.member_id,
         once=f"help-entry-{entry_id}", conversation_id=str(conversation.id), entry_id=entry_id)


def _same(once: str) -> Conversation | None:
    return db.session.scalar(select(Conversation).where(Conversation.once == once))


def _has_a_trip(member: Member | None) -> bool:
    if member is None:
        return False
    mine = Reservation.member_id == member.id, Reservation.status.in_((TripStatus.BOOKED, TripStatus.DRIVING))
    return db.session.scalar(select(Reservation.id).where(*mine).limit(1)) is not None


def _urgent_already(kind: Kind, about: About) -> Conversation | None:
    if kind is not Kind.URGENT or about.reservation is None:
        return None
    return db.session.scalar(select(Conversation).where(
        Conversation.reservation_id == about.reservation.id, Conversation.kind == Kind.URGENT, Conversation.status.in_(OPEN)))


def _new(kind: Kind, about: About, once: str, now: datetime, events: Sequence[dict[str, Any]]) -> Conversation:
    return Conversation(
        id=new_id(), reference=new_reference(REFERENCE), once=once, kind=str(kind), reopened=0, opened_at=now, last_at=now,
        step=str(about.step) if about.step else None, page=about.page, error_code=about.error_code,
        reservation_id=about.reservation.id if about.reservation else None, car_id=about.car.id if about.car else None,
        lot_id=about.lot.id if about.lot else None, last_events=list(events))


def _say_who(begun: Conversation, who: Member | Visitor, seal: Seal) -> None:
    if isinstance(who, Member):
        begun.member_id, begun.member_read_at = who.id, begun.opened_at
        return
    if not may_ask(who, begun.opened_at):
        raise TooManyOpen()
    begun.visitor_hash, begun.visitor_sealed = who.hash, seal.close(who.mail)


def may_ask(who: Visitor, at: datetime) -> bool:
    """Whether a visitor's address has few enough conversations open."""
    several = db.session.scalar(select(func.count()).select_from(Conversation).where(
        Conversation.visitor_hash == who.hash, Conversation.status.in_(OPEN), Conversation.opened_at > at - timedelta(days=7)))
    return (several or 0) < MOST_OF_A_VISITOR


def _note(seen: Seen, kind: Kind, about: About) -> None:
    place = {"car_id": about.car.id, "car_class": about.car.car_class} if about.car else {}
    if about.lot:
        place["lot_id"] = about.lot.id
    seen.note(kind=str(kind), **({"about": str(about.step)} if about.step else {}), **place)


def _tell(begun: Conversation, kind: Kind) -> None:
    """A visitor gets the link to their conversation; somebody who cannot go on gets a case as well."""
    if begun.member_id is None:
        post("help_visitor_mail", once=f"help-received-{begun.id}", conversation_id=str(begun.id))
    elif kind is Kind.URGENT:
        post("open_case", member_id=begun.member_id, once=f"case-help-{begun.id}", rule="help",
             step=begun.step or str(Step.HELP_CONTACT), reservation_id=begun.reservation_id, about=f"conversation:{begun.id}")
