"""What browsers tell: kept once and for the visit whose page it was, put aside when it does not fit, and never words."""

import gzip
import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import config
from core.database import db
from core.time import wall_now
from experience.journey import Step
from experience.record.models import BrowserEvent, QuarantinedEvent
from experience.record.pids import pid_of
from experience.record.registry import BROWSER, browser_type, schema_of
from experience.record.take_beacon import PageTold, shape_of, take_beacon
from portal.account.models import Role
from tests.experience.given import browser_of, staff_browser
from tests.factories import People
from tests.reservations.made import booked

SCRIPT = config.ROOT / "static" / "js" / "beacon.js"
GOOD = {
    "vitals": {"lcp_ms": 900, "inp_ms": 48, "cls_milli": 12, "ttfb_ms": 80},
    "field_error": {"field": "email", "why": "valueMissing"},
    "back_track": {"way": "back"},
    "rage_click": {"clicks": 4, "on": "button"},
    "script_error": {"error": "TypeError", "file": "js/live.js", "line": 12},
}


def told(kind: str = "vitals", **changes: object) -> dict[str, object]:
    """An event as static/js/beacon.js tells it."""
    return {"id": str(uuid4()), "kind": kind, "at": 1000, "facts": GOOD[kind]} | changes


def page_in(html: str) -> str | None:
    """The signed page in a page."""
    found = re.search(r'data-beacon="([^"]+)"', html)
    return found[1] if found else None


def send(client: FlaskClient, page: str | None, *events: object, **more: object):
    """The beacon of a page; `more` are headers."""
    body = json.dumps({"page": page, "sent": 3000, "clock": wall_now().timestamp() * 1000, "events": list(events)},
                      separators=(",", ":"))
    return client.post("/beacon", data=body, headers=more, content_type="text/plain;charset=UTF-8")


def kept() -> list[BrowserEvent]:
    return list(db.session.scalars(select(BrowserEvent).order_by(BrowserEvent.recorded_at, BrowserEvent.kind)))


def aside() -> list[QuarantinedEvent]:
    return list(db.session.scalars(select(QuarantinedEvent).order_by(QuarantinedEvent.id)))


def test_what_a_browser_tells_of_a_page_is_kept_with_its_step_and_visit(site: Flask, visitor: FlaskClient) -> None:
    page = page_in(visitor.get("/").text)
    assert send(visitor, page, *(told(kind) for kind in BROWSER)).status_code == 204
    with site.app_context():
        with visitor.session_transaction() as cookie:
            visit = cookie["visit"]
        events = kept()
        assert {event.type for event in events} == {browser_type(kind) for kind in BROWSER}
        assert {(event.step, event.session_id, event.journey_id, event.member_pid) for event in events} == {
            ("learn.home", visit, visit, None)}
        assert {event.kind: event.facts for event in events} == GOOD
        assert {event.dataschema for event in events} == {f"/schemas/browser.{kind}/1" for kind in BROWSER}
        assert aside() == []


def test_a_beacon_delivered_twice_counts_once(site: Flask, visitor: FlaskClient) -> None:
    page, event = page_in(visitor.get("/").text), told()
    for _ in range(2):
        assert send(visitor, page, event, event).status_code == 204
    with site.app_context():
        assert len(kept()) == 1


def test_one_visit_cannot_take_the_ids_of_another(site: Flask) -> None:
    event = told()
    for client in (site.test_client(), site.test_client()):
        send(client, page_in(client.get("/").text), event)
    with site.app_context():
        assert len(kept()) == 2


@pytest.mark.one_database
def test_the_browsers_clock_is_written_down_and_not_believed(app: Flask) -> None:
    at = wall_now()
    page = PageTold(Step.LEARN_HOME, "visit", "trace")
    body = json.dumps({"sent": 61_000, "clock": (at + timedelta(days=400)).timestamp() * 1000, "events": [told(at=1_000)]})
    take_beacon(page=page, visit="visit", member_id=None, trip_id=None, body=body)
    (event,) = kept()
    assert abs(event.clock_offset_ms - 400 * 86_400_000) < 5_000
    assert abs((at - timedelta(seconds=60) - event.time).total_seconds()) < 5


FOREIGN = {
    "an unknown type": told() | {"kind": "mood"},
    "no object": "Ada Okafor, 12 State Street",
    "a list for a type": told() | {"kind": ["vitals"]},
    "words beside the facts": told() | {"words": "ada@example.com"},
    "a word for a number": told(facts={"lcp_ms": "ada@example.com"}),
    "what was typed": told("field_error", facts={"field": "email", "why": "valueMissing", "value": "ada@example.com"}),
    "a field that is a sentence": told("field_error", facts={"field": "Ada Okafor", "why": "valueMissing"}),
    "a script of somebody else": told("script_error", facts={"error": "Error", "file": "https://x.example/a.js", "line": 1}),
    "two clicks": told("rage_click", facts={"clicks": 2, "on": "button"}),
    "no vitals": told(facts={}),
    "a missing fact": told("rage_click", facts={"clicks": 3}),
    "an id that is none": told(id="' OR 1=1"),
    "a number that may be a telephone": told(facts={"lcp_ms": 13125550100}),
}


def test_what_does_not_fit_is_put_aside_and_counted_without_a_word_of_it(site: Flask, visitor: FlaskClient) -> None:
    page = page_in(visitor.get("/").text)
    assert send(visitor, page, *FOREIGN.values(), told()).status_code == 204
    with site.app_context():
        assert len(kept()) == 1
        rows = aside()
        assert len(rows) == len(FOREIGN)
        assert {row.step for row in rows} == {"learn.home"}
        text = " ".join(row.body + row.reason for row in rows)
        for word in ("ada", "Ada", "@", "State", "example", "13125550100", "OR 1"):
            assert word not in text, word
        assert {row.reason.split(":")[0] for row in rows} >= {"unknown_type", "type", "pattern", "enum", "required", "maximum"}


