"""Leaving the line, and the end of a wait whose time has come."""

from datetime import datetime
from uuid import UUID

from core.database import db, transaction
from core.outbox import Job, post
from core.time import now as the_time
from experience.promises.kinds import Cause
from reservations.waitlist.answer import let_go, lock_wait, run_out
from reservations.waitlist.models import OfferState, Wait, WaitState
from reservations.waitlist.promise import heard_of_it, nothing_to_tell
from reservations.waitlist.queries import open_offer_of


def leave_waitlist(*, wait: Wait, now: datetime) -> Wait:
    """Wait no longer; what was held meanwhile goes on to the next one. Twice, or too late, changes nothing."""
    with transaction():
        lock_wait(wait)
        if wait.state == WaitState.WAITING:
            if (offer := open_offer_of(wait)) is not None:
                heard_of_it(wait, offer, now)
                let_go(offer, OfferState.DECLINED, now)
            nothing_to_tell(wait, Cause.MEMBER, now)
            wait.state, wait.ended_at = WaitState.LEFT, now
    return wait


def end_wait(job: Job) -> None:
    """Handle the outbox's `wait_over`, due at the wished start: a wait ends by itself, and its member is told."""
    wait, at = db.session.get_one(Wait, UUID(job.facts["wait_id"])), the_time()
    with transaction():
        lock_wait(wait)
        if wait.state != WaitState.WAITING or at < wait.starts_at:
            return
        offer = open_offer_of(wait)
        if offer is not None:  # its last moment was this one too, and its letter says enough
            run_out(offer, at)
        if wait.state == WaitState.WAITING:
            nothing_to_tell(wait, Cause.NOT_NEEDED, at)
            wait.state, wait.ended_at = WaitState.OVER, at
            if offer is None:
                post("wait_ended", member_id=wait.member_id, wait_id=str(wait.id))
