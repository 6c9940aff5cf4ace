"""Asking for the reduced tier: one request at a time, with a picture that is made anew and sealed."""

from datetime import datetime, timedelta
from typing import IO
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from core.database import db, transaction
from core.files import Files, new_key
from core.ids import random_id
from core.pictures import Label, clean_picture
from core.sealed import Seal
from experience.journey import Step
from experience.record.observe import observe
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member, MemberStatus
from portal.account.picture_limits import picture_limits
from portal.account.tier.errors import AskedAlready, NotDriving, TierNotWaiting, TierStillCounts, TooManyAsked
from portal.account.tier.models import Benefit, TierRequest, TierState
from portal.account.tier.queries import asks_again_from, waiting_of
from portal.web.say import CITY_ZONE

KIND = "tier"  # of the keys in the file store
DRIVING = (MemberStatus.ACTIVE, MemberStatus.PAUSED)
DAY = timedelta(days=1)


def ask_for_tier(*, member: Member, benefit: Benefit, stream: IO[bytes], now: datetime, files: Files,
                 seal: Seal, label: Label | None = None) -> TierRequest:
    """Send what shows it; a reviewer decides within the policy's minutes. `label` is what the picture was sent as. Nothing is
    decoded in a transaction.

    Raises a core.pictures.PictureRefused with what to do about it, AskedAlready while one waits, TierStillCounts until the
    days before its end, TooManyAsked for the member's day, and NotDriving for whoever is no member.
    """
    with observe(Step.MANAGE_DETAILS, member=member):
        _check(member, now)
        picture = clean_picture(stream, limits=picture_limits(now), label=label)
        sealed, key = seal.close_bytes(picture.jpeg), new_key(KIND)
        files.put(key, sealed)
        try:
            with transaction():
                _check(member, now)
                row = TierRequest(
                    id=random_id(), member_id=member.id, benefit=benefit, state=TierState.WAITING, asked_at=now,
                    due_at=now + timedelta(minutes=policies_at(now)["tier_decided"].value), file_key=key,
                    sha256=picture.sha256, width=picture.width, height=picture.height, stored_bytes=len(sealed))
                try:
                    with db.session.begin_nested():
                        db.session.add(row)
                        db.session.flush()
                except IntegrityError as error:  # one_waiting_tier_request_of_a_member
                    raise AskedAlready() from error
        except BaseException:
            files.delete(key)
            raise
    return row


def withdraw_tier(*, request_id: UUID, member: Member, now: datetime, files: Files) -> None:
    """Withdraw it: its picture goes at once. Raises TierNotWaiting, also for anybody else's."""
    with observe(Step.MANAGE_DETAILS, member=member), transaction():
        held = db.session.get(TierRequest, request_id, with_for_update={"of": TierRequest}, populate_existing=True)
        if held is None or held.member_id != member.id or held.state != TierState.WAITING:
            raise TierNotWaiting()
        held.state, held.decided_at, held.gone_at, held.taken_by_id = TierState.WITHDRAWN, now, now, None
    files.delete(held.file_key)


def _check(member: Member, now: datetime) -> None:
    if member.status not in DRIVING:
        raise NotDriving()
    if waiting_of(member.id) is not None:
        raise AskedAlready()
    if asks_again_from(member, policies_at(now), now.astimezone(CITY_ZONE).date()) is not None:
        raise TierStillCounts()
    today = db.session.scalar(select(func.count()).select_from(TierRequest).where(
        TierRequest.member_id == member.id, TierRequest.asked_at > now - DAY)) or 0
    if today >= policies_at(now)["pictures_a_day"].value:
        raise TooManyAsked()
