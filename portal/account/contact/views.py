"""How we write to a member: the page of choices, numbers and devices, and the link that stops mails."""

from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.database import db
from core.refusal import NotFound, Refusal
from core.time import now
from experience.journey import Step
from portal.account.contact.choose import choose, stop_mails
from portal.account.contact.confirm_number import ask_for_code, confirm_number, forget_number
from portal.account.contact.devices import MOST, add_device, devices_of, remove_device
from portal.account.contact.forms import ChoicesForm, CodeForm, DeviceForm, NumberForm
from portal.account.contact.in_force import choices_of, versions_of
from portal.account.contact.number import is_held_back, number_of, waiting_number, written
from portal.account.contact.rules import Channel, Purpose
from portal.account.contact.unsubscribe import read_stop_token
from portal.account.device_name import device_name
from portal.account.models import Member
from portal.account.sessions import session_number
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import ANYONE, MEMBERS, me, page
from portal.web.shell import adapters

bp = Blueprint("contact", __name__)
STEP = Step.MANAGE_CONTACT_CHOICES
bp.add_app_template_global(is_held_back)


@bp.route("/account/contact", methods=["GET", "POST"])
@page(STEP, who=MEMBERS)
def show() -> Any:
    """What we may write about, by which way and at which hours."""
    form = ChoicesForm(choices_of(me().id, now()), _offered())
    if form.validate_on_submit():
        quiet_from, quiet_until = form.quiet
        choose(member=me(), ways=form.ways, quiet_from=quiet_from, quiet_until=quiet_until, zone=form.zone_info, now=now())
        flash(_("Saved. It counts from now on."), "ok")
        return redirect(url_for("contact.show"))
    return _page(form=form)


def _offered() -> frozenset[Channel]:
    """The channels this member can choose today: text messages need a number first."""
    with_push = {Channel.PUSH} if adapters().push else set()
    with_texts = {Channel.SMS} if adapters().sms and number_of(me().id) else set()
    return frozenset({Channel.MAIL} | with_push | with_texts)


def _page(*, form: ChoicesForm | None = None, number_form: NumberForm | None = None, code_form: CodeForm | None = None,
          device_form: DeviceForm | None = None, status: int = 0) -> Any:
    shown = [one for one in (form, number_form, code_form, device_form) if one is not None]
    number, waiting = number_of(me().id), waiting_number(me().id)
    return render_template(
        "portal/account/contact/show.html", purposes=Purpose, push=adapters().push, sms=adapters().sms, written=written,
        choices_form=form or ChoicesForm(choices_of(me().id, now()), _offered(), formdata=None),
        number_form=number_form or NumberForm(formdata=None), code_form=code_form or CodeForm(formdata=None),
        device_form=device_form or DeviceForm(formdata=None), press=PressForm(formdata=None), number=number, waiting=waiting,
        devices=devices_of(me().id), most=MOST, versions=versions_of(me().id)[:5], member=me(),
    ), status or max([one.page_status for one in shown] or [200])


@bp.post("/account/contact/number")
@page(STEP, who=MEMBERS, fresh=True)
@limiter.limit("10/hour", methods=["POST"])
def number() -> Any:
    """Text a code to the number that was typed."""
    form = NumberForm()
    if not adapters().sms:
        raise NotFound()
    if not form.validate_on_submit():
        return _page(number_form=form)
    try:
        ask_for_code(member=me(), number=form.e164, now=now())
    except Refusal as refusal:  # the page keeps what was typed, so the words go into it
        form.number.errors = [f"{refusal.says} {refusal.remedy}"]
        return _page(number_form=form, status=refusal.status)
    return redirect(url_for("contact.show", _anchor="number"))


@bp.post("/account/contact/number/code")
@page(STEP, who=MEMBERS)
@limiter.limit("30/hour", methods=["POST"])
def code() -> Any:
    """Confirm the number with the code."""
    form = CodeForm()
    if not form.validate_on_submit():
        return _page(code_form=form)
    try:
        confirm_number(member=me(), code=form.code.data, secret=current_app.config["SECRET_KEY"], now=now())
    except Refusal as refusal:  # as above
        form.code.errors = [f"{refusal.says} {refusal.remedy}"]
        return _page(code_form=form, status=refusal.status)
    flash(_("That is your number. We text you when something about a trip or money cannot wait."), "ok")
    return redirect(url_for("contact.show", _anchor="number"))


@bp.post("/account/contact/number/forget")
@page(STEP, who=MEMBERS, fresh=True)
def forget() -> Any:
    """Take the number away."""
    if PressForm().validate_on_submit():
        forget_number(member=me(), now=now())
        flash(_("We have forgotten the number and text you no more."), "ok")
    return redirect(url_for("contact.show", _anchor="number"))


@bp.post("/account/contact/devices")
@page(STEP, who=MEMBERS)
@limiter.limit("30/hour", methods=["POST"])
def add() -> Any:
    """Show notifications on the device that this comes from."""
    form, push = DeviceForm(), adapters().push
    if not push:
        raise NotFound()
    if not form.validate_on_submit() or bool(form.subscription) is not bool(push.public_key):
        flash(_("Notifications could not be switched on here. Mail goes on reaching you."), "warn")
        return _page(device_form=form, status=422)
    add_device(member=me(), subscription=form.subscription, name=device_name(request.user_agent.string),
               session_id=session_number(current_user.token), now=now())
    flash(_("Notifications are on for this device."), "ok")
    return redirect(url_for("contact.show", _anchor="devices"))


@bp.post("/account/contact/devices/<uuid:device_id>/remove")
@page(STEP, who=MEMBERS)
def remove(device_id: UUID) -> Any:
    """Show nothing on this device any more."""
    if PressForm().validate_on_submit():
        remove_device(member=me(), device_id=device_id)
        flash(_("That device shows no notifications any more."), "ok")
    return redirect(url_for("contact.show", _anchor="devices"))


@bp.get("/unsubscribe/<signed>")
@page(STEP, who=ANYONE)
def unsubscribe(signed: str) -> Any:
    """Ask whether these mails are to stop: programs look at links before people do, so looking changes nothing."""
    _member, purpose = _of_link(signed)
    return render_template("portal/account/contact/unsubscribe.html", purpose=purpose, signed=signed, stopped=False)


@bp.post("/unsubscribe/<signed>")
@page(STEP, who=ANYONE)
@limiter.limit("60/minute", methods=["POST"])
def one_click(signed: str) -> Any:
    """Stop them, from the page's button or from the mail program's own (RFC 8058): the signed link speaks for itself."""
    member, purpose = _of_link(signed)
    stop_mails(member=member, purpose=purpose, now=now())
    return render_template("portal/account/contact/unsubscribe.html", purpose=purpose, signed=signed, stopped=True)


def _of_link(signed: str) -> tuple[Member, Purpose]:
    said = read_stop_token(signed, current_app.config["SECRET_KEY"])
    member = db.session.get(Member, said[0]) if said else None
    if said is None or member is None:
        raise NotFound()
    return member, said[1]
