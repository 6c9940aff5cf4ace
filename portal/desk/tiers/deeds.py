"""What is done with a request for the reduced tier: taken, put back, granted or refused. Nothing typed is ever lost."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_login import current_user

from core.time import now
from portal.account.tier import decide
from portal.account.tier.models import TierReason
from portal.desk.reviewing import TakeForm, conclude, instead_of, press
from portal.desk.tiers.blueprint import WHY, back_to, bp
from portal.desk.tiers.forms import GrantForm, RefuseForm
from portal.desk.tiers.views import matter_page
from portal.web.page import LOOKS_AT_PICTURES, page
from portal.web.shell import adapters


def _press(request_id: UUID, deed: Callable[[], None], said: str) -> Any:
    return press(deed, said, back=lambda: back_to(request_id))


def _conclude(request_id: UUID, name: str, form: Any, deed: Callable[[], None], said: str) -> Any:
    return conclude(form, deed, said, shown=lambda: matter_page(request_id, **{name: form}), back=lambda: back_to(request_id))


@bp.post("/<uuid:request_id>/take")
@page(who=LOOKS_AT_PICTURES, exempt=WHY)
def take(request_id: UUID) -> Any:
    """It is mine to decide."""
    form = TakeForm()
    if not form.validate_on_submit():
        return back_to(request_id)
    return _press(request_id, lambda: decide.take(request_id=request_id, reviewer=current_user.user,
                                                  instead_of=form.instead_of.data), _("It is on your desk now."))


@bp.post("/<uuid:request_id>/put-back")
@page(who=LOOKS_AT_PICTURES, exempt=WHY)
def put_back(request_id: UUID) -> Any:
    """A colleague shall see to it."""
    if not TakeForm().validate_on_submit():
        return back_to(request_id)
    return _press(request_id, lambda: decide.put_back(request_id=request_id, reviewer=current_user.user),
                  _("It waits for whoever comes next."))


@bp.post("/<uuid:request_id>/grant")
@page(who=LOOKS_AT_PICTURES, exempt=WHY)
def grant(request_id: UUID) -> Any:
    """They pay less from now on."""
    form = GrantForm(prefix="grant-")
    return _conclude(request_id, "grant", form, lambda: decide.grant(
        request_id=request_id, reviewer=current_user.user, now=now(), answer=_sealed(form.words.data),
        instead_of=instead_of()), _("Granted. The letter is on its way."))


@bp.post("/<uuid:request_id>/refuse")
@page(who=LOOKS_AT_PICTURES, exempt=WHY)
def refuse(request_id: UUID) -> Any:
    """They read why."""
    form = RefuseForm(prefix="refuse-")
    return _conclude(request_id, "refuse", form, lambda: decide.refuse(
        request_id=request_id, reason=TierReason(form.reason.data), reviewer=current_user.user, now=now(),
        answer=_sealed(form.words.data), instead_of=instead_of()), _("Refused. The letter says why, and how to ask again."))


def _sealed(words: str | None) -> str | None:
    return adapters().seal.close_words(words) if words else None
