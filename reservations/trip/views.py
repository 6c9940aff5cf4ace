"""The trip's pages: before it, at the car, on the way, back, and the receipt."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _

from core.money import Money
from core.time import now
from experience.journey import Step
from fleet.calendar.hold import CarTaken
from fleet.cars import words as car_words
from fleet.tariffs.in_force import policies_at
from fleet.telematics.port import Action
from portal.billing.ledger.models import LedgerRow, Origin
from portal.billing.payments.errors import PaymentFirst
from portal.billing.words import card_name, shown, why
from portal.web.forms import PressForm
from portal.web.live import part
from portal.web.page import MEMBERS, me, of_trip, page, this_is
from reservations.booking.billing import bill_of, given_back_of, receipt_lines
from reservations.booking.cancel import free_until_of
from reservations.booking.change.refund import rebooked_of
from reservations.booking.errors import CarIsThere
from reservations.booking.hold_price import is_unpaid, payment_of
from reservations.booking.models import Reservation, Status
from reservations.booking.moves.end import open_move_of
from reservations.booking.paid_by import paid_by
from reservations.booking.promises import credit_for_giving_up
from reservations.booking.queries import bookable_car, my_booking, my_reservation
from reservations.booking.renewal import renewal_answered_late
from reservations.booking.stand_ins import may_have_another, stand_in_of, stand_ins
from reservations.booking.take_stand_in import take_stand_in
from reservations.fuel.log_stop import stops_of
from reservations.search.sketch import bay_sketch_of
from reservations.trip.ask_car import ask_car, is_licensed
from reservations.trip.check import check_car
from reservations.trip.cost_now import cost_now
from reservations.trip.decline import decline, declined_often, found_dirty, may_decline
from reservations.trip.errors import (
    AlreadyReturned,
    CheckStands,
    LicenceOver,
    MembershipOver,
    NotDriving,
    NotInItsBay,
    OdometerFell,
    OdometerLeapt,
    OutOfService,
    StillOutWithAnother,
    TimeOver,
    TripOver,
)
from reservations.trip.forms import CLEAN_WORDS, InsideForm, InsteadForm, OutsideForm, ReturnForm
from reservations.trip.found_inside import found_inside
from reservations.trip.models import CheckStage
from reservations.trip.queries import (
    checks_of,
    has_driven_off,
    is_stuck,
    known_marks,
    last_command,
    silent_since,
    trip_of,
    trip_on_now,
)
from reservations.trip.return_car import return_car
from reservations.trip.scene import Next, scene_of

bp = Blueprint("trips", __name__)

MOST_OTHERS = 3  # cars that are shown to stand in: whoever stands in the street chooses among few


def _mine(reference: str) -> Reservation:
    reservation = my_reservation(me(), reference)
    of_trip(reservation.id)
    g.note_trip = reservation.reference
    return reservation


@bp.get("/drive")
@page(Step.PICKUP_ARRIVE, who=MEMBERS)
def drive() -> Any:
    """The trip that is on now, with the one next thing to do; or the way to a trip."""
    reservation = trip_on_now(me(), now())
    if reservation is None:
        return render_template("reservations/trip/nothing_on.html")
    return _trip_page(_mine(reservation.reference), "reservations/trip/drive.html")


@bp.get("/trips/<reference>")
@page(Step.PICKUP_ARRIVE, who=MEMBERS)
def show(reference: str) -> Any:
    """A trip, whatever has become of it; whoever booked it for somebody else looks at it, and has no key to the car."""
    booked = my_booking(me(), reference)
    if booked.member_id != me().id:
        of_trip(booked.id)
        this_is(Step.MANAGE_HISTORY, whole=True)
        return render_template("reservations/booking/for_another.html", reservation=booked, car=booked.car,
                               move=open_move_of(booked), words=car_words,
                               zone=booked.car.lot.zone, excess=policies_at(booked.booked_at)[f"excess_{booked.waiver}"].value)
    reservation = _mine(reference)
    if reservation.status == Status.RETURNED:
        return redirect(url_for("trips.receipt", reference=reference))
    if reservation.status in (Status.CANCELLED, Status.NO_SHOW):
        return render_template("reservations/trip/ended.html", reservation=reservation, car=reservation.car,
                               zone=reservation.car.lot.zone, lines=bill_of(reservation), shown=shown, why=why,
                               free_until=free_until_of(reservation, policies_at(reservation.booked_at)),
                               instead=stand_in_of(reservation), rebooked=rebooked_of(reservation))
    return _trip_page(reservation, "reservations/trip/drive.html")


@bp.get("/trips/<reference>/live")
@page(who=MEMBERS, exempt="a live part of the trip’s page, which has the step")
def live(reference: str) -> Any:
    """What changes by itself: the car's answer, its reading, the time. Answered with 304 while nothing has."""
    g.fragment = True
    return part(_trip_page(_mine(reference), "reservations/trip/live.html"))


