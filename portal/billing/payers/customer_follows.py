"""The card processor's customer follows its member: their name and their e-mail address are the same there as here."""

import structlog
from sqlalchemy import select

from core.database import db, hold_nothing_open
from core.outbox import Job, TryLater
from portal.account.models import Member
from portal.billing.payers.models import Payer
from portal.billing.payments.port import Payments, PaymentsDown, PaymentsRefused

log = structlog.get_logger()


def customer_follows(job: Job, payments: Payments) -> None:
    """Handle `customer_follows`: tell the processor who the member is now. Whoever never paid by card is no customer there.

    It says what is so when it is handled, so that of two changes the later one stands in whatever order they come.
    """
    member = db.session.get_one(Member, job.member_id)
    customer = db.session.scalar(select(Payer.customer).where(Payer.member_id == member.id))
    name, email = member.name, member.user.email
    if customer is None:
        return
    hold_nothing_open()
    try:
        payments.rename_customer(customer, email=email, name=name)
    except PaymentsDown as down:
        raise TryLater(f"payments: {down.code}") from down
    except PaymentsRefused as no:  # the customer is gone there: nobody is left to be told
        log.warning("customer not told", customer=customer, code=no.code)
