"""The erasure itself: one job for each holder, from the top of the house down, each done once however often it is tried."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from flask import current_app
from sqlalchemy import update

from core.database import db, transaction
from core.outbox import Job, NotNow, TryLater, post, was_posted
from core.personal import Holder
from core.time import now as clock
from experience.promises.settle import waive_all
from fleet.tariffs.in_force import policies_at
from portal.account.hold import hold_user
from portal.account.models import MemberStatus, User
from portal.account.sessions import end_all_sessions
from portal.billing.payers.admins import run_no_more, take_turns_of_admin
from portal.messages.colleagues import send_plain
from portal.messages.mail import Mail
from portal.privacy.erase_rows import erase_rows, what_stays
from portal.privacy.in_the_way import in_the_way_of_erasing
from portal.privacy.letters import tell
from portal.privacy.models import Erasure, ErasureState
from portal.privacy.promise import about, promise_done, settle_done, waive_waiting
from portal.privacy.receipt import receipt_link
from portal.privacy.register import BY_NAME, HOLDERS
from portal.privacy.whose import person_of
from portal.privacy.words import WHY

log = structlog.get_logger()

AGAIN = timedelta(days=1)  # when something came into the way meanwhile
LETTER_TRIES = 4  # over some minutes: an address that takes no mail keeps nobody from being erased
AT_PROCESSOR, LAST = "erase_at_processor", "erase_last"  # kinds of jobs: the one has hands of its own, the other a letter


def begin_erasure(job: Job) -> None:
    """Handle the outbox's `erase`: close the account for good and begin with the first holder. Raises NotNow until tomorrow
    when a trip was booked or money moves, of which a letter tells the first time."""
    at, erasure_id, waits = clock(), UUID(job.facts["erasure_id"]), False
    with transaction():
        erasure = db.session.get(Erasure, erasure_id, with_for_update={"of": Erasure})
        if erasure is None or erasure.state != ErasureState.ASKED:
            return
        user = db.session.get_one(User, erasure.user_id)
        hold_user(user)
        take_turns_of_admin(user.id)  # of two who run one business together and go at once, the second runs it alone
        if in_the_way_of_erasing(user, at):
            erasure.due_at, waits = at + AGAIN, True
            waive_waiting(user, erasure, at)
            tell(user, "erasure_waits", f"erasure_waits-{erasure_id}", erasure_id=str(erasure_id))
        else:
            erasure.state, erasure.begun_at = ErasureState.RUNNING, at
            erasure.kept = {str(why): {"rows": rows, "until": _until(why, at)} for why, rows in what_stays(
                person_of(user)).items()}
            user.disabled_at = at
            if was_posted(f"erasure_waits-{erasure_id}"):
                promise_done(user, erasure, at)
            if user.member is not None:
                user.member.status = MemberStatus.CLOSED
                # Nobody is there any more to whom they could be kept, but for this one itself.
                waive_all(member_id=user.member.id, at=at, but=about(user, erasure))
            run_no_more(user.id)
            end_all_sessions(user)
            hand_on(erasure_id, HOLDERS[0])
    if waits:
        raise NotNow(at + AGAIN)


def _until(why: Any, at: datetime) -> str | None:
    """The last day of the year in which the books' time is over; None for what leads to nobody."""
    return f"{at.year + policies_at(at)['books_kept'].value}-12-31" if WHY[why].for_years else None


def hand_on(erasure_id: UUID, holder: Holder, *, again: str = "") -> None:
    """Post this holder's job, once; `again` names another try of it."""
    kind = AT_PROCESSOR if holder.name == "billing" else LAST if holder is HOLDERS[-1] else "erase_part"
    post(kind, once=f"erase-{erasure_id}-{holder.name}{again}", erasure_id=str(erasure_id), holder=holder.name)


def erase_part(job: Job, outside: Any) -> None:
    """Handle one holder's job: first what is outside of the database, then its rows, and the next holder's job with them."""
    erasure, holder = db.session.get_one(Erasure, UUID(job.facts["erasure_id"])), BY_NAME[job.facts["holder"]]
    if erasure.state != ErasureState.RUNNING or holder.name in erasure.erased:
        return
    person, erasure_id = person_of(db.session.get_one(User, erasure.user_id)), erasure.id
    if holder.before is not None:
        holder.before(person, outside)
    if job.kind == LAST:  # while the address is still known
        _last_letter(job, person.email, erasure_id, outside.mail)
    with transaction():
        running = db.session.get_one(Erasure, erasure_id, with_for_update={"of": Erasure}, populate_existing=True)
        if holder.name in running.erased:
            return  # another worker was faster
        gone = erase_rows(holder, person, outside.seal)
        running.erased = {**running.erased, holder.name: gone}
        if job.kind == LAST:
            for written_meanwhile in HOLDERS[:2]:  # by a job that was under way when it began
                erase_rows(written_meanwhile, person, outside.seal)
            at = clock()
            settle_done(db.session.get_one(User, running.user_id), running, at)
            running.state, running.done_at, running.user_id = ErasureState.DONE, at, None
            db.session.flush()
            db.session.execute(update(Erasure).where(Erasure.user_id == person.user_id).values(user_id=None))
        else:
            hand_on(erasure_id, HOLDERS[HOLDERS.index(holder) + 1])


def _last_letter(job: Job, to: str, erasure_id: UUID, mail: Mail) -> None:
    """Mail the receipt; when nobody takes it the job is tried again, and after some tries the erasure goes on without it."""
    try:
        send_plain(job, to, _said(erasure_id), mail)
    except (TryLater, OSError) as error:
        if job.attempt < LETTER_TRIES:
            raise
        log.warning("erased without its last letter", erasure=str(erasure_id), reason=type(error).__name__)


def _said(erasure_id: UUID) -> dict[str, Any]:
    erasure = db.session.get_one(Erasure, erasure_id)
    return {"number": erasure.number, "link": receipt_link(erasure.number, current_app.config),
            "gone": [holder.says for holder in HOLDERS if erasure.erased.get(holder.name) or holder is HOLDERS[-1]],
            "stays": [(WHY[why], kept["until"]) for why, kept in _known(erasure.kept)]}


def _known(kept: dict[str, Any]) -> list[tuple[Any, dict[str, Any]]]:
    return [(why, kept[str(why)]) for why in WHY if str(why) in kept]
