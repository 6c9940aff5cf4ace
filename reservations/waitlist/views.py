"""Joining the line for a car, one's place in it, and the answer to what was offered."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.time import Span, now
from experience.journey import Step
from fleet.cars import words
from fleet.cars.models import Car
from fleet.tariffs.in_force import policies_at
from portal.account.models import MemberStatus
from portal.billing.payers.errors import CostCentreFirst
from portal.billing.payers.how_paid import how_paid
from portal.billing.payers.on_account import on_account
from portal.billing.payments.errors import BookingStopped, CardFirst
from portal.billing.words import shown
from portal.web import say
from portal.web.forms import OnceForm, PressForm
from portal.web.page import MEMBERS, me, page, page_facts
from reservations.booking.cancel import free_to_cancel_until
from reservations.booking.errors import BadSpan, YoursAlready, licence_ends_before
from reservations.booking.models import Waiver
from reservations.booking.queries import bookable_car, my_booking_of
from reservations.search.forms import Search, read_search
from reservations.search.times import query, read_times
from reservations.waitlist.answer import accept_offer, decline_offer, frozen
from reservations.waitlist.errors import OfferLapsed
from reservations.waitlist.forms import AcceptForm
from reservations.waitlist.join import Wish, join_waitlist
from reservations.waitlist.leave import leave_waitlist
from reservations.waitlist.models import Wait, WaitOffer
from reservations.waitlist.queries import last_offer_of, my_wait, open_offer_of, place_in_line
from reservations.waitlist.words import what_in_words

bp = Blueprint("waitlist", __name__, url_prefix="/waitlist")


@bp.route("/join", methods=["GET", "POST"])
@page(Step.BOOK_WAITLIST, who=MEMBERS)
def join() -> Any:
    """Say what waiting means; on POST, join the line for the car, or the class around a place, of the address."""
    wish, form = _wished(), OnceForm()
    if wish is None:  # the search asks for what is missing, and says what is wrong
        return redirect(f"{url_for('search.cars')}?{request.query_string.decode()}")
    own = my_booking_of(me(), wish.car, wish.span) if wish.car and not form.is_submitted() else None
    if own is not None:
        return _to_own_trip(YoursAlready(own))
    if form.validate_on_submit():
        try:
            wait = join_waitlist(member=me(), wish=wish, once=form.once.data, now=now())
        except YoursAlready as refusal:
            return _to_own_trip(refusal)
        except BadSpan as refusal:
            flash(refusal.says, "warn")
            return redirect(url_for("search.cars"))
        return redirect(url_for("waitlist.show", wait_id=wait.id))
    return render_template("reservations/waitlist/join.html", form=form, wish=wish, what=what_in_words(wish), words=words,
                           zone=_zone(wish.car), minutes=policies_at(now())["wait_offer"].value), form.page_status


@bp.get("/<uuid:wait_id>")
@page(Step.BOOK_WAITLIST, who=MEMBERS)
def show(wait_id: UUID) -> Any:
    """What is waited for, the place in the line, and what is held when something is."""
    return _show(my_wait(me(), wait_id))


@bp.post("/<uuid:wait_id>/accept")
@page(Step.BOOK_CONFIRM, who=MEMBERS)
def accept(wait_id: UUID) -> Any:
    """Book what is held."""
    wait, form = my_wait(me(), wait_id), AcceptForm()
    offer = _answered(wait)
    form.offer_cost_centres(on_account(me().id))
    if not form.validate_on_submit():
        return _show(wait, form)
    try:
        trip = accept_offer(offer=offer, waiver=Waiver(form.waiver.data), now=now(), cost_centre_id=form.cost_centre_id)
    except (OfferLapsed, CostCentreFirst) as refusal:
        flash(f"{refusal.says} {refusal.remedy}", "warn")
        return redirect(url_for("waitlist.show", wait_id=wait.id))
    except (CardFirst, BookingStopped) as refusal:  # the payments page is where it is mended, and leads back here
        flash(_("Nothing was booked. %(why)s", why=refusal.says), "warn")
        return redirect(url_for("cards.payments", next=url_for("waitlist.show", wait_id=wait.id)))
    flash(_("Booked. %(car)s is yours on %(span)s.", car=trip.car.name,
            span=say.span_words(trip.span, trip.car.lot.zone)), "ok")
    return redirect(url_for("trips.show", reference=trip.reference))


@bp.post("/<uuid:wait_id>/decline")
@page(Step.BOOK_WAITLIST, who=MEMBERS)
def decline(wait_id: UUID) -> Any:
    """Let the car go on to the next one."""
    wait, form = my_wait(me(), wait_id), PressForm()
    offer = open_offer_of(wait)
    if form.validate_on_submit() and offer is not None:
        decline_offer(offer=offer, now=now())
        flash(_("%(car)s goes on to whoever waits next.", car=offer.car.name), "ok")
    return redirect(url_for("waitlist.show", wait_id=wait.id))


@bp.post("/<uuid:wait_id>/leave")
@page(Step.BOOK_WAITLIST, who=MEMBERS)
def leave(wait_id: UUID) -> Any:
    """Wait no longer."""
    wait = my_wait(me(), wait_id)
    if PressForm().validate_on_submit():
        leave_waitlist(wait=wait, now=now())
        flash(_("You do not wait for it any more."), "ok")
    return redirect(url_for("booking.trips"))


def _to_own_trip(refusal: YoursAlready) -> Any:
    """Nobody waits for what they have."""
    flash(refusal.says, "info")
    return redirect(url_for("trips.show", reference=refusal.own.reference))


def _wished() -> Wish | None:
    """What the address says; None when it names no car and no place, or its times do not hold."""
    slug, search = request.args.get("car", ""), read_search(request.args)
    car = bookable_car(slug) if slug else None
    span = _times(_zone(car))
    if span is None or (car is None and (search.errors or search.lat is None)):
        return None
    if car is not None:
        page_facts(car_id=car.id, car_class=car.car_class, lot_id=car.lot_id)
        return Wish(span, car)
    return Wish(span, car_class=_one_class(search), lat=search.lat, lng=search.lng, within_m=round(search.radius_m))


def _one_class(search: Search) -> str | None:
    return search.filters.car_classes[0] if len(search.filters.car_classes) == 1 else None


def _times(zone: ZoneInfo) -> Span | None:
    return read_times(request.args.get("start", ""), request.args.get("end", ""), zone=zone, now=now(),
                      policies=policies_at(now()), start_fold=request.args.get("start_fold", ""),
                      end_fold=request.args.get("end_fold", "")).span


def _zone(car: Car | None) -> ZoneInfo:
    return car.lot.zone if car is not None else say.CITY_ZONE


def _answered(wait: Wait) -> WaitOffer:
    """What is held, or was last: who answers twice, or too late, is answered by the use case."""
    found = last_offer_of(wait)
    if found is None:
        raise OfferLapsed()
    return found


def _show(wait: Wait, form: AcceptForm | None = None) -> Any:
    offer, last = open_offer_of(wait), last_offer_of(wait)
    car = offer.car if offer else wait.car
    if car is not None:
        page_facts(car_id=car.id, car_class=car.car_class, lot_id=car.lot_id)
    zone = _zone(car)
    return render_template(
        "reservations/waitlist/wait.html", wait=wait, offer=offer, last=last, car=car, zone=zone, what=what_in_words(wait),
        words=words, unlicensed=licence_ends_before(wait.member, wait.span, zone),
        paused=wait.member.status == MemberStatus.PAUSED, answer=PressForm(formdata=None), policies=policies_at(now()),
        place=place_in_line(wait) if wait.ended_at is None else 0, again=_again(wait), **_held(offer, form)), 422 if (
            form is not None and form.errors) else 200


def _held(offer: WaitOffer | None, form: AcceptForm | None) -> dict[str, Any]:
    """What the page says of an offer that stands: each cover's price, and who pays."""
    if offer is None:
        return {}
    prices = {waiver: frozen(offer).price(offer.car, waiver, me().for_price) for waiver in Waiver}
    plain, account = prices[Waiver.INCLUDED].total, on_account(me().id)
    if form is None:
        form = AcceptForm(formdata=None)
        form.offer_cost_centres(account)
    return {"form": form, "account": account, "pays": how_paid(me().id, now()), "total": plain,
            "pay_first": url_for("cards.payments", next=url_for("waitlist.show", wait_id=offer.wait_id)),
            "free_until": free_to_cancel_until(offer.wait.span, now(), policies_at(now())), "at": now(),
            "lines": [shown(line) for line in prices[Waiver.INCLUDED].lines],
            "covers": [{"value": waiver, "price": prices[waiver], "more": prices[waiver].total - plain} for waiver in Waiver]}


def _again(wait: Wait) -> str:
    """Where one joins the line for the same thing again."""
    span = query(wait.span, _zone(wait.car))
    if wait.car is not None:
        return url_for("waitlist.join", car=wait.car.slug, **span)
    more = {"class": wait.car_class} if wait.car_class else {}
    return url_for("waitlist.join", lat=wait.lat, lng=wait.lng, radius=wait.within_m, **more, **span)
