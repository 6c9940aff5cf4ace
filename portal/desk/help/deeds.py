"""What is done with a conversation by one press: taking, handing over, merging, solving, calling, passing praise on."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.database import db
from core.refusal import NotFound, Refusal
from core.time import now
from fleet.tariffs.in_force import policies_at
from portal.desk.help.blueprint import WHY, back_to, bp
from portal.desk.help.forms import CallForm, SeenForm, TakeForm
from portal.desk.help.look import look
from portal.desk.help.page import hand_over_form, merge_form, the_conversation
from portal.help.call import called
from portal.help.merge import merge
from portal.help.praise import pass_on
from portal.help.solve import solve, take_up_again
from portal.help.take import hand_over, take
from portal.web.forms import PressForm
from portal.web.page import SUPPORT, page
from portal.web.shell import adapters


def _done(deed: Callable[[], object], said: str, *, then: Any, instead: UUID) -> Any:
    """Do it and go on; when somebody was faster, say so on the conversation as it stands now."""
    try:
        deed()
    except NotFound:
        raise
    except Refusal as refusal:
        db.session.rollback()
        flash(_("%(why)s Nothing was changed.", why=refusal.says), "warn")
        return back_to(instead)
    flash(said, "ok")
    return then


def _nothing_chosen(conversation_id: UUID) -> Any:
    flash(_("Choose one from the list. Nothing was changed."), "warn")
    return back_to(conversation_id)


def _queue() -> Any:
    return redirect(url_for("help_desk.queue"))


@bp.post("/<uuid:conversation_id>/take")
@page(who=SUPPORT, exempt=WHY)
def take_it(conversation_id: UUID) -> Any:
    """It is mine now."""
    form, here = TakeForm(), back_to(conversation_id)
    if not form.validate_on_submit():
        return here


    def take_on() -> None:
        take(conversation_id=conversation_id, by_user_id=current_user.id, now=now(), instead_of=form.instead_of.data)
        look(conversation_id)

    return _done(take_on, _("You look after it now."), then=here, instead=conversation_id)


@bp.post("/<uuid:conversation_id>/hand-over")
@page(who=SUPPORT, exempt=WHY)
def hand_on(conversation_id: UUID) -> Any:
    """A colleague looks after it now."""
    form = hand_over_form(current_user.id)
    if not form.validate_on_submit():
        return _nothing_chosen(conversation_id)
    return _done(lambda: hand_over(conversation_id=conversation_id, by_user_id=current_user.id, to_user_id=form.to.data,
                                   note=form.word.data or "", seal=adapters().seal, now=now()),
                 _("Handed over."), then=_queue(), instead=conversation_id)


@bp.post("/<uuid:conversation_id>/merge")
@page(who=SUPPORT, exempt=WHY)
def bring_together(conversation_id: UUID) -> Any:
    """Two about one matter become one."""
    found = the_conversation(conversation_id)
    form = merge_form(found)
    if not form.validate_on_submit():
        return _nothing_chosen(found.id)
    into = UUID(form.into.data)
    return _done(lambda: merge(conversation_id=conversation_id, into_id=into, by_user_id=current_user.id, now=now()),
                 _("Brought together."), then=back_to(into), instead=conversation_id)


@bp.post("/<uuid:conversation_id>/solve")
@page(who=SUPPORT, exempt=WHY)
def solve_it(conversation_id: UUID) -> Any:
    """It needs no answer any more."""
    form, days = SeenForm(), policies_at(now())["help_reopen"].value
    if not form.validate_on_submit():
        flash(_("This page was too old. Nothing was changed."), "warn")
        return back_to(conversation_id)
    return _done(lambda: solve(conversation_id=conversation_id, by_user_id=current_user.id, now=now(), seen=form.seen.data),
                 _("Solved. The member’s next word within %(days)d days opens it again.", days=days), then=_queue(),
                 instead=conversation_id)


@bp.post("/<uuid:conversation_id>/reopen")
@page(who=SUPPORT, exempt=WHY)
def reopen_it(conversation_id: UUID) -> Any:
    """It was not solved after all."""
    here = back_to(conversation_id)
    if not PressForm().validate_on_submit():
        return here


    def take_up() -> None:
        take_up_again(conversation_id=conversation_id, by_user_id=current_user.id, now=now())
        look(conversation_id)

    return _done(take_up, _("Taken up again. You look after it."), then=here, instead=conversation_id)


@bp.post("/<uuid:conversation_id>/called")
@page(who=SUPPORT, exempt=WHY)
def call_made(conversation_id: UUID) -> Any:
    """How the call went."""
    form, here = CallForm(), back_to(conversation_id)
    if not form.validate_on_submit() or form.reached.data not in ("yes", "no"):
        return here
    reached = form.reached.data == "yes"
    said = _("Noted: you spoke with them.") if reached else _("Noted: not reached. They see that you tried.")
    return _done(lambda: called(conversation_id=conversation_id, reached=reached, by_user_id=current_user.id, now=now()),
                 said, then=here, instead=conversation_id)


@bp.post("/<uuid:conversation_id>/pass-on")
@page(who=SUPPORT, exempt=WHY)
def praise(conversation_id: UUID) -> Any:
    """Let those who look after the car or lot read the praise."""
    here = back_to(conversation_id)
    if not PressForm().validate_on_submit():
        return here
    return _done(lambda: pass_on(conversation_id=conversation_id, by_user_id=current_user.id, now=now()),
                 _("Passed on: it stands on the car’s page of the fleet desk."), then=here, instead=conversation_id)
