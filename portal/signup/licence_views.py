"""The licence of an application: shown with the form of its own room, and opened again to change it."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from core.sealed import Seal
from core.time import now
from experience.journey import Step
from portal.account.picture_limits import picture_limits
from portal.licence.forms import LicenceForm
from portal.licence.keep_picture import form_most
from portal.licence.models import Licence
from portal.licence.places import ELSEWHERE, PLACES
from portal.licence.queries import open_licence_of
from portal.licence.submit import Details, details_of
from portal.licence.take_form import take_form
from portal.signup.eligibility import LicenceFrom
from portal.signup.licence import open_licence_again, shown
from portal.signup.models import Application
from portal.signup.progress import Part
from portal.signup.reasons import REASONS, Reason
from portal.signup.step_views import line, on, open_here, prove
from portal.signup.views import bp, where_now
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import MEMBERS, me, page
from portal.web.shell import adapters
from portal.web.uploads import takes_files

PLACE = {LicenceFrom.US: "US-IL", LicenceFrom.CANADA: "CA-ON", LicenceFrom.ELSEWHERE: ELSEWHERE}  # what the form begins with


@bp.route("/join/licence", methods=["GET", "POST"])
@page(Step.JOIN_LICENCE, who=MEMBERS)
@takes_files(lambda: form_most(now()))
@limiter.limit("60/hour", methods=["POST"])
def licence() -> Any:
    """Three pictures and what is printed on it; what is sent of it is kept until it is whole."""
    application = open_here()
    if application is None:
        return redirect(where_now(me()))
    if shown(me().id) is not None:
        return render_template("portal/signup/licence_sent.html", stops=line(application, Part.LICENCE),
                               press=PressForm(formdata=None))
    return prove(application) or _form(application)


def _form(application: Application) -> Any:
    outside, draft = adapters(), open_licence_of(me().id)
    first = Details(PLACE[LicenceFrom(application.licence_from)], "", me().name, application.held_since, None)
    form = LicenceForm(_begun(draft, first, outside.seal) if draft else first)
    if form.is_submitted():
        if take_form(form, member=me(), now=now(), files=outside.files, seal=outside.seal):
            return on(application)
        if not form.errors:
            flash(_("Kept. Add the rest when you can."), "ok")
            return redirect(url_for("join.licence"))
        draft = open_licence_of(me().id)
    return render_template(
        "portal/signup/licence.html", stops=line(application, Part.LICENCE), form=form, licence=draft,
        limits=picture_limits(now()), reasons=[REASONS[Reason(each)] for each in application.reasons],
        retake=application.retake, answer=outside.seal.read(application.answer_sealed)), form.page_status


def _begun(draft: Licence, first: Details, seal: Seal) -> Details:
    """What was typed so far; where nothing was, what the application knows."""
    typed = details_of(draft, seal)
    return Details(typed.place if typed.place in PLACES else first.place, typed.number, typed.name or first.name,
                   typed.held_since or first.held_since, typed.expires_on)


@bp.post("/join/licence/again")
@page(Step.JOIN_LICENCE, who=MEMBERS)
def licence_again() -> Any:
    """Open what was shown again, to change it."""
    application = open_here()
    if application is None:
        return redirect(where_now(me()))
    if answer := prove(application):
        return answer
    if PressForm().validate_on_submit():
        open_licence_again(me().id)
    return redirect(url_for("join.licence"))
