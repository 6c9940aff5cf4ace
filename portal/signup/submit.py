"""Sending an application: from then on the clock of the decision runs, and a rule looks at it first."""

from datetime import datetime, timedelta

from core.database import db, transaction
from core.outbox import post
from experience.journey import Phase, Step
from experience.promises.kinds import PromiseKind
from experience.promises.mint import Promised, mint
from experience.record.observe import Seen, record
from fleet.tariffs.in_force import policies_at
from portal.signup.errors import NotWhole
from portal.signup.estimate import Estimate, keep_estimate
from portal.signup.models import Application, State
from portal.signup.plan import open_one
from portal.signup.progress import Part, done_of


def submit(*, application: Application, terms_version: str, texts: bool, now: datetime,
           estimate: Estimate | None = None) -> None:
    """Send it with the member's word on the terms and what the estimator said in this visit, if it was asked, and promise a
    decision. Sent twice it is sent once. Raises NotWhole, and OverAlready for one that was withdrawn or decided meanwhile."""
    with transaction():
        db.session.refresh(application, with_for_update={"of": Application})
        if application.state == State.SUBMITTED:
            return
        held = open_one(application)
        if done_of(held, texts=texts) != frozenset(Part) - {Part.REVIEW}:
            raise NotWhole()
        minutes = policies_at(now)["join_decided"].value
        held.due_at = now + timedelta(minutes=minutes)
        held.state, held.terms_version, held.submitted_at = State.SUBMITTED, terms_version, now
        keep_estimate(held, estimate)
        held.reasons, held.doubts, held.answer_sealed, held.retake = [], [], None, None
        promise_decision(held, minutes, now)
        record(Seen(Step.JOIN_DECISION, held.member_id, None, journey=journey_of(held)), Phase.ENTERED)
        post("decide_application", member_id=held.member_id, due=now, once=f"decide-{held.id}-{now.isoformat()}",
             application_id=str(held.id))


def promise_decision(application: Application, minutes: int, now: datetime) -> None:
    """Promise a decision by its `due_at`, so many minutes from now, within the open transaction."""
    db.session.flush()
    mint(member_id=application.member_id, subject=subject_of(application), at=now,
         promised=[Promised(PromiseKind.DECISION, due_at=application.due_at, expected=minutes)])


def subject_of(application: Application) -> str:
    """What the promise of its decision is about."""
    return f"application:{application.id}"


def journey_of(application: Application) -> str:
    """What its decision belongs to: it comes from outside of the visit."""
    return f"application-{application.id}"
