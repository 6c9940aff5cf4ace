"""The reviewers' pages: the queue, the next one in it, one matter on one screen, and its pictures."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.time import now
from portal.account.looks.models import Opened
from portal.account.looks.note import note_desk_look
from portal.desk.applications import tables
from portal.desk.applications.blueprint import WHY, back_to, bp
from portal.desk.applications.forms import ApproveForm, PictureForm, RefuseForm
from portal.desk.applications.page import Matter, picture_of, the_matter, whole_page
from portal.desk.applications.queue import Matters, next_matter
from portal.signup.reasons import REASONS, Reason
from portal.web.listing import every_row, listed
from portal.web.page import LOOKS_AT_PICTURES, REVIEWER, page
from portal.web.shell import adapters
from portal.web.spreadsheet import table


def _asked() -> Matters:
    return Matters.read(request.args, now=now(), user_id=current_user.id)


@bp.get("/")
@page(who=REVIEWER, exempt=WHY)
def queue() -> str:
    """What waits for a reviewer, what is due first on top."""
    found = listed(_asked(), "reviews.queue", [
        ("due", _("Decide by"), False), ("who", _("Who"), False), ("kind", _("What"), False), ("", _("Why a person"), False),
        ("since", _("Waits since"), False), ("desk", _("On the desk of"), False), ("decided", _("Outcome"), False)])
    return render_template("portal/desk/applications/queue.html", found=found, at=now())


@bp.get("/queue.csv")
@page(who=REVIEWER, exempt=WHY)
def queue_csv() -> Any:
    """The same for a spreadsheet."""
    return table("applications.csv", tables.MATTERS, tables.matter_cells(every_row(_asked())))


@bp.get("/next")
@page(who=REVIEWER, exempt=WHY)
def next_one() -> Any:
    """On to what is due first: mine before nobody's."""
    found = next_matter(current_user.id, now(), after=request.args.get("after", type=UUID))
    if found is None:
        flash(_("Nobody waits for you. Well done."), "ok")
        return redirect(url_for("reviews.queue"))
    return back_to(found)


@bp.get("/<uuid:matter_id>")
@page(who=REVIEWER, exempt=WHY)
def matter(matter_id: UUID) -> str:
    """One application, appeal or licence."""
    note_desk_look(member_id=_matter(matter_id).member_id, by_user_id=current_user.id, opened=Opened.APPLICATION, now=now())
    return matter_page(matter_id)


def matter_page(matter_id: UUID, **posted: Any) -> str:
    """Its page; a form that was stopped comes back with what was typed."""
    found = _matter(matter_id)
    forms = {"approve": ApproveForm(prefix="approve-", formdata=None), "picture": PictureForm(prefix="picture-", formdata=None),
             "refuse": RefuseForm(prefix="refuse-", formdata=None, data={"reasons": _likely(found)})}
    return render_template("portal/desk/applications/matter.html", **whole_page(found, current_user.id), forms=forms | posted,
                           stopped=next(iter(posted.values()), None), at=now(), REASONS=REASONS)


def _likely(found: Matter) -> list[str]:
    """The reasons that the rules and the check speak of, as far as one may refuse by them: the reviewer begins there."""
    known = {str(reason) for reason in Reason if REASONS[reason].refuses}
    return sorted(known & {*(code for code, _until in found.in_the_way), *found.licence_reasons})


@bp.get("/<uuid:matter_id>/<any(front, back, selfie):side>")
@page(who=LOOKS_AT_PICTURES, exempt=WHY)
def large(matter_id: UUID, side: str) -> str:
    """One picture as large as the screen; it comes through the door of the licence's room, which writes each look down."""
    found = _matter(matter_id)
    return render_template("portal/desk/applications/picture.html", matter=found, picture=picture_of(found, side),
                           sides=[each.side for each in found.pictures if each.id])


def _matter(matter_id: UUID) -> Matter:
    return the_matter(matter_id, current_user.id, adapters().seal, now())
