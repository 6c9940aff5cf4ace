"""An application begins: once for an account, and again when the last one is over."""

from datetime import datetime

from core.database import db, take_turns, transaction
from core.ids import new_id
from experience.journey import Step
from experience.record.observe import observe
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member, MemberStatus
from portal.licence.models import Licence
from portal.signup.eligibility import Answers, LicenceFrom, Rules, look_at
from portal.signup.errors import NotEligible, NotYet, OverAlready
from portal.signup.estimate import Estimate, keep_estimate, kept_estimate
from portal.signup.models import STILL_GOING, Application, State
from portal.signup.queries import application_of
from portal.web.say import CITY_ZONE


def start_application(*, member: Member, answers: Answers, now: datetime, estimate: Estimate | None = None) -> Application:
    """Begin one, or bring what the open one says to these answers. `estimate`: what the estimator said in this visit.

    Raises NotEligible, NotYet (before the day from which on they may apply again) and OverAlready (it is sent, or they drive
    with us).
    """
    with observe(Step.JOIN_APPLY, member=member) as seen, transaction():
        take_turns(f"application of {member.id}")
        last = application_of(member.id)
        if last is not None and last.state == State.OPEN:
            seen.was_repeated()
        return begin(member=member, answers=answers, now=now, estimate=estimate)


def begin(*, member: Member, answers: Answers, now: datetime, estimate: Estimate | None = None) -> Application:
    """The same within the open transaction and the step around it. What the estimator said comes along from one application to
    the next."""
    today = now.astimezone(CITY_ZONE).date()
    member, last = db.session.get_one(Member, member.id), application_of(member.id)
    if member.status != MemberStatus.APPLICANT or (last is not None and last.state == State.SUBMITTED):
        raise OverAlready()
    if not look_at(answers, Rules.of(policies_at(now)), today).may_join:
        raise NotEligible()
    if last is not None and last.reapply_on is not None and today < last.reapply_on:
        raise NotYet()
    member.born_on = answers.born_on
    before = kept_estimate(last) if last is not None else None
    if last is None or last.state != State.OPEN:
        last = Application(id=new_id(), member_id=member.id, state=State.OPEN, started_at=now, doubts=[], reasons=[])
        db.session.add(last)
    last.held_since, last.licence_from, last.violation_on = answers.held_since, answers.licence_from, answers.violation_on
    for said in (before, estimate):
        keep_estimate(last, said)
    db.session.flush()
    return last


def answers_of(application: Application, licence: Licence | None = None) -> Answers | None:
    """What the application says, as the rules take it; None while the day of birth is not known. With a licence, the later of
    the two days counts since which it is held."""
    born_on, held_since = application.member.born_on, application.held_since
    if born_on is None:
        return None
    if licence is not None and licence.held_since is not None:
        held_since = max(held_since, licence.held_since)
    return Answers(born_on, held_since, LicenceFrom(application.licence_from), application.violation_on)


def may_start(member: Member, now: datetime) -> bool:
    """Whether this applicant may begin an application now: they have none, or the last one is over for long enough."""
    last, today = application_of(member.id), now.astimezone(CITY_ZONE).date()
    if member.status != MemberStatus.APPLICANT or (last is not None and last.state in STILL_GOING):
        return False
    return last is None or last.reapply_on is None or today >= last.reapply_on
