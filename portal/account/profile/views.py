"""Somebody's own details on pages, and the link with which an old e-mail address puts itself back."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.refusal import NotFound, Refusal
from core.time import now
from experience.journey import Step
from portal.account.contact.number import number_of, written
from portal.account.lines import Group, lines_of
from portal.account.profile.change_email import ask_to_change_email, confirm_email, waiting_change
from portal.account.profile.forms import DetailsForm, EmailCodeForm, EmailForm
from portal.account.profile.hours import show_hours
from portal.account.profile.mailbox import carry_mailbox, mailbox_behind, reads_mailbox
from portal.account.profile.put_back import change_behind, doubtful_since
from portal.account.profile.put_back import put_back as put_address_back
from portal.account.rename import rename
from portal.account.signing import enter_again
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import ANYONE, SIGNED_IN, page
from portal.web.step_up import ask_again

bp = Blueprint("profile", __name__)
STEP = Step.MANAGE_DETAILS


@bp.route("/account/profile", methods=["GET", "POST"])
@page(STEP, who=SIGNED_IN)
@limiter.limit("60/hour", methods=["POST"])
def show() -> Any:
    """What we hold about whoever is signed in, a member or not, with the way to change each of it."""
    user = current_user.user
    form = DetailsForm(data={"name": user.name, "hours": "24" if user.hour24 else "12"})
    if form.validate_on_submit():
        if form.name.data != user.name and (answer := ask_again()):  # who it says may drive, or works for us
            return answer
        rename(user=user, name=form.name.data)
        show_hours(user=user, hour24=form.hours.data == "24")
        flash(_("Saved. It counts from now on."), "ok")
        return redirect(url_for("profile.show"))
    return _page(form=form)


def _page(*, form: DetailsForm | None = None, email_form: EmailForm | None = None, code_form: EmailCodeForm | None = None,
          status: int = 0) -> Any:
    shown = [one for one in (form, email_form, code_form) if one is not None]
    user, member = current_user.user, current_user.member
    number = number_of(member.id) if member else None
    return render_template(
        "portal/account/profile/show.html", user=user, member=member, number=written(number.number) if number else "",
        form=form or DetailsForm(formdata=None, data={"name": user.name, "hours": "24" if user.hour24 else "12"}),
        email_form=email_form or EmailForm(formdata=None), code_form=code_form or EmailCodeForm(formdata=None),
        waiting=waiting_change(user.id), groups=lines_of(user, now(), but=Group.TRIPS),
    ), status or max([one.page_status for one in shown] or [200])


@bp.post("/account/profile/email")
@page(STEP, who=SIGNED_IN, fresh=True)
@limiter.limit("10/hour", methods=["POST"])
def email() -> Any:
    """Have a code mailed to a new address."""
    form = EmailForm()
    if not form.validate_on_submit():
        return _page(email_form=form)
    try:
        ask_to_change_email(user=current_user.user, email=form.email.data, now=now(), reads=reads_mailbox(form.email.data))
    except Refusal as refusal:  # the page keeps what was typed, so the words go into it
        form.email.errors = [f"{refusal.says} {refusal.remedy}"]
        return _page(email_form=form, status=refusal.status)
    return redirect(url_for("profile.show", _anchor="email"))


@bp.get("/account/profile/mailbox/<signed>")
@page(STEP, who=SIGNED_IN)
def mailbox(signed: str) -> Any:
    """From a mail with a code: this visit reads that mailbox, so what strangers asked for with its address counts no more."""
    email = mailbox_behind(signed, current_app.config["SECRET_KEY"])
    if email is None:
        raise NotFound()
    carry_mailbox(email)
    flash(_("That mailbox is yours. Ask for a code here, and it comes."), "ok")
    return redirect(url_for("profile.show", _anchor="email"))


@bp.post("/account/profile/email/code")
@page(STEP, who=SIGNED_IN)  # asking for the code was the step-up; whoever has it reads the new address
@limiter.limit("30/hour", methods=["POST"])
def code() -> Any:
    """Take the new address, which has proved itself."""
    form = EmailCodeForm()
    if not form.validate_on_submit():
        return _page(code_form=form)
    try:
        changed = confirm_email(user=current_user.user, code=form.code.data, secret=current_app.config["SECRET_KEY"],
                                token=current_user.token, now=now())
    except Refusal as refusal:  # as above
        form.code.errors = [f"{refusal.says} {refusal.remedy}"]
        return _page(code_form=form, status=refusal.status)
    enter_again(current_user)
    flash(_("Your address is %(email)s now. Other devices are signed out, and we have told the old address.",
            email=changed.new_email), "ok")
    return redirect(url_for("profile.show"))


@bp.route("/email/put-back/<token>", methods=["GET", "POST"])
@page(STEP, who=ANYONE)
@limiter.limit("60/minute", methods=["POST"])
def put_back(token: str) -> Any:
    """Ask whether the old address is to count again. Mail programs look at links before people do: looking changes nothing."""
    secret = current_app.config["SECRET_KEY"]
    changed = change_behind(token, secret)
    if PressForm().validate_on_submit():
        way = put_address_back(token=token, secret=secret)
        flash(_("Your old address counts again, and everybody is signed out. Choose a new password now."), "ok")
        return redirect(url_for("security.reset", token=way))
    return render_template("portal/account/profile/put_back.html", changed=changed, since=doubtful_since(changed),
                           form=PressForm(formdata=None))
