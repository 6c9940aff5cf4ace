"""Our promises: to everybody with the rate at which we keep them, and to one member with what became of each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext as _
from sqlalchemy import func, select

from core.database import db
from core.money import Money
from core.time import now
from experience.cases.models import Case, CaseReason
from experience.cases.models import State as CaseState
from experience.insight.wilson import Share, wilson
from experience.journey import Step
from experience.promises.kinds import KINDS, PromiseKind, State
from experience.promises.models import Promise, PromiseCorrection
from experience.promises.queries import Kept, KeptByKind, PromisesOf
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Policies
from portal.billing.remedies.models import Remedy, TaxiReceipt
from portal.billing.remedies.queries import given_for_broken
from portal.billing.remedies.words import state_tag
from portal.web import say
from portal.web.page import ANYONE, MEMBERS, me, page
from portal.web.shell import adapters
from reservations.booking.models import Reservation
from reservations.trip.repay_taxi import repaid_of
from reservations.trip.settle_promises import CLEAN_ENOUGH

bp = Blueprint("promises", __name__)

LOOKED_BACK = timedelta(days=90)
FOLDED = 3  # promises of a trip: more of them go under the trip's line
LEAST = 30  # settled promises: a rate of fewer says more about chance than about us


@dataclass(frozen=True, slots=True)
class Published:
    """One kind of promise as the public page has it; no rate while too few are settled."""

    says: str
    gives: str
    kept: Kept
    rate: Share | None


@dataclass(frozen=True, slots=True)
class Told:
    """One promise with what we gave when we broke it, and the trip it is about. What one of us promised or says of it has
    its `words` and its `reason`: empty for the other kinds, None when they cannot be opened any more."""

    promise: Promise
    words: str | None
    reason: str | None
    remedy: Remedy | None
    trip: Reservation | None
    taxi: TaxiReceipt | None
    may_claim: bool
    corrected: PromiseCorrection | None
    looked_at: bool  # nothing is given yet: somebody looks at it first
    over: bool  # its time has passed, and it is open

    @property
    def late(self) -> bool:
        """Broken by its date alone: the others wait for what shows how it was, like the car in its bay."""
        return self.over and KINDS[PromiseKind(self.promise.kind)].broken_when_late is not None


@dataclass(frozen=True, slots=True)
class About:
    """What was promised about one trip, or about none in particular."""

    trip: Reservation | None
    rows: list[Told]

    @property
    def quiet(self) -> bool:
        """So many that they are folded away, and none that asks to be read."""
        return len(self.rows) > FOLDED and not any(row.late for row in self.rows)


@bp.get("/promises")
@page(who=ANYONE, exempt="what we promise and how well we keep it, for anybody to read; a part of no member's journey")
def public() -> str:
    """The published table, with the rate computed from every promise that was settled in the last 90 days."""
    at = now()
    counted = KeptByKind(at - LOOKED_BACK, at).counts()
    every = Kept(PromiseKind.CAR_THERE, sum(one.kept for one in counted), sum(one.broken for one in counted),
                 sum(one.waived for one in counted))
    return render_template("portal/site/promises.html", rows=published(counted, policies_at(at)), every=every,
                           rate=_rate(every), given=_given_since(at - LOOKED_BACK), days=LOOKED_BACK.days, least=LEAST)


def published(counted: Sequence[Kept], policies: Policies) -> list[Published]:
    """Every kind in the order of the journey, with its remedy in words."""
    return [Published(str(KINDS[one.kind].says), gives(one.kind, policies), one, _rate(one)) for one in counted]


def _rate(kept: Kept) -> Share | None:
    return wilson(kept.kept, kept.n) if kept.n >= LEAST else None


def gives(kind: PromiseKind, policies: Policies) -> str:
    """What a break of this promise gives, by today's numbers; empty when the table names nothing."""
    remedy = KINDS[kind].remedy

    def dollars(rule: str) -> str:
        return say.dollars(policies[rule].value)

    return {
        "car_there": lambda: _(
            "An equal or better car nearby at the same price, or cancel, pay nothing and have %(amount)s of credit. More than "
            "%(grace)d minutes late, or more than %(distance)s from its bay: the credit either way. A taxi instead: up to "
            "%(taxi)s against its receipt.",
            grace=policies["late_grace"].value, distance=say.miles(policies["return_within"].value),
            amount=dollars("remedy_car_there"), taxi=dollars("remedy_taxi")),
        "unlock": lambda: _("The minutes that you paid for and lost, and %(amount)s.", amount=dollars("remedy_unlock")),
        "energy": lambda: _("%(amount)s and %(minutes)d minutes of driving.", amount=dollars("remedy_energy"),
                            minutes=policies["remedy_energy_time"].value),
        "clean": lambda: _("%(worse)d of 5 or worse breaks it. %(stars)d of 5 or worse gives %(amount)s, or decline the car "
                           "before you drive it and pay nothing. After %(often)d of these in a month somebody looks first.",
                           worse=CLEAN_ENOUGH - 1, stars=policies["remedy_clean_stars"].value, amount=dollars("remedy_clean"),
                           often=policies["remedy_clean_alone"].value),
        "answer": lambda: _("%(amount)s.", amount=dollars("remedy_answer")),
    }[remedy]() if remedy is not None else ""


