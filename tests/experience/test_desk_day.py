"""The desk's working day: who is behind an id, saved views, who looks after a step, voices, promises, and what is exported."""

import csv
import io
import random
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from core.audit import AuditRow
from core.database import db, transaction
from core.ids import uuid7_at
from core.refusal import NotFound
from core.sealed import Seal
from core.time import now, quarter_at_or_after
from experience.asks.models import Mood
from experience.desk.filters import JourneyFilters
from experience.desk.own_step import own_step, owner_of
from experience.desk.save_view import NameTaken, NotOurPage, change_view, delete_view, save_view, the_view
from experience.desk.voices import MOST_OPENED, VoiceFilters, heard
from experience.insight.compare import compare
from experience.insight.export import TABLES, Format, NoParquet, export
from experience.insight.facts import FACTS
from experience.insight.measures import MEASURES, Material
from experience.insight.models import Lookup, LookupReason, SavedView
from experience.insight.promises import (
    Kept,
    PromiseFilters,
    Promises,
    kept_by,
    kept_by_step,
    overdue,
    promise_ids,
    promise_rows,
)
from experience.insight.reidentify import NotYours, SayWhy, reidentify
from experience.insight.signals import scan_now
from experience.insight.surroundings import surroundings
from experience.insight.window import Window
from experience.journey import Phase, Step
from experience.promises.kinds import Cause, Outcome, PromiseKind
from experience.promises.mint import Promised, mint
from experience.promises.models import Promise
from experience.promises.settle import settle
from experience.record.models import Event, Identity
from experience.record.pids import pid_of
from portal.account.models import Role
from portal.web.say import CITY_ZONE
from reservations.booking.models import Reservation
from tests.experience.given import a_note, happened, press, staff_browser, write
from tests.factories import NOON, People, a_car, hours
from tests.reservations.made import booked

WHY = "She wrote that the fob does not open."


@pytest.fixture
def seal(app: Flask) -> Seal:
    return app.extensions["adapters"].seal


def pid_of_member(member_id: int) -> Any:
    with transaction():
        return pid_of("member", member_id)


# Who is behind a random id.

def test_a_look_behind_an_id_is_told_and_written_down(app: Flask, people: People, seal: Seal) -> None:
    ada, mara = people.member("Ada Okafor"), people.staff(Role.CX)
    trip = booked(ada)
    with transaction():
        of_trip = pid_of("trip", trip.id)
    for pid in (pid_of_member(ada.id), of_trip):
        person = reidentify(pid=pid, by_user_id=mara.id, reason=LookupReason.ANSWER, words=WHY, seal=seal, now=NOON)
        assert person is not None
        assert (person.member_id, person.name) == (ada.id, "Ada Okafor")
    rows = db.session.scalars(select(Lookup).order_by(Lookup.id)).all()
    assert [(row.by_user_id, row.reason, row.found) for row in rows] == [(mara.id, "answer", True)] * 2
    assert seal.open(rows[0].words_sealed) == WHY


def test_a_look_in_vain_is_written_down_too_and_one_that_is_not_allowed_tells_nothing(app: Flask, people: People,
                                                                                     seal: Seal) -> None:
    ada, mara = people.member(), people.staff(Role.CX)
    pid = pid_of_member(ada.id)
    for role in (Role.SUPPORT, Role.FLEET, Role.FINANCE, Role.MEMBER):
        with pytest.raises(NotYours):
            reidentify(pid=pid, by_user_id=people.staff(role).id, reason=LookupReason.MONEY, words=WHY, seal=seal, now=NOON)
    with pytest.raises(SayWhy):
        reidentify(pid=pid, by_user_id=mara.id, reason=LookupReason.MONEY, words="   because  ", seal=seal, now=NOON)
    assert db.session.scalars(select(Lookup)).all() == []
    with transaction():
        db.session.execute(Identity.__table__.delete().where(Identity.pid == pid))
    assert reidentify(pid=pid, by_user_id=mara.id, reason=LookupReason.SAFETY, words=WHY, seal=seal, now=NOON) is None
    assert [row.found for row in db.session.scalars(select(Lookup))] == [False]


