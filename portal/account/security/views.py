"""The security page: what protects an account, and everything that changes it."""

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from core.refusal import NotFound, Refusal
from core.sealed import Unreadable
from experience.journey import Step
from portal.account.device_name import device_name
from portal.account.security import entering_views, passkey_views, reset_views  # noqa: F401 - they hang pages into it
from portal.account.security.authenticator import authenticator_of, new_secret, picture_of
from portal.account.security.blueprint import bp
from portal.account.security.forms import AddPasskeyForm, NewPasswordForm, SetUpForm
from portal.account.security.passkeys import in_the_way, passkeys_of
from portal.account.security.recovery_codes import codes_left
from portal.account.security.reset import change_password
from portal.account.security.second_factor import renew_codes, take_away
from portal.account.security.second_factor import set_up as set_up_app
from portal.account.sessions import end_all_sessions, end_one, sessions_of
from portal.account.signing import enter_again
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import SIGNED_IN, page
from portal.web.shell import adapters

HERE = "portal/account/security/{}.html"


@bp.get("/account/security")
@page(Step.MANAGE_DETAILS, who=SIGNED_IN, whole=True)
def show() -> Any:
    """What protects this account."""
    return render_template(HERE.format("show"), app=authenticator_of(current_user.id), codes=codes_left(current_user.id),
                           press=PressForm(formdata=None), must=_must(), sessions=sessions_of(current_user.id),
                           device_name=device_name, passkeys=passkeys_of(current_user.id), add=AddPasskeyForm(formdata=None),
                           in_the_way=in_the_way(current_app.config["SITE_URL"], request.host))


@bp.route("/account/security/password", methods=["GET", "POST"])
@page(Step.MANAGE_DETAILS, who=SIGNED_IN, fresh=True)
@limiter.limit("20/hour", methods=["POST"])
def password() -> Any:
    """Choose another password; other devices are signed out."""
    form, status = NewPasswordForm(), 0
    if form.validate_on_submit():
        try:
            change_password(user=current_user.user, password=form.password.data, token=current_user.token)
        except Refusal as refusal:  # the page goes on asking, so the words go into it
            form.password.errors, status = [f"{refusal.says} {refusal.remedy}"], refusal.status
        else:
            enter_again(current_user)
            flash(_("That is your password now. Other devices are signed out."), "ok")
            return redirect(url_for("security.show"))
    return render_template(HERE.format("password"), form=form,
                           short=authenticator_of(current_user.id) is not None), status or form.page_status


@bp.post("/account/security/sessions/<int:place_id>/end")
@page(Step.MANAGE_DETAILS, who=SIGNED_IN)
def end(place_id: int) -> Any:
    """Sign one device out."""
    if PressForm().validate_on_submit():
        if not end_one(current_user.id, place_id):
            raise NotFound()
        flash(_("That device is signed out."), "ok")
    return redirect(url_for("security.show", _anchor="sessions"))


@bp.post("/account/security/sessions/end-others")
@page(Step.MANAGE_DETAILS, who=SIGNED_IN)
def end_others() -> Any:
    """Sign every device out but this one."""
    if PressForm().validate_on_submit():
        end_all_sessions(current_user.user, but=current_user.token)
        flash(_("Every other device is signed out."), "ok")
    return redirect(url_for("security.show", _anchor="sessions"))


@bp.route("/account/security/app", methods=["GET", "POST"])
@page(Step.MANAGE_DETAILS, who=SIGNED_IN, fresh=True)
@limiter.limit("20/minute", methods=["POST"])
def set_up() -> Any:
    """Pair an authenticator app: its secret as a picture and as text, and the first code that proves it."""
    if authenticator_of(current_user.id) is not None and not current_user.two_factors:
        return redirect(url_for("security.again", next=url_for("security.set_up")))
    form, status, seal = SetUpForm(), 0, adapters().seal
    secret = _opened(form.sealed.data) or new_secret()
    if form.validate_on_submit():
        try:
            codes = set_up_app(user=current_user.user, secret=secret, code=form.code.data, token=current_user.token, seal=seal)
        except Refusal as refusal:  # the page keeps the secret, so the words go into it
            form.code.errors, status = [f"{refusal.says} {refusal.remedy}"], refusal.status
        else:
            enter_again(current_user, two_factors=True)
            return _codes(codes)
    form.sealed.data = seal.close(f"{current_user.id} {secret}")
    return render_template(
        HERE.format("set_up"), form=form, picture=Markup(picture_of(secret, current_user.email)),  # noqa: S704 - drawn by segno
        secret=" ".join(secret[at:at + 4] for at in range(0, len(secret), 4)), must=_must(),
        replaces=authenticator_of(current_user.id) is not None), status or form.page_status


def _must() -> bool:
    """Whether they work here and therefore cannot do without."""
    return bool(current_user.is_staff and current_app.config["STAFF_SECOND_FACTOR"])


def _opened(sealed: str | None) -> str | None:
    """The secret that this page showed to this very user; None for anything else."""
    try:
        whose, secret = adapters().seal.open(sealed or "").split(" ")
    except (Unreadable, ValueError):
        return None
    return str(secret) if whose == str(current_user.id) else None


def _codes(codes: list[str]) -> str:
    return render_template(HERE.format("codes"), codes=codes)


@bp.post("/account/security/app/remove")
@page(Step.MANAGE_DETAILS, who=SIGNED_IN, fresh=True)
def remove() -> Any:
    """Take the app away; staff replace it instead."""
    if PressForm().validate_on_submit():
        if _must():
            flash(_("Whoever works here needs a second factor. You can replace the app by another."), "warn")
        else:
            take_away(user=current_user.user)
            flash(_("From now on your password alone signs you in."), "ok")
    return redirect(url_for("security.show"))


@bp.post("/account/security/codes")
@page(Step.MANAGE_DETAILS, who=SIGNED_IN, fresh=True)
@limiter.limit("10/hour", methods=["POST"])
def codes() -> Any:
    """Ten new recovery codes, shown this once."""
    if PressForm().validate_on_submit() and authenticator_of(current_user.id) is not None:
        return _codes(renew_codes(user=current_user.user))
    return redirect(url_for("security.show"))
