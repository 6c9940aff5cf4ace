"""What the letters about cases say: to the member the outcome, to colleagues links and counts and nobody's words."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.database import db
from core.outbox import Job
from core.sealed import Seal
from core.time import now
from experience.cases.change import the_case
from experience.cases.clock import clock_of
from experience.cases.models import Act, CaseEntry, Fix, Outcome, Severity, State
from experience.cases.words import OUTCOMES, SEVERITIES, clock_words
from experience.journey import STEPS, Step
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member

Facts = dict[str, Any]


def case_closed(job: Job, seal: Seal, site_url: str) -> Facts | None:
    """The outcome and the closing words; none when the case is open again."""
    case = the_case(UUID(job.facts["case_id"]))
    if case.state != State.CLOSED or case.reopened != job.facts["reopened"]:
        return None
    words = db.session.scalars(select(CaseEntry.words_sealed).where(
        CaseEntry.case_id == case.id, CaseEntry.act == Act.CLOSED).order_by(CaseEntry.id.desc()).limit(1)).one()
    return {"member": db.session.get_one(Member, case.member_id), "outcome": OUTCOMES[Outcome(case.outcome or "")],
            "step": STEPS[Step(case.step)].label, "words": seal.read(words), "days": policies_at(now())["case_reopen"].value,
            "link": f"{site_url}/inbox/conversations/{case.conversation_id}" if case.conversation_id
            else f"{site_url}/help/contact"}


def case_overdue(job: Job, site_url: str) -> Facts | None:
    """Which case, and by how much; none when somebody was faster than the mail."""
    case, at = the_case(UUID(job.facts["case_id"])), now()
    if case.state == State.CLOSED or case.due_at > at:
        return None
    return {"step": STEPS[Step(case.step)].label, "severity": SEVERITIES[Severity(case.severity)],
            "clock": clock_words(clock_of(case, at)), "mine": case.owner_id == job.facts["user_id"],
            "link": f"{site_url}/experience/cases/{case.id}"}


def you_said(job: Job, site_url: str) -> Facts | None:
    """What was published of a fix; none when it was taken off the page."""
    fix = db.session.get(Fix, UUID(job.facts["fix_id"]))
    if fix is None or fix.published is None:
        return None
    return {"member": db.session.get_one(Member, job.member_id), "said": fix.said, "did": fix.published,
            "link": f"{site_url}/you-said"}
