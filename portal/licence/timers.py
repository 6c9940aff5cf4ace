"""What licences do by the clock: they are checked again, their members are warned, they end, and their pictures go."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from core.database import db, transaction
from core.files import Files
from core.outbox import Job, post
from core.sealed import Seal
from core.sweep import sweep
from core.time import now as clock
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member, MemberStatus
from portal.licence.judge import judge
from portal.licence.keep_picture import KIND
from portal.licence.models import Licence, LicencePicture, LicenceStatus
from portal.licence.port import LicenceCheck, Says
from portal.web.say import CITY_ZONE

AT_ONCE = 500  # rows a turn takes at most; the next one goes on
DRIVING = (MemberStatus.ACTIVE, MemberStatus.PAUSED)


def look_after_licences(now: datetime, files: Files) -> None:
    """Once a day: each part takes what is due, and nothing twice."""
    end_licences(now)
    warn_of_ends(now)
    ask_for_rechecks(now)
    let_pictures_go(now, files)
    sweep(files, KIND, LicencePicture.file_key, LicencePicture.gone_at.is_(None))


def warn_of_ends(now: datetime) -> int:
    """Write to whoever's licence ends within the policy's days, once for each such day, so at least 30 days ahead. Returns how
    many were looked at."""
    until = now.astimezone(CITY_ZONE).date() + timedelta(days=policies_at(now)["licence_warn"].value)
    with transaction():
        found = db.session.scalars(select(Licence).join(Member, Member.id == Licence.member_id).where(
            Licence.status == LicenceStatus.VERIFIED, Member.licence_until <= until, Member.status.in_(DRIVING))).all()
        for licence in found:
            ends_on = licence.member.licence_until
            post("licence_ends", member_id=licence.member_id, due=now, once=f"licence_ends-{licence.id}-{ends_on}",
                 licence_id=str(licence.id), ends_on=f"{ends_on}")
    return len(found)


def end_licences(now: datetime) -> int:
    """What has passed its last day counts no more, and its member is told. Returns how many ended."""
    with transaction():
        found = db.session.scalars(select(Licence).where(
            Licence.status == LicenceStatus.VERIFIED, Licence.expires_on < now.astimezone(CITY_ZONE).date())
            .with_for_update(of=Licence)).all()
        for licence in found:
            licence.status = LicenceStatus.EXPIRED
            if licence.member.status in DRIVING:
                post("licence_ended", member_id=licence.member_id, due=now, once=f"licence_ended-{licence.id}",
                     licence_id=str(licence.id))
    return len(found)


def ask_for_rechecks(now: datetime) -> int:
    """Have looked at again what was last looked at the policy's days ago. Returns how many are due."""
    with transaction():
        found = db.session.scalars(select(Licence).where(
            Licence.status == LicenceStatus.VERIFIED,
            Licence.recheck_on <= now.astimezone(CITY_ZONE).date()).limit(AT_ONCE)).all()
        for licence in found:
            post("licence_recheck", member_id=licence.member_id, due=now, licence_id=str(licence.id),
                 recheck_on=f"{licence.recheck_on}", once=f"licence_recheck-{licence.id}-{licence.recheck_on}")
    return len(found)


def handle_recheck(job: Job, check: LicenceCheck, files: Files, seal: Seal) -> None:
    """Handle the outbox's `licence_recheck`: what is still clear counts on; of anything else a new one is asked for, in time:
    until the policy's days have passed it still counts."""
    licence, now = db.session.get_one(Licence, UUID(job.facts["licence_id"])), clock()
    if licence.status != LicenceStatus.VERIFIED or f"{licence.recheck_on}" != job.facts["recheck_on"]:
        return
    verdict = judge(licence=licence, check=check, files=files, seal=seal, now=now)
    rules, today = policies_at(now), now.astimezone(CITY_ZONE).date()
    with transaction():
        db.session.refresh(licence, with_for_update={"of": Licence})
        if licence.status != LicenceStatus.VERIFIED:
            return
        licence.recheck_on = today + timedelta(days=rules["licence_recheck"].value)
        if verdict.says is Says.CLEAR:
            return
        assert licence.expires_on is not None  # what was sent is whole: a CHECK
        ends_on = min(licence.expires_on, today + timedelta(days=rules["licence_warn"].value))
        db.session.get_one(Member, licence.member_id).licence_until = ends_on
        post("licence_ends", member_id=licence.member_id, due=now, once=f"licence_ends-{licence.id}-{ends_on}",
             licence_id=str(licence.id), ends_on=f"{ends_on}")


def let_pictures_go(now: datetime, files: Files) -> int:
    """Delete the pictures of what was decided the policy's days ago, and of drafts that nobody has touched for long. Their rows
    stay, and with them who looked. Returns how many went."""
    with transaction():
        found = db.session.scalars(select(LicencePicture).join(Licence, Licence.id == LicencePicture.licence_id).where(
            LicencePicture.gone_at.is_(None), _is_over(now)).limit(AT_ONCE).with_for_update(of=LicencePicture)).all()
        for picture in found:
            picture.gone_at = now
    for picture in found:
        files.delete(picture.file_key)  # cut off here, the sweep finds it
    return len(found)


def _is_over(now: datetime) -> ColumnElement[bool]:
    rules = policies_at(now)
    of_it = aliased(LicencePicture)
    newest = select(func.max(of_it.taken_at)).where(of_it.licence_id == Licence.id).scalar_subquery()
    return or_(Licence.decided_at <= now - timedelta(days=rules["licence_pictures"].value),
               and_(Licence.status == LicenceStatus.DRAFT, newest <= now - timedelta(days=rules["licence_draft"].value)))
