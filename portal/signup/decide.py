"""Deciding an application: a reviewer takes it, approves it, refuses it with reasons, or sends it back to be mended."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from core.database import db, transaction
from core.outbox import post
from core.refusal import Refusal
from experience.journey import Phase, Step
from experience.promises.kinds import Outcome, PromiseKind
from experience.promises.mint import Promised, mint
from experience.promises.models import Promise
from experience.promises.settle import settle
from experience.record.observe import Seen, record
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Policy
from portal.account.errors import ReviewersOnly
from portal.account.models import Member, MemberStatus, Role, User
from portal.billing.membership.charge import charge_rest_of_month
from portal.billing.membership.months import month_begin
from portal.licence.models import Side
from portal.signup.activate import begin_activation
from portal.signup.eligibility import Rules, look_at
from portal.signup.errors import DecidedByYou, NeedsReason, NotWaiting, OwnApplication, TakenByAnother
from portal.signup.estimate import BILLS, kept_estimate
from portal.signup.licence import let_licence_go, open_licence_again, shown, take_licence
from portal.signup.models import Application, State, Verdict
from portal.signup.reasons import REASONS, Reason
from portal.signup.start import answers_of
from portal.signup.submit import journey_of, subject_of
from portal.web.say import CITY_ZONE


def take(*, application: Application, reviewer: User, now: datetime, instead_of: int | None = None) -> None:
    """Have it on the reviewer's desk; `instead_of` is the colleague from whose desk it is taken. Raises NotWaiting,
    TakenByAnother, DecidedByYou, OwnApplication and ReviewersOnly."""
    with transaction():
        held = loaded(application)
        _check_reviewer(held, reviewer)
        if held.taken_by_id not in (None, reviewer.id, instead_of):
            raise TakenByAnother()
        if held.taken_by_id != reviewer.id:
            held.taken_by_id, held.taken_at = reviewer.id, now


def put_back(*, application: Application, reviewer: User) -> None:
    """Back into the queue, for whoever comes next. Raises NotWaiting and TakenByAnother."""
    with transaction():
        held = loaded(application)
        if held.taken_by_id not in (None, reviewer.id):
            raise TakenByAnother()
        held.taken_by_id = held.taken_at = None


def decide(*, application: Application, verdict: Verdict, reasons: Collection[Reason], reviewer: User, now: datetime,
           answer: str | None = None) -> None:
    """A reviewer's decision: the applicant drives from now on, or is told why not, both by letter. `answer` is a sentence to
    the applicant, sealed.

    Raises NotWaiting (decided meanwhile), NeedsReason (a refusal without one that may refuse), DecidedByYou (an appeal against
    their own decision), OwnApplication and ReviewersOnly (who runs the service sees no pictures, and decides by none).
    """
    if verdict is Verdict.REFUSED and not (reasons and all(REASONS[reason].refuses for reason in reasons)):
        raise NeedsReason()
    with transaction():
        held = loaded(application)
        _check_reviewer(held, reviewer)
        held.decided_by_id, held.answer_sealed = reviewer.id, answer
        conclude(held, verdict, reasons if verdict is Verdict.REFUSED else (), now)


def send_back(*, application: Application, reasons: Collection[Reason], reviewer: User, now: datetime,
              answer: str | None = None, retake: Side | None = None) -> None:
    """Back to the applicant, open again, with what to mend: reasons that all `sends_back`; with `retake` it is that one picture
    of the licence. `answer` is a sentence to the applicant, sealed. Raises as `decide` does.

    That is an answer: the promise of a decision is kept by it, and made anew when they send it again.
    """
    if not (reasons and all(REASONS[reason].sends_back for reason in reasons)):
        raise NeedsReason()
    with transaction():
        held = loaded(application)
        _check_reviewer(held, reviewer)
        held.state, held.reasons = State.OPEN, sorted(reasons)
        held.answer_sealed, held.retake = answer, retake
        held.taken_by_id = held.taken_at = None
        open_licence_again(held.member_id, held.reasons)
        _settle(held, now)
        db.session.flush()
        record(Seen(Step.JOIN_DECISION, held.member_id, None, journey=journey_of(held)), Phase.REFUSED, error_code="sent_back")
        post("application_sent_back", member_id=held.member_id, due=now, once=f"sent_back-{held.id}-{now.isoformat()}",
             application_id=str(held.id))


def conclude(held: Application, verdict: Verdict, reasons: Collection[Reason], now: datetime) -> None:
    """What a decision does, by whomever it is made, within the open transaction: the state, the membership and its
    first fee, the letter."""
    approved = verdict is Verdict.APPROVED
    held.state, held.decided_at, held.reasons = State(verdict), now, sorted(reasons)
    held.taken_by_id = held.taken_at = None
    member = db.session.get_one(Member, held.member_id, with_for_update={"of": Member}, populate_existing=True)
    if approved:
        assert held.plan is not None  # what is submitted is whole: a CHECK
        member.status, member.plan, member.joined_at = MemberStatus.ACTIVE, held.plan, now
        take_licence(member, held.decided_by_id, now)
        assert held.fee_cents is not None  # a plan was chosen at its fee: a CHECK
        assert held.fee_version is not None  # as above
        if (said := kept_estimate(held)) is not None and held.plan in said.cents:
            mint(member_id=member.id, subject=f"estimate:{held.id}", at=now, promised=[Promised(
                PromiseKind.ESTIMATE, due_at=month_begin(now, CITY_ZONE, BILLS + 1), expected=said.cents[held.plan])])
        charge_rest_of_month(member, now, CITY_ZONE, fee=Policy(held.fee_cents, held.fee_version))
    else:
        held.reapply_on = _again_on(held, now)
        let_licence_go(member, held.decided_by_id, held.reasons, now)
    seen = Seen(Step.JOIN_DECISION, held.member_id, None, journey=journey_of(held))
    assert held.submitted_at is not None
    seen.settles(_settle(held, now))
    db.session.flush()
    record(seen, Phase.SUCCEEDED if approved else Phase.REFUSED, error_code=None if approved else held.reasons[0])
    post("application_decided", member_id=held.member_id, due=now, once=f"decided-{held.id}-{now.isoformat()}",
         application_id=str(held.id), verdict=str(verdict))
    if approved:
        begin_activation(member, journey_of(held), now)
        post("ask", member_id=held.member_id, due=now, once=f"ask-join_expectation-{held.id}", solicitation="join_expectation",
             root=f"join_expectation-{held.id}")


def loaded(application: Application) -> Application:
    """The application, loaded again and kept from other hands within the open transaction, if it waits for a decision;
    that of somebody who is no applicant any more waits for none. Raises NotWaiting."""
    held = db.session.get_one(Application, application.id, with_for_update={"of": Application}, populate_existing=True)
    if held.state != State.SUBMITTED or held.member.status != MemberStatus.APPLICANT:
        raise NotWaiting()
    return held


def _check_reviewer(held: Application, reviewer: User) -> None:
    """Raises OwnApplication, DecidedByYou, and ReviewersOnly for whoever may not see what is to be decided by."""
    refused: type[Refusal] | None = ReviewersOnly if Role.REVIEWER not in reviewer.roles else None
    if held.member.user_id == reviewer.id:
        refused = OwnApplication
    if held.first_decided_by_id == reviewer.id:
        refused = DecidedByYou
    if refused is not None:
        raise refused()


def _settle(held: Application, now: datetime) -> Promise | None:
    """The promise of a decision: kept by any answer within its time; a later one finds it broken by the clock."""
    asked = held.appealed_at or held.submitted_at
    assert asked is not None
    minutes = (now - asked).total_seconds() / 60
    return settle(kind=PromiseKind.DECISION, outcome=Outcome.KEPT, at=now, subject=subject_of(held), actual=round(minutes, 1),
                  evidence={"application": str(held.id)})


def _again_on(held: Application, now: datetime) -> date:
    """From when on they may apply again: when nothing of the rules stands in the way any more; else after the policy's days."""
    policies, today = policies_at(now), now.astimezone(CITY_ZONE).date()
    licence = shown(held.member_id)
    answers = answers_of(held, licence)
    if answers is not None:
        finding = look_at(answers, Rules.of(policies), today, expires_on=licence.expires_on if licence else None)
        if finding.from_on is not None and {each.reason for each in finding.in_the_way} >= set(held.reasons):
            return finding.from_on
    return today + timedelta(days=policies["join_again"].value)
