"""An alarm goes by mail to the colleague who owns an overdue promise; what nobody owns alarms everybody at its desk."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.database import db, transaction
from core.outbox import Job, post
from core.time import now
from experience.promises.kinds import PromiseKind, State
from experience.promises.models import Promise
from portal.account.models import Role, User, UserRole
from portal.help.models import Conversation
from portal.messages.colleagues import send_plain
from portal.messages.mail import Mail

# Who keeps the promises of a kind that nobody has taken yet, and where they find them.
DESKS = {PromiseKind.ANSWER: (Role.SUPPORT, "/office/help/"), PromiseKind.DISPUTE: (Role.FINANCE, "/office/disputes"),
         PromiseKind.REFUND: (Role.FINANCE, "/office/failures"), PromiseKind.BY_HAND: (Role.CX, "/office/promises"),
         PromiseKind.DECISION: (Role.REVIEWER, "/office/applications"),
         PromiseKind.DATA: (Role.ADMIN, "/experience/promises/rows?kind=data&state=broken")}  # its date broke it


def alarm_owner(job: Job, mail: Mail, site_url: str) -> None:
    """Handle the outbox's `promise_overdue`: sent at least once, under the same Message-ID. One kept meanwhile alarms nobody.

    What was promised stays out of it: the words are the member's and ours, and are read at the desk.
    """
    promise = db.session.get_one(Promise, UUID(job.facts["promise_id"]))
    if promise.state in (State.KEPT, State.WAIVED):
        return
    owner_id, asked = _owner_of(promise), job.facts.get("user_id")
    if owner_id is None and asked is None:
        _alarm_desk(promise, now())
        return
    colleague = db.session.get_one(User, asked or owner_id)
    if colleague.disabled_at is None:
        send_plain(job, colleague.email, {"colleague": colleague, "promise": promise, "owned": owner_id == colleague.id,
                                          "link": f"{site_url}{DESKS[PromiseKind(promise.kind)][1]}"}, mail)


def _owner_of(promise: Promise) -> int | None:
    """Whoever took the promise, or the conversation that it promises an answer in."""
    if promise.owner_id is not None or promise.kind != PromiseKind.ANSWER or promise.subject is None:
        return promise.owner_id
    return db.session.scalar(select(Conversation.owner_id).where(
        Conversation.id == UUID(promise.subject.removeprefix("conversation:"))))


def _alarm_desk(promise: Promise, at: datetime) -> None:
    """One job for each, so that a mail that is sent again is sent to one."""
    with transaction():
        for user_id in at_desk(PromiseKind(promise.kind)):
            post("promise_overdue", due=at, once=f"promise_overdue-{promise.id}-{user_id}", promise_id=str(promise.id),
                 user_id=user_id)


def at_desk(kind: PromiseKind) -> Sequence[int]:
    """Everybody of the role that keeps promises of this kind; where there is nobody, whoever runs the service."""
    for role in (DESKS[kind][0], Role.ADMIN):
        found = db.session.scalars(
            select(User.id).join(UserRole, UserRole.user_id == User.id)
            .where(UserRole.role == role.value, User.disabled_at.is_(None)).distinct().order_by(User.id)).all()
        if found:
            return found
    return ()