STEPS = {Next.DRIVE: Step.PICKUP_DRIVE_AWAY, Next.LATE: Step.PICKUP_DRIVE_AWAY, Next.WALK: Step.PICKUP_ARRIVE,
         Next.HELD_UP: Step.PICKUP_ARRIVE}


def _trip_page(reservation: Reservation, template: str) -> str:
    car, at = reservation.car, scene_of(reservation, now())
    held_up, dirty = may_have_another(reservation, now()), may_decline(reservation, now())
    if not g.get("fragment"):
        step = STEPS.get(at.next, Step.MANAGE_HISTORY)  # days before, the page is a look at a booking
        if step is Step.PICKUP_DRIVE_AWAY and has_driven_off(reservation):
            step = Step.MANAGE_HISTORY  # and so it is on the way
        this_is(step, whole=step is Step.MANAGE_HISTORY)
    return render_template(
        template, reservation=reservation, car=car, lot=car.lot, zone=car.lot.zone, words=car_words,
        trip=trip_of(reservation), at=at, command=last_command(reservation), cost=cost_now(reservation, now()),
        payment=payment_of(reservation), unpaid=is_unpaid(reservation), stuck=is_stuck(reservation),
        marks=known_marks(car.id), checks=checks_of(reservation), stops=stops_of(reservation),
        sketch=bay_sketch_of(car), held_up=held_up, dirty=dirty,
        move=open_move_of(reservation), found=found_inside(reservation, now()),
        declined_often=not dirty and found_dirty(reservation, now()) and declined_often(reservation, now()),
        others=stand_ins(reservation, now())[:MOST_OTHERS] if held_up else [],
        credit=credit_for_giving_up(reservation, now()) if held_up else None,
        action_form=PressForm(formdata=None), inside=InsideForm(formdata=None), clean_words=CLEAN_WORDS,
        excess=policies_at(reservation.booked_at)[f"excess_{reservation.waiver}"].value,
        licensed=is_licensed(reservation), renewal=renewal_answered_late(reservation),
        refusals={refusal.code: refusal for refusal in (
            OutOfService, StillOutWithAnother, TimeOver, TripOver, PaymentFirst, LicenceOver, MembershipOver)})


@bp.post("/trips/<reference>/<any(flash, horn, unlock, lock):action>")
@page(Step.PICKUP_IDENTIFY, who=MEMBERS)
def command(reference: str, action: str) -> Any:
    """Ask the car for something; its answer comes to the page by itself."""
    reservation, form = _mine(reference), PressForm()
    if form.validate_on_submit():
        ask_car(reservation=reservation, action=Action(action), now=now())
    return redirect(url_for("trips.show", reference=reference, _anchor="car-says"))


@bp.route("/trips/<reference>/check", methods=["GET", "POST"])
@page(Step.PICKUP_CHECK, who=MEMBERS)
def check(reference: str) -> Any:
    """Look round the car, then unlock: as listed, with something new, or skipped."""
    reservation, form = _mine(reference), OutsideForm()
    if reservation.status == Status.DRIVING and not form.is_submitted():
        return redirect(url_for("trips.show", reference=reference))
    if form.validate_on_submit():
        check_car(reservation=reservation, stage=CheckStage.OUTSIDE, marks=form.marks, skipped=form.skip.data, now=now())
        ask_car(reservation=reservation, action=Action.UNLOCK, now=now())
        return redirect(url_for("trips.show", reference=reference, _anchor="car-says"))
    return render_template("reservations/trip/check.html", reservation=reservation, car=reservation.car, form=form,
                           zone=reservation.car.lot.zone, marks=known_marks(reservation.car_id)), form.page_status


@bp.post("/trips/<reference>/instead")
@page(Step.BOOK_CHANGE, who=MEMBERS)
def instead(reference: str) -> Any:
    """Take another car, because one's own cannot be had."""
    reservation, form = _mine(reference), InsteadForm()
    if not form.validate_on_submit():
        return redirect(url_for("trips.show", reference=reference))
    try:
        other = take_stand_in(reservation=reservation, car=bookable_car(form.car.data), now=now())
    except (CarTaken, CarIsThere) as refusal:  # the trip's page says what can be had now
        flash(f"{refusal.says} {_('Look below for what you can do now.')}", "warn")
        return redirect(url_for("trips.show", reference=reference))
    flash(_("%(car)s is yours instead, at the same price.", car=other.car.name), "ok")
    return redirect(url_for("trips.show", reference=other.reference))


