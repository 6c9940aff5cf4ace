"""Paying a remedy: the outbox's job `remedy`, once for a promise however often it is handled."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from core.database import db, transaction
from core.outbox import Job, post
from core.time import now
from experience.journey import Step
from experience.promises.kinds import KINDS, PromiseKind, State
from experience.promises.models import Promise
from experience.promises.settle import open_case
from experience.record.observe import observe
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Policies
from portal.account.models import Member
from portal.billing.credits.grant import grant
from portal.billing.credits.models import CreditKind
from portal.billing.payers.payer_of import locked, own_payer
from portal.billing.remedies.models import Remedy
from portal.billing.remedies.table import Due, due_for

SAME_DAY_HOURS = 24
MONTH = timedelta(days=30)
DAY = timedelta(days=1)
ANSWERS_A_DAY = 1  # late answers paid to a member unasked: more questions do not make more money
ASK_AFTER = timedelta(days=1)


def pay_remedy(job: Job) -> None:
    """Handle the outbox's `remedy`."""
    give_remedy(UUID(job.facts["promise_id"]), now())


def give_remedy(promise_id: UUID, now: datetime) -> Remedy | None:
    """Give what the table says as service credit, tell the member, and record the recovery; None for a break without
    remedy, or one that a person looks at first.

    By the table as it stood when the promise was made. The payer is locked first, so that whoever comes second finds
    the remedy given.
    """
    promise = db.session.get_one(Promise, promise_id)
    declared, policies = KINDS[PromiseKind(promise.kind)], policies_at(promise.minted_at)
    if promise.state != State.BROKEN or declared.remedy is None:
        return None
    due = due_for(declared.remedy, promise.actual, promise.evidence, policies)
    if due is None or db.session.get(Remedy, promise_id) is not None:
        return None
    member = db.session.get_one(Member, promise.member_id)
    with observe(Step.HELP_RECOVERY, member=member) as seen, transaction():
        if promise.reservation_id is not None:
            seen.of_trip(promise.reservation_id)
        payer = locked(own_payer(promise.member_id).id)  # theirs, also where a business pays their trips
        given = db.session.get(Remedy, promise_id, populate_existing=True)
        if given is not None or _is_for_a_person(promise, now, policies):
            seen.was_repeated()
            return given
        remedy = _give(promise, payer.id, due, now)
        seen.note(amount_cents=due.amount.cents)
        assert promise.settled_at is not None  # it is broken
        seen.promise_id = promise.id
        seen.measured(round((now - promise.settled_at).total_seconds() / 3600, 2), "h", expected=SAME_DAY_HOURS)
    return remedy


def _give(promise: Promise, payer_id: int, due: Due, now: datetime) -> Remedy:
    credit = grant(payer_id=payer_id, kind=CreditKind.SERVICE, amount=due.amount, why=due.rule, once=f"remedy-{promise.id}",
                   now=now, member_id=promise.member_id, reservation_id=promise.reservation_id,
                   facts={"rule": due.rule, "rule_version": due.version, "promise_id": str(promise.id)} | due.facts)
    remedy = Remedy(promise_id=promise.id, member_id=promise.member_id, payer_id=payer_id, credit_id=credit.id, rule=due.rule,
                    rule_version=due.version, amount_cents=due.amount.cents, currency=due.amount.currency, facts=due.facts,
                    given_at=now)
    db.session.add(remedy)
    db.session.flush()
    post("remedy_paid", member_id=promise.member_id, due=now, once=f"remedy_paid-{promise.id}", promise_id=str(promise.id),
         **({"reservation_id": promise.reservation_id} if promise.reservation_id else {}))
    post("ask", member_id=promise.member_id, due=now + ASK_AFTER, once=f"ask-remedy-{promise.id}",
         solicitation="recovery_satisfaction", reservation_id=promise.reservation_id, subject=f"promise:{promise.id}")
    return remedy


def _is_for_a_person(promise: Promise, now: datetime, policies: Policies) -> bool:
    """Have somebody look first at what was paid often already."""
    if not was_paid_often(PromiseKind(promise.kind), promise.member_id, now, policies):
        return False
    open_case(promise, "broken_promise", now)
    return True


def was_paid_often(kind: PromiseKind, member_id: int, now: datetime, policies: Policies) -> bool:
    """What rests on the member's own word, or on how often they write, is paid unasked so often; then somebody looks first."""
    often = {PromiseKind.CLEAN: ("remedy_clean", MONTH, policies["remedy_clean_alone"].value),
             PromiseKind.ANSWER: ("remedy_answer", DAY, ANSWERS_A_DAY)}.get(kind)
    if often is None:
        return False
    rule, since, most = often
    before = db.session.scalar(select(func.count()).select_from(Remedy).where(
        Remedy.member_id == member_id, Remedy.rule == rule, Remedy.given_at > now - since)) or 0
    return int(before) >= most