@pytest.mark.parametrize("change", ["UPDATE lookups SET reason = 'asked'", "DELETE FROM lookups"])
def test_the_database_keeps_every_lookup_as_it_was(app: Flask, people: People, seal: Seal, change: str) -> None:
    pid = pid_of_member(people.member().id)
    reidentify(pid=pid, by_user_id=people.staff(Role.CX).id, reason=LookupReason.ASKED, words=WHY, seal=seal, now=NOON)
    with pytest.raises(DBAPIError, match="append_only"), transaction():
        db.session.execute(text(change))


def test_through_the_page_a_name_is_shown_once_and_admins_read_why(site: Flask) -> None:
    with site.app_context():
        pid = pid_of_member(People().member("Zebulon Quux").id)
    client, page = staff_browser(site, name="Mara Lind"), f"/experience/who/{pid}"
    assert "Zebulon" not in client.get(page).text
    assert press(client, page, page, reason="answer", words="").status_code == 422
    assert press(client, page, page, reason="nosiness", words=WHY).status_code == 422
    told = press(client, page, page, reason="answer", words=WHY)
    assert "Zebulon Quux" in told.text
    assert "Zebulon" not in client.get(page).text
    assert client.get("/experience/lookups").status_code == 403
    listed = staff_browser(site, Role.ADMIN).get("/experience/lookups").text
    assert WHY in listed
    assert "Mara Lind" in listed
    assert "Zebulon" not in listed
    with site.app_context():
        assert {row.object.split("/")[0] for row in db.session.scalars(select(AuditRow))} == {"lookups"}
        assert WHY not in repr([(row.before, row.after) for row in db.session.scalars(select(AuditRow))])


# Promises, voices and comparisons of a small past.

@pytest.fixture
def past(site: Flask) -> Flask:
    """Somebody with a trip, promises that were kept, broken, waived and forgotten, notes, and events."""
    at = quarter_at_or_after(now() - timedelta(hours=3))
    with site.app_context():
        ada = People().member("Zebulon Quux")
        trip = booked(ada, a_car(name="Acorn"), hours(1, 3, day=at), now=at)
        other = booked(ada, a_car(name="Basil"), hours(20, 22, day=at), now=at)
        with transaction():
            for reservation in (trip, other):
                for promise in db.session.scalars(select(Promise).where(Promise.reservation_id == reservation.id)):
                    db.session.delete(promise)
        with transaction():
            mint(member_id=ada.id, reservation_id=trip.id, at=at, promised=[
                Promised(PromiseKind.CLEAN, expected=4, unit="of 5"), Promised(PromiseKind.UNLOCK, expected=300, unit="s"),
                Promised(PromiseKind.ENERGY, expected=25, unit="%"), Promised(PromiseKind.RECEIPT, due_at=at),
                Promised(PromiseKind.DISPUTE, due_at=at)])
        with transaction():
            for kind, outcome, actual, cause in (
                    (PromiseKind.CLEAN, Outcome.BROKEN, 2, Cause.OUR_WORK), (PromiseKind.UNLOCK, Outcome.KEPT, 12, None),
                    (PromiseKind.ENERGY, Outcome.WAIVED, None, Cause.NO_EVIDENCE)):
                settle(kind=kind, outcome=outcome, at=at + timedelta(hours=1), reservation_id=trip.id, actual=actual,
                       cause=cause, evidence={})
        a_note(site, member=ada, words="Crumbs on every seat", step=Step.PICKUP_CHECK, at=at, lot_id=trip.lot_id)
        a_note(site, member=ada, words="Lovely little car", mood=Mood.GOOD, step=Step.FIND_CAR, at=at, car_id=trip.car_id)
        with transaction():
            pid, of_trip = pid_of("member", ada.id), str(pid_of("trip", trip.id))
        write(*(happened(Step.PICKUP_UNLOCK, phase, at, journey=of_trip, member_pid=pid,
                         facts={"car_id": trip.car_id, "lot_id": trip.lot_id}) for phase in (Phase.FAILED, Phase.SUCCEEDED)))
    return site


