"""Right after the tap a member says why: once, and the answer stays as it is."""

from datetime import datetime
from uuid import UUID

from core.card_numbers import mask_cards
from core.database import db, transaction
from core.refusal import NotFound
from core.sealed import Seal
from experience.asks.answer import Who, answer_of, hold_ask, may_change, the_ask, trip_of_ask
from experience.asks.errors import LinkIsUsed
from experience.asks.models import Answer
from experience.journey import Step
from experience.record.observe import observe


def may_say_why(answer: Answer, now: datetime) -> bool:
    """Whether an answer has no reason yet, and is fresh enough for one."""
    return answer.words_sealed is None and may_change(answer, now)


def add_why(*, ask_id: UUID, words: str, seal: Seal, now: datetime) -> Answer:
    """Keep the reason, sealed, with the answer; the same one again is kept once. Raises NotFound and LinkIsUsed."""
    asked = the_ask(ask_id)
    with observe(Step.STAY_PULSE, member=Who(asked.member_id), trip=trip_of_ask(asked)) as seen, transaction():
        answer = answer_of(hold_ask(ask_id, now))
        if answer is None:
            raise NotFound()
        if not words or seal.read(answer.words_sealed) == mask_cards(words):
            seen.was_repeated()
            return answer
        if not may_say_why(answer, now):
            raise LinkIsUsed()
        answer.words_sealed, answer.changed_at = seal.close_words(words), now
        db.session.flush()
        seen.note(about=answer.step, metric=answer.metric, score=answer.value, changed=1)
    return answer
