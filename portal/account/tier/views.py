"""The page of what a member pays because of who they are, the request for the reduced tier, and the one door to its picture."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.pictures import PictureRefused
from core.refusal import Refusal
from core.time import now
from experience.journey import Step
from fleet.tariffs.in_force import policies_at
from portal.account.picture_limits import MB, picture_limits
from portal.account.tier.ask import DRIVING, ask_for_tier, withdraw_tier
from portal.account.tier.errors import TooManyAsked
from portal.account.tier.forms import TierForm
from portal.account.tier.models import Benefit
from portal.account.tier.open_picture import open_tier_picture
from portal.account.tier.queries import asks_again_from, counts_on, last_of, looks_at, waiting_of, young_of
from portal.account.tier.words import BENEFITS, REASONS
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import LOOKS_AT_PICTURES, MEMBERS, Who, me, page, stopped_by_fields
from portal.web.say import CITY_ZONE
from portal.web.shell import adapters
from portal.web.step_up import needs_second_factor
from portal.web.uploads import label_of, takes_files

bp = Blueprint("tier", __name__)
STEP = Step.MANAGE_DETAILS
MAY_LOOK = Who(roles=LOOKS_AT_PICTURES.roles | MEMBERS.roles)


def form_most(now: datetime) -> int:
    """How many bytes the form with its one picture may have."""
    return picture_limits(now).most_bytes + MB


@bp.get("/account/tier")
@page(STEP, who=MEMBERS)
def show() -> str:
    """What the member pays more and until when, and what less; the way to ask for the reduced tier."""
    return _page(TierForm(formdata=None))


@bp.post("/account/tier")
@page(STEP, who=MEMBERS)
@takes_files(lambda: form_most(now()))
@limiter.limit("20/hour", methods=["POST"])
def ask() -> Any:
    """Ask for it; what is wrong stands beside its field."""
    form, outside = TierForm(), adapters()
    if not form.validate_on_submit():
        return _page(form), form.page_status
    try:
        ask_for_tier(member=me(), benefit=Benefit(form.benefit.data), stream=form.stream, now=now(), files=outside.files,
                     seal=outside.seal, label=label_of(form.picture.data))
    except (PictureRefused, TooManyAsked) as refusal:
        form.picture.errors = [f"{refusal.says} {refusal.remedy}"]
        stopped_by_fields(["picture"])
        return _page(form), refusal.status
    flash(_("It is sent. A person looks at it, and we write to you."), "ok")
    return redirect(url_for("tier.show"))


@bp.post("/account/tier/<uuid:request_id>/withdraw")
@page(STEP, who=MEMBERS)
def withdraw(request_id: UUID) -> Any:
    """Withdraw the request; its picture is deleted at once."""
    if PressForm().validate_on_submit():
        try:
            withdraw_tier(request_id=request_id, member=me(), now=now(), files=adapters().files)
        except Refusal as refusal:
            flash(f"{refusal.says} {refusal.remedy}", "warn")
        else:
            flash(_("Withdrawn, and the picture is deleted."), "ok")
    return redirect(url_for("tier.show"))


@bp.get("/tier/pictures/<uuid:request_id>")
@page(who=MAY_LOOK, exempt="a picture within a page; who looked is written down beside it")
@limiter.limit("240/minute")
def picture(request_id: UUID) -> Response:
    """The picture, for whom it is of and for reviewers. Each look is written down."""
    outside = adapters()
    jpeg = open_tier_picture(request_id=request_id, viewer=current_user, files=outside.files, seal=outside.seal, now=now(),
                             as_reviewer=not needs_second_factor())
    return Response(jpeg, mimetype="image/jpeg", headers={
        "Cache-Control": "no-store", "Content-Disposition": 'inline; filename="benefit.jpg"',
        "Cross-Origin-Resource-Policy": "same-origin", "X-Robots-Tag": "noindex"})


def _page(form: TierForm) -> str:
    member, at = me(), now()
    policies, last, today = policies_at(at), last_of(member.id), at.astimezone(CITY_ZONE).date()
    return render_template(
        "portal/account/tier/show.html", member=member, form=form, press=PressForm(formdata=None), rules=policies,
        young=young_of(member, policies, at), waiting=waiting_of(member.id), last=last,
        answer=adapters().seal.read(last.answer_sealed) if last else "", counts=counts_on(member, today),
        may_ask=member.status in DRIVING, later=asks_again_from(member, policies, today), looks=looks_at(member.id),
        benefits=BENEFITS, reasons=REASONS, limits=picture_limits(at))
