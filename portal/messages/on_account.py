"""Mails about driving on somebody's account: the invitation, and the word that somebody has joined, left or was taken off."""

from uuid import UUID

from flask import current_app

from core.database import db
from core.outbox import Job
from portal.account.models import Member, User
from portal.billing.payers.accept import is_open
from portal.billing.payers.invite import sign_invitation
from portal.billing.payers.models import Invitation, Payer
from portal.billing.payers.terms import account_name
from portal.messages.colleagues import send_plain
from portal.messages.mail import Mail


def mail_invitation(job: Job, mail: Mail, site_url: str) -> None:
    """Handle the outbox's `invitation_mail`: to an address that may be nobody's yet, so that no choices are asked."""
    row = db.session.get(Invitation, UUID(job.facts["invitation_id"]))
    if row is None or not is_open(row):
        return
    payer, by = db.session.get_one(Payer, row.payer_id), db.session.get_one(User, row.asked_by_id)
    token = sign_invitation(row.id, current_app.config["SECRET_KEY"])
    send_plain(job, row.email, {
        "name": account_name(payer), "by_name": by.name, "business": payer.by_invoice, "invited_as": row.invited_as,
        "until": row.ends_at, "link": f"{site_url}/invitations/{token}"}, mail, template="invitation")


def on_account_facts(job: Job, site_url: str) -> dict[str, object]:
    """Who drives, or drove, on whose account, and what became of it."""
    return {"told": job.facts["told"], "member": db.session.get_one(Member, job.member_id),
            "driver": db.session.get_one(Member, job.facts["driver_id"]),
            "name": account_name(db.session.get_one(Payer, job.facts["payer_id"])), "link": f"{site_url}/account/drivers"}
