"""Against a refusal: one appeal, heard by somebody else; and withdrawing, as long as nothing is decided."""

from datetime import datetime, timedelta

from core.database import db, transaction
from core.sealed import Seal
from experience.journey import Phase, Step
from experience.promises.kinds import Cause, Outcome, PromiseKind
from experience.promises.settle import settle
from experience.record.observe import Seen, record
from fleet.tariffs.in_force import policies_at
from portal.signup.errors import NoAppeal, OverAlready
from portal.signup.licence import hear_licence_again
from portal.signup.models import STILL_GOING, Application, State
from portal.signup.reasons import Reason
from portal.signup.submit import journey_of, promise_decision, subject_of


def appeal(*, application: Application, words: str, seal: Seal, now: datetime) -> None:
    """Have a refusal looked at again, by a reviewer who did not make it, within the same time. Raises NoAppeal for the second
    time and for anything that is no refusal."""
    with transaction():
        held = db.session.get_one(Application, application.id, with_for_update={"of": Application}, populate_existing=True)
        if not may_appeal(held):
            raise NoAppeal()
        minutes = policies_at(now)["join_decided"].value
        held.first_decided_by_id = held.decided_by_id
        held.decided_by_id = held.decided_by_rule = held.decided_at = None
        held.state, held.appealed_at, held.appeal_sealed = State.SUBMITTED, now, seal.close_words(words)
        held.doubts, held.reapply_on, held.due_at = [str(Reason.APPEAL)], None, now + timedelta(minutes=minutes)
        hear_licence_again(held.member_id)
        promise_decision(held, minutes, now)
        record(Seen(Step.JOIN_DECISION, held.member_id, None, journey=journey_of(held)), Phase.ENTERED)


def may_appeal(application: Application) -> bool:
    """Whether there is a refusal that was not appealed."""
    return application.state == State.REFUSED and application.appealed_at is None


def withdraw_application(*, application: Application, now: datetime) -> None:
    """End it without a decision; they may apply again at once. Twice is once. Raises OverAlready for one that is decided."""
    with transaction():
        held = db.session.get_one(Application, application.id, with_for_update={"of": Application}, populate_existing=True)
        if held.state == State.WITHDRAWN:
            return
        if held.state not in STILL_GOING:
            raise OverAlready()
        held.state, held.taken_by_id, held.taken_at = State.WITHDRAWN, None, None
        settle(kind=PromiseKind.DECISION, outcome=Outcome.WAIVED, at=now, subject=subject_of(held), cause=Cause.MEMBER,
               evidence={"application": str(held.id)})
        record(Seen(Step.JOIN_DECISION, held.member_id, None, journey=journey_of(held)), Phase.UNDONE)
