"""What is done with a matter: taken, put back, approved, refused, or sent back for one picture. Nothing typed is ever lost."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_login import current_user

from core.time import now
from portal.desk.applications import decide
from portal.desk.applications.blueprint import WHY, back_to, bp
from portal.desk.applications.forms import ApproveForm, PictureForm, RefuseForm
from portal.desk.applications.views import matter_page
from portal.desk.reviewing import TakeForm, conclude, instead_of, press
from portal.licence.models import Side
from portal.signup.reasons import Reason
from portal.web.page import LOOKS_AT_PICTURES, page
from portal.web.shell import adapters


def _press(matter_id: UUID, deed: Callable[[], None], said: str) -> Any:
    return press(deed, said, back=lambda: back_to(matter_id))


def _conclude(matter_id: UUID, name: str, form: Any, deed: Callable[[], None], said: str) -> Any:
    return conclude(form, deed, said, shown=lambda: matter_page(matter_id, **{name: form}), back=lambda: back_to(matter_id))


@bp.post("/<uuid:matter_id>/take")
@page(who=LOOKS_AT_PICTURES, exempt=WHY)
def take(matter_id: UUID) -> Any:
    """It is mine to decide."""
    form = TakeForm()
    if not form.validate_on_submit():
        return back_to(matter_id)
    return _press(matter_id, lambda: decide.take_on(matter_id=matter_id, reviewer=current_user.user, now=now(),
                                                    instead_of=form.instead_of.data), _("It is on your desk now."))


@bp.post("/<uuid:matter_id>/put-back")
@page(who=LOOKS_AT_PICTURES, exempt=WHY)
def put_back(matter_id: UUID) -> Any:
    """A colleague shall see to it."""
    if not TakeForm().validate_on_submit():
        return back_to(matter_id)
    return _press(matter_id, lambda: decide.put_down(matter_id=matter_id, reviewer=current_user.user),
                  _("It waits for whoever comes next."))


@bp.post("/<uuid:matter_id>/approve")
@page(who=LOOKS_AT_PICTURES, exempt=WHY)
def approve(matter_id: UUID) -> Any:
    """They drive from now on."""
    form = ApproveForm(prefix="approve-")
    return _conclude(matter_id, "approve", form, lambda: decide.approve(
        matter_id=matter_id, words=form.words.data or "", reviewer=current_user.user, seal=adapters().seal, now=now(),
        instead_of=instead_of()), _("Approved. The letter is on its way."))


@bp.post("/<uuid:matter_id>/refuse")
@page(who=LOOKS_AT_PICTURES, exempt=WHY)
def refuse(matter_id: UUID) -> Any:
    """They read why."""
    form = RefuseForm(prefix="refuse-")
    return _conclude(matter_id, "refuse", form, lambda: decide.refuse(
        matter_id=matter_id, reasons=[Reason(code) for code in form.reasons.data], words=form.words.data,
        reviewer=current_user.user, seal=adapters().seal, now=now(), instead_of=instead_of()),
        _("Refused. The letter says why, and how to appeal."))


@bp.post("/<uuid:matter_id>/picture")
@page(who=LOOKS_AT_PICTURES, exempt=WHY)
def picture(matter_id: UUID) -> Any:
    """They take one picture again."""
    form = PictureForm(prefix="picture-")
    return _conclude(matter_id, "picture", form, lambda: decide.ask_picture(
        matter_id=matter_id, side=Side(form.side.data), reason=Reason(form.reason.data), words=form.words.data,
        reviewer=current_user.user, seal=adapters().seal, now=now(), instead_of=instead_of()),
        _("Asked for. It comes back into the queue with the new picture."))
