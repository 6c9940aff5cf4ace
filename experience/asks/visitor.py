"""What a visitor uses and hopes for, told before there is an account; when there is one, it is theirs, and asked no more."""

from datetime import datetime

from sqlalchemy import select, update

from core.database import db, transaction
from core.ids import new_id
from core.sealed import Seal
from experience.asks.gate import Verdict, Why
from experience.asks.in_force import rules_at
from experience.asks.log import log_suppressed
from experience.asks.models import Expectation, Heard, Hope, Means, Stage
from experience.journey import Step
from experience.record.observe import observe

QUESTION = "before_joining"


def may_be_asked(now: datetime) -> bool:
    """Whether the question is not paused."""
    return bool(rules_at(now)[f"active_{QUESTION}"])


def tell_as_visitor(*, session_id: str, means: Means | None, hope: Hope | None, heard: Heard | None, words: str, seal: Seal,
                    now: datetime) -> None:
    """Keep what they said, by their visit; again in the same visit it replaces the first. Saying nothing keeps nothing."""
    if not (means or hope or heard or words):
        return
    with observe(Step.STAY_PULSE) as seen, transaction():
        told = db.session.scalar(select(Expectation).where(
            Expectation.session_id == session_id, Expectation.member_id.is_(None), Expectation.stage == Stage.JOINING))
        if told is None:
            told = Expectation(id=new_id(), at=now, stage=Stage.JOINING, session_id=session_id)
            db.session.add(told)
        told.means, told.hope, told.heard = means, hope, heard
        told.words_sealed = seal.close_words(words) if words else None
        said = {"means": means, "hope": hope, "heard": heard}
        seen.note(about=Step.JOIN_APPLY, **{key: str(value) for key, value in said.items() if value})


def is_theirs_now(*, session_id: str, member_id: int, now: datetime) -> None:
    """The visitor has an account: what they said in this visit is theirs, and they are not asked again."""
    with transaction():
        db.session.execute(update(Expectation).where(
            Expectation.session_id == session_id, Expectation.member_id.is_(None)).values(member_id=member_id))
        log_suppressed(member_id=member_id, solicitation=QUESTION, at=now, once=f"{QUESTION}-{member_id}",
                       verdict=Verdict(Why.SENT_ALREADY, rules_at(now).version))
