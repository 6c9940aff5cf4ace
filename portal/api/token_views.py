"""The page of a member's own tokens. It is for people: unlike the API's doors it goes by the cookie."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from core.refusal import Refusal
from core.time import now
from experience.journey import Step
from fleet.tariffs.in_force import policies_at
from portal.api.forms import SCOPES, TokenForm
from portal.api.own_tokens import end_own_token, live_tokens, make_own_token
from portal.api.tokens import tokens_of
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import MEMBERS, me, page

bp = Blueprint("tokens", __name__)
ENDED_SHOWN = 20


@bp.get("/account/tokens")
@page(Step.MANAGE_DETAILS, who=MEMBERS)
def show() -> Any:
    """Which programs may act for the member, and a form for one more."""
    return _page(_form(formdata=None))


@bp.post("/account/tokens")
@page(Step.MANAGE_DETAILS, who=MEMBERS, fresh=True)
@limiter.limit("20/hour", methods=["POST"])
def make() -> Any:
    """Make one and show it, this once."""
    form = _form()
    if not form.validate_on_submit():
        return _page(form)
    try:
        row, token = make_own_token(member=me(), name=form.name.data, scopes=form.chosen, days=form.days.data, now=now())
    except Refusal as refusal:  # the page keeps what was typed, so the words go into it
        form.name.errors = [f"{refusal.says} {refusal.remedy}"]
        return _page(form, status=refusal.status)
    return render_template("portal/api/token.html", row=row, token=token, scopes=SCOPES)


@bp.post("/account/tokens/<int:token_id>/end")
@page(Step.MANAGE_DETAILS, who=MEMBERS)
def end(token_id: int) -> Any:
    """Let it open nothing any more."""
    if PressForm().validate_on_submit():
        row = end_own_token(member=me(), token_id=token_id)
        flash(_("The token “%(name)s” opens nothing any more.", name=row.name), "ok")
    return redirect(url_for("tokens.show"))


def _form(**given: Any) -> TokenForm:
    return TokenForm(**given).within(policies_at(now())["token_ends"].value)


def _page(form: TokenForm, status: int = 0) -> Any:
    live = live_tokens(me().id)
    ended = [row for row in tokens_of(me().id) if row not in live][:ENDED_SHOWN]
    return render_template(
        "portal/api/tokens.html", form=form, live=live, ended=ended, scopes=SCOPES,
        details={str(scope): {"note": words[1]} for scope, words in SCOPES.items()},
        most=policies_at(now())["tokens_most"].value), status or form.page_status
