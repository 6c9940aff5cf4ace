"""What is known about where somebody asks from: page, step, their trip, the car, the lot, and what happened last."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.database import db
from experience.journey import Phase, Stage, Step
from experience.record.models import Event, Identity
from fleet.cars.models import Car
from fleet.lots.models import Lot
from portal.account.models import Member
from reservations.booking.models import Reservation

LAST = 8  # as many steps go along
LOOKED_BACK = 80  # so many are looked through for them
TELLING = (Phase.REFUSED, Phase.FAILED, Phase.ABANDONED, Phase.UNDONE)
JUST_PAGES = (Stage.LEARN, Stage.FIND)  # who sees such a page has done the step
JUST_READ = (Step.MANAGE_HISTORY, Step.MANAGE_DETAILS, Step.MANAGE_SIGN_IN, Step.PAY_BILL, Step.STAY_PULSE, Step.STAY_RENEWAL)


@dataclass(frozen=True, slots=True)
class About:
    """What a conversation is about. Everything in it was checked: a trip is the member's own, a car and a lot exist."""

    page: str | None = None
    step: Step | None = None
    reservation: Reservation | None = None
    car: Car | None = None
    lot: Lot | None = None
    error_code: str | None = None

    def without(self, *, page: bool, trip: bool, place: bool) -> "About":
        """What is left when the member takes some of it out; a code belongs to its page."""
        about = self
        if page:
            about = replace(about, page=None, step=None, error_code=None)
        if trip:
            about = replace(about, reservation=None)
        if place:
            about = replace(about, car=None, lot=None)
        return about


def about_from(args: Mapping[str, str], member: Member | None) -> About:
    """Read it from an address or a form. What is not known, or not theirs, is left out."""
    trip = _my_trip(member, args.get("trip", ""))
    car = trip.car if trip else db.session.get(Car, _number(args.get("car")))
    lot = db.session.get(Lot, trip.lot_id) if trip else db.session.get(Lot, _number(args.get("lot")))
    step = args.get("step", "")
    return About(
        page=_path(args.get("page", "")), step=Step(step) if step in set(Step) else None, reservation=trip, car=car,
        lot=lot or (car.lot if car else None), error_code=_code(args.get("code", "")))


def _my_trip(member: Member | None, reference: str) -> Reservation | None:
    if member is None or not reference:
        return None
    this = (Reservation.id == _number(reference[3:]) if reference.startswith("id-")
            else Reservation.reference == reference[:20])  # a reference has no letter i
    return db.session.scalar(select(Reservation).where(this, Reservation.member_id == member.id))


def _number(typed: str | None) -> int:
    return int(typed) if typed and typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0


def _path(typed: str) -> str | None:
    """A path of ours, without what was searched for on it."""
    path = typed.split("?")[0].split("#")[0].strip()[:200]
    ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and all(ord(one) > 32 for one in path)
    return path if ours else None


def _code(typed: str) -> str | None:
    return typed[:60] if typed and all(one.isascii() and (one.isalnum() or one in "_.-") for one in typed) else None


def last_steps(*, session_id: str | None, member: Member | None, reservation: Reservation | None,
               until: datetime) -> list[dict[str, Any]]:
    """The last steps of this visit and of the trip that tell something, oldest first: names, phases, codes and times.

    What was refused, failed or done goes before what was only opened; a page that was looked at tells nothing.

    A visit may have been somebody else's before they signed in: what is written there under another member is left out.
    """
    pids = {kind: pid for kind, pid in db.session.execute(select(Identity.kind, Identity.pid).where(
        ((Identity.kind == "member") & (Identity.ref == (member.id if member else 0)))
        | ((Identity.kind == "trip") & (Identity.ref == (reservation.id if reservation else 0)))))}
    journeys = [each for each in (session_id, str(pids["trip"]) if "trip" in pids else None) if each]
    if not journeys:
        return []
    mine = Event.member_pid.is_(None) | (Event.member_pid == pids["member"]) if "member" in pids else Event.member_pid.is_(None)
    found = db.session.execute(
        select(Event.step, Event.phase, Event.time, Event.error_code)
        .where(Event.journey_id.in_(journeys), mine, Event.actor.in_(("member", "system")), Event.time <= until,
               Event.step.not_like(f"{Stage.HELP}.%"))
        .order_by(Event.time.desc(), Event.id.desc()).limit(LOOKED_BACK)).all()
    return _told_once([{"step": step, "phase": phase, "at": at.isoformat(), "code": code} for step, phase, at, code in found
                       if phase in TELLING or not _only_looked(step)])


def _only_looked(step: str) -> bool:
    return step.split(".")[0] in JUST_PAGES or step in JUST_READ


def _told_once(newest_first: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the entering of a step whose end is known, and not more than LAST, the opened ones last; oldest first."""
    kept: list[dict[str, Any]] = []
    for each in newest_first:
        after = kept[-1] if kept else None
        if after and after["step"] == each["step"] and each["phase"] == Phase.ENTERED:
            continue
        kept.append(each)
    small = [each["phase"] == Phase.ENTERED or each["code"] == "fields" for each in kept]
    chosen = [each for _small, each in sorted(zip(small, kept, strict=True), key=lambda pair: pair[0])][:LAST]
    return sorted(chosen, key=lambda each: datetime.fromisoformat(each["at"]))
