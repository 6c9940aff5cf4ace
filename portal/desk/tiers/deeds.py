"""What is done with a request for the reduced tier: taken, put back, granted or refused. Nothing typed is ever lost."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, request
from flask_babel import gettext as _
from flask_login import current_user

from core.database import db
from core.refusal import NotFound, Refusal
from core.time import now
from portal.account.tier import decide
from portal.account.tier.models import TierReason
from portal.desk.tiers.blueprint import WHY, back_to, bp
from portal.desk.tiers.forms import GrantForm, RefuseForm, TakeForm
from portal.desk.tiers.views import matter_page
from portal.web.page import REVIEWER, page
from portal.web.shell import adapters


def _instead_of() -> int | None:
    """From whom it is taken with the same press."""
    return request.form.get("instead_of", type=int)


def _press(request_id: UUID, deed: Callable[[], None], said: str) -> Any:
    """A press without words: when somebody was faster, the page says so as it stands now."""
    try:
        deed()
    except NotFound:
        raise
    except Refusal as refusal:
        flash(f"{refusal.says} {refusal.remedy}", "warn")
    else:
        flash(said, "ok")
    return back_to(request_id)


def _conclude(request_id: UUID, name: str, form: Any, deed: Callable[[], None], said: str) -> Any:
    """A deed with words: whoever is stopped keeps what they typed."""
    if not form.validate_on_submit():
        return matter_page(request_id, **{name: form}), form.page_status
    try:
        deed()
    except NotFound:
        raise
    except Refusal as refusal:
        db.session.rollback()
        form.words.errors = [f"{refusal.says} {refusal.remedy}"]
        return matter_page(request_id, **{name: form}), refusal.status
    flash(said, "ok")
    return back_to(request_id)


@bp.post("/<uuid:request_id>/take")
@page(who=REVIEWER, exempt=WHY)
def take(request_id: UUID) -> Any:
    """It is mine to decide."""
    form = TakeForm()
    if not form.validate_on_submit():
        return back_to(request_id)
    return _press(request_id, lambda: decide.take(request_id=request_id, reviewer=current_user.user,
                                                  instead_of=form.instead_of.data), _("It is on your desk now."))


@bp.post("/<uuid:request_id>/put-back")
@page(who=REVIEWER, exempt=WHY)
def put_back(request_id: UUID) -> Any:
    """A colleague shall see to it."""
    if not TakeForm().validate_on_submit():
        return back_to(request_id)
    return _press(request_id, lambda: decide.put_back(request_id=request_id, reviewer=current_user.user),
                  _("It waits for whoever comes next."))


@bp.post("/<uuid:request_id>/grant")
@page(who=REVIEWER, exempt=WHY)
def grant(request_id: UUID) -> Any:
    """They pay less from now on."""
    form = GrantForm(prefix="grant-")
    return _conclude(request_id, "grant", form, lambda: decide.grant(
        request_id=request_id, reviewer=current_user.user, now=now(), answer=_sealed(form.words.data),
        instead_of=_instead_of()), _("Granted. The letter is on its way."))


@bp.post("/<uuid:request_id>/refuse")
@page(who=REVIEWER, exempt=WHY)
def refuse(request_id: UUID) -> Any:
    """They read why."""
    form = RefuseForm(prefix="refuse-")
    return _conclude(request_id, "refuse", form, lambda: decide.refuse(
        request_id=request_id, reason=TierReason(form.reason.data), reviewer=current_user.user, now=now(),
        answer=_sealed(form.words.data), instead_of=_instead_of()), _("Refused. The letter says why, and how to ask again."))


def _sealed(words: str | None) -> str | None:
    return adapters().seal.close_words(words) if words else None
