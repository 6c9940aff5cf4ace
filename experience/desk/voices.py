"""Voices: notes, answers and conversations in one list, narrowed by what is known of them, and searched in their words.

Words are sealed, so no database can search them: the newest within the filters are opened, up to a bound, and the page
says how many that were.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import Select, String, and_, cast, func, literal, null, select, union_all

from core.database import db
from core.sealed import Seal
from experience.asks.models import Answer, Mood, Note, Tag
from experience.desk.filters import Period, id_of, one_of
from experience.desk.pages import SIZE
from experience.insight.window import fact
from experience.journey import STEPS, Stage, Step, steps_of
from experience.record.models import Identity
from portal.help.models import Author, Conversation, Entry
from reservations.booking.models import Reservation

MOST_OPENED = 2000  # words opened for one search: a second's work
SOURCES = ("note", "answer", "conversation", "compliment")
SCORES = ("low", "middle", "high")
OF_SCALE = {"ease": (3, 5), "satisfaction": (2, 3), "expectation": (2, 3), "recommend": (6, 8), "verify": (0, 0)}


@dataclass(frozen=True, slots=True)
class VoiceFilters(Period):
    """Where, about what, how, how good, and with which words in it."""

    source: str | None = None
    where: str | None = None
    lot: int | None = None
    car: int | None = None
    tag: str | None = None
    mood: str | None = None
    score: str | None = None
    q: str | None = None

    @classmethod
    def of(cls, args: Mapping[str, str]) -> Self:
        return cls(**cls.read(args), source=one_of(args.get("source"), SOURCES),
                   where=one_of(args.get("where"), [*Stage, *Step]), lot=id_of(args.get("lot")),
                   car=id_of(args.get("car")), tag=one_of(args.get("tag"), Tag),
                   mood=one_of(args.get("mood"), Mood), score=one_of(args.get("score"), SCORES),
                   q=" ".join(args.get("q", "").split())[:80] or None)

    @property
    def steps(self) -> list[str] | None:
        if self.where is None:
            return None
        return [str(step) for step in steps_of(Stage(self.where))] if self.where in set(Stage) else [self.where]


@dataclass(frozen=True, slots=True)
class Voice:
    """Something that was said: where it stands, of whom (a random id), and how."""

    source: str
    ref: str
    at: datetime
    step: str | None
    member: Any
    lot_id: int | None
    car_id: int | None
    mood: str | None
    tag: str | None
    metric: str | None
    value: int | None
    kind: str | None
    sealed: str | None
    words: str | None = ""


@dataclass(frozen=True, slots=True)
class Voices:
    """All that fit the filters but for the words, the newest first."""

    filters: VoiceFilters
    now: datetime

    def select(self) -> Select[Any]:
        wanted = {"note": self._notes, "answer": self._answers, "conversation": self._conversations}
        source = "conversation" if self.filters.source == "compliment" else self.filters.source
        parts = [make() for name, make in wanted.items() if source in (None, name)]
        said = union_all(*parts).subquery()
        query = (select(said, Identity.pid)
                 .outerjoin(Identity, and_(Identity.kind == "member", Identity.ref == said.c.member_id))
                 .order_by(said.c.at.desc(), said.c.ref.desc()))
        if self.filters.lot is not None:
            query = query.where(said.c.lot == str(self.filters.lot))
        if self.filters.car is not None:
            query = query.where(said.c.car == str(self.filters.car))
        return query

    def count(self) -> Select[Any]:
        return select(func.count()).select_from(self.select().order_by(None).subquery())

    def _spans(self, column: Any) -> list[Any]:
        since, until = self.filters.bounds(self.now)
        return [column >= since, column < until]

    def _at_step(self, column: Any) -> list[Any]:
        return [] if self.filters.steps is None else [column.in_(self.filters.steps)]

    def _none_of(self, *names: str) -> list[Any]:
        """A filter that this kind of voice does not know fits none of them."""
        return [literal(1) == literal(0)] if any(getattr(self.filters, name) is not None for name in names) else []

    def _notes(self) -> Select[Any]:
        wanted = [*self._spans(Note.at), *self._at_step(Note.step), *self._none_of("score")]
        wanted += [getattr(Note, name) == value for name in ("mood", "tag")
                   if (value := getattr(self.filters, name)) is not None]
        return _labelled("note", cast(Note.id, String), Note.at, Note.step, Note.member_id, fact(Note.facts, "lot_id"),
                         fact(Note.facts, "car_id"), Note.words_sealed, mood=Note.mood, tag=Note.tag).where(*wanted)

    def _answers(self) -> Select[Any]:
        wanted = [*self._spans(Answer.at), *self._at_step(Answer.step), *self._none_of("mood", "tag")]
        if self.filters.score is not None:
            wanted.append(_score_is(self.filters.score))
        return (_labelled("answer", cast(Answer.id, String), Answer.at, Answer.step, Answer.member_id,
                          cast(Reservation.lot_id, String), cast(Reservation.car_id, String), Answer.words_sealed,
                          metric=Answer.metric, value=cast(Answer.value, String))
                .select_from(Answer).outerjoin(Reservation, Reservation.id == Answer.reservation_id).where(*wanted))

    def _conversations(self) -> Select[Any]:
        """What members wrote in a conversation, each entry by itself."""
        wanted = [*self._spans(Entry.at), *self._at_step(Conversation.step), *self._none_of("mood", "tag", "score"),
                  Entry.author == str(Author.MEMBER), Entry.words_sealed.is_not(None)]
        if self.filters.source == "compliment":
            wanted.append(Conversation.kind == "compliment")
        return (_labelled("conversation", cast(Entry.id, String), Entry.at, Conversation.step, Conversation.member_id,
                          cast(func.coalesce(Conversation.lot_id, Reservation.lot_id), String),
                          cast(func.coalesce(Conversation.car_id, Reservation.car_id), String), Entry.words_sealed,
                          kind=Conversation.kind)
                .select_from(Entry).join(Conversation, Conversation.id == Entry.conversation_id)
                .outerjoin(Reservation, Reservation.id == Conversation.reservation_id).where(*wanted))


def _labelled(source: str, ref: Any, at: Any, step: Any, member_id: Any, lot: Any, car: Any, sealed: Any,
              **known: Any) -> Select[Any]:
    """One kind of voice with the columns of all, so that they can stand in one list."""
    columns = {"source": literal(source), "ref": ref, "at": at, "step": step, "member_id": member_id, "lot": lot, "car": car,
               "sealed": sealed} | {name: cast(null(), String) for name in ("mood", "tag", "metric", "value", "kind")} | known
    return select(*(column.label(name) for name, column in columns.items()))


def _score_is(score: str) -> Any:
    parts = []
    for metric, (low, middle) in OF_SCALE.items():
        of_metric = Answer.metric == metric
        if score == "low":
            parts.append(of_metric & (Answer.value <= low))
        elif score == "high":
            parts.append(of_metric & (Answer.value > middle))
        else:
            parts.append(of_metric & (Answer.value > low) & (Answer.value <= middle))
    whole = parts[0]
    for each in parts[1:]:
        whole |= each
    return whole


@dataclass(frozen=True, slots=True)
class Heard:
    """A page of voices, and how many there are; with a search, how many were opened of those that could be."""

    voices: list[Voice]
    total: int
    opened: int | None = None
    hits: int = 0
    more: bool = False


def heard(filters: VoiceFilters, page: int, seal: Seal, now: datetime) -> Heard:
    """The given page of voices, 50 long, with their words."""
    question = Voices(filters, now)
    total = db.session.scalar(question.count()) or 0
    skip = (page - 1) * SIZE
    if filters.q is None:
        rows = db.session.execute(question.select().limit(SIZE).offset(skip)).all()
        return Heard([_voice(row, seal.read(row.sealed)) for row in rows], total, more=skip + len(rows) < total)
    rows = db.session.execute(question.select().limit(MOST_OPENED)).all()
    hits = list(_with_words(rows, filters.q, seal))
    return Heard(hits[skip:skip + SIZE], total, opened=len(rows), hits=len(hits), more=len(hits) > skip + SIZE)


def _with_words(rows: Any, q: str, seal: Seal) -> Iterator[Voice]:
    wanted = q.casefold().split()
    for row in rows:
        words = seal.read(row.sealed) if row.sealed else None
        if words and all(word in words.casefold() for word in wanted):
            yield _voice(row, words)


def _voice(row: Any, words: str | None) -> Voice:
    return Voice(row.source, row.ref, row.at, row.step if row.step in STEPS else None, row.pid, _whole(row.lot),
                 _whole(row.car), row.mood, row.tag, row.metric, _whole(row.value), row.kind, row.sealed, words)


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() else None
