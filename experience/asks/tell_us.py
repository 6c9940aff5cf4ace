"""A visitor who wants to join tells what they use and hope for: nobody is asked by name, so there is no ask to answer."""

from datetime import datetime

from sqlalchemy import select

from core.database import db, transaction
from core.ids import new_id
from core.sealed import Seal
from experience.asks.models import Expectation, Heard, Hope, Means, Stage
from experience.journey import Step
from experience.record.observe import observe


def tell_us(*, session_id: str, means: Means | None, hope: Hope | None, heard: Heard | None, words: str, seal: Seal,
            now: datetime) -> Expectation | None:
    """Keep it for the visit, for `its_their_own` to give it a member; once more in the same visit it replaces the first."""
    if not (means or hope or heard or words):
        return None
    with observe(Step.STAY_PULSE) as seen, transaction():
        told = db.session.scalar(select(Expectation).where(
            Expectation.session_id == session_id, Expectation.member_id.is_(None)).with_for_update())
        if told is None:
            told = Expectation(id=new_id(), at=now, stage=Stage.JOINING, session_id=session_id)
            db.session.add(told)
        told.means, told.hope, told.heard = means, hope, heard
        told.words_sealed = seal.close_words(words) if words else None
        db.session.flush()
        said = {"means": means, "hope": hope, "heard": heard}
        seen.note(about=str(Step.JOIN_APPLY), **{key: str(value) for key, value in said.items() if value})
    return told


def its_their_own(*, session_id: str, member_id: int) -> None:
    """What the visit told before it had an account is this member's now, within the transaction that makes the account."""
    with transaction():
        for told in db.session.scalars(select(Expectation).where(
                Expectation.session_id == session_id, Expectation.member_id.is_(None))):
            told.member_id = member_id
