"""Booking, the list of trips, and cancelling."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.money import Money
from core.time import Span, now
from experience.journey import Step
from fleet.calendar.hold import CarTaken, taken_spans
from fleet.calendar.turnaround import with_turnaround
from fleet.cars import words
from fleet.cars.models import Car
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Promo
from portal.account.models import Member
from portal.billing.payers.drivers import other_drivers
from portal.billing.payers.errors import AccountCannotPay, CostCentreFirst, NotAllowed
from portal.billing.payers.how_paid import how_paid
from portal.billing.payers.on_account import on_account
from portal.billing.payments.errors import BookingStopped, CardFirst
from portal.billing.words import card_name, plan_name, shown
from portal.signup.activate import was_shown_a_price
from portal.web import say
from portal.web.page import MEMBERS, also_seen, me, of_trip, page, page_facts, stopped_by_fields
from reservations.booking.again import choices_again
from reservations.booking.book import book
from reservations.booking.booked_by import driver_of
from reservations.booking.cancel import cancel, free_to_cancel_until, terms
from reservations.booking.errors import BadSpan, CarStillOut, DearerThanShown, OfferExpired, TooLateToCancel, YoursAlready
from reservations.booking.forms import PROMO_MOST, BookForm, CancelForm
from reservations.booking.hold_price import hold_from
from reservations.booking.models import Reservation, Status, Waiver
from reservations.booking.offer import FrozenOffer, freeze, offer_now, thaw
from reservations.booking.own_trips import OwnTrips
from reservations.booking.promises import credit_for_giving_up
from reservations.booking.promo import BadPromoCode, promo_for
from reservations.booking.queries import PastTrips, UpcomingTrips, bookable_car, my_booking, my_reservation
from reservations.booking.reach import reach_of
from reservations.search.cards import card, cards_of, next_words
from reservations.search.find import offers_for
from reservations.search.nearby import LOOKED_AT, NearbyCars
from reservations.search.next_free import next_free
from reservations.search.times import query, read_times
from reservations.waitlist.words import waits_in_words

bp = Blueprint("booking", __name__)


@bp.route("/cars/<slug>/book", methods=["GET", "POST"])
@page(Step.BOOK_CONFIRM, who=MEMBERS)
def book_car(slug: str) -> Any:
    """Show what it costs and what is covered; on POST, book and go to the trip."""
    car, form, driver = bookable_car(slug), BookForm(), _driver()
    page_facts(car_id=car.id, car_class=car.car_class, lot_id=car.lot_id, plan=driver.plan)
    form.offer_cost_centres(on_account(driver.id))
    if not form.is_submitted():
        span = _wished(car)
        if span is None or not _is_taken(car, span):
            return _ask(car, form, span)
        return _taken(car, driver, span)
    offer = _thawed(car, form)
    if offer is None:
        stopped_by_fields(["offer"])
        flash(str(OfferExpired.remedy), "warn")
        return _ask(car, form, _wished(car), OfferExpired.status)
    if form.asks_for_price(offer.promo.code if offer.promo else ""):  # a page of its own, so that one can go back to it
        if not form.promo.validate(form):
            return _ask(car, form, offer.span)
        return redirect(_address(car, offer.span, promo=form.code, waiver=form.waiver.data))
    if not form.validate_on_submit():
        return _ask(car, form, offer.span, form.page_status)
    return _book(car, driver, form, offer)


def _book(car: Car, driver: Member, form: BookForm, offer: FrozenOffer) -> Any:
    """Book and go to the trip; or say what stands in the way, where it can be mended."""
    try:
        trip = book(member=driver, car=car, offer=offer, waiver=Waiver(form.waiver.data), once=form.once.data, now=now(),
                    booked_by=None if driver.id == me().id else me(), cost_centre_id=form.cost_centre_id)
    except BadPromoCode:  # somebody was faster with the last one: the field says so
        return _ask(car, form, offer.span)
    except (NotAllowed, AccountCannotPay, CostCentreFirst) as refusal:  # mended with another choice here, or by somebody else
        flash(f"{refusal.says} {refusal.remedy}", "warn")
        return _ask(car, form, offer.span, refusal.status)
    except (CarTaken, CarStillOut) as refusal:  # a kind refusal names the cars that are still free
        return _taken(car, driver, offer.span, refusal)
    except (CardFirst, BookingStopped) as refusal:  # the payments page is where it is mended, and leads back here
        flash(_("Nothing was booked. %(why)s", why=refusal.says), "warn")
        back = _address(car, offer.span, promo=form.code, waiver=form.waiver.data)
        return redirect(url_for("cards.payments", next=back))
    except BadSpan as refusal:  # the car's page asks for other times
        flash(_("Nothing was booked. %(why)s", why=refusal.says), "warn")
        return redirect(url_for("search.car", slug=car.slug, **query(offer.span, car.lot.zone)))
    if trip.booked_by_id is not None:
        flash(_("Booked. %(car)s is %(driver)s’s on %(span)s.", car=car.name, driver=driver.name,
                span=say.span_words(trip.span, car.lot.zone)), "ok")
        return redirect(url_for("trips.show", reference=trip.reference))
    flash(_("Booked. %(car)s is yours on %(span)s.", car=car.name, span=say.span_words(trip.span, car.lot.zone)), "ok")
    return redirect(url_for("trips.show", reference=trip.reference))


def _driver() -> Member:
    """Who is to drive: another driver on the account, when the address names one. Raises NotFound for anybody else."""
    return driver_of(me(), request.args.get("driver", ""))


def _address(car: Car, span: Span, **chosen: Any) -> str:
    """This page for the span and the same driver, with what was chosen on it."""
    kept = {name: value for name, value in {"driver": request.args.get("driver"), **chosen}.items() if value}
    return url_for("booking.book_car", slug=car.slug, **query(span, car.lot.zone), **kept)


def _wished(car: Car) -> Span | None:
    """The span of the address, else the next two hours; None when what was typed does not hold."""
    return read_times(request.args.get("start", ""), request.args.get("end", ""), zone=car.lot.zone, now=now(),
                      policies=policies_at(now()), start_fold=request.args.get("start_fold", ""),
                      end_fold=request.args.get("end_fold", "")).span


def _thawed(car: Car, form: BookForm) -> FrozenOffer | None:
    try:
        return thaw(form.offer.data or "", current_app.config["SECRET_KEY"], car_id=car.id, plan=_driver().plan, now=now())
    except OfferExpired:
        return None


def _ask(car: Car, form: BookForm, span: Span | None, status: int = 200) -> Any:
    if span is None:  # the car's page says what is wrong with the times
        typed = {key: request.args[key] for key in ("start", "end", "start_fold", "end_fold") if key in request.args}
        return redirect(url_for("search.car", slug=car.slug, **typed))
    driver = _driver()
    account = on_account(driver.id)
    if not form.is_submitted():
        form.promo.data, wanted = request.args.get("promo", "")[:PROMO_MOST], request.args.get("waiver", "")
        usual = account.terms.cover if account is not None else None
        form.waiver.data = wanted if wanted in set(Waiver) else usual or Waiver.INCLUDED.value
    offer = offer_now(car, span, driver.plan, now(), _promo(car, form, driver))
    form.offer.data = freeze(offer, current_app.config["SECRET_KEY"])
    chosen = form.waiver.data if form.waiver.data in set(Waiver) else Waiver.INCLUDED
    prices = {waiver: offer.price(car, waiver, driver.for_price) for waiver in Waiver}
    plain, pays = prices[Waiver.INCLUDED].total, how_paid(driver.id, now())
    also_seen(Step.FIND_QUOTE, car_id=car.id, car_class=car.car_class, lot_id=car.lot_id, plan=driver.plan,
              price_cents=plain.cents, minutes=span.minutes)
    if driver.id == me().id and not pays.nobody and not pays.stopped:
        was_shown_a_price(member=driver, now=now())
    return render_template(
        "reservations/booking/book.html", reach=reach_of(form.code, member_id=driver.id, now=now()),
        class_name=words.class_name, plan_name=plan_name, car=car, lot=car.lot, zone=car.lot.zone, span=span, form=form,
        words=words,
        lines=[shown(line) for line in prices[Waiver(chosen)].lines], total=prices[Waiver(chosen)].total,
        covers=[{"value": waiver, "price": prices[waiver], "more": prices[waiver].total - plain,
                 "lines": [shown(line) for line in prices[waiver].lines],
                 "credit": pays.used_for(prices[waiver].total)} for waiver in Waiver],
        pays=pays, hold_from=hold_from(span.start, now()), card_name=card_name,
        pay_first=url_for("cards.payments", next=request.full_path.rstrip("?")),
        held_until=offer.at, policies=policies_at(now()), at=now(),
        free_until=free_to_cancel_until(span, now(), policies_at(now())), query=query(span, car.lot.zone),
        meanwhile=OwnTrips(driver.id, me().id, span).all(), typed=form.code,
        account=account, driver=driver, mine=me(), drivers=[me(), *other_drivers(me().id)],
    ), 422 if form.promo.errors else status


def _promo(car: Car, form: BookForm, driver: Member) -> Promo | None:
    """What the typed code takes off; one that does not count, or is none at all, says why beside its field."""
    if form.promo.errors:
        stopped_by_fields(["promo"])
        return None
    try:
        return promo_for(form.code, plan=driver.plan, car_class=car.car_class, member_id=driver.id, now=now())
    except BadPromoCode as refusal:
        form.promo.errors = [f"{refusal.says} {_('What it is good for stands below.')}" if refusal.why != "unknown"
                             else refusal.says]
        stopped_by_fields(["promo"])
        return None


def _is_taken(car: Car, span: Span) -> bool:
    """Whether somebody has it for some of that time: better said before a cover is chosen. The constraint decides."""
    return bool(taken_spans([car.id], with_turnaround(car, span, policies_at(now())))[car.id])


def _taken(car: Car, driver: Member, span: Span, refusal: CarTaken | CarStillOut | None = None) -> Any:
    """One's own trip, when it is that which takes the car; else which cars are still free for that time. `refusal` when
    somebody was faster at the last moment."""
    own = OwnTrips(driver.id, me().id, span).in_car(car.id)
    if own is not None:
        flash(YoursAlready(own).says, "info")
        return redirect(url_for("trips.show", reference=own.reference))
    around = offers_for(NearbyCars(car.lat, car.lng, 2500, most=LOOKED_AT).all(), span, me().plan, now(), me().for_price)
    free = next_free([offer for offer in around if offer.car.id == car.id], span, now()).get(car.id)
    others = [offer for offer in around if offer.can_be_had and offer.car.id != car.id]
    return render_template("reservations/booking/taken.html", car=car, span=span, zone=car.lot.zone, refusal=refusal,
                           cards=cards_of(others[:5], span, now()), query=query(span, car.lot.zone), next_words=next_words,
                           free_next=free, next_query=query(free, car.lot.zone) if free else {}), CarTaken.status


@bp.route("/trips/<reference>/cancel", methods=["GET", "POST"])
@page(Step.BOOK_CANCEL, who=MEMBERS)
def cancel_trip(reference: str) -> Any:
    """Say what cancelling costs; on POST, cancel."""
    reservation, form = my_booking(me(), reference), CancelForm()
    of_trip(reservation.id)
    if reservation.status == Status.NO_SHOW:
        return redirect(url_for("trips.show", reference=reference))
    if form.validate_on_submit():
        shown_fee = Money(form.shown_cents, reservation.currency)
        try:
            fee = cancel(reservation=reservation, now=now(), shown=shown_fee)
        except DearerThanShown as refusal:
            return _ask_to_cancel(reservation, refusal.status, shown_fee)
        flash(_("Cancelled. It costs %(fee)s.", fee=say.money(fee)) if fee.cents else _("Cancelled. It costs nothing."),
              "ok")
        return redirect(url_for("booking.trips"))
    if reservation.status == Status.CANCELLED:
        return redirect(url_for("trips.show", reference=reference))
    if reservation.status != Status.BOOKED:
        raise TooLateToCancel()
    return _ask_to_cancel(reservation, form.page_status)


def _ask_to_cancel(reservation: Reservation, status: int, shown_before: Money | None = None) -> Any:
    at = now()
    cost = terms(reservation, at, policies_at(reservation.booked_at))
    return render_template("reservations/booking/cancel.html", reservation=reservation, car=reservation.car, at=at,
                           form=CancelForm(formdata=None, fee_cents=cost.fee.cents), zone=reservation.car.lot.zone,
                           cost=cost, credit=credit_for_giving_up(reservation, at) if cost.ours else None,
                           shown_before=shown_before), status


@bp.get("/trips")
@page(Step.MANAGE_HISTORY, who=MEMBERS, whole=True)
def trips() -> Any:
    """What is ahead and what is behind, with "book again"."""
    before = say.parsed(request.args.get("before"))
    past = PastTrips(me().id, before, for_others=True).all()
    ahead = UpcomingTrips(me().id, for_others=True).all() if not before else []
    return render_template("reservations/booking/trips.html", upcoming=ahead, past=past, mine=me().id,
                           waits=waits_in_words(me().id) if not before else [],
                           older=past[-1].starts_at if len(past) == PastTrips(0).limit else None)


@bp.get("/trips/<reference>/again")
@page(Step.FIND_QUOTE, who=MEMBERS, whole=True)
def again(reference: str) -> Any:
    """Book again: the same length, now or at the usual time, with the same car or the nearest like it."""
    reservation = my_reservation(me(), reference)
    zone = reservation.car.lot.zone
    choices = choices_again(reservation, plan=me().plan, driver=me().for_price, now=now())
    cards = {choice.when: replace(card(choice.offer, choice.wish), href=url_for(
        "booking.book_car", slug=choice.offer.car.slug, **query(choice.offer.availability.span or choice.wish, zone)))
        for choice in choices if choice.offer is not None}
    return render_template("reservations/booking/again.html", reservation=reservation, car=reservation.car, zone=zone,
                           choices=choices, cards=cards, next_words=next_words, query=query)
