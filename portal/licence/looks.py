"""Who looked at a member's pictures, for the member to read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.database import db
from portal.licence.models import LicencePicture, LookedFor, PictureView, Side

MOST = 50


@dataclass(frozen=True, slots=True)
class Look:
    """One look: when, at which side, and what for. By whom of our reviewers is the audit's to know."""

    at: datetime
    side: Side
    looked_for: LookedFor


def looks_at(member_id: int) -> list[Look]:
    """The latest looks of others at the member's pictures, newest first; their own are left out."""
    rows = db.session.execute(
        select(PictureView.at, LicencePicture.side, PictureView.looked_for)
        .join(LicencePicture, LicencePicture.id == PictureView.picture_id)
        .where(LicencePicture.member_id == member_id, PictureView.looked_for != LookedFor.OWN)
        .order_by(PictureView.id.desc()).limit(MOST))
    return [Look(at, Side(side), LookedFor(looked_for)) for at, side, looked_for in rows]
