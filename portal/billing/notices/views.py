"""A notice of a cost that is to be passed on: what, how much, on what evidence, and the member's answer."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from core.money import Money
from core.time import now
from experience.journey import Step
from portal.billing.ledger.enter import entered
from portal.billing.notices.answer import accept, contest, my_notice
from portal.billing.notices.forms import ContestForm
from portal.billing.notices.models import Notice, NoticeState
from portal.billing.statements.queries import trip_named
from portal.billing.words import about, evidence_of
from portal.web import say
from portal.web.forms import PressForm
from portal.web.page import MEMBERS, me, of_trip, page
from portal.web.shell import adapters

bp = Blueprint("notices", __name__)


@bp.get("/account/notices/<uuid:notice_id>")
@page(Step.MANAGE_HISTORY, who=MEMBERS, whole=True)
def show(notice_id: UUID) -> Any:
    """What it is about, and how it stands."""
    return _notice(my_notice(me().id, notice_id), ContestForm(formdata=None))


def _notice(notice: Notice, form: ContestForm) -> Any:
    of_trip(notice.reservation_id)
    row = entered(f"notice-{notice.id}") if notice.state == NoticeState.CHARGED else None
    said = adapters().seal.open(notice.words_sealed) if notice.words_sealed else ""
    return render_template(
        "portal/billing/notices/show.html", notice=notice, form=form, accept_form=PressForm(formdata=None), line=row,
        total=Money(notice.amount_cents + notice.fee_cents, notice.currency), what=about(notice.kind), said=said,
        evidence=evidence_of(notice.facts, say.CITY_ZONE), trip=trip_named(notice.reservation_id)), form.page_status


@bp.post("/account/notices/<uuid:notice_id>/accept")
@page(Step.DRIVE_TOLL, who=MEMBERS)
def agree(notice_id: UUID) -> Any:
    """The member agrees, and it is charged."""
    notice = my_notice(me().id, notice_id)
    if PressForm().validate_on_submit():
        accept(notice=notice, now=now())
        flash(_("Thank you. It is on your statement now."), "ok")
    return redirect(url_for("notices.show", notice_id=notice_id))


@bp.post("/account/notices/<uuid:notice_id>/contest")
@page(Step.DRIVE_TOLL, who=MEMBERS)
def say_no(notice_id: UUID) -> Any:
    """The member says why not."""
    notice, form = my_notice(me().id, notice_id), ContestForm()
    if not form.validate_on_submit():
        return _notice(notice, form)
    contest(notice=notice, words=form.words.data, seal=adapters().seal, now=now())
    flash(_("We have your answer. Nothing is charged until somebody has read it and decided."), "ok")
    return redirect(url_for("notices.show", notice_id=notice_id))
