"""The mails of joining that go to an address before there is an account: the code, or that there is an account already."""

from uuid import UUID

from flask import current_app

from core.database import db
from core.outbox import Job
from core.sealed import Seal
from core.time import now, wall_now
from portal.billing.membership.charge import fee_of_month
from portal.messages.colleagues import send_plain
from portal.messages.mail import Mail
from portal.signup.appeal import may_appeal
from portal.signup.code import code_for
from portal.signup.mailbox import sign_mailbox
from portal.signup.models import Application, SignUp, State
from portal.signup.reasons import REASONS, Reason
from portal.web.say import CITY_ZONE


def mail_sign_up(job: Job, mail: Mail, site_url: str) -> None:
    """Handle the outbox's `sign_up_mail`: whoever has just asked for it waits, so that no quiet hour keeps it back.

    It repeats nothing that was typed: who typed it may not be who reads it.
    """
    row = db.session.get(SignUp, UUID(job.facts["sign_up_id"]))
    if row is None or row.used_at is not None or row.code_until <= wall_now():
        return
    template = "sign_up_known" if row.known else "sign_up_code"
    send_plain(job, row.email, {
        "code": code_for(row.id, current_app.config["SECRET_KEY"]), "link": f"{site_url}/sign-in",
        "own": f"{site_url}/join/mailbox/{sign_mailbox(row.id, current_app.config['SECRET_KEY'])}",
        "minutes": round((row.code_until - row.asked_at).total_seconds() / 60)}, mail, template=template)


def application_facts(job: Job, seal: Seal, site_url: str) -> dict[str, object] | None:
    """What the letter says about a decision, or about what is to be mended; None when that has changed since."""
    application = db.session.get_one(Application, UUID(job.facts["application_id"]))
    if application.state != job.facts.get("verdict", State.OPEN):
        return None
    return {"application": application, "member": application.member, "reasons": [REASONS[Reason(each)] for each in
            application.reasons], "answer": seal.read(application.answer_sealed) or "", "link": f"{site_url}/join",
            "first_fee": fee_of_month(application.member_id, application.decided_at or now(), CITY_ZONE),
            "may_appeal": may_appeal(application), "cars": f"{site_url}/cars"}
