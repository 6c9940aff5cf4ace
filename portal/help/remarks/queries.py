"""Remarks as pages show them: those about a car or a lot, and those that the desk looks at."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select

from core.database import db
from core.refusal import NotFound
from experience.record.models import Identity
from fleet.cars.models import Car
from fleet.lots.models import Lot
from portal.account.models import Member, User
from portal.help.remarks.models import Remark, RemarkReport, RemarkState

NEWEST = 6
LIVES = timedelta(days=365)  # after a year a gate is another gate


def remarks_about(*, now: datetime, car_id: int | None = None, lot_id: int | None = None, most: int = NEWEST) -> list[Remark]:
    """What members say about a car, about its lot, or about both; newest first."""
    about = [column == value for column, value in ((Remark.car_id, car_id), (Remark.lot_id, lot_id)) if value is not None]
    if not about:
        return []
    either = about[0] if len(about) == 1 else about[0] | about[1]
    return list(db.session.scalars(
        select(Remark).where(either, Remark.state == RemarkState.SHOWN, Remark.at > now - LIVES)
        .order_by(Remark.at.desc(), Remark.id).limit(most)))


def remarks_to_look_at(show: str) -> list[Any]:
    """For the desk: held and reported ones first, or all; each with its car or lot, its writer and its reports."""
    reports = select(func.count()).where(RemarkReport.remark_id == Remark.id, RemarkReport.seen_at.is_(None)).scalar_subquery()
    query = (select(Remark, Car.name.label("car"), Lot.name.label("lot"), User.name.label("writer"), Identity.pid.label("pid"),
                    reports.label("reports"))
             .outerjoin(Car, Car.id == Remark.car_id).outerjoin(Lot, Lot.id == Remark.lot_id)
             .join(Member, Member.id == Remark.member_id).join(User, User.id == Member.user_id)
             .outerjoin(Identity, (Identity.kind == "member") & (Identity.ref == Member.id)))
    if show != "all":
        query = query.where((Remark.state == RemarkState.HELD) | ((Remark.state == RemarkState.SHOWN) & (reports > 0)))
    first = case((Remark.state == RemarkState.HELD, 0), else_=1)
    return list(db.session.execute(query.order_by(first, reports.desc(), Remark.at.desc(), Remark.id).limit(200)).all())


def the_remark(remark_id: UUID) -> Remark:
    """One of them. Raises NotFound."""
    found = db.session.get(Remark, remark_id)
    if found is None:
        raise NotFound(remark_id=remark_id)
    return found


def reports_of(remark_id: UUID) -> list[RemarkReport]:
    """Who reported it and why, newest first."""
    return list(db.session.scalars(
        select(RemarkReport).where(RemarkReport.remark_id == remark_id).order_by(RemarkReport.at.desc())))
