"""The page on which members fetch the address of their calendar, and the calendar itself."""

import hashlib
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address

from core.refusal import NotFound
from core.time import now
from experience.journey import Step
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import ANYONE, MEMBERS, me, page
from portal.web.shell import adapters
from reservations.booking.queries import my_booking
from reservations.feed.end import end_feed
from reservations.feed.event import calendar_of, letter_of
from reservations.feed.forms import AlarmForm
from reservations.feed.queries import TripsInCalendar, changes_of, feed_at, feed_of, hash_of
from reservations.feed.set_alarm import set_alarm
from reservations.feed.start import start_feed

bp = Blueprint("feed", __name__)
STEP = Step.MANAGE_DETAILS


@bp.get("/account/calendar")
@page(STEP, who=MEMBERS, whole=True)
def show() -> Any:
    """The address, how to use it, and what to do when somebody else has it."""
    feed = feed_of(me().id)
    secret = adapters().seal.read(feed.secret_sealed) if feed else None
    address = f"{current_app.config['SITE_URL']}{url_for('feed.calendar', secret=secret)}" if secret else ""
    alarm = str(feed.alarm_minutes or "") if feed else ""
    return render_template(
        "reservations/feed/show.html", feed=feed, address=address, press=PressForm(formdata=None),
        webcal=f"webcal://{urlsplit(address).netloc}{urlsplit(address).path}" if address else "",
        form=AlarmForm(formdata=None, data={"alarm": alarm}))


@bp.post("/account/calendar")
@page(STEP, who=MEMBERS)
@limiter.limit("20/hour", methods=["POST"])
def start() -> Any:
    """Switch the calendar on, or give it another address."""
    if PressForm().validate_on_submit():
        before = feed_of(me().id)
        start_feed(member=me(), seal=adapters().seal, now=now())
        flash(_("That is the new address. The one before it opens nothing any more.") if before
              else _("Your calendar is on. Put its address into your calendar program."), "ok")
    return redirect(url_for("feed.show"))


@bp.post("/account/calendar/alarm")
@page(STEP, who=MEMBERS)
def alarm() -> Any:
    """Have the calendar ring before each trip, or not."""
    form = AlarmForm()
    if form.validate_on_submit():
        set_alarm(member=me(), alarm_minutes=form.minutes)
        flash(_("Saved. Your calendar program takes it over when it looks again."), "ok")
    return redirect(url_for("feed.show"))


@bp.post("/account/calendar/end")
@page(STEP, who=MEMBERS)
def end() -> Any:
    """Switch the calendar off."""
    if PressForm().validate_on_submit():
        end_feed(member=me())
        flash(_("Your calendar is off. Its address opens nothing any more."), "ok")
    return redirect(url_for("feed.show"))


@bp.get("/trips/<reference>/calendar.ics")
@page(who=MEMBERS, exempt="a file of the trip’s page, which has the step")
def one_trip(reference: str) -> Response:
    """One trip for a calendar, as its mail has it: for whoever drives it, or booked it."""
    trip = my_booking(me(), reference)
    _method, dates = letter_of([trip], changes_of([trip.id]), site_url=current_app.config["SITE_URL"],
                               mail_from=current_app.config["MAIL_FROM"])
    return Response(dates, mimetype="text/calendar", headers={
        "Content-Disposition": f'attachment; filename="{trip.reference}.ics"'})


def _which() -> str:
    """Limits go by the calendar: a service that reads many people's calendars comes from one address."""
    return hash_of((request.view_args or {})["secret"])


@bp.get("/calendar/<secret>.ics")
@page(who=ANYONE, exempt="calendar programs fetch trips by themselves, and nobody sees a page")
@limiter.limit("20/minute", key_func=_which)
@limiter.limit("30/minute", key_func=get_remote_address, deduct_when=lambda answer: answer.status_code == 404)
def calendar(secret: str) -> Response:
    """The member's trips, or nothing new: 304 for a program that has them already."""
    feed = feed_at(secret)
    if feed is None:
        raise NotFound()
    trips = TripsInCalendar(feed.member_id, now()).all()
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        body = calendar_of(trips, changes_of(trip.id for trip in trips), site_url=current_app.config["SITE_URL"],
                           alarm_minutes=feed.alarm_minutes)
    answer = Response(body, mimetype="text/calendar", headers={
        "Content-Disposition": 'inline; filename="roundtrip.ics"', "X-Robots-Tag": "noindex"})
    answer.cache_control.private, answer.cache_control.no_cache = True, True  # the program's own copy, asked about each time
    answer.set_etag(hashlib.sha256(body).hexdigest()[:32], weak=True)  # weak: compression makes it no other one
    return answer.make_conditional(request)  # type: ignore[return-value]  # it answers itself
