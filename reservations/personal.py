"""What bookings and trips have of a person. Which car was where and when stays, under a number."""

from typing import Any

from flask_babel import lazy_gettext as _l

from core.database import db
from core.personal import Because, Fate, Held, Holder, Person
from core.sealed import Seal
from core.time import now
from reservations.waitlist.leave import leave_waitlist
from reservations.waitlist.queries import waits_of

MINE, OF_TRIP = ("member_id",), ("reservation_id",)


def _kept(table: str, by: tuple[str, ...] = OF_TRIP, **more: Any) -> Held:
    return Held(table, by, Fate.KEPT, Because.TRIPS, **more)


def leave_lines(person: Person, _seal: Seal) -> None:
    """Give back what is held for them in a line: the job that lets it lapse went with their jobs."""
    for wait in waits_of(person.member_id):
        leave_waitlist(wait=wait, now=now())
    db.session.flush()  # before the rows are deleted


PERSONAL = Holder(
    "reservations", _l("Your favorites, searches kept as prices, places in a line, recurring bookings and your calendar feed"),
    (Held("reservations", ("member_id", "booked_by_id"), Fate.EMPTIED, Because.TRIPS, {"series_id": None}),
     _kept("trips"), _kept("condition_checks"), _kept("fuel_stops"), _kept("car_commands"), _kept("reservation_changes"),
     _kept("given_back_quarters", others=frozenset({"rebooked_by_id"})), _kept("moves"),
     _kept("marks", ("found_by_reservation_id",)), _kept("redemptions", MINE),
     Held("series", MINE), Held("quotes", MINE), Held("waits", MINE), Held("wait_offers", ("wait_id",)),
     Held("favourite_cars", MINE), Held("favourite_lots", MINE),
     Held("calendar_feeds", MINE, secret=frozenset({"secret_sealed"}))), within=leave_lines)
