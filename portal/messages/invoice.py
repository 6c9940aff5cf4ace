"""An invoice goes by mail to the business it is for; a business has no inbox here."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from flask import current_app
from flask_babel import force_locale

from core.database import db, hold_nothing_open
from core.outbox import Job
from core.time import now
from portal.billing.invoices.models import Invoice
from portal.messages.mail import Mail


def mail_invoice(job: Job, mail: Mail) -> None:
    """Handle the outbox's `invoice`: sent at least once, always under the same Message-ID."""
    invoice = db.session.get_one(Invoice, job.facts["invoice_id"])
    if not invoice.payer.email:
        return
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        text = current_app.jinja_env.get_template("portal/messages/mail/invoice.txt").render(invoice=invoice)
    subject, body = text.split("\n", 1)
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"] = current_app.config["MAIL_FROM"], invoice.payer.email
    letter["Subject"] = subject.removeprefix("Subject: ").strip()
    letter["Date"], letter["Message-ID"] = format_datetime(now()), f"<{job.id}@roundtrip.example>"
    letter.set_content(body.strip() + "\n")
    hold_nothing_open()
    mail.send(letter)
