"""The privacy pages of the account: taking everything with one, and being erased. And the receipt, which anybody may open."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.refusal import NotFound
from core.time import now
from experience.journey import Step
from fleet.tariffs.in_force import policies_at
from portal.account.contact.in_force import versions_of
from portal.account.contact.rules import Purpose
from portal.account.device_name import device_name
from portal.account.models import MemberStatus
from portal.privacy import public  # noqa: F401 - it hangs its page into the blueprint of the site
from portal.privacy.access import MOST, accesses_of
from portal.privacy.ask_to_erase import ask_to_erase, cancel_erasure, open_erasure
from portal.privacy.consents import consents_of, withdraw_consent
from portal.privacy.erase_rows import what_goes, what_stays
from portal.privacy.errors import EraseNotYet
from portal.privacy.export import ask_for_export, newest_export, open_export
from portal.privacy.forms import EraseForm
from portal.privacy.in_the_way import in_the_way_of_erasing
from portal.privacy.models import ErasureState
from portal.privacy.receipt import receipt_of, signed
from portal.privacy.register import HOLDERS
from portal.privacy.whose import person_of
from portal.privacy.words import WHY
from portal.web import say
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.live import part
from portal.web.page import ANYONE, MEMBERS, SIGNED_IN, me, page
from portal.web.shell import adapters

bp = Blueprint("privacy", __name__)
STEP = Step.MANAGE_EXPORT_ERASE
HERE = "portal/privacy/{}.html"


@bp.get("/account/privacy")
@page(STEP, who=SIGNED_IN)
def show() -> Any:
    """What somebody with an account may do about what we know of them."""
    return render_template(HERE.format("show"), **_export(), erasure=open_erasure(current_user.id))


def _export() -> dict[str, Any]:
    rules = policies_at(now())
    return {"export": newest_export(current_user.id), "press": PressForm(formdata=None), "rules": rules, "at": now(),
            "again": timedelta(hours=rules["export_again"].value)}


@bp.get("/account/privacy/download/live")
@page(who=SIGNED_IN, exempt="a live part of the privacy page")
def live() -> Response:
    """How far the packing is."""
    return part(render_template(HERE.format("export"), **_export()))


@bp.post("/account/privacy/download")
@page(STEP, who=SIGNED_IN, fresh=True)
@limiter.limit("10/hour")
def ask() -> Any:
    """Have everything packed."""
    if PressForm().validate_on_submit():
        ask_for_export(user=current_user.user, now=now())
    return redirect(url_for("privacy.show", _anchor="download"))


@bp.get("/account/privacy/download/<uuid:export_id>")
@page(STEP, who=SIGNED_IN, fresh=True)
@limiter.limit("30/hour")
def download(export_id: UUID) -> Response:
    """The ZIP file. That it was taken is written down."""
    outside, at = adapters(), now()
    data = open_export(user=current_user.user, export_id=export_id, device=device_name(request.user_agent.string),
                       files=outside.files, seal=outside.seal, now=at)
    return Response(data, mimetype="application/zip", headers={
        "Cache-Control": "no-store", "X-Robots-Tag": "noindex",
        "Content-Disposition": f'attachment; filename="roundtrip-{at:%Y-%m-%d}.zip"'})


@bp.route("/account/privacy/erase", methods=["GET", "POST"])
@page(STEP, who=SIGNED_IN, fresh=True)
@limiter.limit("20/hour", methods=["POST"])
def erase() -> Any:
    """What goes, what stays and why, what is in the way; on POST it is asked for."""
    user, form = current_user.user, EraseForm()
    asked = open_erasure(user.id)
    if asked is not None:
        return render_template(HERE.format("erase_asked"), erasure=asked, press=PressForm(formdata=None), states=ErasureState,
                               receipt=url_for("privacy.receipt", signed_number=signed(asked.number, current_app.config)))
    obstacles, refusal = in_the_way_of_erasing(user, now()), None
    if not obstacles and form.validate_on_submit():
        try:
            ask_to_erase(user=user, now=now())
        except EraseNotYet as no:  # the page lists what stands in the way now
            obstacles, refusal = in_the_way_of_erasing(user, now()), no
        else:
            return redirect(url_for("privacy.erase"))
    stays, member = what_stays(person_of(user)), user.member
    return render_template(
        HERE.format("erase"), form=form, obstacles=obstacles, refusal=refusal, rules=policies_at(now()),
        holders=what_goes(person_of(user)), stays=[(WHY[why], stays[why]) for why in WHY if why in stays], year=now().year,
        member=member is not None,
        pays=member is not None and member.status in (MemberStatus.ACTIVE, MemberStatus.PAUSED)), (
            refusal.status if refusal else form.page_status)


@bp.post("/account/privacy/erase/cancel")
@page(STEP, who=SIGNED_IN)
def cancel() -> Any:
    """Cancel it."""
    if PressForm().validate_on_submit():
        cancel_erasure(user=current_user.user, now=now())
        flash(_("Cancelled at %(time)s: everything stays as it is.", time=say.moment(now())), "ok")
    return redirect(url_for("privacy.show"))


@bp.get("/account/privacy/agreed")
@page(Step.MANAGE_CONTACT_CHOICES, who=SIGNED_IN)
def agreed() -> Any:
    """What a member has agreed to, in which version and since when; nobody else is asked to agree to anything."""
    member = current_user.member
    return render_template(HERE.format("agreed"), consents=consents_of(member, now()) if member else [],
                           versions=versions_of(member.id) if member else [], press=PressForm(formdata=None))


@bp.post("/account/privacy/agreed/<purpose>/withdraw")
@page(Step.MANAGE_CONTACT_CHOICES, who=MEMBERS)
def withdraw(purpose: str) -> Any:
    """Withdraw one of them, from this moment on."""
    if purpose not in frozenset(Purpose):
        raise NotFound()
    if PressForm().validate_on_submit():
        withdraw_consent(member=me(), purpose=Purpose(purpose), now=now())
        flash(_("Withdrawn. It counts from %(time)s on.", time=say.moment(now())), "ok")
    return redirect(url_for("privacy.agreed"))


@bp.get("/account/privacy/looks")
@page(STEP, who=SIGNED_IN)
def looks() -> str:
    """Who of our staff looked at what."""
    return render_template(HERE.format("looks"), accesses=accesses_of(person_of(current_user.user)), most=MOST)


@bp.get("/privacy/receipts/<signed_number>")
@page(who=ANYONE, exempt="the receipt of an erasure: whoever reads it is nobody to us any more")
@limiter.limit("60/hour")
def receipt(signed_number: str) -> Any:
    """What was erased, what is kept until when, and by which law or rule."""
    erasure = receipt_of(signed_number, current_app.config)
    return render_template(
        HERE.format("receipt"), erasure=erasure, states=ErasureState,
        gone=[(holder.says, erasure.erased.get(holder.name)) for holder in HOLDERS],
        stays=[(WHY[why], erasure.kept[str(why)]) for why in WHY if str(why) in erasure.kept]), 200, {
            "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
