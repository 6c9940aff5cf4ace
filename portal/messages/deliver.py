"""An outbox job becomes a message: once in the inbox, at least once by mail, always with the same Message-ID."""

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from flask import current_app
from flask_babel import force_locale

from core.database import db, hold_nothing_open, transaction
from core.outbox import Handler, Job
from core.time import now
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import Member
from portal.messages.mail import Mail
from portal.messages.models import Message

Facts = dict[str, object]
Gather = Callable[[Job], Facts | None]


class Kind:
    """One kind of message: what its template needs, the step it belongs to, and how soon it is promised."""

    def __init__(self, gather: Gather, step: Step | None, promised: timedelta | None = None) -> None:
        self.gather, self.step, self.promised = gather, step, promised


def deliver_with(kind: Kind, mail: Callable[[], Mail]) -> Handler:
    """A handler for the outbox that renders, keeps and mails messages of this kind."""

    def handle(job: Job) -> None:
        message = (db.session.get(Message, job.id) if job.attempt > 1 else None) or _write(job, kind)
        if message is None or message.mailed_at is not None:
            return
        member = db.session.get_one(Member, message.member_id)
        letter = _letter(message, member)
        hold_nothing_open()
        mail().send(letter)
        _mailed(message, member, kind, job)

    return handle


def _write(job: Job, kind: Kind) -> Message | None:
    """Render the message and put it into the inbox; None when there is nothing to say any more."""
    facts = kind.gather(job)
    if facts is None or job.member_id is None:
        return None
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        text = current_app.jinja_env.get_template(f"portal/messages/mail/{job.kind}.txt").render(**facts)
    subject, body = text.split("\n", 1)
    with transaction():
        message = Message(id=job.id, member_id=job.member_id, kind=job.kind, at=now(),
                          subject=subject.removeprefix("Subject: ").strip(), body=body.strip() + "\n", facts=job.facts)
        db.session.add(message)
    return message


def _letter(message: Message, member: Member) -> EmailMessage:
    letter = EmailMessage(policy=SMTP)
    letter["From"] = current_app.config["MAIL_FROM"]
    letter["To"] = member.user.email
    letter["Subject"] = " ".join(message.subject.split())
    letter["Date"] = format_datetime(message.at)
    letter["Message-ID"] = f"<{message.id}@roundtrip.example>"
    letter.set_content(message.body)
    return letter


def _mailed(message: Message, member: Member, kind: Kind, job: Job) -> None:
    at = now()
    if kind.step is None:
        with transaction():
            message.mailed_at = at
        return
    with observe(kind.step, member=member, trip=_Trip.of(job)) as seen:
        if kind.promised is not None:
            seen.measured((at - job.due_at).total_seconds(), "s", expected=kind.promised.total_seconds())
        with transaction():
            message.mailed_at = at


class _Trip:
    """What `observe` needs of a trip: its id."""

    def __init__(self, trip_id: int) -> None:
        self.id = trip_id

    @staticmethod
    def of(job: Job) -> "_Trip | None":
        trip_id = job.facts.get("reservation_id")
        return _Trip(trip_id) if trip_id else None
