"""What people do with accounts in a race: drive on another's, pause, leave, be erased, run a business no longer."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

from flask import current_app

from core.database import db
from core.ids import new_id
from core.outbox import Job, NotNow, deliver
from core.time import service_clock
from portal.account.leave.leave import leave
from portal.account.models import Member, User
from portal.billing.payers.accept import accept
from portal.billing.payers.admins import remove_admin
from portal.membership.pause import pause
from portal.privacy.erase import AT_PROCESSOR, LAST, begin_erasure, erase_part
from tests.factories import NOON

Go = Callable[[], int]
BEGUN, WAITS = 1, 0


def _take_up(user_id: int, invitation_id: str) -> Go:
    user = db.session.get_one(User, user_id)

    def go() -> int:
        accept(invitation_id=UUID(invitation_id), user=user, now=NOON)
        return user_id

    return go


def _pause(member_id: int, until: str) -> Go:
    member = db.session.get_one(Member, member_id)

    def go() -> int:
        pause(member=member, until=date.fromisoformat(until), now=NOON)
        return member_id

    return go


def _leave(member_id: int) -> Go:
    member, seal = db.session.get_one(Member, member_id), current_app.extensions["adapters"].seal

    def go() -> int:
        leave(member=member, reason=None, words="", seal=seal, now=NOON)
        return member_id

    return go


def _erase(_user_id: int, erasure_id: str) -> Go:
    job = Job(new_id(), "erase", None, {"erasure_id": erasure_id}, 1, NOON)

    def go() -> int:
        try:
            begin_erasure(job)
        except NotNow:
            return WAITS
        return BEGUN

    return go


def work_on_erasures(at: datetime) -> int:
    """What the worker does of them at that moment, until nothing is due; how many jobs that were."""
    outside, done = current_app.extensions["adapters"], 0
    parts = dict.fromkeys(("erase_part", AT_PROCESSOR, LAST), lambda job: erase_part(job, outside))
    with service_clock(lambda: at):
        while some := deliver({"erase": begin_erasure, **parts}):
            done += some
    return done


def _erase_to_the_end(_user_id: int, at: float) -> Go:
    moment = datetime.fromtimestamp(at, UTC)
    return lambda: work_on_erasures(moment)


def _run_no_more(user_id: int, payer_id: int) -> Go:
    def go() -> int:
        remove_admin(payer_id=payer_id, user_id=user_id)
        return BEGUN

    return go


ACCOUNT_DEEDS: dict[str, Callable[..., Go]] = {
    "take up": _take_up, "pause": _pause, "leave": _leave, "erase": _erase,
    "erase to the end": _erase_to_the_end, "run no more": _run_no_more}
