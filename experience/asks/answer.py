"""A member answers, or says "not now"; within the hour they may change their mind."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from core.card_numbers import mask_cards
from core.database import db, transaction
from core.ids import new_id
from core.outbox import post
from core.refusal import NotFound
from core.sealed import Seal
from experience.asks.errors import AnsweredAlready, AskIsOver, LinkIsUsed, OffTheScale
from experience.asks.history import hold_member
from experience.asks.log import log_of
from experience.asks.models import Answer, AskRow, AskState, Expectation, Heard, Hope, Logged, Means
from experience.asks.scale import SCALES
from experience.asks.solicitations import MAIL, SOLICITATIONS
from experience.asks.wording import wording_of
from experience.journey import Ask, Step
from experience.record.observe import Seen, observe

MAY_CHANGE = timedelta(hours=1)
MOST_WORDS = 1000


class Who:
    """What `observe` needs of a member or a trip: its id."""

    def __init__(self, ref: int) -> None:
        self.id = ref


def the_ask(ask_id: UUID, member_id: int | None = None) -> AskRow:
    """An ask, and when a member is named only theirs. Raises NotFound."""
    found = db.session.get(AskRow, ask_id)
    if found is None or (member_id is not None and found.member_id != member_id):
        raise NotFound()
    return found


def answer_of(ask: AskRow) -> Answer | None:
    """What was answered, if anything."""
    return db.session.scalar(select(Answer).where(Answer.ask_id == ask.id))


def may_change(answer: Answer, now: datetime) -> bool:
    return now < answer.at + MAY_CHANGE


def answer_ask(*, ask_id: UUID, value: int, words: str, channel: str, locale: str, seal: Seal, now: datetime) -> Answer:
    """Keep the answer, its words sealed, beside the event that it was given; again within the hour it replaces the first.

    By mail no answer is replaced, because a letter is passed on. A bad one opens a case.
    Raises NotFound, OffTheScale, AskIsOver, AnsweredAlready and LinkIsUsed.
    """
    asked, words = the_ask(ask_id), mask_cards(words)
    if asked.metric is None or value not in SCALES[Ask(asked.metric)].values:
        raise OffTheScale()
    with observe(Step.STAY_PULSE, member=Who(asked.member_id), trip=trip_of_ask(asked)) as seen, transaction():
        ask = hold_ask(ask_id, now)
        answer = answer_of(ask)
        if answer is not None:
            if channel != MAIL and not may_change(answer, now):
                raise AnsweredAlready()
            if answer.value == value and words in ("", seal.read(answer.words_sealed)):
                seen.was_repeated()
                return answer
            if channel == MAIL:
                raise LinkIsUsed()
            answer.value, answer.changed_at = value, now
            answer.words_sealed = seal.close_words(words) if words else answer.words_sealed
        elif channel == MAIL and ask.state == AskState.DISMISSED:
            raise AskIsOver()
        else:
            answer = _first(ask, seen, value, words, channel, locale, seal, now)
        db.session.flush()
        seen.note(about=ask.step, metric=ask.metric, score=value, changed=int(answer.changed_at is not None),
                  **{key: fact for key, fact in ask.facts.items() if key != "trip_id" and fact is not None})
        _open_case(answer, ask)
    return answer


def _first(ask: AskRow, seen: Seen, value: int, words: str, channel: str, locale: str, seal: Seal, now: datetime) -> Answer:
    _end(ask, AskState.ANSWERED, channel, now)
    facts = ask.facts
    answer = Answer(
        id=new_id(), ask_id=ask.id, event_id=seen.event_id, at=now, member_id=ask.member_id, solicitation=ask.solicitation,
        metric=ask.metric, step=ask.step, value=value, words_sealed=seal.close_words(words) if words else None,
        reservation_id=facts.get("trip_id"), car_id=facts.get("car_id"), lot_id=facts.get("lot_id"),
        car_class=facts.get("car_class"), plan=facts.get("plan") or None, locale=locale,
        wording_version=wording_of(ask.solicitation, locale, now).version, probability=ask.probability, channel=channel)
    db.session.add(answer)
    log_of(ask, Logged.ANSWERED, now, channel)
    return answer


def _open_case(answer: Answer, ask: AskRow) -> None:
    """Somebody is to look after whoever answered badly."""
    scale = SCALES[Ask(answer.metric)]
    if scale.is_bad(answer.value):
        post("open_case", member_id=answer.member_id, once=f"case-{scale.case_rule}-{answer.id}", rule=scale.case_rule,
             step=answer.step, reservation_id=answer.reservation_id, about=f"answer:{answer.id}")


def dismiss_ask(*, ask_id: UUID, channel: str, now: datetime) -> AskRow:
    """Not now. What was answered stays answered, and twice is once. Raises NotFound, AskIsOver and LinkIsUsed."""
    with transaction():
        ask = hold_ask(ask_id, now, dismissing=True)
        if channel == MAIL and ask.state == AskState.ANSWERED:
            raise LinkIsUsed()
        if ask.state not in (AskState.DISMISSED, AskState.ANSWERED):
            _end(ask, AskState.DISMISSED, channel, now)
            db.session.flush()
            log_of(ask, Logged.DISMISSED, now, channel)
    return ask


def tell_before(*, ask_id: UUID, means: Means | None, hope: Hope | None, heard: Heard | None, words: str, channel: str,
                session_id: str | None, seal: Seal, now: datetime) -> Expectation | None:
    """Keep what somebody used and hoped for; saying nothing is "not now". Again within the hour it replaces the first.

    Raises NotFound, AskIsOver and AnsweredAlready.
    """
    if not (means or hope or heard or words):
        dismiss_ask(ask_id=ask_id, channel=channel, now=now)
        return None
    asked = the_ask(ask_id)
    stage = SOLICITATIONS[asked.solicitation].stage
    if not stage:
        raise NotFound()
    with observe(Step.STAY_PULSE, member=Who(asked.member_id), trip=trip_of_ask(asked)) as seen, transaction():
        ask = hold_ask(ask_id, now)
        told = db.session.scalar(select(Expectation).where(Expectation.ask_id == ask_id))
        if told is not None and now >= told.at + MAY_CHANGE:
            raise AnsweredAlready()
        if told is None:
            _end(ask, AskState.ANSWERED, channel, now)
            told = Expectation(id=new_id(), at=now, stage=stage, member_id=ask.member_id, session_id=session_id, ask_id=ask_id)
            db.session.add(told)
            log_of(ask, Logged.ANSWERED, now, channel)
        told.means, told.hope, told.heard = means or told.means, hope or told.hope, heard or told.heard
        told.words_sealed = seal.close_words(words) if words else told.words_sealed
        db.session.flush()
        said = {"means": means, "hope": hope, "heard": heard}
        seen.note(about=ask.step, **{key: str(value) for key, value in said.items() if value})
    return told


def hold_ask(ask_id: UUID, now: datetime, *, dismissing: bool = False) -> AskRow:
    """The ask, fresh, with its member held. Raises AskIsOver when nothing can be said to it any more."""
    hold_member(the_ask(ask_id).member_id, now)
    ask = db.session.get_one(AskRow, ask_id, populate_existing=True)
    if ask.state == AskState.ANSWERED or (dismissing and ask.state == AskState.DISMISSED):
        return ask
    late = ask.state == AskState.DISMISSED and (ask.closed_at is None or now >= ask.closed_at + MAY_CHANGE)
    if now >= ask.expires_at or late:
        raise AskIsOver()
    return ask


def _end(ask: AskRow, state: AskState, channel: str, now: datetime) -> None:
    if ask.shown_at is None:  # answered before anything told us that it was seen
        ask.shown_at, ask.shown_by = now, channel
    ask.state, ask.closed_at = state, now


def trip_of_ask(ask: AskRow) -> Who | None:
    trip_id = ask.facts.get("trip_id")
    return Who(trip_id) if trip_id else None
