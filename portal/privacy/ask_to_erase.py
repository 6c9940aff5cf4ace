"""Somebody asks to be erased. It waits for the policy's days, in which they may cancel it."""

from datetime import datetime, timedelta

from sqlalchemy import select

from core.database import db, transaction
from core.ids import random_id
from core.outbox import Job, post
from core.time import now as clock
from experience.journey import Step
from experience.record.observe import observe
from fleet.tariffs.in_force import policies_at
from portal.account.hold import hold_user
from portal.account.models import User
from portal.privacy.errors import EraseNotYet, ErasureHasBegun
from portal.privacy.in_the_way import in_the_way_of_erasing
from portal.privacy.letters import addressee, tell
from portal.privacy.models import OPEN, Erasure, ErasureState
from portal.privacy.promise import promise_done, waive_withdrawn

NUMBER = "E{:06d}-{:06d}"


def ask_to_erase(*, user: User, now: datetime) -> Erasure:
    """Have it done after the policy's days; asked twice it is the same wish. Raises EraseNotYet.

    Its jobs carry no member: they outlive what is erased.
    """
    with observe(Step.MANAGE_EXPORT_ERASE, member=user.member) as seen, transaction():
        hold_user(user)
        before = open_erasure(user.id)
        if before is not None:
            seen.was_repeated()
            return before
        if in_the_way_of_erasing(user, now):
            raise EraseNotYet()
        drawn = random_id().int
        asked = Erasure(id=random_id(), number=NUMBER.format(drawn % 10**6, drawn // 10**6 % 10**6), user_id=user.id,
                        state=ErasureState.ASKED, asked_at=now, erased={}, kept={},
                        due_at=now + timedelta(days=policies_at(now)["erase_grace"].value))
        db.session.add(asked)
        db.session.flush()
        post("erase", due=asked.due_at, once=f"erase-{asked.id}", erasure_id=str(asked.id))
        promise_done(user, asked, now)
        tell(user, "erasure_asked", f"erasure_asked-{asked.id}", erasure_id=str(asked.id))
    return asked


def cancel_erasure(*, user: User, now: datetime) -> None:
    """Cancel it while it has not begun; when nothing is asked nothing happens. Raises ErasureHasBegun."""
    with transaction():
        asked = open_erasure(user.id, lock=True)
        if asked is None:
            return
        if asked.state != ErasureState.ASKED:
            raise ErasureHasBegun()
        asked.state, asked.cancelled_at = ErasureState.CANCELLED, now
        waive_withdrawn(user, asked, now)


def cancel_waiting(job: Job) -> None:
    """Handle `erasure_off`: somebody else was in this account, so what waits to be erased is cancelled. One that runs goes
    on: what is gone does not come back."""
    with transaction():
        user = addressee(job)
        asked = open_erasure(user.id, lock=True)
        if asked is not None and asked.state == ErasureState.ASKED:
            asked.state, asked.cancelled_at = ErasureState.CANCELLED, clock()
            waive_withdrawn(user, asked, asked.cancelled_at)


def open_erasure(user_id: int, *, lock: bool = False) -> Erasure | None:
    """The one that waits or runs, if any."""
    found = select(Erasure).where(Erasure.user_id == user_id, Erasure.state.in_(OPEN))
    return db.session.scalar(found.with_for_update(of=Erasure) if lock else found)
