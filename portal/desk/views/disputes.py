"""Disputes: taken, decided, and what a second person says."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.database import db
from core.refusal import NotFound, Refusal
from core.sealed import Unreadable
from core.time import now
from experience.cases.models import Rule
from experience.cases.queries import reasons_of
from experience.cases.remedy import case_of
from experience.cases.words import RULES
from experience.journey import STEPS, Step
from portal.account.models import User
from portal.billing.adjustments.give import the_adjustment
from portal.billing.adjustments.limits import alone, left_of
from portal.billing.adjustments.models import AdjustmentKind, AdjustmentState
from portal.billing.disputes.decide import decide, second_opinion, take, the_dispute
from portal.billing.disputes.models import Dispute
from portal.billing.ledger.models import LedgerRow
from portal.billing.payments.refund import given_back
from portal.desk import tables
from portal.desk.adjustments import Adjustments, trail
from portal.desk.blueprint import WHY, bp
from portal.desk.disputes import Disputes, adjustments_of, waiting_of
from portal.desk.forms import DecideForm, SecondForm, TakeForm
from portal.desk.looked import note_look, note_look_at_payer
from portal.desk.payers import name_of, the_payer
from portal.desk.trip import trip_facts
from portal.desk.words import explained
from portal.web.listing import every_row, listed
from portal.web.page import CX, FINANCE, page
from portal.web.say import CITY_ZONE
from portal.web.shell import adapters
from portal.web.spreadsheet import table
from reservations.booking.models import Reservation


def _asked() -> Disputes:
    return Disputes.read(request.args, now=now(), user_id=current_user.id)


@bp.get("/disputes")
@page(who=FINANCE, exempt=WHY)
def disputes() -> str:
    """Disputes by their clock, the overdue first."""
    found = listed(_asked(), "office.disputes", [
        ("due", _("Decide by"), False), ("payer", _("Payer"), False), ("", _("Line"), False), ("amount", _("Amount"), True),
        ("opened", _("Opened"), False), ("", _("Looked into by"), False), ("decided", _("Outcome"), False)])
    return render_template("portal/desk/disputes.html", found=found, at=now())


@bp.get("/disputes.csv")
@page(who=FINANCE, exempt=WHY)
def disputes_csv() -> Any:
    """Disputes for a spreadsheet, without the words."""
    return table("disputes.csv", tables.DISPUTES, tables.dispute_cells(every_row(_asked())))


@bp.get("/disputes/<uuid:dispute_id>")
@page(who=FINANCE, exempt=WHY)
def dispute(dispute_id: UUID) -> str:
    """One dispute: what the member says, the line, the trip."""
    found = the_dispute(dispute_id)
    note_look(found.member_id)
    return _dispute_page(found, DecideForm(left_of(found.line)))


@bp.post("/disputes/<uuid:dispute_id>/take")
@page(who=FINANCE, exempt=WHY)
def take_dispute(dispute_id: UUID) -> Any:
    """It is mine to decide; when somebody took it meanwhile, the page says so and asks again."""
    found, form = the_dispute(dispute_id), TakeForm()
    if form.validate_on_submit():
        if form.instead_of.data != str(found.owner_id or "") and found.owner_id != current_user.id:
            flash(_("A colleague has taken this dispute meanwhile."), "warn")
        else:
            take(dispute=found, by_user_id=current_user.id)
            flash(_("You look into this dispute now."), "ok")
    return redirect(url_for("office.dispute", dispute_id=dispute_id))


@bp.post("/disputes/<uuid:dispute_id>/decide")
@page(who=FINANCE, exempt=WHY, fresh=True)
def decide_dispute(dispute_id: UUID) -> Any:
    """Give back an amount, or none, and say why."""
    found = the_dispute(dispute_id)
    form = DecideForm(left_of(found.line))
    if not _mine_to_decide(found):
        flash(_("Take the dispute first; nothing was decided."), "warn")
        return redirect(url_for("office.dispute", dispute_id=dispute_id))
    if not form.validate_on_submit():
        return _dispute_page(found, form), 422
    try:
        done = decide(dispute=found, back=form.back.data, reply=form.reply.data, seal=adapters().seal,
                      by_user_id=current_user.id, now=now())
    except NotFound:
        raise
    except Refusal as refusal:  # the page keeps what was typed, so the no goes into it
        form.back.errors = [f"{refusal.says} {refusal.remedy}"]
        return _dispute_page(found, form), refusal.status
    if done:
        flash(_("Decided. The reply is on its way to the member."), "ok")
    elif waiting_of(found.line_id):
        flash(_("That is more than one person gives alone: it is decided when a second one agrees."), "warn")
    else:
        form.back.errors = [_("A colleague has turned down this amount before. Choose another one.")]
        return _dispute_page(found, form), 409
    return redirect(url_for("office.dispute", dispute_id=dispute_id))


def _mine_to_decide(found: Dispute) -> bool:
    return found.outcome is None and found.owner_id == current_user.id and waiting_of(found.line_id) is None


def _opened(sealed: str | None) -> str | None:
    """The words again; none when they were sealed with a key that we no longer have."""
    try:
        return adapters().seal.open(sealed) if sealed else ""
    except Unreadable:
        return None


def _dispute_page(found: Dispute, form: DecideForm) -> str:
    line = found.line
    facts = trip_facts(line.reservation_id) if line.reservation_id else None
    zone = facts.reservation.car.lot.zone if facts else CITY_ZONE
    return render_template(
        "portal/desk/dispute.html", dispute=found, line=line, form=form, at=now(), zone=zone, facts=facts,
        words=_opened(found.words_sealed), reply=_opened(found.reply_sealed), why=explained(line, zone),
        name=name_of(found.payer_id)[0], owner=db.session.get(User, found.owner_id or 0),
        decider=db.session.get(User, found.decided_by or 0), waiting=waiting_of(line.id), adjustments=adjustments_of(line.id),
        left=left_of(line), given=given_back(line.id), mine=_mine_to_decide(found), take_form=TakeForm(formdata=None),
        alone=alone(the_payer(found.payer_id), AdjustmentKind.REFUND, current_user.id, now()))


@bp.get("/adjustments")
@page(who=FINANCE, exempt=WHY)
def adjustments() -> str:
    """What was given and what waits for a second person."""
    found = listed(Adjustments.read(request.args, user_id=current_user.id), "office.adjustments", [
        ("asked", _("Asked"), False), ("", _("What"), False), ("payer", _("Payer"), False), ("amount", _("Amount"), True),
        ("why", _("Why"), False), ("by", _("Asked by"), False), ("", _("State"), False)])
    return render_template("portal/desk/adjustments.html", found=found)


@bp.get("/adjustments.csv")
@page(who=FINANCE, exempt=WHY)
def adjustments_csv() -> Any:
    """Adjustments for a spreadsheet."""
    rows = every_row(Adjustments.read(request.args, user_id=current_user.id))
    return table("adjustments.csv", tables.ADJUSTMENTS, tables.adjustment_cells(rows))


@bp.get("/adjustments/<uuid:adjustment_id>")
@page(who=FINANCE, exempt=WHY)
def adjustment(adjustment_id: UUID) -> str:
    """One adjustment with its trail, and the second person's word."""
    found = the_adjustment(adjustment_id)
    note_look_at_payer(found.payer_id)
    line, case = db.session.get(LedgerRow, found.line_id or 0), case_of(found)
    trip_id = line.reservation_id if line else case.reservation_id if case else None
    return render_template(
        "portal/desk/adjustment.html", adjustment=found, case=case, trip=db.session.get(Reservation, trip_id or 0),
        whys=[(RULES[Rule(each.rule)], STEPS[Step(each.step)].label) for each in reasons_of(case.id)] if case else [],
        owner=db.session.get(User, (case and case.owner_id) or 0), opens_cases=bool(current_user.roles & CX.roles),
        line=line, name=name_of(found.payer_id)[0], trail=trail(found),
        by=db.session.get(User, found.by_user_id), second=db.session.get(User, found.second_id or 0),
        waits=found.state == AdjustmentState.WAITING, own=found.by_user_id == current_user.id, form=SecondForm(formdata=None))


@bp.post("/adjustments/<uuid:adjustment_id>/decide")
@page(who=FINANCE, exempt=WHY, fresh=True)
def decide_adjustment(adjustment_id: UUID) -> Any:
    """Agree, or turn it down. Nobody decides what they asked for themselves: the database refuses it too."""
    found, form = the_adjustment(adjustment_id), SecondForm()
    if form.validate_on_submit() and form.agree.data in ("yes", "no"):
        second_opinion(adjustment=found, agree=form.agree.data == "yes", by_user_id=current_user.id, now=now())
        flash(_("You agreed: it is given.") if form.agree.data == "yes" else _("You turned it down; nothing is given."), "ok")
    return redirect(url_for("office.adjustment", adjustment_id=adjustment_id))
