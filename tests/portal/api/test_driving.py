"""At the car through the API: a whole trip, as a member's own machine would do it."""

import pytest
from sqlalchemy import select

from core.database import db
from portal.billing.ledger.models import LedgerRow
from portal.help.models import Conversation
from reservations.booking.cancel import cancel
from reservations.booking.models import Status
from reservations.booking.queries import my_reservation
from tests.portal.api.machines import machine_of
from tests.reservations.made import Street, a_street, booked


@pytest.fixture
def street(app, clock) -> Street:
    """Cars in the street that answer at once, and a worker."""
    return a_street(app, clock)


@pytest.fixture
def trip(app, ada, clock):
    made = booked(ada)
    clock.forward(hours=24)
    return made


def test_a_whole_trip(site, app, street, ada, clock, trip):
    machine = machine_of(site, ada, clock)
    here = f"/reservations/{trip.reference}"
    early = machine.ask("POST", f"{here}/unlock", key="0")
    assert (early.status_code, early.json["code"]) == (409, "check_first")
    seen = machine.ask("POST", f"{here}/reports", {"kind": "damage", "view": "left", "words": "A scratch"}, key="1")
    assert (seen.status_code, seen.json["conversation"]) == (201, None)
    asked = machine.ask("POST", f"{here}/unlock", key="2")
    assert (asked.status_code, asked.json["state"], asked.json["answered_at"]) == (202, "waiting", None)
    assert machine.ask("POST", f"{here}/unlock", key="2").data == asked.data  # one unlock, not two
    address = asked.headers["Location"].removeprefix("/api/v1")
    street.work()
    done = machine.get(address).json
    assert (done["state"], done["answered_at"] is not None) == ("done", True)
    assert machine.get(here).json["status"] == "driving"
    assert machine.ask("POST", f"{here}/reports", {"kind": "cleanliness", "cleanliness": 5}, key="3").status_code == 201
    street.drives(trip, miles=12, minutes=60)
    filled = {"paid_by": "card", "station": "Shell", "amount": {"amount": 500, "currency": "USD"}, "volume_thousandths": 1000}
    stop = machine.ask("POST", f"{here}/fuel-stops", filled, key="4")
    assert (stop.status_code, {**stop.json, "at": None}) == (201, {"at": None, **filled})
    assert machine.ask("POST", f"{here}/fuel-stops", filled, key="4").data == stop.data
    reading = my_reservation(ada, trip.reference).car.reading
    low = machine.ask("POST", f"{here}/return", {"odometer": 0, "energy": 50}, key="5")
    assert (low.status_code, low.json["code"]) == (422, "odometer_fell")
    not_yet = machine.ask("POST", f"{here}/return", {"odometer": 1, "energy": 50, "without_lock": True}, key="6")
    assert (not_yet.status_code, not_yet.json["code"]) == (409, "car_not_silent")
    back = machine.ask("POST", f"{here}/return", {"odometer": int(reading.odometer_miles), "energy": 50, "in_its_bay": True},
                       key="7")
    assert (back.status_code, back.json["action"]) == (202, "lock")
    street.work()
    assert machine.get(here).json["status"] == "returned"
    assert my_reservation(ada, trip.reference).status == Status.RETURNED
    statement = machine.get("/me/statement", limit=3).json
    assert statement["items"][0]["reservation_id"] == trip.reference
    assert statement["next"]


def test_a_problem_becomes_a_conversation(app, machine, trip):
    said = machine.ask("POST", f"/reservations/{trip.reference}/reports", {"kind": "problem", "words": "The seat is wet"},
                       key="k")
    assert said.status_code == 201
    found = db.session.scalars(select(Conversation)).all()
    assert [(str(one.id), one.reservation_id) for one in found] == [(said.json["conversation"], trip.id)]


@pytest.mark.parametrize(("body", "fields"), [
    ({}, ["kind"]), ({"kind": "poem"}, ["kind"]), ({"kind": "damage"}, ["view", "words"]), ({"kind": "problem"}, ["words"]),
    ({"kind": "skipped", "words": "why not"}, ["words"]), ({"kind": "cleanliness", "cleanliness": 6}, ["cleanliness"]),
    ({"kind": "damage", "view": "left", "words": "x" * 201}, ["words"])])
def test_a_report_says_what_belongs_to_its_kind(app, machine, trip, body, fields):
    answer = machine.ask("POST", f"/reservations/{trip.reference}/reports", body, key="k")
    assert (answer.status_code, sorted(fault["field"] for fault in answer.json["errors"])) == (422, fields)


def test_the_statement_is_the_pages_page_by_page(site, app, street, ada, clock, trip):
    machine = machine_of(site, ada, clock)
    cancel(reservation=trip, now=clock())
    whole, after = [], {}
    while after is not None:
        page = machine.get("/me/statement", limit=1, **after).json
        whole += page["items"]
        after = {"after": page["next"]} if page["next"] else None
    rows = db.session.scalars(select(LedgerRow).order_by(LedgerRow.id.desc())).all()
    assert len(whole) >= 1
    assert {one["id"] for one in whole} <= {str(row.id) for row in rows}
    assert whole[0]["balance"]["amount"] == sum(one["amount"]["amount"] for one in whole)
    assert machine.get("/me").json["owed"] == whole[0]["balance"]
