"""The pages of the reduced tier's desk: the queue, the next one in it, and one request with its picture."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.database import db
from core.refusal import NotFound
from core.time import now
from portal.account.looks.models import Opened
from portal.account.looks.note import note_desk_look
from portal.account.models import User
from portal.account.tier.models import TierRequest
from portal.account.tier.queries import looks_at_request
from portal.desk.tiers.blueprint import WHY, back_to, bp
from portal.desk.tiers.forms import GrantForm, RefuseForm
from portal.desk.tiers.queue import TierRequests, next_request
from portal.web.listing import every_row, listed
from portal.web.page import REVIEWER, page
from portal.web.shell import adapters
from portal.web.spreadsheet import table

HEADS = ("id", "who", "since", "due_at", "on_the_desk_of", "state", "reason", "counts_until", "decided_by", "decided_at")


def _asked() -> TierRequests:
    return TierRequests.read(request.args, now=now(), user_id=current_user.id)


@bp.get("/")
@page(who=REVIEWER, exempt=WHY)
def queue() -> str:
    """What waits for a reviewer, what is due first on top."""
    found = listed(_asked(), "tiers.queue", [
        ("due", _("Decide by"), False), ("who", _("Who"), False), ("", _("What they have"), False),
        ("since", _("Waits since"), False), ("desk", _("On the desk of"), False), ("decided", _("Outcome"), False)])
    return render_template("portal/desk/tiers/queue.html", found=found, at=now())


@bp.get("/queue.csv")
@page(who=REVIEWER, exempt=WHY)
def queue_csv() -> Any:
    """The same for a spreadsheet, without what anybody receives; times are in UTC."""
    return table("reduced-tier.csv", HEADS, ([
        row.id, row.who, row.asked_at.isoformat(), row.due_at.isoformat(), row.holder, row.state, row.reason, row.counts_until,
        row.decider, row.decided_at.isoformat() if row.decided_at else ""] for row in every_row(_asked())))


@bp.get("/next")
@page(who=REVIEWER, exempt=WHY)
def next_one() -> Any:
    """On to what is due first: mine before nobody's."""
    found = next_request(current_user.id, after=request.args.get("after", type=UUID))
    if found is None:
        flash(_("Nobody waits for you. Well done."), "ok")
        return redirect(url_for("tiers.queue"))
    return back_to(found)


@bp.get("/<uuid:request_id>")
@page(who=REVIEWER, exempt=WHY)
def matter(request_id: UUID) -> str:
    """One request."""
    note_desk_look(member_id=_request(request_id).member_id, by_user_id=current_user.id, opened=Opened.APPLICATION, now=now())
    return matter_page(request_id)


def matter_page(request_id: UUID, **posted: Any) -> str:
    """Its page; a form that was stopped comes back with what was typed."""
    found = _request(request_id)
    forms = {"grant": GrantForm(prefix="grant-", formdata=None), "refuse": RefuseForm(prefix="refuse-", formdata=None)}
    return render_template(
        "portal/desk/tiers/matter.html", tier=found, forms=forms | posted, stopped=next(iter(posted.values()), None), at=now(),
        holder=_name(found.taken_by_id), decider=_name(found.decided_by_id), mine=found.taken_by_id == current_user.id,
        own=found.member.user_id == current_user.id, looks=looks_at_request(found),
        answer=adapters().seal.read(found.answer_sealed))


def _request(request_id: UUID) -> TierRequest:
    found = db.session.get(TierRequest, request_id)
    if found is None:
        raise NotFound()
    return found


def _name(user_id: int | None) -> str | None:
    user = db.session.get(User, user_id) if user_id is not None else None
    return user.name if user is not None else None
