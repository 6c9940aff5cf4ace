"""Payers, one payer, one line; giving back, and goodwill."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from core.database import db
from core.refusal import NotFound, Refusal
from core.time import now
from portal.account.models import User
from portal.billing.adjustments.give import give_back, give_credit
from portal.billing.adjustments.limits import alone, left_of
from portal.billing.adjustments.models import Adjustment, AdjustmentKind, AdjustmentState
from portal.billing.disputes.open import is_disputable
from portal.billing.ledger.models import LedgerRow
from portal.desk import tables
from portal.desk.ask_again import settle_again
from portal.desk.blueprint import WHY, bp
from portal.desk.disputes import adjustments_of, open_dispute_of
from portal.desk.forms import GiveBackForm, GoodwillForm
from portal.desk.looked import note_look, note_look_at_payer
from portal.desk.payers import Payers, cards_by_payer, name_of, the_payer, their_money
from portal.desk.rows import PayerRows
from portal.desk.words import explained
from portal.web import say
from portal.web.forms import PressForm
from portal.web.listing import every_row, listed
from portal.web.page import FINANCE, page
from portal.web.say import CITY_ZONE
from portal.web.spreadsheet import table
from portal.web.step_up import ask_again
from reservations.booking.models import Reservation

ID = "int(max=2147483647)"


@bp.get("/payers")
@page(who=FINANCE, exempt=WHY)
def payers() -> str:
    """Everybody who pays, found by name, address or card."""
    found = listed(Payers.read(request.args), "office.payers", [
        ("name", _("Payer"), False), ("", _("E-mail"), False), ("", _("Cards"), False), ("owed", _("Owes"), True),
        ("credit", _("Credit"), True), ("since", _("Owing since"), False), ("step", _("Reminders"), True),
        ("", _("State"), False)])
    return render_template("portal/desk/payers.html", found=found, cards=cards_by_payer(row.Payer.id for row in found.rows))


@bp.get("/payers.csv")
@page(who=FINANCE, exempt=WHY)
def payers_csv() -> Any:
    """The payers as asked for, all pages."""
    rows = every_row(Payers.read(request.args))
    return table("payers.csv", tables.PAYERS, tables.payer_cells(rows, cards_by_payer(row.Payer.id for row in rows)))


@bp.get(f"/payers/<{ID}:payer_id>")
@page(who=FINANCE, exempt=WHY)
def payer(payer_id: int) -> str:
    """One payer: balance, cards, rows, payments and everything else about their money."""
    note_look_at_payer(payer_id)
    money = their_money(payer_id)
    rows = listed(PayerRows.read(request.args, payer_id=payer_id), "office.payer", [
        ("id", _("When"), False), ("", _("What"), False), ("", _("Comes from"), False), ("", _("Amount"), True),
        ("", _("Owed after"), True)], payer_id=payer_id)
    return render_template("portal/desk/payer.html", money=money, payer=money.payer, found=rows, form=PressForm(formdata=None))


@bp.get(f"/payers/<{ID}:payer_id>/rows.csv")
@page(who=FINANCE, exempt=WHY)
def payer_csv(payer_id: int) -> Any:
    """A payer's rows of the ledger with what they owed after each."""
    note_look_at_payer(payer_id)
    name, _email = name_of(payer_id)
    rows = every_row(PayerRows.read(request.args, payer_id=payer_id))
    return table(f"payer-{payer_id}.csv", tables.PAYER_ROWS, tables.payer_row_cells(rows, name))


@bp.post(f"/payers/<{ID}:payer_id>/settle")
@page(who=FINANCE, exempt=WHY)
def settle(payer_id: int) -> Any:
    """Have what a payer owes collected now."""
    if PressForm().validate_on_submit():
        settle_again(payer_id=payer_id, now=now())
        flash(_("Their cards are asked again; the answer is here within a minute."), "ok")
    return redirect(url_for("office.payer", payer_id=payer_id))


@bp.route(f"/payers/<{ID}:payer_id>/goodwill", methods=["GET", "POST"])
@page(who=FINANCE, exempt=WHY)
def goodwill(payer_id: int) -> Any:
    """Give credit for later trips: at once within the limit, else when a second person agrees."""
    note_look_at_payer(payer_id)
    found, form, at = the_payer(payer_id), GoodwillForm(), now()
    if form.is_submitted() and (answer := ask_again()):
        return answer
    if form.validate_on_submit():
        given = give_credit(payer=found, amount=form.amount.data, why=form.why.data, by_user_id=current_user.id,
                            once=f"goodwill-{current_user.id}-{form.once.data}", now=at)
        _say_what_became(given)
        return redirect(url_for("office.payer", payer_id=payer_id))
    return render_template("portal/desk/goodwill.html", payer=found, name=name_of(payer_id)[0], form=form, alone=alone(
        found, AdjustmentKind.GOODWILL, current_user.id, at)), form.page_status


@bp.route(f"/lines/<{ID}:line_id>", methods=["GET", "POST"])
@page(who=FINANCE, exempt=WHY)
def line(line_id: int) -> Any:
    """One row of the ledger, and giving some of it back."""
    found = _line(line_id)
    note_look(found.member_id or (the_payer(found.payer_id).member_id if found.payer_id else None))
    form = GiveBackForm(left_of(found))
    if form.is_submitted() and (answer := ask_again()):
        return answer
    if form.is_submitted() and not _may_give_back(found):
        flash(_("Nothing of this row can be given back here."), "warn")
        return redirect(url_for("office.line", line_id=line_id))
    if form.validate_on_submit():
        try:
            given = give_back(line=found, amount=form.amount.data, why=form.why.data, by_user_id=current_user.id,
                              once=f"line-{current_user.id}-{form.once.data}", now=now())
        except Refusal as refusal:  # the page keeps what was typed, so the no goes into it
            form.amount.errors = [f"{refusal.says} {refusal.remedy}"]
            return _line_page(found, form), refusal.status
        _say_what_became(given)
        return redirect(url_for("office.line", line_id=line_id))
    return _line_page(found, form), form.page_status


def _line(line_id: int) -> LedgerRow:
    found = db.session.get(LedgerRow, line_id)
    if found is None:
        raise NotFound(line_id=line_id)
    return found


def _may_give_back(found: LedgerRow) -> bool:
    return found.payer_id is not None and is_disputable(found) and open_dispute_of(found.id) is None


def _say_what_became(given: Adjustment) -> None:
    amount = say.money(given.amount)
    if given.state == AdjustmentState.GIVEN:
        flash(_("%(amount)s are given.", amount=amount), "ok")
    else:
        flash(_("%(amount)s are more than one person gives alone: a second one has to agree.", amount=amount), "warn")


def _line_page(found: LedgerRow, form: GiveBackForm) -> str:
    payer = the_payer(found.payer_id) if found.payer_id else None
    corrections = db.session.scalars(select(LedgerRow).where(LedgerRow.corrects_id == found.id).order_by(LedgerRow.id)).all()
    return render_template(
        "portal/desk/line.html", line=found, form=form, payer=payer, name=name_of(payer.id)[0] if payer else "",
        why=explained(found, CITY_ZONE), reservation=db.session.get(Reservation, found.reservation_id or 0),
        actor=db.session.get(User, found.actor_id or 0), corrections=corrections, adjustments=adjustments_of(found.id),
        dispute=open_dispute_of(found.id), may=_may_give_back(found), left=left_of(found),
        alone=alone(payer, AdjustmentKind.REFUND, current_user.id, now()) if payer else None)
