"""Pages on the way in: the second factor after the password, and the proof that is asked for again."""

from typing import Any
from urllib.parse import urlsplit

from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.refusal import Refusal
from experience.journey import Step
from portal.account.next_page import safe_next
from portal.account.security.authenticator import authenticator_of
from portal.account.security.blueprint import bp
from portal.account.security.demo_codes import demo_code
from portal.account.security.errors import HalfIsOver
from portal.account.security.forms import BothAgainForm, CodeForm, PasskeyForm, PasswordAgainForm
from portal.account.security.passkeys import in_the_way, passkeys_of
from portal.account.security.prove_again import prove_again
from portal.account.sign_in import find_half, finish_sign_in
from portal.account.signing import enter, enter_again, place
from portal.web.limits import limiter
from portal.web.page import ANYONE, SIGNED_IN, page
from portal.web.shell import adapters
from portal.web.step_up import read_held

SIGN_IN = "portal/account/security/{}.html"


@bp.route("/sign-in/code", methods=["GET", "POST"])
@page(Step.MANAGE_SIGN_IN, who=ANYONE)
@limiter.limit("20/minute", methods=["POST"])
def code() -> Any:
    """After the password: the code of the app, or a recovery code. Without a half-finished sign-in it begins anew."""
    half = find_half(session.get("half", ""))
    if half is None:
        if "half" in session:
            session.pop("half")
            flash(f"{HalfIsOver.says} {HalfIsOver.remedy}", "warn")
        return redirect(url_for("account.sign_in", next=request.args.get("next")))
    form, status = CodeForm(), 0
    if form.validate_on_submit():
        try:
            token, remember = finish_sign_in(token=session["half"], code=form.code.data, seal=adapters().seal)
        except Refusal as refusal:  # the page keeps what was typed, so the words go into it
            form.code.errors, status = [f"{refusal.says} {refusal.remedy}"], refusal.status
        else:
            enter(token, remember=remember)
            return redirect(safe_next(request.args.get("next")))
    has_app = authenticator_of(half.user_id) is not None
    return render_template(SIGN_IN.format("code"), form=form, has_app=has_app, shown=demo_code(half.user_id),
                           ), status or form.page_status


@bp.route("/sign-in/again", methods=["GET", "POST"])
@page(Step.MANAGE_SIGN_IN, who=SIGNED_IN)
@limiter.limit("20/minute", methods=["POST"])
def again() -> Any:
    """The proof that a sensitive page wants; then on to that page, or on with the form that was held."""
    both = authenticator_of(current_user.id) is not None
    form, status = BothAgainForm() if both else PasswordAgainForm(), 0
    if "password" not in request.form:  # it comes from the page that holds a form, or nothing was sent
        return _again(form, 200)
    if form.validate_on_submit():
        try:
            proved = prove_again(user=current_user.user, password=form.password.data, code=form.code.data if both else "",
                                 place=place(), seal=adapters().seal)
        except Refusal as refusal:  # as above
            (form.code if "code" in refusal.code else form.password).errors = [f"{refusal.says} {refusal.remedy}"]
            status = refusal.status
        else:
            return go_on(form.held.data, two_factors=proved)
    return _again(form, status or form.page_status)


def _again(form: Any, status: int) -> Any:
    passkey = None
    if passkeys_of(current_user.id) and not in_the_way(current_app.config["SITE_URL"], request.host):
        passkey = PasskeyForm(formdata=None, data={"held": form.held.data})
    return render_template(SIGN_IN.format("again"), form=form, shown=demo_code(current_user.id), passkey=passkey), status


def go_on(held: str | None, *, two_factors: bool) -> Any:
    """Renew the session and send the browser to where it was going, or show the form that was held for one more press."""
    enter_again(current_user, two_factors=two_factors)
    if not held:
        return redirect(safe_next(request.args.get("next")))
    found = read_held(held)
    if found is None or not _is_ours(found[0]):
        flash(_("That form was open for too long. Please fill it in again."), "warn")
        return redirect(safe_next(request.args.get("next")))
    return render_template(SIGN_IN.format("send_held"), address=found[0], fields=found[1])


def _is_ours(address: str) -> bool:
    """Whether it is a path of this site: it was signed here, and is looked at again all the same."""
    parts = urlsplit(address)
    adapter = current_app.url_map.bind("")
    return not parts.netloc and not address.startswith(("//", "/\\")) and adapter.test(parts.path, "POST")