def the_trip() -> Reservation:
    return db.session.scalars(select(Reservation).order_by(Reservation.id)).first()


def test_promises_are_counted_by_step_cause_and_fact_and_their_rows_are_those_counted(past: Flask) -> None:
    window = Window(now() - timedelta(days=7))
    with past.app_context():
        kept = kept_by_step(window)
        assert kept == {"pickup.check": Kept(0, 1, 0, -2.0, "of 5"), "pickup.unlock": Kept(1, 0, 0, -288.0, "s"),
                        "pickup.energy": Kept(0, 0, 1)}
        assert next(iter(kept)) == "pickup.check"  # the worst first
        assert kept_by(Promise.cause, window)["our_work"].broken == 1
        assert kept_by_step(Window(window.since, lot_id=the_trip().lot_id + 1000)) == {}
        assert overdue(now()) == 1, "a person owes the decision; the receipt is settled by what happens"
        late = promise_ids(Promises(PromiseFilters(state="open"), window, now()), None)
        assert [db.session.get_one(Promise, each).kind for each in late] == ["dispute"]
        by_lot = compare(FACTS["lot"], MEASURES["kept"], None, Material(window.since, now()))
        assert [(row.value, row.estimate.n, row.enough) for row in by_lot.rows] == [(str(the_trip().lot_id), 2, False)]
        around = surroundings(window.since)
        asked = PromiseFilters(by=FACTS["lot"], value=str(the_trip().lot_id), state="broken")
        ids = promise_ids(Promises(asked, window, now()), around)
        assert [db.session.get_one(Promise, each).kind for each in ids] == ["clean"]
    html = staff_browser(past).get("/experience/promises?by=cause").text
    assert "/experience/promises/rows?cause=our_work" in html.replace("&amp;", "&").replace("days=28&", "")
    rows = staff_browser(past).get("/experience/promises/rows?state=broken").text
    assert "we handed the car over like this" in rows
    assert "/experience/who/" in rows


def test_more_promises_are_listed_than_a_statement_may_carry_values(past: Flask) -> None:
    with past.app_context():
        ids = list(db.session.scalars(select(Promise.id).order_by(Promise.id)))
        nobodys = [uuid7_at(NOON, number) for number in range(66_000)]  # PostgreSQL takes 65 535, SQLite 32 766
        assert [row.promise.id for row in promise_rows([*ids, *nobodys])] == ids


def test_voices_are_found_by_place_mood_and_words_and_the_page_says_how_many_were_opened(past: Flask) -> None:
    client = staff_browser(past)
    for narrow, found, not_found in (
            ("q=CRUMBS+seat", "Crumbs on every seat", "Lovely little car"),
            ("mood=good", "Lovely little car", "Crumbs"), ("where=pickup", "Crumbs", "Lovely"),
            ("source=note", "Crumbs", "Nobody said"),
            ("q=helicopter", "Nobody said anything that fits", "Crumbs"), ("score=low", "Nobody said", "Crumbs"),
            ("source=compliment", "Nobody said", "Crumbs"), ("from=2001-01-01&to=2001-01-02", "Nobody said", "Crumbs")):
        html = client.get(f"/experience/voices?{narrow}").text
        assert found in html, narrow
        assert not_found not in html, narrow
    assert "the newest 2 of 2 within these filters were opened" in client.get("/experience/voices?q=crumbs").text
    with past.app_context():
        trip = the_trip()
        seal = past.extensions["adapters"].seal
        said = heard(VoiceFilters.of({"lot": str(trip.lot_id)}), 1, seal, now())
        assert [voice.words for voice in said.voices] == ["Crumbs on every seat"]
        assert heard(VoiceFilters.of({"car": str(trip.car_id)}), 1, seal, now()).total == 1
    assert MOST_OPENED == 2000


