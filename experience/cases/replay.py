"""A member's journey on one time line: what happened, what was promised, written, charged, said and answered."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, or_, select

from core.database import db
from core.sealed import Seal
from experience.asks.models import Answer, Mood, Note
from experience.asks.scale import SCALES
from experience.asks.solicitations import SOLICITATIONS
from experience.cases.models import Case
from experience.journey import PHASE_LABELS, STEPS, Ask, Phase, Step
from experience.promises.kinds import State as PromiseState
from experience.promises.models import Promise
from experience.record.models import Event, Identity
from portal.billing.ledger.models import LedgerRow
from portal.billing.remedies.words import happened, says
from portal.billing.words import has_words, label
from portal.help.models import Author, Entry
from portal.help.words import code_words
from portal.web.say import cents, moment, number
from reservations.booking.models import Reservation

AROUND = timedelta(days=7)  # before the trip was booked or the case opened
LONG = timedelta(days=90)
A_DAY = timedelta(days=1)
TYPED = "fields"  # a form that came back with what to correct: no step that was refused
MOST_EVENTS = 400


class Source(StrEnum):
    """Where something on the line comes from."""

    EVENT = "event"
    PROMISE = "promise"
    MESSAGE = "message"
    MONEY = "money"
    WORDS = "words"
    ANSWER = "answer"


SOURCES: dict[Source, Any] = {
    Source.EVENT: _l("Steps"), Source.PROMISE: _l("Promises"), Source.MESSAGE: _l("Messages"), Source.MONEY: _l("Money"),
    Source.WORDS: _l("Conversation"), Source.ANSWER: _l("Answers and notes"),
}


class Tone(StrEnum):
    """How it was for the member."""

    PLAIN = ""
    GOOD = "ok"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing on the line, or several of one moment told as one, which `parts` names.

    `other_pid` is the random id of another member's trip that caused it.
    """

    at: datetime
    source: Source
    title: str
    detail: str = ""
    expected: str = ""
    actual: str = ""
    tone: Tone = Tone.PLAIN
    on_trip: bool = False
    other_pid: UUID | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when the line goes, and which trip stands out on it."""

    since: datetime
    until: datetime
    reservation_id: int | None
    trip_pid: str | None
    member_pid: UUID | None


Sent = Callable[[int, datetime, datetime], Sequence[Any]]


def replay(case: Case, *, seal: Seal, messages_to: Sent | None, now: datetime, far: bool = False) -> list[Moment]:
    """Everything around the case, oldest first; `far` goes back 90 days before it. Of steps the newest 400.

    `messages_to` tells what was written to the member (portal.messages.sent), for rooms below that one.
    """
    span = _span(case, now, far)
    found = [*_events(span), *_promises(case, span, seal), *_money(case, span), *_words(case, seal),
             *_answers(case, span, seal), *(_messages(case, span, messages_to) if messages_to else ())]
    return sorted(found, key=lambda each: (each.at, list(Source).index(each.source)))


def trouble_of(case: Case, every: Sequence[Moment]) -> datetime:
    """When what the case is about began: the first bad thing on its trip, or in the day before somebody heard of it."""
    bad = (one.at for one in every if one.tone is Tone.BAD and one.at <= case.opened_at
           and (one.on_trip or one.at > case.opened_at - A_DAY))
    return min(bad, default=case.opened_at)


def _span(case: Case, now: datetime, far: bool) -> Span:
    booked_at = db.session.scalar(select(Reservation.booked_at).where(Reservation.id == case.reservation_id))
    pids = {kind: pid for kind, pid in db.session.execute(select(Identity.kind, Identity.pid).where(or_(
        (Identity.kind == "member") & (Identity.ref == case.member_id),
        (Identity.kind == "trip") & (Identity.ref == (case.reservation_id or 0)))))}
    begins = min(case.opened_at, booked_at or case.opened_at) - (LONG if far else AROUND)
    trip = pids.get("trip")
    return Span(begins, now + timedelta(seconds=1), case.reservation_id, str(trip) if trip else None, pids.get("member"))


def _events(span: Span) -> Iterator[Moment]:
    if span.member_pid is None:
        return
    newest = (select(Event.id).where(Event.member_pid == span.member_pid, Event.time >= span.since, Event.time < span.until)
              .order_by(Event.time.desc()).limit(MOST_EVENTS))
    for event in db.session.scalars(select(Event).where(Event.id.in_(newest)).order_by(Event.time, Event.id)):
        step = STEPS[Step(event.step)].label if event.step in set(Step) else event.step
        typed = event.error_code == TYPED
        phase = _("the form came back to be corrected") if typed else PHASE_LABELS[Phase(event.phase)]
        yield Moment(
            event.time, Source.EVENT, _("%(step)s: %(phase)s", step=step, phase=phase),
            ", ".join(_said_of(event)), _measure(event.expected, event.unit), _measure(event.actual, event.unit),
            Tone.PLAIN if typed else _tone_of(event.phase),
            on_trip=span.trip_pid is not None and event.journey_id == span.trip_pid)


def _said_of(event: Event) -> Iterable[str]:
    if event.error_code and event.error_code != TYPED:
        yield _("reason %(code)s", code=code_words(event.error_code) or event.error_code)
    if event.attempt > 1:
        yield _("try %(number)d", number=event.attempt)
    if event.actor != "member":
        yield _("by %(actor)s", actor=event.actor)


def _measure(value: float | None, unit: str | None) -> str:
    if value is None:
        return ""
    if unit == "cents":
        return cents(int(value))
    return f"{number(round(value, 1))} {unit or ''}".strip()


def _tone_of(phase: str) -> Tone:
    return {Phase.SUCCEEDED: Tone.GOOD, Phase.REFUSED: Tone.BAD, Phase.FAILED: Tone.BAD, Phase.ABANDONED: Tone.BAD,
            Phase.UNDONE: Tone.BAD}.get(Phase(phase), Tone.PLAIN)


def _near(at: Any, span: Span) -> ColumnElement[bool]:
    return (at >= span.since) & (at < span.until)


def _promises(case: Case, span: Span, seal: Seal) -> Iterator[Moment]:
    about = Promise.reservation_id == span.reservation_id if span.reservation_id else Promise.id.is_(None)
    found = db.session.scalars(select(Promise).where(
        Promise.member_id == case.member_id, or_(about, _near(Promise.minted_at, span))).order_by(Promise.id)).all()
    causes = _pids_of_trips([promise.cause_reservation_id for promise in found if promise.cause_reservation_id])
    yield from _promised(found, span, seal)
    for promise in found:
        on_trip = _is_trip(promise.reservation_id, span)
        if promise.settled_at is not None:
            yield Moment(
                promise.settled_at, Source.PROMISE, _settled(promise), happened(promise),
                _measure(promise.expected, promise.unit), _measure(promise.actual, promise.unit),
                _tone_of_promise(promise.state), on_trip,
                causes.get(promise.cause_reservation_id or 0))


def _promised(found: Sequence[Promise], span: Span, seal: Seal) -> Iterator[Moment]:
    """What was promised; what was promised together with a booking is one thing."""
    together: dict[tuple[datetime, int | None], list[Promise]] = {}
    for promise in found:
        together.setdefault((promise.minted_at, promise.reservation_id), []).append(promise)
    for (at, reservation_id), promises in together.items():
        told = [(seal.read(one.words_sealed) or says(one), _("by %(time)s", time=moment(one.due_at)) if one.due_at else "")
                for one in promises]
        on_trip = _is_trip(reservation_id, span)
        if reservation_id is None or len(told) == 1:
            for words, due in told:
                yield Moment(at, Source.PROMISE, _("We promised: %(words)s", words=words), due, on_trip=on_trip)
        else:
            yield Moment(at, Source.PROMISE, _("We promised %(count)s things about one trip", count=number(len(told))),
                         on_trip=on_trip, parts=tuple(", ".join(filter(None, each)) for each in told))


def _settled(promise: Promise) -> str:
    return {PromiseState.KEPT: _("Kept: %(words)s", words=says(promise)),
            PromiseState.BROKEN: _("Broken: %(words)s", words=says(promise)),
            PromiseState.WAIVED: _("Not counted: %(words)s", words=says(promise))}[PromiseState(promise.state)]


def _tone_of_promise(state: str) -> Tone:
    return {PromiseState.KEPT: Tone.GOOD, PromiseState.BROKEN: Tone.BAD}.get(PromiseState(state), Tone.PLAIN)


def _pids_of_trips(trips: list[int]) -> dict[int, UUID]:
    return {ref: pid for ref, pid in db.session.execute(
        select(Identity.ref, Identity.pid).where(Identity.kind == "trip", Identity.ref.in_(trips)))}


def _messages(case: Case, span: Span, messages_to: Sent) -> Iterator[Moment]:
    for sent in messages_to(case.member_id, span.since, span.until):
        read = _("read %(time)s", time=moment(sent.read_at)) if sent.read_at else _("not opened in the inbox")
        yield Moment(sent.at, Source.MESSAGE, _("We wrote: %(subject)s", subject=sent.subject), read)


def _money(case: Case, span: Span) -> Iterator[Moment]:
    about = LedgerRow.reservation_id == span.reservation_id if span.reservation_id else LedgerRow.id.is_(None)
    for row in db.session.scalars(select(LedgerRow).where(
            LedgerRow.member_id == case.member_id, or_(about, _near(LedgerRow.at, span))).order_by(LedgerRow.id)):
        if has_words(row.code):
            yield Moment(row.at, Source.MONEY, label(row), actual=cents(row.amount.cents),
                         on_trip=span.reservation_id is not None and row.reservation_id == span.reservation_id)


def _words(case: Case, seal: Seal) -> Iterator[Moment]:
    if case.conversation_id is None:
        return
    for entry in db.session.scalars(select(Entry).where(
            Entry.conversation_id == case.conversation_id, Entry.author != Author.SYSTEM).order_by(Entry.id)):
        who = _("The member") if entry.author == Author.MEMBER else _("A note of ours") if entry.internal else _("We")
        yield Moment(entry.at, Source.WORDS, who, _quoted(seal.read(entry.words_sealed)))


def _quoted(words: str | None) -> str:
    if words is None:
        return _("sealed with a key we no longer have")
    return _("“%(words)s”", words=words) if words else ""


def _answers(case: Case, span: Span, seal: Seal) -> Iterator[Moment]:
    for answer in db.session.scalars(select(Answer).where(
            Answer.member_id == case.member_id, _near(Answer.at, span)).order_by(Answer.at)):
        scale, asked = SCALES[Ask(answer.metric)], SOLICITATIONS.get(answer.solicitation)
        yield Moment(
            answer.at, Source.ANSWER, str(asked.question) if asked else answer.solicitation,
            _quoted(seal.read(answer.words_sealed)), actual=_("%(value)d of %(high)d", value=answer.value, high=scale.high),
            tone=Tone.BAD if scale.is_bad(answer.value) else Tone.PLAIN, on_trip=_is_trip(answer.reservation_id, span))
    for note in db.session.scalars(
            select(Note).where(Note.member_id == case.member_id, _near(Note.at, span)).order_by(Note.at)):
        step = STEPS[Step(note.step)].label if note.step in set(Step) else note.step
        yield Moment(note.at, Source.ANSWER, _("A note on “%(step)s”", step=step), _quoted(seal.read(note.words_sealed)),
                     tone={Mood.BAD: Tone.BAD, Mood.GOOD: Tone.GOOD}.get(Mood(note.mood), Tone.PLAIN),
                     on_trip=_is_trip(note.reservation_id, span))


def _is_trip(reservation_id: int | None, span: Span) -> bool:
    return span.reservation_id is not None and reservation_id == span.reservation_id
