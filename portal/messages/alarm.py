"""An alarm goes by mail to the colleague who owns an overdue promise: staff have no inbox here."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from uuid import UUID

from flask import current_app
from flask_babel import force_locale

from core.database import db, hold_nothing_open
from core.outbox import Job
from core.time import now
from experience.promises.kinds import State
from experience.promises.models import Promise
from portal.account.models import User
from portal.messages.mail import Mail


def alarm_owner(job: Job, mail: Mail, site_url: str) -> None:
    """Handle the outbox's `promise_overdue`: sent at least once, under the same Message-ID. One kept meanwhile alarms nobody.

    What was promised stays out of it: the words are the member's and ours, and are read at the desk.
    """
    promise = db.session.get_one(Promise, UUID(job.facts["promise_id"]))
    if promise.state == State.KEPT or promise.owner_id is None:
        return
    owner = db.session.get_one(User, promise.owner_id)
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        text = current_app.jinja_env.get_template("portal/messages/mail/promise_overdue.txt").render(
            promise=promise, owner=owner, link=f"{site_url}/office/promises")
    subject, body = text.split("\n", 1)
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"] = current_app.config["MAIL_FROM"], owner.email
    letter["Subject"] = subject.removeprefix("Subject: ").strip()
    letter["Date"], letter["Message-ID"] = format_datetime(now()), f"<{job.id}@roundtrip.example>"
    letter.set_content(body.strip() + "\n")
    hold_nothing_open()
    mail.send(letter)
