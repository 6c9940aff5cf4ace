"""What membership was worth to a member: their miles, against what owning a car would have cost."""

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template
from sqlalchemy import exists, func, select

from core.database import db
from core.time import now
from experience.journey import Step
from experience.promises.queries import KeptByKind
from fleet.tariffs.in_force import policies_at
from portal.billing.ledger.models import LedgerRow
from portal.billing.remedies.queries import given_for_broken
from portal.billing.statements.queries import payer_of_pages
from portal.billing.statements.worth import begin, compare, paid_since
from portal.web.page import MEMBERS, me, page
from reservations.trip.models import Trip

bp = Blueprint("worth", __name__)


@bp.get("/account/worth")
@page(Step.STAY_RENEWAL, who=MEMBERS, whole=True)
def show() -> Any:
    """The comparison with its arithmetic, whichever way it comes out."""
    member, at = me(), now()
    payer, since, policies = payer_of_pages(member.id), begin(member.joined_at, at), policies_at(at)
    trips, miles = driven(payer.id, since, at)
    promises = KeptByKind(since, at, member.id).counts()
    worth = compare(since=since, now=at, paid=paid_since(payer.id, since, at), miles=miles,
                    month=policies["owning_month"], mile=policies["owning_mile"])
    return render_template("portal/billing/worth.html", worth=worth, trips=trips,
                           versions=(policies["owning_month"].version, policies["owning_mile"].version),
                           kept=sum(one.kept for one in promises), broken=sum(one.broken for one in promises),
                           made_good=given_for_broken(member.id, since, at))


def driven(payer_id: int, since: datetime, until: datetime) -> tuple[int, int]:
    """How many trips that this payer was billed for ended in that time, and their whole miles by the odometer: the car's
    own word, and what was typed where the car was silent."""
    ours = exists().where(LedgerRow.reservation_id == Trip.reservation_id, LedgerRow.payer_id == payer_id)
    count, miles = db.session.execute(
        select(func.count(Trip.reservation_id),
               func.coalesce(func.sum(func.coalesce(Trip.end_odometer, Trip.typed_odometer, Trip.start_odometer)
                                      - Trip.start_odometer), 0))
        .where(Trip.ended_at >= since, Trip.ended_at <= until, ours)).one()
    return int(count), max(int(miles), 0)
