"""Promises by hand: made, listed by their date, handed over, and said to be kept or broken with what shows it."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.database import db
from core.refusal import Refusal
from core.time import now
from experience.promises.by_hand import ReasonMissing, hand_over, promise_by_hand, settle_by_hand
from experience.promises.models import Promise
from portal.account.models import User
from portal.desk.blueprint import bp
from portal.desk.looked import note_look
from portal.desk.promise_forms import HandOverForm, PromiseForm, SettleForm
from portal.desk.promises import NAMES, ByHand, colleagues, member_by_email, pid_of_member, the_member, the_promise, trips_of
from portal.web import say
from portal.web.listing import listed
from portal.web.page import Who, page
from portal.web.shell import adapters
from reservations.booking.models import Reservation

OFFICE = Who(roles=frozenset({"cx", "support", "finance", "admin"}))
WITH_NAMES = Who(roles=NAMES)
WHY = "staff desk: what a colleague promises becomes the member's step when it is settled"
ID = "int(max=2147483647)"


@bp.get("/promises")
@page(who=OFFICE, exempt=WHY)
def promises() -> str:
    """Promises by their date, the overdue first."""
    asked = ByHand.read(request.args, now=now(), user_id=current_user.id, names=_sees_names())
    found = listed(asked, "office.promises", [
        ("due", _("By"), False), ("member" if asked.names else "", _("Member"), False),
        ("", _("Promise"), False), ("owner", _("Seen to by"), False),
        ("made", _("Made"), False), ("", _("State"), False)])
    return render_template("portal/desk/promises.html", found=found, at=now(), words_of=adapters().seal.read)


@bp.get("/promises/new")
@page(who=WITH_NAMES, exempt=WHY)
def promise_to() -> Any:
    """Find the member by mail address, and go to the form."""
    member = member_by_email(request.args.get("email", ""))
    if member is None:
        flash(_("No member has this e-mail address."), "warn")
        return redirect(url_for("office.promises"))
    return redirect(url_for("office.new_promise", member_id=member.id))


@bp.route(f"/members/<{ID}:member_id>/promises/new", methods=["GET", "POST"])
@page(who=WITH_NAMES, exempt=WHY)
def new_promise(member_id: int) -> Any:
    """Write down what is promised to a member."""
    member = the_member(member_id)
    note_look(member.id)
    form = PromiseForm(colleagues(), [(trip.id, _trip_words(trip)) for trip in trips_of(member.id)],
                       data={"owner": current_user.id} if request.method == "GET" else None)
    if form.validate_on_submit():
        try:
            made = promise_by_hand(
                member_id=member.id, words=form.words.data, due_at=form.due_at, by_user_id=current_user.id,
                owner_id=form.owner.data, reservation_id=form.trip.data or None, seal=adapters().seal, now=now(),
                once=f"promise-{current_user.id}-{form.once.data}")
        except Refusal as refusal:  # the page keeps what was typed, so the no goes into it
            form.day.errors = [f"{refusal.says} {refusal.remedy}"]
        else:
            flash(_("Written down. Its owner is alarmed when its time passes."), "ok")
            return redirect(url_for("office.promise", promise_id=made.id))
    return render_template("portal/desk/new_promise.html", member=member, form=form), form.page_status


def _trip_words(trip: Reservation) -> str:
    return _("%(car)s, %(day)s", car=trip.car.name, day=say.moment(trip.starts_at, trip.car.lot.zone))


@bp.get("/promises/<uuid:promise_id>")
@page(who=OFFICE, exempt=WHY)
def promise(promise_id: UUID) -> str:
    """One promise: its words, its date, what became of it."""
    found = the_promise(promise_id)
    note_look(found.member_id)
    return _promise_page(found, SettleForm(formdata=None))


@bp.post("/promises/<uuid:promise_id>/settle")
@page(who=OFFICE, exempt=WHY)
def settle_promise(promise_id: UUID) -> Any:
    """Say what became of it. What was done after its date was broken all the same."""
    found, form = the_promise(promise_id), SettleForm()
    if not form.validate_on_submit():
        return _promise_page(found, form), 422
    try:
        settled = settle_by_hand(promise_id=found.id, kept=form.kept.data == "yes", evidence=form.evidence.data,
                                 told=form.told.data, by_user_id=current_user.id, now=now(), seal=adapters().seal)
    except ReasonMissing as refusal:  # the page keeps what was typed, so the no goes into it
        form.told.errors = [f"{refusal.says} {refusal.remedy}"]
        return _promise_page(found, form), refusal.status
    flash(_("Kept. The member sees it on their list.") if settled.state == "kept" else
          _("Broken. The member sees it on their list, and gets a message that says why."), "ok")
    return redirect(url_for("office.promise", promise_id=promise_id))


@bp.post("/promises/<uuid:promise_id>/hand-over")
@page(who=OFFICE, exempt=WHY)
def hand_promise_over(promise_id: UUID) -> Any:
    """Somebody else sees to it from now on."""
    form = HandOverForm(colleagues())
    if form.validate_on_submit():
        handed = hand_over(promise_id=the_promise(promise_id).id, to_user_id=form.owner.data)
        flash(_("%(name)s sees to it now.", name=db.session.get_one(User, handed.owner_id).name), "ok")
    return redirect(url_for("office.promise", promise_id=promise_id))


def _sees_names() -> bool:
    """The CX team looks a person up in the case, where it is written down."""
    return bool(current_user.roles & NAMES)


def _promise_page(found: Promise, form: SettleForm) -> str:
    trip = db.session.get(Reservation, found.reservation_id or 0)
    return render_template(
        "portal/desk/promise.html", promise=found, form=form, at=now(), words=adapters().seal.read(found.words_sealed),
        evidence=adapters().seal.read(found.evidence.get("words_sealed")),
        told=adapters().seal.read(found.evidence.get("told_sealed")),
        pid=pid_of_member(found.member_id),
        member=the_member(found.member_id) if _sees_names() else None,
        owner=db.session.get(User, found.owner_id or 0), maker=db.session.get(User, found.by_user_id or 0),
        settled_by=db.session.get(User, found.evidence.get("by_user_id") or 0), trip=_trip_words(trip) if trip else "",
        hand_form=HandOverForm(colleagues(), formdata=None, data={"owner": current_user.id}))
