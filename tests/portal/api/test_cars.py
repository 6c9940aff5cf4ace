"""`GET /cars` and what is taken: the same cars at the same prices as the page has, in JSON."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.database import db, transaction
from experience.record.models import Event
from fleet.calendar.hold import taken_spans
from fleet.cars.models import Car, CarState
from fleet.tariffs.quote import NOBODY
from portal.account.models import Plan
from portal.api.schemas import CarsSchema
from reservations.search.find import offers_for
from reservations.search.nearby import NearbyCars
from tests.factories import NOON, a_car, hours
from tests.reservations.made import TOMORROW, booked

START, END = "2026-11-25T12:00:00-06:00", "2026-11-25T15:00:00-06:00"  # TOMORROW, by the city's clock


def test_cars_near_a_place_come_nearest_first_with_their_price(stranger):
    said = stranger.get("/cars", near="Logan Square", start=START, end=END, limit=5).json
    assert said["near"]["label"].startswith("Logan Square")
    assert len(said["items"]) == 5
    assert [one["distance_m"] for one in said["items"]] == sorted(one["distance_m"] for one in said["items"])
    for one in said["items"]:
        assert sum(line["amount"]["amount"] for line in one["quote"]["lines"]) == one["quote"]["total"]["amount"]
        assert one["offered"] == {"start": START, "end": END}


def test_it_says_what_the_search_finds(app, stranger):
    said = stranger.get("/cars", lat=41.93, lng=-87.7, start=START, end=END, radius=2000, limit=100).json
    found = offers_for(NearbyCars(41.93, -87.7, 2000).all(), TOMORROW, Plan.PAY_AS_YOU_GO, NOON, NOBODY)
    assert [(one["id"], one["availability"], one["quote"]["total"]["amount"], one["distance_m"]) for one in said["items"]] == [
        (each.car.slug, str(each.availability.state), each.quote.total.cents, round(each.metres)) for each in found]
    assert said["next"] is None


def test_plain_dicts_are_what_the_schema_would_write(stranger):
    said = stranger.get("/cars", near="Logan Square", start=START, end=END).json
    loaded = CarsSchema().load(said)
    assert CarsSchema().dump(loaded)["items"][0].keys() == said["items"][0].keys()


def test_a_token_brings_its_members_prices(stranger, machine):
    def price(who):
        return who.get("/cars", near="Logan Square", start=START, end=END, limit=1).json["items"][0]["quote"]["total"]["amount"]
    assert price(machine) < price(stranger)


def test_pages_of_a_list_follow_each_other_without_gap_or_repetition(stranger):
    whole = stranger.get("/cars", near="Logan Square", start=START, end=END, limit=100).json["items"]
    seen, after = [], {}
    while after is not None:
        page = stranger.get("/cars", near="Logan Square", start=START, end=END, limit=3, **after).json
        seen += [one["id"] for one in page["items"]]
        after = {"after": page["next"]} if page["next"] else None
    assert seen == [one["id"] for one in whole]
    assert len(seen) > 3


def test_a_next_page_is_for_the_time_of_the_first_and_no_search_of_its_own(site, app, clock, machine):
    first = machine.get("/cars", near="Logan Square", limit=2).json
    clock.forward(minutes=20)
    second = machine.get("/cars", near="Logan Square", limit=2, after=first["next"]).json
    whole = machine.get("/cars", near="Logan Square", limit=4).json["items"]
    assert [one["id"] for one in first["items"] + second["items"]] == [one["id"] for one in whole]
    assert {one["offered"]["start"] for one in second["items"]} == {one["offered"]["start"] for one in first["items"]}
    assert whole[0]["offered"]["start"] > first["items"][0]["offered"]["start"]
    site.extensions["page_views"].flush()
    assert len(db.session.scalars(select(Event.id).where(Event.step == "find.search")).all()) == 2


def test_a_made_up_next_is_refused(stranger):
    for word in ("3", "WzNd.x", stranger.get("/cars", near="Logan Square", limit=1).json["next"] + "x"):
        answer = stranger.get("/cars", near="Logan Square", after=word)
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "after")


def test_a_place_nobody_knows_is_a_problem_with_near_misses(stranger):
    answer = stranger.get("/cars", near="Damen & Western")
    assert (answer.status_code, answer.json["code"]) == (422, "place_not_found")
    assert answer.mimetype == "application/problem+json"
    assert {place["label"] for place in answer.json["did_you_mean"]} == {"N Damen Ave", "N Western Ave"}
    assert stranger.get("/cars", near="qqqqqq zzzzz").json["did_you_mean"] == []


def test_a_place_beyond_our_area_is_another_problem(stranger):
    assert stranger.get("/cars", lat=48.85, lng=2.35).json["code"] == "outside_area"


@pytest.mark.parametrize(("asked", "fields"), [
    ({}, ["near"]), ({"near": "Loop", "lat": 41.9, "lng": -87.6}, ["near"]), ({"lat": 41.9}, ["lng"]), ({"lng": -87}, ["lat"]),
    ({"near": "Loop", "radius": "wide", "limit": 0, "class": "yacht"}, ["class", "limit", "radius"]),
    ({"near": "Loop", "start": "tomorrow", "end": "2026-11-25T12:00:00"}, ["end", "start"]),
    ({"near": "Loop", "start": "0001-01-01T00:00:00+14:00"}, ["start"]), ({"near": "Loop", "limit": "1_0"}, ["limit"]),
    ({"near": "Loop", "start": "2026-02-30T00:00:00Z"}, ["start"]), ({"near": "Loop", "lat": "nan"}, ["lat"]),
    ({"near": ""}, ["near"]), ({"near": "Loop", "colour": "red"}, ["colour"])])
def test_every_field_at_fault_is_named(stranger, asked, fields):
    answer = stranger.get("/cars", **asked)
    assert (answer.status_code, answer.json["code"]) == (422, "does_not_hold")
    assert sorted(fault["field"] for fault in answer.json["errors"]) == fields


@pytest.mark.parametrize(("start", "end", "field"), [
    (END, START, "end"), ("2026-11-20T12:00:00-06:00", END, "start"), ("2026-11-25T12:07:00-06:00", END, "start"),
    (START, "2027-01-25T12:00:00-06:00", "end")])
def test_times_that_cannot_be_booked_are_refused_as_on_the_page(stranger, start, end, field):
    answer = stranger.get("/cars", near="Loop", start=start, end=end)
    assert (answer.status_code, answer.json["code"], answer.json["errors"][0]["field"]) == (422, "bad_span", field)


def test_filters_are_those_of_the_page(stranger):
    asked = {"near": "Loop", "radius": 9000, "limit": 100, "start": START, "end": END}
    said = stranger.get("/cars", **asked, **{"class": "ev"}).json["items"]
    assert {one["class"] for one in said} == {"ev"}
    assert all(one["seats"] >= 7 for one in stranger.get("/cars", **asked, seats=7).json["items"])
    assert all("awd" in one["features"] for one in stranger.get("/cars", **asked, feature="awd").json["items"])
    assert {one["fuel"] for one in stranger.get("/cars", **asked, fuel="hybrid").json["items"]} == {"hybrid"}


def test_a_search_is_a_step_of_no_visit_and_of_the_apis_channel(site, app, machine, stranger):
    machine.get("/cars", near="Logan Square")
    stranger.get("/cars", near="qqqqqq zzzzz")
    site.extensions["page_views"].flush()
    found = db.session.execute(select(Event.step, Event.phase, Event.channel, Event.actor, Event.session_id, Event.error_code,
                                      Event.member_pid.is_not(None)).order_by(Event.recorded_at, Event.id)).all()
    assert [tuple(row) for row in found] == [
        ("find.search", "succeeded", "api", "member", None, None, True),
        ("find.search", "refused", "api", "member", None, "place_not_found", False)]


def test_what_is_taken_is_said_by_its_times_alone(app, stranger, bo):
    car = a_car()
    trip = booked(bo, car)
    answer = stranger.get(f"/cars/{car.slug}/availability", **{"from": START, "to": "2026-11-26T12:00:00-06:00"})
    taken = taken_spans([car.id], hours(24, 48))[car.id]
    assert [datetime.fromisoformat(one["start"]) for one in answer.json["items"]] == [row.starts_at for row in taken]
    assert [datetime.fromisoformat(one["end"]) for one in answer.json["items"]] == [row.ends_at for row in taken]
    assert taken[0].starts_at == trip.starts_at
    for secret in (trip.reference, bo.name, bo.user.email):
        assert secret not in answer.text


@pytest.mark.parametrize(("since", "until"), [
    (END, START), (START, START), (START, (NOON + timedelta(days=60)).isoformat())])
def test_a_window_has_a_beginning_and_an_end_within_a_month(stranger, since, until):
    answer = stranger.get(f"/cars/{a_car().slug}/availability", **{"from": since, "to": until})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "to")


def test_a_car_that_is_unknown_is_not_found(stranger):
    assert stranger.get("/cars/nobody/availability").json["code"] == "not_found"


def test_the_next_page_is_of_the_same_search_whatever_has_changed_since(app, stranger, clock):
    asked = {"near": "Logan Square", "limit": 3}
    whole = [one["id"] for one in stranger.get("/cars", near="Logan Square", limit=100).json["items"]]
    first = stranger.get("/cars", **asked).json
    with transaction():
        db.session.scalars(select(Car).where(Car.slug == whole[0])).unique().one().state = CarState.RETIRED
    searched = select(Event.id).where(Event.step == "find.search", Event.phase == "succeeded")
    searches = db.session.scalars(searched).all()
    clock.at += timedelta(hours=1)
    second = stranger.get("/cars", after=first["next"], **asked).json
    assert [one["id"] for one in second["items"]] == whole[3:6]
    assert second["items"][0]["offered"] == first["items"][0]["offered"]
    assert db.session.scalars(searched).all() == searches
