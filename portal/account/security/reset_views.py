"""`/sign-in/forgot` and the page behind its link."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from core.refusal import Refusal
from experience.journey import Step
from portal.account.security.authenticator import authenticator_of
from portal.account.security.blueprint import bp
from portal.account.security.forms import ForgotForm, NewPasswordForm
from portal.account.security.reset import ResetIsOver, ask_for_reset, reset_of, reset_password
from portal.web.limits import limiter
from portal.web.page import ANYONE, page
from portal.web.shell import adapters


@bp.route("/sign-in/forgot", methods=["GET", "POST"])
@page(Step.MANAGE_SIGN_IN, who=ANYONE)
@limiter.limit("10/hour", methods=["POST"])
def forgot() -> Any:
    """Have a link mailed; the answer is the same whether anybody has that address."""
    form = ForgotForm()
    if form.validate_on_submit():
        ask_for_reset(email=form.email.data, seal=adapters().seal)
        return render_template("portal/account/security/forgot.html", form=form, sent=True)
    return render_template("portal/account/security/forgot.html", form=form, sent=False), form.page_status


@bp.route("/sign-in/reset/<token>", methods=["GET", "POST"])
@page(Step.MANAGE_SIGN_IN, who=ANYONE)
@limiter.limit("30/hour", methods=["POST"])
def reset(token: str) -> Any:
    """Choose a new password; looking uses nothing up, because mail programs look before people do."""
    form, status = NewPasswordForm(), 0
    row = reset_of(token)
    if form.validate_on_submit():
        try:
            reset_password(token=token, password=form.password.data)
        except ResetIsOver:
            raise
        except Refusal as refusal:  # the page goes on asking, so the words go into it
            form.password.errors, status = [f"{refusal.says} {refusal.remedy}"], refusal.status
        else:
            flash(_("That is your password now, and you are signed out everywhere. Sign in with it."), "ok")
            return redirect(url_for("account.sign_in"))
    return render_template("portal/account/security/reset.html", form=form, invited=row.why == "invited",
                           short=authenticator_of(row.user_id or 0) is not None), status or form.page_status
