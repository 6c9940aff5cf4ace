"""The code that confirms a number, as a text message. It is no message to keep: the inbox does not have it."""

from uuid import UUID

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from core.database import db, hold_nothing_open, transaction
from core.outbox import Job
from core.time import wall_now
from portal.account.contact.code import code_for
from portal.account.contact.models import PhoneNumber
from portal.messages.sms import Sms
from portal.messages.undeliverable import Undeliverable


def send_code(job: Job, sms: Sms | None) -> None:
    """Handle the outbox's `phone_code`: the member has just asked for it, so that no choice and no quiet hour keeps it back."""
    row = db.session.get(PhoneNumber, UUID(job.facts["number_id"]))
    if row is None or sms is None or row.sent_at or row.verified_at or row.removed_at or row.code_until <= wall_now():
        return
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        words = str(_("%(code)s is your code for Roundtrip. We will never ask you for it on the phone.",
                      code=code_for(row.id, current_app.config["SECRET_KEY"])))
    number = row.number
    hold_nothing_open()
    try:
        sms.send(number, words, once=f"code-{job.id}")
    except Undeliverable:
        with transaction():
            row.refused_at = wall_now()
    else:
        with transaction():
            row.sent_at = wall_now()
