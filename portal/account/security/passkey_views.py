"""Passkeys on pages: what the browser is told, as JSON, and forms that bring its answer."""

from typing import Any
from uuid import UUID

from flask import Response, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.refusal import NotFound, Refusal
from experience.journey import Step
from portal.account.next_page import safe_next
from portal.account.security.blueprint import bp
from portal.account.security.entering_views import go_on
from portal.account.security.forms import AddPasskeyForm, PasskeyForm
from portal.account.security.passkeys import (
    Site,
    ask_to_register,
    ask_to_sign,
    check_answer,
    in_the_way,
    register,
    remove,
    sign_in_with_passkey,
    site_of,
)
from portal.account.security.passkeys import passkeys_of as all_of
from portal.account.signing import device, enter
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import ANYONE, SIGNED_IN, page

ENTERING = "a piece of the page that signs in, which has the step"
CHANGING = "a piece of the security page, which has the step"


@bp.post("/sign-in/passkey/options")
@page(who=ANYONE, exempt=ENTERING)
@limiter.limit("60/minute")
def sign_in_options() -> Response:
    """What a browser's passkeys are asked to sign in order to get in."""
    return _json(ask_to_sign(site=_site()))


@bp.post("/sign-in/passkey")
@page(Step.MANAGE_SIGN_IN, who=ANYONE)
@limiter.limit("20/minute")
def passkey() -> Any:
    """Sign in with what a passkey signed."""
    form = PasskeyForm()
    if form.validate_on_submit():
        try:
            token = sign_in_with_passkey(answer=form.answer.data, remember=False, device=device(), site=_site())
        except Refusal as refusal:  # the sign-in page has both ways, so it says so there
            flash(f"{refusal.says} {refusal.remedy}", "warn")
        else:
            enter(token, remember=False)
            return redirect(safe_next(request.args.get("next")))
    return redirect(url_for("account.sign_in", next=request.args.get("next")))


@bp.post("/sign-in/again/passkey/options")
@page(who=SIGNED_IN, exempt=ENTERING)
@limiter.limit("60/minute")
def again_options() -> Response:
    """What one of their own passkeys is asked to sign as a fresh proof."""
    if not all_of(current_user.id):
        raise NotFound()
    return _json(ask_to_sign(site=_site(), user=current_user.user))


@bp.post("/sign-in/again/passkey")
@page(Step.MANAGE_SIGN_IN, who=SIGNED_IN)
@limiter.limit("20/minute")
def again_passkey() -> Any:
    """The fresh proof by a passkey."""
    form = PasskeyForm()
    if form.validate_on_submit():
        try:
            check_answer(answer=form.answer.data, site=_site(), user=current_user.user)
        except Refusal as refusal:  # as above
            flash(f"{refusal.says} {refusal.remedy}", "warn")
        else:
            return go_on(form.held.data, two_factors=True)
    return redirect(url_for("security.again", next=request.args.get("next")))


@bp.post("/account/security/passkeys/options")
@page(who=SIGNED_IN, exempt=CHANGING, fresh=True)
@limiter.limit("60/hour")
def add_options() -> Response:
    """What the browser is told so that it makes a passkey."""
    return _json(ask_to_register(user=current_user.user, site=_site()))


@bp.post("/account/security/passkeys")
@page(Step.MANAGE_DETAILS, who=SIGNED_IN, fresh=True)
@limiter.limit("60/hour")
def add_passkey() -> Any:
    """Keep the passkey that the browser has made."""
    form = AddPasskeyForm()
    if form.validate_on_submit():
        try:
            register(user=current_user.user, answer=form.answer.data, name=form.name.data, site=_site())
        except Refusal as refusal:  # as above
            flash(f"{refusal.says} {refusal.remedy}", "warn")
        else:
            flash(_("That passkey signs you in from now on."), "ok")
    return redirect(url_for("security.show", _anchor="passkeys"))


@bp.post("/account/security/passkeys/<uuid:passkey_id>/remove")
@page(Step.MANAGE_DETAILS, who=SIGNED_IN, fresh=True)
def remove_passkey(passkey_id: UUID) -> Any:
    """Let it sign in no more."""
    if PressForm().validate_on_submit():
        remove(user=current_user.user, passkey_id=passkey_id)
        flash(_("That passkey signs nobody in any more. Delete it on your device too."), "ok")
    return redirect(url_for("security.show", _anchor="passkeys"))


def _site() -> Site:
    """Raises NotFound where passkeys cannot work."""
    url: str = current_app.config["SITE_URL"]
    if in_the_way(url, request.host):
        raise NotFound()
    return site_of(url)


def _json(options: str) -> Response:
    return Response(options, mimetype="application/json")