def test_a_look_reads_every_kind_of_row_on_either_database(past: Flask) -> None:
    with past.app_context():
        scan = scan_now(now())
        assert (scan.compared, scan.signals) == (0, [])  # one member is no group
        material = Material(now() - timedelta(days=7), now() + timedelta(days=2))
        trip = the_trip()
        assert [row.value for row in MEASURES["stopped"].rows(material, Step.PICKUP_UNLOCK)] in ([1.0, 0.0], [0.0, 1.0])
        assert [row.value for row in MEASURES["mood"].rows(material, Step.PICKUP_CHECK)] == [1.0]
        assert [FACTS[fact].find(next(MEASURES["kept"].rows(material, Step.PICKUP_UNLOCK)), material.around)
                for fact in ("lot", "car", "plan", "tenure", "lead")] == [
            str(trip.lot_id), str(trip.car_id), "regular", "new", "today"]
        for key, measure in MEASURES.items():
            assert compare(FACTS["hour"], measure, measure.steps[0], material) is not None, key
    client = staff_browser(past)
    assert press(client, "/experience/", "/experience/look").location == "/experience/#signals"
    html = client.get("/experience/compare?fact=lot&measure=kept&step=").text
    assert f"/experience/promises/rows?by=lot&amp;value={trip.lot_id}" in html.replace("days=28&amp;", "")
    assert "too few to say" in html


def test_no_page_of_the_desk_and_no_file_tells_a_name_or_an_address(past: Flask, tmp_path: Path) -> None:
    client = staff_browser(past)
    with past.app_context():
        email = the_trip().member.user.email
        journey = str(db.session.scalar(select(Event.journey_id).where(Event.step == str(Step.PICKUP_UNLOCK)).limit(1)))
    pages = ["/experience/", "/experience/journey", "/experience/steps/pickup.unlock", "/experience/steps/pickup.check",
             f"/experience/journeys/{journey}", "/experience/feedback", "/experience/feedback/1", "/experience/feedback.csv",
             "/experience/promises", "/experience/promises/rows", "/experience/promises.csv", "/experience/voices",
             "/experience/voices.csv", "/experience/compare", "/experience/compare.csv", "/experience/journey.csv",
             "/experience/views", *(f"/experience/export/{name}.csv" for name in TABLES)]
    for path in pages:
        answer = client.get(path, buffered=True)
        assert answer.status_code == 200, path
        assert "Zebulon" not in answer.text, path
        assert "Quux" not in answer.text, path
        assert email not in answer.text, path
        if path.endswith(".csv"):
            assert "Crumbs" not in answer.text, path
            assert "gAAAA" not in answer.text, path


# Saved views and owners.

def test_a_view_is_saved_opened_by_the_team_and_changed_by_its_owner_alone(site: Flask) -> None:
    mine, theirs = staff_browser(site), staff_browser(site, name="Ines Vogt")
    address = "/experience/compare?fact=car&measure=kept&step=pickup.check&days=90"
    assert press(mine, "/experience/compare", "/experience/views", name=" Dirty   cars ", address=address).location == address
    with site.app_context():
        view = db.session.scalars(select(SavedView)).one()
        assert (view.name, view.address) == ("Dirty cars", address)
    assert theirs.get(f"/experience/views/{view.id}").location == address
    assert "Dirty cars" in theirs.get("/experience/views").text
    edit = f"/experience/views/{view.id}/edit"
    assert theirs.get(edit).status_code == 404
    assert press(theirs, "/experience/compare", f"/experience/views/{view.id}/delete").status_code == 404
    assert press(mine, edit, edit, name="Dirt", address=address).location == "/experience/views"
    assert press(mine, "/experience/compare", f"/experience/views/{view.id}/delete").location == "/experience/views"
    with site.app_context():
        assert db.session.scalars(select(SavedView)).all() == []


