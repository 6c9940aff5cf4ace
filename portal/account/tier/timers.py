"""What the reduced tier does by the clock: its members are asked again before it ends, and pictures go."""

from datetime import datetime, timedelta

from sqlalchemy import select

from core.database import db, transaction
from core.files import Files
from core.outbox import post
from core.sweep import sweep
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member
from portal.account.tier.ask import DRIVING, KIND
from portal.account.tier.models import TierRequest, TierState
from portal.web.say import CITY_ZONE

AT_ONCE = 500  # rows a turn takes at most; the next one goes on


def look_after_tiers(now: datetime, files: Files) -> None:
    """Once a day: each part takes what is due, and nothing twice."""
    warn_of_ends(now)
    let_pictures_go(now, files)
    sweep(files, KIND, TierRequest.file_key, TierRequest.gone_at.is_(None))


def warn_of_ends(now: datetime) -> int:
    """Write to whoever's tier ends within the policy's days and who has not asked again, once for each such day. Returns how
    many were looked at."""
    today = now.astimezone(CITY_ZONE).date()
    asked = select(TierRequest.id).where(TierRequest.member_id == Member.id, TierRequest.state == TierState.WAITING)
    with transaction():
        found = db.session.scalars(select(Member).where(
            Member.reduced_until.between(today, today + timedelta(days=policies_at(now)["tier_warn"].value)),
            Member.status.in_(DRIVING), ~asked.exists())).all()
        for member in found:
            post("tier_ends", member_id=member.id, due=now, once=f"tier_ends-{member.id}-{member.reduced_until}",
                 ends_on=f"{member.reduced_until}")
    return len(found)


def let_pictures_go(now: datetime, files: Files) -> int:
    """Delete the pictures of what was decided the policy's days ago. Their rows stay, and with them who looked. Returns how
    many went."""
    with transaction():
        before = now - timedelta(days=policies_at(now)["tier_pictures"].value)
        found = db.session.scalars(select(TierRequest).where(TierRequest.gone_at.is_(None), TierRequest.decided_at <= before)
            .limit(AT_ONCE).with_for_update(of=TierRequest)).all()
        for request in found:
            request.gone_at = now
    for request in found:
        files.delete(request.file_key)  # cut off here, the sweep finds it
    return len(found)
