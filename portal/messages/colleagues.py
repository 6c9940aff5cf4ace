"""Mail to colleagues, who have no inbox here, and about the security of an account, which is for no inbox.

Sent at least once, always under the same Message-ID.
"""

from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from flask import current_app
from flask_babel import force_locale

from core.database import db, hold_nothing_open
from core.outbox import Handler, Job
from core.time import now
from portal.account.models import User
from portal.messages.letter import one_line
from portal.messages.mail import Mail


def mail_colleague(gather: Callable[[Job], dict[str, Any] | None], mail: Mail) -> Handler:
    """A handler that mails `portal/messages/mail/<kind>.txt` to the user named by the job's fact `user_id`.

    Nothing is sent when there is nothing to say any more, or when the colleague has left.
    """
    def handle(job: Job) -> None:
        user, facts = db.session.get_one(User, job.facts["user_id"]), gather(job)
        if facts is not None and user.disabled_at is None:
            send_plain(job, user.email, facts, mail)

    return handle


def send_plain(job: Job, to: str, facts: dict[str, Any], mail: Mail, *, template: str = "") -> None:
    """Mail the words of this kind of job, or of another template, to an address."""
    letter = plain_letter(job, to, template or job.kind, facts)
    hold_nothing_open()
    mail.send(letter)


def plain_letter(job: Job, to: str, template: str, facts: dict[str, Any]) -> EmailMessage:
    """The words of a template as a mail, under the job's own Message-ID. Nothing that somebody typed begins a header."""
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        text = current_app.jinja_env.get_template(f"portal/messages/mail/{template}.txt").render(**facts)
    subject, body = text.split("\n", 1)
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"] = current_app.config["MAIL_FROM"], to
    letter["Subject"] = one_line(subject.removeprefix("Subject:"))
    letter["Date"], letter["Message-ID"] = format_datetime(now()), f"<{job.id}@roundtrip.example>"
    letter.set_content(body.strip() + "\n")
    return letter