def test_a_view_leads_to_the_desk_and_nowhere_else(app: Flask, people: People) -> None:
    mara = people.staff(Role.CX)
    for address in ("https://elsewhere.example/experience/", "//elsewhere.example/experience/", "/account/", "/experience",
                    "/experience/\\elsewhere.example", "/experience/" + "x" * 2000):
        with pytest.raises(NotOurPage):
            save_view(user_id=mara.id, name="x", address=address, now=NOON)
    one = save_view(user_id=mara.id, name="one", address="/experience/", now=NOON)
    again = save_view(user_id=mara.id, name="one", address="/experience/voices", now=NOON)
    assert (again.id, the_view(one.id).address) == (one.id, "/experience/voices")
    two = save_view(user_id=mara.id, name="two", address="/experience/", now=NOON)
    with pytest.raises(NameTaken):
        change_view(view_id=two.id, user_id=mara.id, name="one", address="/experience/")
    with pytest.raises(NotFound):
        delete_view(view_id=two.id, user_id=people.staff(Role.CX).id)


def test_a_step_is_given_to_somebody_of_the_team(app: Flask, people: People) -> None:
    mara, step = people.staff(Role.CX, "Mara Lind"), Step.PICKUP_CHECK
    assert owner_of(step) is None
    own_step(step=step, user_id=mara.id, now=NOON)
    owner = owner_of(step)
    assert owner is not None
    assert (owner.name, owner.since) == ("Mara Lind", NOON)
    with pytest.raises(NotFound):
        own_step(step=step, user_id=people.staff(Role.FLEET).id, now=NOON)
    assert owner_of(step) == owner
    own_step(step=step, user_id=None, now=NOON)
    assert owner_of(step) is None


def test_the_owner_of_a_step_is_chosen_on_its_page(site: Flask) -> None:
    client, page = staff_browser(site), "/experience/steps/pickup.check"
    with site.app_context():
        ines = People().staff(Role.CX, "Ines Vogt").id
    assert press(client, page, f"{page}/owner", owner=str(ines)).location == page
    assert "Ines Vogt looks after this step" in client.get(page).text
    assert press(client, page, f"{page}/owner", owner="999999").status_code == 422


def test_the_old_address_of_the_journey_leads_to_the_new_one(site: Flask) -> None:
    answer = staff_browser(site).get("/experience/?days=7&lot=3")
    assert (answer.status_code, answer.location) == (301, "/experience/journey?days=7&lot=3")


def test_days_and_dates_in_addresses() -> None:
    dated = JourneyFilters.of({"from": "2026-11-01", "to": "2026-11-02", "days": ""})
    window = dated.window(NOON)
    assert str(window.since) == "2026-11-01 05:00:00+00:00"
    assert str(window.until) == "2026-11-03 06:00:00+00:00"  # the clocks changed in between
    typed = {"from": "2026-11-01", "to": "2026-11-02", "days": "7"}  # the form sends what it showed of the other as well
    assert JourneyFilters.of(typed) == dated
    assert JourneyFilters.of(typed | {"showed": "dates"}) == JourneyFilters(7)
    assert JourneyFilters.of({"from": "2026-11-01", "to": "", "days": "28"}).until == now().astimezone(CITY_ZONE).date()
    for wrong in ({"from": "2026-11-02", "to": "2026-11-01"}, {"from": "soon", "to": "2026-11-01"}, {"from": "1999-01-01"},
                  {"from": "2001-01-01", "to": "2026-01-01"}):
        assert JourneyFilters.of(wrong) == JourneyFilters()
    assert JourneyFilters.of({key: str(value) for key, value in dated.address.items()}) == dated


# Files that open elsewhere.

