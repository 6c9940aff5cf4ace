"""A member's dispute: what it is about, who looks into it, until when, and how it was decided."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from core.time import now
from experience.journey import Step
from portal.billing.disputes.models import Dispute
from portal.billing.disputes.open import my_dispute, withdraw_dispute
from portal.billing.statements.queries import first_name_of, trip_named
from portal.billing.words import shown
from portal.web import say
from portal.web.forms import PressForm
from portal.web.page import MEMBERS, me, of_trip, page
from portal.web.shell import adapters

bp = Blueprint("disputes", __name__)


@bp.get("/account/disputes/<uuid:dispute_id>")
@page(Step.MANAGE_HISTORY, who=MEMBERS, whole=True)
def show(dispute_id: UUID) -> Any:
    """How it stands."""
    dispute = my_dispute(me(), dispute_id)
    seal, line = adapters().seal, dispute.line
    if line.reservation_id is not None:
        of_trip(line.reservation_id)
    return render_template(
        "portal/billing/disputes/show.html", dispute=dispute, line=line, said=shown(line), form=PressForm(formdata=None),
        trip=trip_named(line.reservation_id), owner=first_name_of(dispute.owner_id),
        words=seal.open(dispute.words_sealed), stops=_stops(dispute, first_name_of(dispute.owner_id)),
        reply=seal.open(dispute.reply_sealed) if dispute.outcome and dispute.reply_sealed else "")


def _stops(dispute: Dispute, owner: str | None) -> list[dict[str, str]]:
    opened = {"state": "done", "detail": say.moment(dispute.opened_at), "title": _("You said that it is not right")}
    if dispute.outcome is not None:
        assert dispute.decided_at is not None  # the database keeps the two together
        return [opened, {"state": "done", "detail": say.moment(dispute.decided_at), "title": outcome_words(dispute)}]
    looking = _("%(name)s looks into it", name=owner) if owner else _("Nobody has it yet; somebody will take it")
    return [opened, {"state": "now", "title": looking},
            {"state": "later", "detail": say.moment(dispute.due_at), "title": _("Decided by then at the latest")}]


def outcome_words(dispute: Dispute) -> str:
    """How it was decided, in a sentence."""
    return {
        "given_back": _("You got all of it back: %(amount)s", amount=say.money(dispute.back)),
        "partly": _("You got %(back)s of %(amount)s back", back=say.money(dispute.back), amount=say.money(dispute.line.amount)),
        "stands": _("The line stands"), "withdrawn": _("You withdrew it"),
    }[dispute.outcome or ""]


@bp.post("/account/disputes/<uuid:dispute_id>/withdraw")
@page(Step.PAY_DISPUTE, who=MEMBERS)
def withdraw(dispute_id: UUID) -> Any:
    """The member lets the line stand after all."""
    dispute = my_dispute(me(), dispute_id)
    if PressForm().validate_on_submit():
        withdraw_dispute(dispute=dispute, now=now())
        flash(_("You withdrew it. The line stands as it is; you can dispute it again."), "ok")
    return redirect(url_for("statements.line", line_id=dispute.line_id))
