"""Writing a remark, reporting one, and what we decide about it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core.database import db, take_turns, transaction
from core.ids import new_id
from core.outbox import post
from core.refusal import NotFound, Refusal
from experience.journey import Step
from experience.record.observe import observe
from fleet.cars.models import Car
from fleet.lots.models import Lot
from portal.account.models import Member
from portal.help.errors import NotThere, OneIsWaiting
from portal.help.remarks.models import Remark, RemarkReport, RemarkState, RemovedWhy
from portal.help.remarks.rules import PER_REPORTS, NotAllowed, not_allowed
from reservations.booking.models import Reservation, Status

TAKE_OUT: dict[NotAllowed, Any] = {
    NotAllowed.LINK: _l("Take the link out."), NotAllowed.MAIL: _l("Take the mail address out."),
    NotAllowed.PHONE: _l("Take the phone number out."), NotAllowed.PLATE: _l("Take the plate of the other car out."),
}
_REPORT = {"postgresql": postgresql.insert(RemarkReport.__table__).on_conflict_do_nothing(),
           "sqlite": sqlite.insert(RemarkReport.__table__).on_conflict_do_nothing()}


class HasToComeOut(Refusal):
    """The remark holds what must not stand in public."""

    code, status = "remark_not_allowed", 422
    says = _l("Everybody reads this, so some of it has to come out.")

    def __init__(self, found: list[NotAllowed]) -> None:
        super().__init__(found=",".join(found))
        self.remedy = " ".join(str(TAKE_OUT[each]) for each in found)


def was_there(member_id: int, *, car: Car | None = None, lot: Lot | None = None) -> bool:
    """Whether the member has driven the car, or fetched a car at the lot."""
    place = Reservation.car_id == car.id if car is not None else Reservation.lot_id == (lot.id if lot else 0)
    driven = Reservation.status.in_((Status.DRIVING, Status.RETURNED))
    return db.session.scalar(
        select(Reservation.id).where(Reservation.member_id == member_id, place, driven).limit(1)) is not None


def write_remark(*, member: Member, car: Car | None, lot: Lot | None, words: str, once: str, now: datetime) -> Remark:
    """Keep a remark. It shows at once for somebody of whom we have shown one before; a first one is looked at.

    Raises NotThere, HasToComeOut, and OneIsWaiting while the member's last one about this is held.
    """
    with observe(Step.HELP_CONTACT, member=member) as seen, transaction():
        take_turns(f"remarks of {member.id}")
        if (again := db.session.scalar(select(Remark).where(Remark.once == once))) is not None:
            seen.was_repeated()
            return again
        seen.note(kind="remark", **({"car_id": car.id} if car else {"lot_id": lot.id} if lot else {}))
        if not was_there(member.id, car=car, lot=lot):
            raise NotThere()
        plates = db.session.scalars(select(Car.plate)).all()
        if found := not_allowed(words, plates, car.plate if car else ""):
            raise HasToComeOut(found)
        states = set(db.session.scalars(select(Remark.state).where(Remark.member_id == member.id)))
        if db.session.scalar(select(Remark.id).where(
                Remark.member_id == member.id, Remark.state == RemarkState.HELD,
                Remark.car_id == car.id if car else Remark.lot_id == (lot.id if lot else 0))) is not None:
            raise OneIsWaiting()
        known = RemarkState.SHOWN in states and not states & {RemarkState.REFUSED, RemarkState.REMOVED}
        remark = Remark(id=new_id(), member_id=member.id, car_id=car.id if car else None, lot_id=lot.id if lot else None,
                        at=now, words=words, state=str(RemarkState.SHOWN if known else RemarkState.HELD), once=once)
        db.session.add(remark)
        db.session.flush()
    return remark


def report(*, member: Member, remark_id: UUID, why: RemovedWhy, now: datetime) -> None:
    """Say that a remark should not stand; once each. With the third it is held. Raises NotFound for one that is not shown."""
    with transaction():
        remark = db.session.get(Remark, remark_id, with_for_update=True)
        if remark is None or remark.state != RemarkState.SHOWN:
            raise NotFound(remark_id=remark_id)
        db.session.execute(_REPORT[db.engine.dialect.name], {
            "remark_id": remark_id, "member_id": member.id, "at": now, "why": str(why)})
        if unseen_reports(remark_id) >= PER_REPORTS:
            remark.state = str(RemarkState.HELD)


def unseen_reports(remark_id: UUID) -> int:
    """How many reports nobody of ours has looked at."""
    return db.session.scalar(select(func.count()).select_from(RemarkReport).where(
        RemarkReport.remark_id == remark_id, RemarkReport.seen_at.is_(None))) or 0


def decide_remark(*, remark_id: UUID, shown: bool, why: RemovedWhy | None, by_user_id: int, now: datetime) -> Remark:
    """Show it, or not: with the reason, which its writer reads. What was reported counts as looked at. Raises NotFound."""
    with transaction():
        remark = db.session.get(Remark, remark_id, with_for_update=True)
        if remark is None or (not shown and why is None):
            raise NotFound(remark_id=remark_id)
        was_public = remark.decided_at is not None or remark.state == RemarkState.SHOWN
        hidden = RemarkState.REMOVED if was_public else RemarkState.REFUSED
        remark.state, remark.why = str(RemarkState.SHOWN if shown else hidden), None if shown else str(why)
        remark.decided_at, remark.decided_by = now, by_user_id
        db.session.execute(update(RemarkReport).where(RemarkReport.remark_id == remark_id, RemarkReport.seen_at.is_(None))
                           .values(seen_at=now))
        if not shown:
            post("remark_hidden", member_id=remark.member_id, once=f"remark-{remark_id}-{now.isoformat()}",
                 remark_id=str(remark_id))
    return remark


def reply_to_remark(*, remark_id: UUID, reply: str, by_user_id: int, now: datetime) -> Remark:
    """Say something in public below it; an empty reply takes ours away. Raises NotFound."""
    with transaction():
        remark = db.session.get(Remark, remark_id, with_for_update=True)
        if remark is None:
            raise NotFound(remark_id=remark_id)
        remark.reply, remark.replied_at, remark.replied_by = (reply, now, by_user_id) if reply else (None, None, None)
    return remark
