"""The inbox, the service worker, how messages went for staff, and the demo city's stand-ins: mail, phone, notifications."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.refusal import NotFound
from core.time import now
from experience.journey import Step
from portal.account.contact.rules import Channel
from portal.messages import words
from portal.messages.audit import outside_choices
from portal.messages.inbox import Threads, any_unread, mark_read, my_message, thread_with
from portal.messages.links import linked
from portal.messages.mail import MaildirMail
from portal.messages.push import EmbeddedPush
from portal.messages.sms import EmbeddedPhone
from portal.messages.staff import Deliveries, tally, try_again
from portal.web.assets import STATIC
from portal.web.forms import PressForm
from portal.web.listing import listed
from portal.web.page import ANYONE, CX, MEMBERS, me, page
from portal.web.shell import adapters

bp = Blueprint("messages", __name__)
SHOWN = 50
AUDITED = timedelta(days=30)
MOST_AUDITED = 1000  # by the page; `flask messages audit` compares them all
bp.add_app_template_filter(words.went)
bp.add_app_template_filter(linked)


@bp.get("/inbox")
@page(Step.MANAGE_HISTORY, who=MEMBERS, whole=True)
def inbox() -> Any:
    """Everything we wrote to this member, by what it is about, newest first."""
    found = listed(Threads.read(request.args, member_id=me().id), "messages.inbox", [])
    return render_template("portal/messages/inbox.html", found=found, unread=any_unread(me().id), PURPOSES=words.PURPOSES)


@bp.get("/inbox/<uuid:message_id>")
@page(Step.MANAGE_HISTORY, who=MEMBERS, whole=True)
def message(message_id: UUID) -> Any:
    """One message, among those about the same thing."""
    found = my_message(me().id, message_id)
    return render_template("portal/messages/message.html", message=found, thread=thread_with(found),
                           form=PressForm(formdata=None), read=adapters().seal.read)


@bp.post("/inbox/read")
@page(Step.MANAGE_HISTORY, who=MEMBERS, whole=True)
def read_all() -> Any:
    """Mark everything as read."""
    if PressForm().validate_on_submit():
        mark_read(member_id=me().id, now=now())
    return redirect(url_for("messages.inbox"))


@bp.post("/inbox/<uuid:message_id>/read")
@page(Step.MANAGE_HISTORY, who=MEMBERS, whole=True)
def read(message_id: UUID) -> Any:
    """Mark a thread as read: the page does so by itself when it is opened, or its button does."""
    if PressForm().validate_on_submit():
        mark_read(member_id=me().id, message_id=message_id, now=now())
    return redirect(url_for("messages.message", message_id=message_id))


@bp.get("/service-worker.js")
@page(who=ANYONE, exempt="the browser’s part that shows notifications")
def service_worker() -> Response:
    """At the root, because a service worker sees to what lies below its own address."""
    answer = Response((STATIC / "js" / "service-worker.js").read_text(), mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Service-Worker-Allowed"] = "/"
    return answer


@bp.get("/experience/deliveries")
@page(who=CX, exempt="staff desk: how messages went is not on a member's journey")
def deliveries() -> Any:
    """How messages went, and whether any went outside what its member chose."""
    found = listed(Deliveries.read(request.args), "messages.deliveries", [
        ("at", _("When"), False), ("kind", _("Message"), False), ("", _("Member"), False), ("", _("What for"), False),
        ("", _("Way"), False), ("", _("How it went"), False), ("", _("Tries"), True), ("", _("Again"), False)])
    at = now()
    return render_template(
        "portal/messages/deliveries.html", found=found, tally=tally(at - AUDITED), words=words, days=AUDITED.days,
        audited=outside_choices(at - AUDITED, at + timedelta(hours=1), newest=MOST_AUDITED), form=PressForm(formdata=None))


@bp.post("/experience/deliveries/<uuid:message_id>/<any(mail, push, sms):channel>/again")
@page(who=CX, exempt="staff desk: how messages went is not on a member's journey")
def again(message_id: UUID, channel: str) -> Any:
    """Try a way once more that was given up."""
    if PressForm().validate_on_submit():
        try_again(message_id=message_id, channel=Channel(channel), now=now())
        flash(_("It is tried again now, if its member still wants it."), "ok")
    return redirect(url_for("messages.deliveries"))


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in the demo's folder."""

    id: str
    to: str
    subject: str
    at: datetime
    body: str
    attached: tuple[str, ...]  # names of files


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
        body = letter.get_body(("plain",))
        letters[letter["Message-ID"]] = Letter(
            key, str(letter["To"]), str(letter["Subject"]), parsedate_to_datetime(letter["Date"]),
            body.get_content() if body else "", tuple(part.get_filename() or "" for part in letter.iter_attachments()))
    return sorted(letters.values(), key=lambda letter: letter.at, reverse=True)


@bp.get("/demo/phone")
@page(who=ANYONE, exempt="the demo city’s stand-in for everybody’s phone")
def demo_phone() -> Any:
    """All text messages that left, newest first. Only in the demo city."""
    phone = adapters().sms
    if not current_app.config["DEMO_CITY"] or not isinstance(phone, EmbeddedPhone):
        raise NotFound()
    return render_template("portal/messages/demo_phone.html", texts=phone.texts()[:SHOWN])


@bp.get("/demo/push")
@page(who=ANYONE, exempt="the demo city’s stand-in for everybody’s notifications")
def demo_push() -> Any:
    """All notifications that left, newest first. Only in the demo city."""
    push = adapters().push
    if not current_app.config["DEMO_CITY"] or not isinstance(push, EmbeddedPush):
        raise NotFound()
    shown = [(item, json.loads(item.words)) for item in push.shown()[:SHOWN]]
    return render_template("portal/messages/demo_push.html", shown=shown)
