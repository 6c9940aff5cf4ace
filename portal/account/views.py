"""Signing in and out, and the account page."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.refusal import Refusal
from core.time import now
from experience.journey import Step
from portal.account.forms import SignInForm
from portal.account.lines import lines_of
from portal.account.next_page import safe_next
from portal.account.security.forms import PasskeyForm
from portal.account.security.passkeys import in_the_way
from portal.account.sign_in import Halfway
from portal.account.sign_in import sign_in as check_and_begin
from portal.account.signing import device, enter, leave, place
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import ANYONE, SIGNED_IN, page

bp = Blueprint("account", __name__)


@bp.route("/sign-in", methods=["GET", "POST"])
@page(Step.MANAGE_SIGN_IN, who=ANYONE)
@limiter.limit("20/minute", methods=["POST"])
def sign_in() -> Any:
    """Ask for e-mail and password, and go where they were going."""
    if current_user.is_authenticated:
        return redirect(safe_next(request.args.get("next")))
    form = SignInForm()
    if form.validate_on_submit():
        try:
            token = check_and_begin(email=form.email.data, password=form.password.data,
                                    remember=form.remember.data, device=device(), place=place())
        except Refusal as refusal:  # the page keeps what was typed, so the words go into it
            form.password.errors = [f"{refusal.says} {refusal.remedy}"]
            return _sign_in_page(form), refusal.status
        if isinstance(token, Halfway):
            session["half"] = token.token
            return redirect(url_for("security.code", next=request.args.get("next")))
        enter(token, remember=form.remember.data)
        return redirect(safe_next(request.args.get("next")))
    return _sign_in_page(form), form.page_status


def _sign_in_page(form: SignInForm) -> str:
    return render_template("portal/account/sign_in.html", form=form, passkey=PasskeyForm(formdata=None),
                           in_the_way=in_the_way(current_app.config["SITE_URL"], request.host))


@bp.post("/sign-out")
@page(Step.MANAGE_SIGN_IN, who=SIGNED_IN)
def sign_out() -> Any:
    """End the session everywhere it was copied to."""
    if PressForm().validate_on_submit():
        leave(current_user)
        flash(_("You are signed out."), "ok")
    return redirect(url_for("site.home"))


@bp.get("/account/")
@page(Step.MANAGE_DETAILS, who=SIGNED_IN, whole=True)
def show() -> Any:
    """All that somebody looks after, each with how it stands, and the way out."""
    return render_template("portal/account/show.html", member=current_user.member,
                           groups=lines_of(current_user.user, now()), form=PressForm())
