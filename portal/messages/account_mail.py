"""Letters about who gets into an account. They go by mail alone and at once, whatever was chosen: that is what they are for."""

from typing import Any
from uuid import UUID

from core.database import db
from core.outbox import Job
from core.sealed import Seal
from core.time import wall_now
from portal.account.contact.code import code_for
from portal.account.profile.change_email import CODE
from portal.account.profile.mailbox import sign_mailbox
from portal.account.profile.models import EmailChange
from portal.account.profile.put_back import undo_token
from portal.account.security.reset import address_for
from portal.messages.colleagues import send_plain
from portal.messages.mail import Mail
from portal.web.say import moment


def mail_reset(job: Job, mail: Mail, *, site_url: str, seal: Seal, secret: str) -> None:
    """Handle `password_reset`: the link, if the address is somebody's. It is built from the site's own address alone."""
    found = address_for(UUID(job.facts["reset_id"]), seal=seal, secret=secret)
    if found is not None:
        to, token = found
        send_plain(job, to, {"link": f"{site_url}/sign-in/reset/{token}"}, mail)


def security_facts(job: Job, site_url: str) -> dict[str, Any]:
    """For `password_changed` and `new_device`: when, from what device, and where to look after it."""
    return {"when": moment(job.due_at), "device": job.facts.get("device", ""), "link": f"{site_url}/account/security",
            "forgot": f"{site_url}/sign-in/forgot"}


def mail_email_code(job: Job, mail: Mail, *, site_url: str, secret: str) -> None:
    """Handle `email_code`: the code to the new address, or to somebody who has an account there that they have one."""
    row = db.session.get(EmailChange, UUID(job.facts["change_id"]))
    if row is None or row.confirmed_at is not None or row.code_until <= wall_now():
        return
    send_plain(job, row.new_email, {
        "known": row.known, "code": code_for(row.id, secret, CODE),
        "own": f"{site_url}/account/profile/mailbox/{sign_mailbox(row.id, secret)}",
        "minutes": round((row.code_until - row.asked_at).total_seconds() / 60)}, mail)


def mail_email_changed(job: Job, mail: Mail, *, site_url: str, secret: str) -> None:
    """Handle `email_changed`: to the old address, with the link that puts it back."""
    row = db.session.get(EmailChange, UUID(job.facts["change_id"]))
    if row is None or row.old_email is None or row.undo_until is None or row.undone_at is not None:
        return
    send_plain(job, row.old_email, {"when": moment(job.due_at), "until": moment(row.undo_until),
                                    "link": f"{site_url}/email/put-back/{undo_token(row.id, secret)}"}, mail)