def _given_since(since: datetime) -> tuple[int, Money]:
    """How many remedies were paid, and their sum."""
    count, cents = db.session.execute(select(func.count(), func.coalesce(func.sum(Remedy.amount_cents), 0)).where(
        Remedy.given_at >= since)).one()
    return int(count), Money(int(cents))


@bp.get("/account/promises")
@page(Step.MANAGE_HISTORY, who=MEMBERS, whole=True)
def mine() -> str:
    """What we promised this member: open with its date, broken with its cause and what we gave, kept."""
    member, at = me(), now()
    open_, broken, kept = (told(db.session.scalars(PromisesOf(member.id, state).select()).all())
                           for state in (State.OPEN, State.BROKEN, State.KEPT))
    counted = KeptByKind(member.joined_at, at, member.id).counts()
    return render_template("portal/site/my_promises.html", open=by_trip(open_), broken=by_trip(broken), kept=by_trip(kept),
                           open_n=len(open_), late_n=sum(row.late for row in open_), kept_last=len(kept),
                           kept_n=sum(one.kept for one in counted), broken_n=sum(one.broken for one in counted),
                           given=given_for_broken(member.id, member.joined_at, at))


def by_trip(rows: Sequence[Told]) -> list[About]:
    """The promises of each trip together, where the first of them stood; those about no trip each by itself."""
    found: dict[object, About] = {}
    for row in rows:
        found.setdefault(row.trip.id if row.trip else row.promise.id, About(row.trip, [])).rows.append(row)
    return list(found.values())


def told(promises: Sequence[Promise]) -> list[Told]:
    """The promises with their words, remedies, taxis, corrections, open cases and trips."""
    seal, at = adapters().seal, now()
    remedies = {one.promise_id: one for one in db.session.scalars(
        select(Remedy).where(Remedy.promise_id.in_([promise.id for promise in promises])))}
    taxis = {one.promise_id: one for one in db.session.scalars(
        select(TaxiReceipt).where(TaxiReceipt.promise_id.in_([promise.id for promise in promises])))}
    corrected = {one.promise_id: one for one in db.session.scalars(
        select(PromiseCorrection).where(PromiseCorrection.promise_id.in_([promise.id for promise in promises])))}
    open_ = set(db.session.scalars(select(CaseReason.about).join(Case, Case.id == CaseReason.case_id).where(
        Case.state != CaseState.CLOSED, CaseReason.about.in_([f"promise:{promise.id}" for promise in promises]))))
    about = {promise.reservation_id for promise in promises if promise.reservation_id}
    repaid = repaid_of(promises)
    trips = {one.id: one for one in db.session.scalars(select(Reservation).where(Reservation.id.in_(about)))}
    return [Told(promise, seal.read(promise.words_sealed), seal.read(promise.evidence.get("told_sealed")),
                 remedies.get(promise.id), trips.get(promise.reservation_id or 0), taxis.get(promise.id),
                 promise.id in repaid, corrected.get(promise.id), _is_looked_at(promise, promise.id in remedies, open_),
                 _is_over(promise, at)) for promise in promises]


def _is_over(promise: Promise, at: datetime) -> bool:
    return promise.state == State.OPEN and promise.due_at is not None and promise.due_at <= at


def _is_looked_at(promise: Promise, given: bool, open_: Collection[str]) -> bool:
    return (promise.state == State.BROKEN and not given and KINDS[PromiseKind(promise.kind)].remedy is not None
            and f"promise:{promise.id}" in open_)


bp.add_app_template_global(state_tag, "promise_tag")  # a global, because macros see no context


@bp.app_context_processor
def _for_templates() -> dict[str, Any]:
    return {"promises_of_trip": promises_of_trip}


def promises_of_trip(reservation: Reservation) -> list[Told]:
    """What was promised for a trip that was loaded through who is asking, in the order of its journey."""
    return told(db.session.scalars(PromisesOf(reservation.member_id, reservation_id=reservation.id).select()).all())