@bp.post("/trips/<reference>/decline")
@page(Step.BOOK_CANCEL, who=MEMBERS)
def decline_car(reference: str) -> Any:
    """Give a dirty car back before it is driven, at no cost."""
    reservation, form = _mine(reference), PressForm()
    if form.validate_on_submit():
        decline(reservation=reservation, now=now())
        flash(_("Declined. You pay nothing, and the car is cleaned before anybody else drives it."), "ok")
    return redirect(url_for("trips.show", reference=reference))


@bp.post("/trips/<reference>/inside")
@page(Step.PICKUP_CHECK, who=MEMBERS)
def inside(reference: str) -> Any:
    """How clean it is inside, in one tap."""
    reservation, form = _mine(reference), InsideForm()
    if reservation.status != Status.DRIVING:
        raise NotDriving()
    if form.validate_on_submit():
        try:
            check_car(reservation=reservation, stage=CheckStage.INSIDE, cleanliness=int(form.cleanliness.data), now=now())
        except CheckStands as refusal:  # the trip's page has what was said
            flash(f"{refusal.says} {refusal.remedy}", "warn")
    return redirect(url_for("trips.show", reference=reference))


@bp.route("/trips/<reference>/return", methods=["GET", "POST"])
@page(Step.RETURN_CHECKLIST, who=MEMBERS)
def give_back(reference: str) -> Any:
    """The checklist and the last lock. What the car itself says is filled in."""
    reservation, form = _mine(reference), ReturnForm()
    if reservation.status == Status.RETURNED:
        raise AlreadyReturned()
    if reservation.status != Status.DRIVING:
        raise NotDriving()
    status = away = None
    if form.validate_on_submit():
        silent = silent_since(reservation) is not None
        try:
            return_car(reservation=reservation, odometer=form.odometer.data, energy=int(form.energy.data), now=now(),
                       lock=not (form.anyway.data and silent), in_its_bay=form.wrong_box.data,
                       bay_taken=form.bay_taken.data)
        except NotInItsBay as refusal:  # asked back on the page
            away, status = refusal, refusal.status
        except (OdometerFell, OdometerLeapt) as refusal:  # what was typed stays, with the reason beside it
            form.odometer.errors, status = [f"{refusal.says} {refusal.remedy}"], refusal.status
        else:
            return redirect(url_for("trips.show", reference=reference, _anchor="car-says"))
    if not form.is_submitted():
        _fill_in(form, reservation)
    policies, car = policies_at(reservation.booked_at), reservation.car
    low = not car.electric and car.reading is not None and car.reading.energy_percent < policies["low_energy"].value
    return render_template("reservations/trip/return.html", reservation=reservation, car=car, form=form, low=low,
                           away=away, zone=car.lot.zone, trip=trip_of(reservation), at=scene_of(reservation, now()),
                           silent=silent_since(reservation) is not None, policies=policies), status or form.page_status


def _fill_in(form: ReturnForm, reservation: Reservation) -> None:
    reading, trip = reservation.car.reading, trip_of(reservation)
    if reading is not None and reading.online:
        form.odometer.data = int(reading.odometer_miles)
        form.energy.data = next((level for level in ("100", "75", "50", "25") if reading.energy_percent >= int(level) - 10),
                                "10")
    elif trip is not None:
        form.odometer.data = int(trip.start_odometer)


@bp.get("/trips/<reference>/receipt")
@page(Step.PAY_BILL, who=MEMBERS, whole=True)
def receipt(reference: str) -> Any:
    """What it cost, each line with its rule, its sum and its evidence."""
    reservation = _mine(reference)
    trip = trip_of(reservation)
    if trip is None or trip.ended_at is None:
        return redirect(url_for("trips.show", reference=reference))
    lines, zone = receipt_lines(reservation), reservation.car.lot.zone
    return render_template(
        "reservations/trip/receipt.html", reservation=reservation, car=reservation.car, lot=reservation.car.lot,
        zone=zone, trip=trip, lines=[shown(line) for line in lines],
        total=Money(trip.total_cents or 0, trip.currency),
        later=sum(line.origin == Origin.AFTER for line in bill_of(reservation)),
        whys=[(why(line, zone), line.id) for line in lines if isinstance(line, LedgerRow)],
        given_back=given_back_of(reservation), rebooked=rebooked_of(reservation),
        paid=paid_by(reservation), card_name=card_name,
        stops=stops_of(reservation),
        title=_("Receipt for %(car)s", car=reservation.car.name))
