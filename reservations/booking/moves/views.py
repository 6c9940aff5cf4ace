"""The page of an offered move: the old and the new car side by side, and the member's answer."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from wtforms import SubmitField

from core.time import now
from experience.journey import Step
from fleet.cars import words
from fleet.cars.where import metres_apart
from portal.web.forms import Form
from portal.web.page import MEMBERS, me, of_trip, page
from reservations.booking.moves.answer import MoveIsOver, agree, at_no_more, decline_move
from reservations.booking.moves.end import open_move_of
from reservations.booking.queries import my_booking

bp = Blueprint("moves", __name__)


class MoveForm(Form):
    """One of two buttons."""

    agree = SubmitField()
    decline = SubmitField()


@bp.route("/trips/<reference>/move", methods=["GET", "POST"])
@page(Step.BOOK_CHANGE, who=MEMBERS)
def answer(reference: str) -> Any:
    """Show both cars and the lower price; on POST, agree or decline."""
    reservation, form = my_booking(me(), reference), MoveForm()
    of_trip(reservation.id)
    move = open_move_of(reservation)
    if move is None or now() >= move.lapses_at:
        flash(f"{MoveIsOver.says} {MoveIsOver.remedy}" if form.is_submitted() else _("There is no other car to decide about."),
              "warn" if form.is_submitted() else "info")
        return redirect(url_for("trips.show", reference=reference))
    if form.validate_on_submit() and form.decline.data:
        another = decline_move(reservation=reservation, move=move, now=now(), by_id=me().id)
        if another is not None:
            flash(_("Declined. This is the next best car that is free."), "ok")
            return redirect(url_for("moves.answer", reference=reference))
        flash(_("Declined. No other car nearby that is equal or better is free then. Your booking stays as it is, and "
                "cancelling it costs nothing."), "ok")
        return redirect(url_for("trips.show", reference=reference))
    if form.is_submitted() and form.agree.data and not form.errors:
        agree(reservation=reservation, move=move, now=now())
        flash(_("%(car)s is yours instead, at no higher price.", car=move.car.name), "ok")
        return redirect(url_for("trips.show", reference=reference))
    old = reservation.car
    return render_template(
        "reservations/booking/move.html", reservation=reservation, move=move, form=form, old=old, new=move.car, words=words,
        zone=old.lot.zone, price=at_no_more(reservation, move, now()).price,
        metres=metres_apart(old.lat, old.lng, move.car.lat, move.car.lng),
        lacks=[words.feature_name(each) for each in sorted(set(old.feature_list) - set(move.car.feature_list))],
    ), form.page_status
