"""Suggestions: the public list with our answers, adding one, and sharing one."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from core.database import db
from core.time import now
from experience.journey import Step
from fleet.cars.words import class_name
from fleet.lots.models import Lot
from portal.help.suggestions.forms import SuggestForm, VoteForm
from portal.help.suggestions.models import Suggestion, Wanted
from portal.help.suggestions.queries import Suggestions
from portal.help.suggestions.suggest import nearest_lot, suggest, vote
from portal.help.words import SUGGESTION_STATES
from portal.web.limits import limiter
from portal.web.page import ANYONE, MEMBERS, me, page
from portal.web.shell import adapters

bp = Blueprint("help_suggestions", __name__, url_prefix="/help/suggestions")


@bp.app_template_filter("wish")
def wish_words(suggestion: Suggestion) -> str:
    """"A lot in Pilsen", "A van at Clark/Lake"."""
    if suggestion.wanted == Wanted.LOT:
        return _("A lot in %(place)s", place=suggestion.neighbourhood)
    return _("%(car)s at %(lot)s", car=class_name(suggestion.car_class or ""), lot=suggestion.lot.name)


@bp.get("")
@page(who=ANYONE, exempt="a public list of wishes and answers: the step begins on the page that adds one")
def index() -> Any:
    """Everything that was suggested, what others want too, and what we said."""
    member = current_user.member if current_user.is_authenticated else None
    return render_template("portal/help/suggestions/index.html", found=Suggestions(member.id if member else 0).all(),
                           member=member, states=SUGGESTION_STATES)


@bp.route("/new", methods=["GET", "POST"])
@page(Step.HELP_CONTACT, who=MEMBERS)
@limiter.limit("10/minute", methods=["POST"])
def new() -> Any:
    """Suggest a lot or a car."""
    form = SuggestForm({lot_id: name for lot_id, name in db.session.execute(select(Lot.id, Lot.name).order_by(Lot.name))})
    if form.validate_on_submit() and (lot := _lot_of(form)) is not None:
        made = suggest(member=me(), wanted=Wanted(form.wanted.data), lot=lot, words=form.words.data or "", now=now(),
                       car_class=form.car_class.data if form.wanted.data == "car" else None, seal=adapters().seal)
        flash(_("%(wish)s: it counts now. We write to you when we have decided.", wish=wish_words(made)), "ok")
        return redirect(url_for("help_suggestions.index"))
    return render_template("portal/help/suggestions/new.html", form=form), form.page_status


def _lot_of(form: SuggestForm) -> Lot | None:
    """The lot that is meant, or that is nearest to the place; none, with words beside the field, for a place we do not know."""
    if form.wanted.data == "car":
        return db.session.get(Lot, int(form.lot.data))
    found = adapters().places.find(form.near.data)
    if found.place is None or found.outside:
        form.near.errors = [_("That place is outside of where we are.") if found.outside else
                            _("We do not know that place. Try a street and a number, a crossing or a station.")]
        return None
    return nearest_lot(found.place.lat, found.place.lng)


@bp.post("/<uuid:suggestion_id>/vote")
@page(Step.HELP_CONTACT, who=MEMBERS)
def share(suggestion_id: UUID) -> Any:
    """Want it too, or not any more."""
    form = VoteForm()
    if form.validate_on_submit():
        vote(member=me(), suggestion_id=suggestion_id, wants=form.wants.data != "no", now=now())
        flash(_("Counted. We write to you when we have decided.") if form.wants.data != "no" else _("Withdrawn."), "ok")
    return redirect(url_for("help_suggestions.index", _anchor=str(suggestion_id)))
