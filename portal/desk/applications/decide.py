"""What a reviewer does with a matter, whether an application brings it or a licence alone: one transaction each, and only with
it on their own desk.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from core.database import db, transaction
from core.refusal import NotFound
from core.sealed import Seal
from portal.account.models import User
from portal.licence import review
from portal.licence.models import Licence, Side
from portal.signup import decide as signup
from portal.signup.models import Application, Verdict
from portal.signup.reasons import Reason


def take_on(*, matter_id: UUID, reviewer: User, now: datetime, instead_of: int | None = None) -> None:
    """Have it on the desk; `instead_of` is the colleague it is taken from. Raises NotFound, NotWaiting, TakenByAnother,
    DecidedByYou and OwnApplication."""
    with transaction():
        found = _matter(matter_id)
        if isinstance(found, Application):
            signup.take(application=found, reviewer=reviewer, now=now, instead_of=instead_of)
        else:
            review.take(licence=found, reviewer=reviewer, instead_of=instead_of)


def put_down(*, matter_id: UUID, reviewer: User) -> None:
    """Back into the queue. Raises NotFound, NotWaiting and TakenByAnother."""
    with transaction():
        found = _matter(matter_id)
        if isinstance(found, Application):
            signup.put_back(application=found, reviewer=reviewer)
        else:
            review.put_back(licence=found, reviewer=reviewer)


def approve(*, matter_id: UUID, words: str, reviewer: User, seal: Seal, now: datetime, instead_of: int | None = None) -> None:
    """They drive from now on, or go on driving. Raises as `take_on` does."""
    with transaction():
        take_on(matter_id=matter_id, reviewer=reviewer, now=now, instead_of=instead_of)
        found, answer = _matter(matter_id), _sealed(words, seal)
        if isinstance(found, Application):
            signup.decide(application=found, verdict=Verdict.APPROVED, reasons=(), reviewer=reviewer, now=now, answer=answer)
        else:
            review.accept(licence=found, reviewer=reviewer, now=now, answer=answer)


def refuse(*, matter_id: UUID, reasons: Collection[Reason], words: str, reviewer: User, seal: Seal, now: datetime,
           instead_of: int | None = None) -> None:
    """They read the reasons and the words. Raises as `take_on` does, and NeedsReason."""
    with transaction():
        take_on(matter_id=matter_id, reviewer=reviewer, now=now, instead_of=instead_of)
        found, answer = _matter(matter_id), _sealed(words, seal)
        if isinstance(found, Application):
            signup.decide(application=found, verdict=Verdict.REFUSED, reasons=reasons, reviewer=reviewer, now=now,
                          answer=answer)
        else:
            review.turn_down(licence=found, reasons=[str(reason) for reason in reasons], reviewer=reviewer, now=now,
                             answer=answer)


def ask_picture(*, matter_id: UUID, side: Side, reason: Reason, words: str, reviewer: User, seal: Seal, now: datetime,
                instead_of: int | None = None) -> None:
    """Have one picture taken anew; everything else stays as it was sent. Raises as `take_on` does, and NeedsReason."""
    with transaction():
        take_on(matter_id=matter_id, reviewer=reviewer, now=now, instead_of=instead_of)
        found, answer = _matter(matter_id), _sealed(words, seal)
        if isinstance(found, Application):
            signup.send_back(application=found, reasons=[reason], reviewer=reviewer, now=now, answer=answer, retake=side)
        else:
            review.ask_again(licence=found, reason=str(reason), reviewer=reviewer, now=now, answer=answer, retake=side)


def _matter(matter_id: UUID) -> Application | Licence:
    found = db.session.get(Application, matter_id) or db.session.get(Licence, matter_id)
    if found is None:
        raise NotFound(matter_id=matter_id)
    return found


def _sealed(words: str, seal: Seal) -> str | None:
    return seal.close_words(words) if words else None
