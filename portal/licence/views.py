"""The licence page of the account, the form that renews it, and the one door to its pictures."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.time import now
from experience.journey import Step
from fleet.tariffs.in_force import policies_at
from portal.account.picture_limits import picture_limits
from portal.licence.forms import LicenceForm
from portal.licence.keep_picture import form_most
from portal.licence.looks import looks_at
from portal.licence.models import LicenceStatus, LookedFor, Side
from portal.licence.open_picture import open_picture
from portal.licence.places import PLACES
from portal.licence.queries import last_refused_of, licence_of, open_licence_of
from portal.licence.reasons import WORDS, LicenceReason
from portal.licence.submit import Details, details_of
from portal.licence.take_form import take_form
from portal.web.limits import limiter
from portal.web.page import LOOKS_AT_PICTURES, MEMBERS, Who, me, page
from portal.web.say import CITY_ZONE
from portal.web.shell import adapters
from portal.web.step_up import needs_second_factor
from portal.web.uploads import takes_files

bp = Blueprint("licence", __name__)
STEP = Step.STAY_RENEWAL
MAY_LOOK = Who(roles=LOOKS_AT_PICTURES.roles | MEMBERS.roles)


@bp.get("/account/licence")
@page(STEP, who=MEMBERS)
def show() -> Any:
    """What we have of the member's licence, until when it counts, and who has looked at its pictures."""
    member, seal = me(), adapters().seal
    current, waiting = licence_of(member.id), open_licence_of(member.id)
    refused = last_refused_of(member.id)
    return render_template(
        "portal/licence/show.html", member=member, current=current, details=details_of(current, seal) if current else None,
        waiting=waiting if waiting is not None and waiting.status == LicenceStatus.PENDING else None,
        draft=waiting if waiting is not None and waiting.status == LicenceStatus.DRAFT else None,
        refused=refused, reasons=_in_words(refused.reasons if refused else []),
        answer=seal.read(refused.answer_sealed) if refused else "", places=PLACES,
        counts=member.licence_until is not None and member.licence_until >= now().astimezone(CITY_ZONE).date(),
        looks=looks_at(member.id), looked_for=LookedFor, rules=policies_at(now()))


def _in_words(codes: list[str]) -> list[Any]:
    return [WORDS[LicenceReason(code)] for code in codes if code in frozenset(LicenceReason)]


@bp.route("/account/licence/new", methods=["GET", "POST"])
@page(STEP, who=MEMBERS, fresh=True)
@takes_files(lambda: form_most(now()))
@limiter.limit("60/hour", methods=["POST"])
def renew() -> Any:
    """Show us a new licence; what is sent of it is kept until it is whole."""
    member, outside = me(), adapters()
    draft = open_licence_of(member.id)
    if draft is not None and draft.status == LicenceStatus.PENDING:
        return redirect(url_for("licence.show"))
    form = LicenceForm(details_of(draft, outside.seal) if draft else Details("US-IL", "", "", None, None))
    if form.is_submitted():
        if take_form(form, member=member, now=now(), files=outside.files, seal=outside.seal):
            flash(_("It is sent. Most are answered within a minute, and all within a day."), "ok")
            return redirect(url_for("licence.show"))
        if not form.errors:
            flash(_("Kept. Add the rest when you can."), "ok")
            return redirect(url_for("licence.renew"))
        draft = open_licence_of(member.id)
    return render_template("portal/licence/renew.html", form=form, licence=draft, sides=Side,
                           reasons=_in_words(draft.reasons if draft else []),
                           answer=outside.seal.read(draft.answer_sealed) if draft else "",
                           limits=picture_limits(now())), form.page_status


@bp.get("/licence/pictures/<uuid:picture_id>")
@page(who=MAY_LOOK, exempt="a picture within a page; who looked is written down beside it")
@limiter.limit("240/minute")
def picture(picture_id: UUID) -> Response:
    """One picture, for whom it shows and for reviewers. Each look is written down."""
    outside = adapters()
    jpeg = open_picture(picture_id=picture_id, viewer=current_user, files=outside.files, seal=outside.seal, now=now(),
                        as_reviewer=not needs_second_factor())
    return Response(jpeg, mimetype="image/jpeg", headers={
        "Cache-Control": "no-store", "Content-Disposition": 'inline; filename="licence.jpg"',
        "Cross-Origin-Resource-Policy": "same-origin", "X-Robots-Tag": "noindex"})
