"""A case comes to its end: with an outcome, said to the member, and a day later the one question how that was."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from core.database import db, transaction
from core.outbox import Job, post
from core.sealed import Seal
from core.time import now as service_now
from experience.cases.change import case_to_change, enter, the_case, was_done
from experience.cases.conversation import end_conversation
from experience.cases.loose_ends import tie_up
from experience.cases.models import Act, Case, CauseCode, End, Outcome, State
from experience.cases.remedy import adjustments_of
from experience.journey import Step
from experience.record.observe import observe
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member
from portal.billing.payers.payer_of import locked
from reservations.booking.models import Reservation


def close(*, case_id: UUID, outcome: Outcome, cause: CauseCode, words: str, by_user_id: int, seen: int, once: str, seal: Seal,
          now: datetime, seen_entry: int | None = None, ends: Mapping[UUID, End] | None = None) -> Case:
    """Close the case with its outcome and, in the member's inbox and mail, what came of it.

    `seen_entry` is the newest entry of the conversation that was on the page: nothing is closed over a word that nobody
    has read. `ends` says what becomes of each promise and sum that is open. The same form posted again changes nothing.
    Raises as case_to_change(), LooseEnds and WroteMeanwhile.
    """
    with transaction():
        for payer_id in sorted({one.payer_id for one in adjustments_of(case_id)}):
            locked(payer_id)  # first, as everybody does who moves money
        if was_done(once):
            return the_case(case_id)
        case = case_to_change(case_id, by_user_id=by_user_id, seen=seen)
        tie_up(case, ends or {}, words=words, by_user_id=by_user_id, seal=seal, now=now)
        case.state, case.outcome, case.cause_code, case.closed_at = State.CLOSED, outcome, cause, now
        case.first_reply_at = case.first_reply_at or now
        enter(case, Act.CLOSED, now=now, by_user_id=by_user_id, words=words, seal=seal, once=once,
              facts={"outcome": str(outcome), "cause": str(cause)})
        if not end_conversation(case, by_user_id, seen_entry, now):
            _resolved(case, now)
        key = f"{case.id}-{case.reopened}"
        post("case_closed", member_id=case.member_id, due=now, once=f"case_closed-{key}", case_id=str(case.id),
             reopened=case.reopened, reservation_id=case.reservation_id)
        post("case_closing", member_id=case.member_id, once=f"case_closing-{key}", case_id=str(case.id),
             due=now + timedelta(minutes=policies_at(now)["case_closing_ask"].value), reopened=case.reopened)
    return case


def _resolved(case: Case, now: datetime) -> None:
    """Record the step of a case without a conversation: nobody had to contact us."""
    trip = db.session.get(Reservation, case.reservation_id) if case.reservation_id is not None else None
    with observe(Step.HELP_RESOLVE, member=db.session.get_one(Member, case.member_id), trip=trip) as step:
        step.measured(0, "contacts", expected=1)


def ask_how_it_was(job: Job) -> None:
    """Handle the outbox's `case_closing`: hand the closing ask to the gate, unless the case was opened again meanwhile."""
    case = the_case(UUID(job.facts["case_id"]))
    if case.state != State.CLOSED or case.reopened != job.facts["reopened"]:
        return
    with transaction():
        post("ask", member_id=case.member_id, due=min(job.due_at, service_now()),
             once=f"ask-case-{case.id}-{case.reopened}", solicitation="case_closing", step=str(Step.HELP_RESOLVE),
             reservation_id=case.reservation_id, subject=f"case:{case.id}")
