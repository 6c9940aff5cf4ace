"""The inbox, and the demo city's page of all mail that went out."""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.policy import SMTP
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, redirect, render_template, url_for
from sqlalchemy import select, update

from core.database import db, transaction
from core.refusal import NotFound
from core.time import now
from experience.journey import Step
from portal.messages.mail import MaildirMail
from portal.messages.models import Message
from portal.web.page import ANYONE, MEMBERS, me, page
from portal.web.shell import adapters

bp = Blueprint("messages", __name__)
SHOWN = 50


@bp.get("/inbox")
@page(Step.MANAGE_HISTORY, who=MEMBERS, whole=True)
def inbox() -> Any:
    """Everything we wrote to this member, newest first."""
    messages = db.session.scalars(
        select(Message).where(Message.member_id == me().id).order_by(Message.at.desc()).limit(SHOWN)).all()
    return render_template("portal/messages/inbox.html", messages=messages)


@bp.get("/inbox/<uuid:message_id>")
@page(Step.MANAGE_HISTORY, who=MEMBERS, whole=True)
def message(message_id: UUID) -> Any:
    """One message."""
    found = db.session.scalar(select(Message).where(Message.id == message_id, Message.member_id == me().id))
    if found is None:
        raise NotFound()
    return render_template("portal/messages/message.html", message=found)


@bp.post("/inbox/read")
@page(Step.MANAGE_HISTORY, who=MEMBERS, whole=True)
def read_all() -> Any:
    """Mark everything as read."""
    with transaction():
        db.session.execute(update(Message).where(Message.member_id == me().id, Message.read_at.is_(None))
                           .values(read_at=now()))
    return redirect(url_for("messages.inbox"))


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in the demo's folder."""

    id: str
    to: str
    subject: str
    at: datetime
    body: str


@bp.get("/demo/mail")
@page(who=ANYONE, exempt="the demo city’s stand-in for everybody’s mail program")
def demo_mail() -> Any:
    """All mail that left, newest first. Only in the demo city."""
    return render_template("portal/messages/demo_mail.html", letters=_letters()[:SHOWN])


def _letters() -> list[Letter]:
    mail = adapters().mail
    if not current_app.config["DEMO_CITY"] or not isinstance(mail, MaildirMail):
        raise NotFound()
    letters, box = {}, mail.box
    for key in box.iterkeys():
        letter = message_from_bytes(box.get_bytes(key), policy=SMTP)
        letters[letter["Message-ID"]] = Letter(
            key, str(letter["To"]), str(letter["Subject"]), parsedate_to_datetime(letter["Date"]), letter.get_content())
    return sorted(letters.values(), key=lambda letter: letter.at, reverse=True)

