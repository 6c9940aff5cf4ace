"""An alarm goes by mail to the colleague who owns an overdue promise; what nobody owns alarms everybody at its desk."""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from flask import current_app
from flask_babel import force_locale
from sqlalchemy import select

from core.database import db, hold_nothing_open, transaction
from core.outbox import Job, post
from core.time import now
from experience.promises.kinds import PromiseKind, State
from experience.promises.models import Promise
from portal.account.models import Role, User, UserRole
from portal.help.models import Conversation
from portal.messages.mail import Mail

# Who keeps the promises of a kind that nobody has taken yet, and where they find them.
DESKS = {PromiseKind.ANSWER: (Role.SUPPORT, "/office/help/"), PromiseKind.DISPUTE: (Role.FINANCE, "/office/disputes"),
         PromiseKind.REFUND: (Role.FINANCE, "/office/failures"), PromiseKind.BY_HAND: (Role.CX, "/office/promises"),
         PromiseKind.DECISION: (Role.REVIEWER, "/office/applications")}


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
        _mail(job, mail, colleague, {"promise": promise, "owned": owner_id == colleague.id,
                                     "link": f"{site_url}{DESKS[PromiseKind(promise.kind)][1]}"})


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


def _mail(job: Job, mail: Mail, colleague: User, facts: dict[str, Any]) -> None:
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        text = current_app.jinja_env.get_template("portal/messages/mail/promise_overdue.txt").render(
            colleague=colleague, **facts)
    subject, body = text.split("\n", 1)
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"] = current_app.config["MAIL_FROM"], colleague.email
    letter["Subject"] = subject.removeprefix("Subject: ").strip()
    letter["Date"], letter["Message-ID"] = format_datetime(now()), f"<{job.id}@roundtrip.example>"
    letter.set_content(body.strip() + "\n")
    hold_nothing_open()
    mail.send(letter)
