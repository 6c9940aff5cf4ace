"""What the team keeps for itself: saved views; and the one door from a random id to a person."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.time import now
from experience.desk.blueprint import ADMINS, WHY, bp
from experience.desk.filters import page_number
from experience.desk.forms import LookupForm, ViewForm
from experience.desk.looked_up import Lookups, lookups_by
from experience.desk.pages import page_of
from experience.desk.save_view import change_view, delete_view, my_view, save_view, the_view, views_of
from experience.desk.words import LOOKUP_REASONS
from experience.insight.models import LookupReason
from experience.insight.reidentify import reidentify
from portal.web.page import CX, page
from portal.web.shell import adapters


@bp.get("/views")
@page(who=CX, exempt=WHY)
def views() -> str:
    """Saved views, mine first."""
    return render_template("experience/desk/views.html", found=views_of(current_user.id), me=current_user.id)


@bp.post("/views")
@page(who=CX, exempt=WHY)
def keep_view() -> Any:
    """Save the page I look at under a name."""
    form = ViewForm()
    if not form.validate_on_submit():
        flash(_("Give the view a name of 1 to 80 letters. Nothing was saved."), "warn")
        return redirect(url_for(".views"))
    save_view(user_id=current_user.id, name=form.name.data, address=form.address.data, now=now())
    flash(_("Saved. It is among the saved views, and its link works for everybody of the team."), "ok")
    return redirect(form.address.data if form.address.data.startswith("/experience/") else url_for(".views"))


@bp.get("/views/<uuid:view_id>")
@page(who=CX, exempt=WHY)
def open_view(view_id: UUID) -> Any:
    """The page behind a saved view; the link works for the whole team."""
    return redirect(the_view(view_id).address)


@bp.route("/views/<uuid:view_id>/edit", methods=["GET", "POST"])
@page(who=CX, exempt=WHY)
def edit_view(view_id: UUID) -> Any:
    """Rename one of mine, or lead it elsewhere."""
    view = my_view(view_id, current_user.id)
    form = ViewForm(name=view.name, address=view.address)
    if form.validate_on_submit():
        change_view(view_id=view_id, user_id=current_user.id, name=form.name.data, address=form.address.data)
        flash(_("The view is changed."), "ok")
        return redirect(url_for(".views"))
    return render_template("experience/desk/view.html", view=view, form=form), form.page_status


@bp.post("/views/<uuid:view_id>/delete")
@page(who=CX, exempt=WHY)
def drop_view(view_id: UUID) -> Any:
    """Delete one of mine."""
    delete_view(view_id=view_id, user_id=current_user.id)
    flash(_("The view is deleted."), "ok")
    return redirect(url_for(".views"))


@bp.route("/who/<uuid:pid>", methods=["GET", "POST"])
@page(who=CX, exempt=WHY)
def who(pid: UUID) -> Any:
    """Who is behind a random id: told only with a reason, which is written down first."""
    form, person, asked = LookupForm(), None, False
    if form.validate_on_submit():
        person, asked = reidentify(pid=pid, by_user_id=current_user.id, reason=LookupReason(form.reason.data),
                                   words=form.words.data, seal=adapters().seal, now=now()), True
    return render_template("experience/desk/who.html", pid=pid, form=form, person=person, asked=asked), form.page_status


@bp.get("/lookups")
@page(who=ADMINS, exempt=WHY)
def lookups() -> str:
    """Who looked whom up and why: for admins."""
    found = page_of(Lookups(), page_number(request.args), endpoint=".lookups")
    words = {row.Lookup.id: adapters().seal.read(row.Lookup.words_sealed) for row in found.rows}
    return render_template("experience/desk/lookups.html", found=found, words=words, REASONS=LOOKUP_REASONS,
                           counts=lookups_by())
