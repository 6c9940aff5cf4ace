"""An invoice goes by mail to the business it is for; a business has no inbox here."""

from core.database import db
from core.outbox import Job
from portal.billing.invoices.models import Invoice
from portal.messages.colleagues import send_plain
from portal.messages.mail import Mail


def mail_invoice(job: Job, mail: Mail) -> None:
    """Handle the outbox's `invoice`: sent at least once, always under the same Message-ID."""
    invoice = db.session.get_one(Invoice, job.facts["invoice_id"])
    if invoice.payer.email:
        send_plain(job, invoice.payer.email, {"invoice": invoice}, mail)
