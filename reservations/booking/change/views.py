"""The page on which a booking is changed: what is possible, what it costs, and only then the change."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.database import db
from core.money import Money
from core.refusal import Refusal
from core.time import now
from experience.journey import Step
from fleet.cars import words
from fleet.tariffs.in_force import policies_at
from portal.billing.payers.how_paid import HowPaid, how_paid, paid_through
from portal.billing.payers.models import Payer
from portal.billing.payments.errors import BookingStopped, CardFirst
from portal.billing.words import card_name, shown
from portal.web import say
from portal.web.page import MEMBERS, me, of_trip, page, this_is
from reservations.booking.cancel import free_to_cancel_until
from reservations.booking.change.change import change
from reservations.booking.change.errors import TripIsOver
from reservations.booking.change.forms import ChangeForm
from reservations.booking.change.possible import latest_end, other_cars, other_ends, propose_free
from reservations.booking.change.proposal import Proposal, Wish
from reservations.booking.errors import BadSpan
from reservations.booking.hold_price import hold_from
from reservations.booking.models import Reservation, Status
from reservations.booking.queries import bookable_car, my_booking
from reservations.search.times import Times, query, read_times, typed

bp = Blueprint("change", __name__)


@bp.route("/trips/<reference>/change", methods=["GET", "POST"])
@page(Step.BOOK_CHANGE, who=MEMBERS)
def change_trip(reference: str) -> Any:
    """Show what the booking could become and what that costs; on POST, change it."""
    reservation, form = my_booking(me(), reference), ChangeForm()
    of_trip(reservation.id)
    if reservation.status == Status.DRIVING:
        this_is(Step.DRIVE_EXTEND)
    if not form.is_submitted():
        over = reservation.status not in (Status.BOOKED, Status.DRIVING)
        return redirect(url_for("trips.show", reference=reference)) if over else _look(reservation)
    wish = _confirmed(form) if form.validate_on_submit() else None
    if wish is None:
        flash(_("Nothing was changed. Pick the times again."), "warn")
        return _page(reservation, status=422)
    try:
        made = change(reservation=reservation, wish=wish, once=form.once.data, now=now(), looks_id=me().id,
                      shown=Money(int(form.difference_cents.data), reservation.currency))
    except (CardFirst, BookingStopped) as refusal:  # the payments page is where it is mended, and leads back here
        flash(_("Nothing was changed. %(why)s", why=refusal.says), "warn")
        return redirect(url_for("cards.payments", next=request.path))
    except TripIsOver:
        raise
    except Refusal as refusal:  # a kind refusal says what is possible instead
        return _page(reservation, wish, refusal, status=refusal.status)
    flash(_changed_words(made.difference, reservation), "ok")
    return redirect(url_for("trips.show", reference=reference))


def _confirmed(form: ChangeForm) -> Wish | None:
    """What the page showed and the member confirmed."""
    return Wish(bookable_car(form.car.data), form.span) if form.span else None


def _changed_words(difference: Money, reservation: Reservation) -> str:
    words_ = {"car": reservation.car.name, "span": say.span_words(reservation.span, reservation.car.lot.zone)}
    if difference.cents > 0:
        return _("Changed: %(car)s, %(span)s. That adds %(more)s.", more=say.money(difference), **words_)
    if difference.cents < 0:
        return _("Changed: %(car)s, %(span)s. That is %(less)s less.", less=say.money(-difference), **words_)
    return _("Changed: %(car)s, %(span)s, at the same price.", **words_)


def _look(reservation: Reservation) -> Any:
    """The page for what its address wishes for; without a wish, for what is possible."""
    if not any(request.args.get(key) for key in ("start", "end", "car")):
        return _page(reservation)
    times, wish = _wished(reservation)
    if wish is None:
        return _page(reservation, times=times, status=422)
    return _page(reservation, wish, times=times)


def _wished(reservation: Reservation) -> tuple[Times, Wish | None]:
    """The times and the car of the address; what it leaves out stays as booked."""
    slug = request.args.get("car", "")
    car = bookable_car(slug) if slug else reservation.car
    booked = query(reservation.span, car.lot.zone)
    times = read_times(request.args.get("start") or booked["start"], request.args.get("end") or booked["end"],
                       zone=car.lot.zone, now=min(now(), reservation.starts_at), policies=policies_at(now()),
                       start_fold=request.args.get("start_fold", ""), end_fold=request.args.get("end_fold", ""))
    return times, Wish(car, times.span) if times.span else None


def _page(reservation: Reservation, wish: Wish | None = None, refusal: Refusal | None = None, *,
          times: Times | None = None, status: int = 200) -> Any:
    at = now()
    proposal, no = _judged(reservation, wish, at) if wish else (None, None)
    refusal = no or refusal
    wished = wish or Wish(reservation.car, reservation.span)
    if isinstance(refusal, BadSpan):  # nothing can be had for times that cannot be: what is offered is for the booked ones
        wished = Wish(wished.car, reservation.span)
    zone = wished.car.lot.zone
    errors = times.errors if times else refusal.errors if isinstance(refusal, BadSpan) else {}
    return render_template(
        "reservations/booking/change.html", reservation=reservation, car=reservation.car, zone=reservation.car.lot.zone,
        wish=wished, wish_zone=zone, proposal=proposal, refusal=refusal, errors=errors, words=words,
        twice=times.twice if times else {}, driving=reservation.status == Status.DRIVING, card_name=card_name,
        lines=[shown(line) for line in proposal.quote.lines] if proposal else [],
        form=_to_confirm(proposal) if proposal else None, latest=latest_end(reservation, at),
        free_until=free_to_cancel_until(wished.span, reservation.booked_at, policies_at(reservation.booked_at)),
        owed=proposal.owed if proposal else None, pays=_pays(reservation, at),
        holds_now=hold_from(wished.span.start, at) <= at, at=at,
        typed_start=_kept("start", wished.span.start, zone, errors), typed_end=_kept("end", wished.span.end, zone, errors),
        ends=[(one, query(one.span, reservation.car.lot.zone)) for one in other_ends(reservation, at)] if not proposal else [],
        cars=[(one, query(wished.span, one.car.lot.zone)) for one in other_cars(reservation, wished.span, at)]
        if not proposal else []), refusal.status if refusal and status == 200 else status


def _kept(name: str, wished: datetime, zone: ZoneInfo, errors: dict[str, str]) -> str:
    """What the field shows: the time wished for, or what was typed when that did not hold."""
    return (request.args.get(name, "") if errors else "") or typed(wished, zone)


def _pays(reservation: Reservation, at: datetime) -> HowPaid:
    """How it is paid: by whoever paid when it was booked, whoever looks."""
    payer = db.session.get(Payer, reservation.payer_id) if reservation.payer_id else None
    return paid_through(payer, at, reservation.member_id) if payer else how_paid(reservation.member_id, at)


def _judged(reservation: Reservation, wish: Wish, at: datetime) -> tuple[Proposal | None, Refusal | None]:
    """The proposal as it stands, or why there is none."""
    try:
        return propose_free(reservation, wish, at, looks_id=me().id), None
    except Refusal as refusal:
        return None, refusal


def _to_confirm(proposal: Proposal) -> ChangeForm:
    span = proposal.wish.span
    return ChangeForm(formdata=None, car=proposal.wish.car.slug, start=span.start.isoformat(), end=span.end.isoformat(),
                      difference_cents=str(proposal.difference.cents))