@pytest.mark.one_database
@pytest.mark.parametrize("rest", [
    "", ',"sent":"x","clock":1,"events":[1]', ',"sent":1,"clock":1', ',"sent":1,"clock":1e400,"events":[1]',
    ',"sent":-1,"clock":1,"events":[1]', ',"sent":1,"clock":1,"events":{}', " and more"])
def test_a_body_that_is_no_beacon_is_counted_too(site: Flask, visitor: FlaskClient, rest: str) -> None:
    body = '{"page":"' + (page_in(visitor.get("/").text) or "") + '"' + rest + "}"
    assert visitor.post("/beacon", data=body, content_type="text/plain").status_code == 204
    with site.app_context():
        assert [row.reason for row in aside()] in (["unreadable"], ["misshapen"])


@pytest.mark.one_database
def test_more_events_than_the_script_sends_are_cut_and_counted(site: Flask, visitor: FlaskClient) -> None:
    assert send(visitor, page_in(visitor.get("/").text), *(told("back_track") for _ in range(25))).status_code == 204
    with site.app_context():
        assert len(kept()) == 20
        assert [row.reason for row in aside()] == ["too_many"]


def test_nobody_can_tell_something_into_somebody_elses_journey(site: Flask) -> None:
    """Whose it is says the session. Another visit's page is put aside; one that we did not sign is refused at the door."""
    with site.app_context():
        ada, eve = People().member(), People().member("Eve Moss")
        trip = booked(ada)
        hers, evil, reference, ada_id = browser_of(site, ada.user), browser_of(site, eve.user), trip.reference, ada.id
    page = page_in(hers.get(f"/trips/{reference}").text)
    assert page
    other = page_in(evil.get("/").text) or ""
    assert send(evil, page, told(), member_id=str(ada_id)).status_code == 204
    for forged in (None, "", page[:-2] + "xx", "a.b", other[:-1]):
        assert send(evil, forged, told()).status_code == 400
    with site.app_context():
        assert ([row.reason for row in aside()], kept()) == (["other_visit"], [])
    assert send(hers, page, told()).status_code == 204
    with site.app_context():
        (event,) = kept()
        assert (event.member_pid, event.journey_id) == (pid_of("member", ada_id), str(pid_of("trip", trip.id)))


@pytest.mark.one_database
def test_a_trip_named_by_a_page_counts_for_its_own_member_only(site: Flask) -> None:
    """The same visit goes on after somebody else signs in: the page's trip is not theirs."""
    with site.app_context():
        ada, bo = People().member(), People().member("Bo Lind")
        hers, his, reference, bo_id = browser_of(site, ada.user), browser_of(site, bo.user), booked(ada).reference, bo.id
    page = page_in(hers.get(f"/trips/{reference}").text)
    with hers.session_transaction() as old, his.session_transaction() as new:
        new["visit"] = old["visit"]
    send(his, page, told())
    with site.app_context():
        (event,) = kept()
        assert event.member_pid == pid_of("member", bo_id)
        assert event.journey_id == event.session_id


@pytest.mark.one_database
@pytest.mark.parametrize("headers", [{"Sec-GPC": "1"}, {"DNT": "1"}])
def test_who_asks_not_to_be_followed_is_not(site: Flask, visitor: FlaskClient, headers: dict[str, str]) -> None:
    page = page_in(visitor.get("/").text)
    assert page_in(visitor.get("/", headers=headers).text) is None
    assert send(visitor, page, told(), "nonsense", **headers).status_code == 204
    with site.app_context():
        assert (kept(), aside()) == ([], [])


@pytest.mark.one_database
def test_pages_without_a_step_and_staff_at_work_tell_nothing(site: Flask, visitor: FlaskClient) -> None:
    visitor.get("/")
    assert page_in(visitor.get("/privacy").text) is None
    mara = staff_browser(site, Role.CX)
    assert page_in(mara.get("/experience/").text) is None
    assert page_in(mara.get("/pricing").text) is None


@pytest.mark.one_database
def test_a_beacon_is_small_and_not_too_frequent(limited_site: Flask) -> None:
    limited = limited_site.test_client()
    page = page_in(limited.get("/").text) or ""
    assert limited.post("/beacon", data='{"page":"' + page + '"' + " " * 8_000).status_code == 413
    said = [send(limited, page, told("back_track")).status_code for _ in range(60)]
    assert (said[0], said[58], said[59]) == (204, 204, 429)


@pytest.mark.one_database
def test_the_shape_of_an_event_holds_no_word(app: Flask) -> None:
    assert shape_of({"kind": "vitals", "id": "x@y.example", "facts": {"lcp_ms": [1, 2], "name": "Ada"}}) == (
        '{"facts": {"lcp_ms": "list of 2", "others": 1}, "id": "str of 11", "kind": "vitals"}')
    assert len(shape_of({"facts": {name: "x" * 900 for name in GOOD["vitals"]}})) <= 1000


def test_the_script_is_at_most_5_kb_and_of_nobody_else() -> None:
    source = SCRIPT.read_bytes()
    assert len(source) <= 5_000
    assert len(gzip.compress(source)) <= 2_500
    assert re.findall(r"https?:|import|fetch|XMLHttp|\.value\b|innerText|textContent", source.decode()) == []


def test_every_type_that_a_browser_may_tell_has_a_schema_that_its_example_fits() -> None:
    assert GOOD.keys() == BROWSER.keys()
    for kind in BROWSER:
        assert schema_of(f"browser.{kind}", 1)["properties"]["facts"]["additionalProperties"] is False