def test_what_is_exported_opens_elsewhere_and_is_the_same_in_both_formats(past: Flask, tmp_path: Path) -> None:
    runner = past.test_cli_runner()
    for form in Format:
        answer = runner.invoke(args=["experience", "export", "--format", str(form), str(tmp_path / form)])
        assert answer.exit_code == 0, answer.output
    with past.app_context():
        events = db.session.scalars(select(Event).order_by(Event.time, Event.id)).all()
    with duckdb.connect() as elsewhere:
        for name, table in TABLES.items():
            with (tmp_path / "csv" / f"{name}.csv").open(newline="") as file:
                written = list(csv.DictReader(file))
            parquet = elsewhere.execute(f"SELECT * FROM '{tmp_path / 'parquet' / name}.parquet'")  # noqa: S608 - our own path
            assert [column[0] for column in parquet.description] == table.head
            assert [str(column[1]) for column in parquet.description] == [
                {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}.get(kind, kind) for _, kind in table.columns]
            rows = parquet.fetchall()
            assert len(rows) == len(written)
            assert len(rows) > 0 or name == "answers"
        found = elsewhere.execute(f"SELECT id, time, step, member_pid FROM '{tmp_path}/parquet/events.parquet'").fetchall()  # noqa: S608
    assert [(row[0], row[1], row[2], row[3]) for row in found] == [
        (event.id, event.time, event.step, event.member_pid) for event in events]
    assert not list(tmp_path.glob("*/.*"))


def test_one_file_holds_the_events_and_a_folder_that_cannot_be_made_is_said_so(past: Flask, tmp_path: Path) -> None:
    with past.app_context():
        (path, rows), = export(tmp_path / "events.csv", Format.CSV, Window(NOON - timedelta(days=9000)))
        assert rows == len(list(csv.reader(path.read_text().splitlines()))) - 1
    (tmp_path / "file").write_text("")
    answer = past.test_cli_runner().invoke(args=["experience", "export", "--format", "csv", str(tmp_path / "file" / "x")])
    assert answer.exit_code == 1
    assert "cannot be written" in answer.output


@pytest.mark.one_database
def test_without_duckdb_the_way_on_is_named(past: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    answer = staff_browser(past).get("/experience/export/events.parquet")
    assert answer.status_code == 501
    assert "roundtrip[parquet]" in answer.text
    with past.app_context(), pytest.raises(NoParquet):
        export(tmp_path, Format.PARQUET, Window(NOON))


@pytest.mark.one_database
def test_no_spreadsheet_runs_what_members_or_cars_are_called(past: Flask) -> None:
    with past.app_context():
        write(happened(Step.FIND_CAR, Phase.FAILED, now(), session="=cmd|' /C calc'!A0", error_code="@SUM(1)"))
    rows = list(csv.DictReader(io.StringIO(staff_browser(past).get("/experience/export/events.csv", buffered=True).text)))
    assert {row["error_code"] for row in rows if row["error_code"]} == {"'@SUM(1)"}
    assert all(not value.startswith("=") for row in rows for value in row.values())


@pytest.mark.one_database
def test_a_comparison_for_a_spreadsheet_hides_what_could_be_somebody(past: Flask) -> None:
    with past.app_context():
        lots = [lot for lot in surroundings(NOON).lots][:2]
        draw = random.Random(3)
        write(*(happened(Step.PICKUP_UNLOCK, draw.choice((Phase.SUCCEEDED, Phase.FAILED)), now() - timedelta(hours=1),
                         session=f"s{number}", facts={"lot_id": lots[1] if number < 4 else lots[0]}) for number in range(40)))
    address = "/experience/compare.csv?fact=lot&measure=stopped&step=pickup.unlock"
    rows = list(csv.DictReader(io.StringIO(staff_browser(past).get(address).text)))
    by_n = {row["n"]: row for row in rows}
    assert by_n["36"]["figure"]
    assert by_n["<10"]["figure"] == by_n["<10"]["members"] == ""
