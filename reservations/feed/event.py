"""A trip as an event of a calendar (RFC 5545), the same in the feed and in the mails."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import parseaddr
from functools import lru_cache
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from icalendar import Alarm, Calendar, Event, Timezone, vCalAddress

from core.time import LocalTime, local_time_kind
from fleet.cars import words
from reservations.booking.models import Reservation, Status
from reservations.feed.queries import Changes

PRODUCT = "-//Roundtrip//Trips//EN"
ASK_AGAIN = timedelta(hours=1)  # how often a calendar program may look, as we wish it
GONE = (Status.CANCELLED, Status.NO_SHOW)


def calendar_of(reservations: Sequence[Reservation], changes: dict[int, Changes], *, site_url: str,
                alarm_minutes: int | None) -> bytes:
    """A member's whole calendar, byte for byte the same as long as nothing in it changes."""
    made = _calendar(reservations)
    made.add("name", _("Roundtrip trips"))
    made.add("x-wr-calname", _("Roundtrip trips"))  # what programs read that do not know RFC 7986
    made.add("refresh-interval", ASK_AGAIN)
    made.add("x-published-ttl", "PT1H")
    for reservation in reservations:
        event = event_of(reservation, changes.get(reservation.id, Changes()), site_url=site_url)
        if alarm_minutes is not None and reservation.status == Status.BOOKED:
            event.add_component(_alarm(str(event["summary"]), alarm_minutes))
        made.add_component(event)
    return bytes(made.to_ical())


def letter_of(reservations: Sequence[Reservation], changes: dict[int, Changes], *, site_url: str,
              mail_from: str) -> tuple[str, bytes]:
    """What comes with a mail about one trip or several, and its method.

    PUBLISH, never REQUEST: a request shows buttons to accept and decline, and somebody who pressed "decline" would
    believe that the booking is cancelled. What was published is withdrawn with CANCEL (RFC 5546, 4.1.3).
    """
    method = "CANCEL" if all(reservation.status in GONE for reservation in reservations) else "PUBLISH"
    made = _calendar(reservations)
    made.add("method", method)
    name, address = parseaddr(mail_from)
    organizer = vCalAddress(f"mailto:{address}")
    organizer.params["CN"] = name
    for reservation in reservations:
        event = event_of(reservation, changes.get(reservation.id, Changes()), site_url=site_url)
        event.add("organizer", organizer)
        made.add_component(event)
    return method, bytes(made.to_ical())


def event_of(reservation: Reservation, changes: Changes, *, site_url: str) -> Event:
    """One trip. Its UID never changes; each change and the end of the booking raise its sequence."""
    car, lot, gone = reservation.car, reservation.car.lot, reservation.status in GONE
    link = f"{site_url}/trips/{reservation.reference}"
    changed_at = max(at for at in (reservation.booked_at, changes.last_at, reservation.cancelled_at) if at is not None)
    event = Event()
    event.add("uid", f"{reservation.reference}@roundtrip.example")
    event.add("sequence", changes.count + gone)
    event.add("dtstamp", changed_at)
    event.add("created", reservation.booked_at)
    event.add("last-modified", changed_at)
    for name, at in zip(("dtstart", "dtend"), _written([reservation.starts_at, reservation.ends_at], lot.zone), strict=True):
        event.add(name, at)
    event.add("summary", _("Cancelled: %(car)s", car=car.name) if gone else _(
        "%(car)s, %(words)s", car=car.name, words=words.in_words(car)))
    event.add("status", "CANCELLED" if gone else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if gone else "OPAQUE")
    event.add("class", "PRIVATE")
    event.add("location", _("%(lot)s, bay %(bay)s, %(level)s, %(address)s", lot=lot.name, bay=car.bay.number,
                            level=words.level_name(car.bay.level), address=lot.address))
    event.add("geo", (car.bay.lat, car.bay.lng))
    event.add("description", "\n".join([
        _("%(colour)s %(make)s %(model)s, plate %(plate)s", colour=car.colour, make=car.model.make, model=car.model.model,
          plate=car.plate),
        _("How to get in: %(how)s", how=lot.how_to_get_in), _("Booking %(reference)s", reference=reservation.reference), link]))
    event.add("url", link)
    return event


def _written(moments: Sequence[datetime], zone: ZoneInfo) -> list[datetime]:
    """By the lot's clock; in UTC when one of them lies in the hour that happens twice, because a local time of RFC 5545
    always means the first of the two.
    """
    local = [at.astimezone(zone) for at in moments]
    if any(local_time_kind(at.replace(tzinfo=None, fold=0), zone) is LocalTime.TWICE for at in local):
        return [at.astimezone(UTC) for at in moments]
    return local


def _calendar(reservations: Iterable[Reservation]) -> Calendar:
    """An empty calendar that knows the zones of these trips."""
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    years: dict[str, list[int]] = {}
    for reservation in reservations:
        years.setdefault(reservation.car.lot.timezone, []).extend((reservation.starts_at.year, reservation.ends_at.year))
    for zone, those in sorted(years.items()):
        made.add_component(_zone(zone, min(those) - 1, max(those) + 2))
    return made


@lru_cache(maxsize=64)
def _zone(name: str, first_year: int, last_year: int) -> Timezone:
    """A zone's changes of the clock from the beginning of one year to that of another."""
    return Timezone.from_tzinfo(ZoneInfo(name), first_date=date(first_year, 1, 1), last_date=date(last_year, 1, 1))


def _alarm(words_: str, minutes: int) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", words_)
    alarm.add("trigger", timedelta(minutes=-minutes))
    return alarm
