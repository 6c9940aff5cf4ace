"""Showing a licence: a draft is begun, its details are kept between visits, and whole it is sent."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from core.database import db, transaction
from core.ids import random_id
from core.outbox import post
from core.sealed import Seal
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import Member, MemberStatus
from portal.licence.errors import LicenceIsSent, NotWholeYet, SamePicture
from portal.licence.models import Licence, LicenceStatus, Side
from portal.licence.numbers import plain_number
from portal.licence.queries import open_licence_of


@dataclass(frozen=True, slots=True)
class Details:
    """What is printed on it, as far as it is typed in: `place` is country and state, as US-IL, or XX for elsewhere."""

    place: str
    number: str
    name: str
    held_since: date | None
    expires_on: date | None


def step_of(member: Member) -> Step:
    """Which step showing a licence is for them."""
    return Step.JOIN_LICENCE if member.status == MemberStatus.APPLICANT else Step.STAY_RENEWAL


def draft_of(member: Member, now: datetime) -> Licence:
    """The draft that is being filled in, begun when there is none. Raises LicenceIsSent while one waits for its answer."""
    with transaction():
        db.session.execute(select(Member.id).where(Member.id == member.id).with_for_update(of=Member)).one()
        found = open_licence_of(member.id)
        if found is None:
            found = Licence(id=random_id(), member_id=member.id, status=LicenceStatus.DRAFT, country="US", region="",
                            begun_at=now, reasons=[])
            db.session.add(found)
            db.session.flush()
    if found.status != LicenceStatus.DRAFT:
        raise LicenceIsSent()
    return found


def keep_details(*, licence: Licence, details: Details, seal: Seal) -> None:
    """Keep what is typed so far, sealed. Raises LicenceIsSent."""
    with transaction():
        held = _draft(licence)
        held.country, _dash, held.region = details.place.partition("-")
        number, name = plain_number(details.number), " ".join(details.name.split())
        held.number_sealed = seal.close(number) if number else None
        held.number_digest = seal.mark("licence", f"{details.place} {number}") if number else None
        held.name_sealed = seal.close(name) if name else None
        held.held_since, held.expires_on = details.held_since, details.expires_on


def details_of(licence: Licence, seal: Seal) -> Details:
    """What was typed so far; a number or name that was sealed with a key we no longer have is to be typed again."""
    place = f"{licence.country}-{licence.region}" if licence.region else licence.country
    return Details(place, seal.read(licence.number_sealed) or "", seal.read(licence.name_sealed) or "", licence.held_since,
                   licence.expires_on)


def submit_licence(*, licence: Licence, now: datetime) -> None:
    """Send it: nothing of it changes any more, and the check looks at it. An applicant's goes with the application, which asks
    the check itself. Raises NotWholeYet, SamePicture and LicenceIsSent."""
    with observe(step_of(licence.member), member=licence.member), transaction():
        held = _draft(licence)
        pictures = {picture.side: picture.sha256 for picture in held.pictures}
        if set(pictures) != set(Side) or None in (held.number_sealed, held.name_sealed, held.held_since, held.expires_on):
            raise NotWholeYet()
        if len(set(pictures.values())) < len(pictures):
            raise SamePicture()
        held.status, held.submitted_at = LicenceStatus.PENDING, now
        held.verdict = held.checked_at = held.retake = None
        held.reasons = []
        if held.member.status != MemberStatus.APPLICANT:
            post("licence_check", member_id=held.member_id, due=now, once=f"licence_check-{held.id}-{now.isoformat()}",
                 licence_id=str(held.id))


def _draft(licence: Licence) -> Licence:
    held = db.session.get_one(Licence, licence.id, with_for_update={"of": Licence}, populate_existing=True)
    db.session.expire(held, ["pictures"])
    if held.status != LicenceStatus.DRAFT:
        raise LicenceIsSent()
    return held
