"""Costs that are passed on: announced here, and decided when the member contests them."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.database import db
from core.sealed import Unreadable
from core.time import now
from fleet.tariffs.in_force import policies_at
from portal.account.models import User
from portal.billing.notices.answer import decide
from portal.billing.notices.answer import withdraw_notice as withdraw
from portal.billing.notices.models import NoticeKind, NoticeState
from portal.billing.notices.send import send_notice
from portal.billing.words import evidence_of
from portal.desk import tables
from portal.desk.blueprint import WHY, bp
from portal.desk.forms import NoticeDecisionForm, NoticeForm
from portal.desk.looked import note_look, note_look_at_payer
from portal.desk.notices import Notices, latest_trips, the_notice, trip_to_charge
from portal.desk.payers import name_of, the_payer
from portal.desk.views.payers import ID
from portal.web.forms import PressForm
from portal.web.listing import every_row, listed
from portal.web.page import FINANCE, page
from portal.web.shell import adapters
from portal.web.spreadsheet import table
from reservations.booking.models import Reservation


@bp.get("/notices")
@page(who=FINANCE, exempt=WHY)
def notices() -> str:
    """Notices, those that were contested unless asked otherwise."""
    found = listed(Notices.read(request.args), "office.notices", [
        ("until", _("Can be answered until"), False), ("payer", _("Payer"), False), ("", _("What"), False),
        ("", _("Trip"), False), ("amount", _("Amount"), True), ("", _("Fee"), True), ("sent", _("Sent"), False),
        ("", _("State"), False)])
    return render_template("portal/desk/notices.html", found=found, at=now())


@bp.get("/notices.csv")
@page(who=FINANCE, exempt=WHY)
def notices_csv() -> Any:
    """Notices for a spreadsheet, without the words."""
    return table("notices.csv", tables.NOTICES, tables.notice_cells(every_row(Notices.read(request.args))))


@bp.get("/notices/<uuid:notice_id>")
@page(who=FINANCE, exempt=WHY)
def notice(notice_id: UUID) -> str:
    """One notice, what the member says to it, and the decision."""
    found, at = the_notice(notice_id), now()
    note_look(found.member_id)
    trip = db.session.get_one(Reservation, found.reservation_id)
    return render_template(
        "portal/desk/notice.html", notice=found, at=at, name=name_of(found.payer_id)[0],
        reservation=trip, words=_words(found.words_sealed), evidence=evidence_of(found.facts, trip.car.lot.zone),
        by=db.session.get(User, found.by_user_id), decider=db.session.get(User, found.decided_by or 0),
        contested=found.state == NoticeState.CONTESTED, over=at >= found.answer_until, form=NoticeDecisionForm(formdata=None))


def _words(sealed: str | None) -> str | None:
    try:
        return adapters().seal.open(sealed) if sealed else ""
    except Unreadable:
        return None


@bp.post("/notices/<uuid:notice_id>/decide")
@page(who=FINANCE, exempt=WHY)
def decide_notice(notice_id: UUID) -> Any:
    """Charge it after all, or drop it."""
    found, form = the_notice(notice_id), NoticeDecisionForm()
    if form.validate_on_submit() and form.charged.data in ("yes", "no"):
        decide(notice=found, charged=form.charged.data == "yes", by_user_id=current_user.id, now=now())
        flash(_("It is charged.") if form.charged.data == "yes" else _("It is dropped; the member is told."), "ok")
    return redirect(url_for("office.notice", notice_id=notice_id))


@bp.post("/notices/<uuid:notice_id>/withdraw")
@page(who=FINANCE, exempt=WHY)
def withdraw_notice(notice_id: UUID) -> Any:
    """Withdraw a notice that should not have been sent."""
    if PressForm().validate_on_submit():
        withdraw(notice=the_notice(notice_id), now=now())
        flash(_("Withdrawn. The member is told that it costs nothing."), "ok")
    return redirect(url_for("office.notice", notice_id=notice_id))


@bp.route(f"/payers/<{ID}:payer_id>/notice", methods=["GET", "POST"])
@page(who=FINANCE, exempt=WHY)
def new_notice(payer_id: int) -> Any:
    """Announce a cost of a trip. Nothing is charged before the member was heard."""
    note_look_at_payer(payer_id)
    payer, form, at = the_payer(payer_id), NoticeForm(), now()
    if form.validate_on_submit():
        trip = trip_to_charge(payer, form.reference.data)
        if trip is not None:
            sent = send_notice(payer_id=payer.id, member_id=trip.member_id, reservation_id=trip.id,
                               kind=NoticeKind(form.kind.data),
                               amount=form.amount.data, facts=form.facts | {"plate": trip.car.plate},
                               by_user_id=current_user.id, once=form.once.data, now=at)
            flash(_("The notice is on its way to the member."), "ok")
            return redirect(url_for("office.notice", notice_id=sent.id))
        form.reference.errors = [_("No trip of this payer has this reference. Choose one from the list.")]
    return render_template("portal/desk/new_notice.html", payer=payer, name=name_of(payer_id)[0], form=form,
                           trips=latest_trips(payer), policies=policies_at(at)), form.page_status
