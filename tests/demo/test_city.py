"""A small city of three days: alive, honest in its books, the same for the same seed, and nobody's toy but the demo's."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

import config
from core.database import db, transaction
from core.time import Span, service_clock
from demo.kept import BUILDING, LIVING, Kept, load_kept, which_database
from demo.outing import OUT_OF_TOWN
from demo.words import WORDS
from experience.asks.models import AskRow, Expectation, Note
from experience.desk.own_step import owner_of
from experience.journey import Phase, Step
from experience.record.models import Event
from fleet.calendar.hold import free_gaps, taken_spans
from fleet.calendar.models import Occupancy
from fleet.cars.models import Car, CarReading, CarState
from fleet.energy.models import EnergyCard
from fleet.service.block import take_out_of_service
from fleet.service.models import Block
from fleet.tariffs.models import Promotion
from fleet.telematics.player.store import Store
from fleet.telematics.port import Reading, TelematicsDown
from portal.account.add_user import add_user
from portal.account.leave.models import Departure
from portal.account.models import Member, User
from portal.account.needs.models import MemberNeeds
from portal.account.plans.models import Pause, PlanChange
from portal.account.tier.models import TierRequest
from portal.api.own_tokens import live_tokens
from portal.app import create_app
from portal.billing.ledger.check import differences
from portal.billing.payers.admins import businesses_of
from portal.billing.payers.invite import open_invitations
from portal.billing.payers.models import InvitedAs
from portal.billing.payers.payer_of import own_payer
from portal.billing.referrals.models import Referral
from portal.business.trips import PaidTrips, drivers_of
from portal.messages.models import Message
from portal.privacy.export import newest_export
from portal.privacy.models import Erasure
from reservations.booking.book import book
from reservations.booking.models import Reservation, Status, Waiver
from reservations.booking.offer import FrozenOffer
from reservations.booking.queries import PastTrips, UpcomingTrips
from reservations.feed.queries import feed_of
from reservations.fob.models import Fob, FobTap
from reservations.search.find import find_cars, loaded
from reservations.trip.models import Trip
from tests.conftest import settings_for
from tests.demo.dump import dump
from tests.experience.given import happened, write
from tests.factories import sign_in

pytestmark = pytest.mark.long
UNTIL = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)  # a Friday, five in the afternoon in Chicago
SMALL = ("--days", "3", "--members", "9", "--until", UNTIL.isoformat())
NOBODY_PLAYS = {"TELEMATICS_URL": "http://127.0.0.1:9", "TELEMATICS_TOKEN": "testing"}
HERE = "sqlite:roundtrip.sqlite"  # what the notes call the database beside them
ELSEWHERE = "postgresql://elsewhere:5432/demo"
Home = Callable[[], Path]


def site_at(home: Path, database_url: str = "") -> Flask:
    """The site on a folder's database."""
    return _made_once(home, database_url)


@cache  # a site reads the whole gazetteer
def _made_once(home: Path, database_url: str) -> Flask:
    return create_app(settings_for(home, database_url, **NOBODY_PLAYS))


@contextmanager
def context(home: Path, database_url: str = "") -> Iterator[Flask]:
    """The site with its context open; its connections are closed at the end."""
    app = site_at(home, database_url)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def run(home: Path, *args: str, database_url: str = "") -> Any:
    """`flask demo …` on the city in this folder."""
    with context(home, database_url) as app:
        return app.test_cli_runner().invoke(args=["demo", *args])


@pytest.fixture(scope="module")
def new_home(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Makes folders with a migrated database that has cars and no people."""
    def make() -> Path:
        home = tmp_path_factory.mktemp("home")
        shutil.copy(migrated, home / "roundtrip.sqlite")
        return home
    return make


@pytest.fixture(scope="module")
def built(new_home: Home) -> Path:
    """A folder with a small city in it. Tests that change it copy it."""
    home = new_home()
    answer = run(home, "build", *SMALL)
    assert answer.exit_code == 0, answer.output
    return home


@pytest.fixture
def city(built: Path) -> Iterator[Flask]:
    """The city's site, context open."""
    with context(built) as app:
        yield app


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    """A city of one's own."""
    shutil.copytree(built, tmp_path / "copy")
    return tmp_path / "copy"


def in_city(home: Path, look: Callable[[], Any], database_url: str = "") -> Any:
    """What a question about the city in this folder finds."""
    with context(home, database_url):
        return look()


def ada() -> Member:
    return db.session.scalars(select(Member).join(User).where(User.email == "member@example.com")).one()


def check_the_books() -> None:
    """Every bill adds up, every returned trip has one, and no car was ever promised twice."""
    assert differences() == []
    returned = db.session.scalars(select(Trip).where(Trip.ended_at.is_not(None))).all()
    assert len(returned) > 5
    assert all((trip.end_odometer or 0) > trip.start_odometer for trip in returned)
    spans: dict[int, list[Span]] = {}
    for held in db.session.scalars(select(Occupancy)):
        assert not any(held.span.overlaps(other) for other in spans.setdefault(held.car_id, []))
        spans[held.car_id].append(held.span)


def check_the_cars(home: Path) -> None:
    """What the database heard of each car is what the player will say."""
    store = Store(home / "services.sqlite")
    said = {unit.setup.unit: unit.heard for unit in store.load().snapshot()[0]}
    store.close()
    readings = db.session.execute(select(Car.vin, CarReading).join(CarReading, CarReading.car_id == Car.id)).all()
    assert len(readings) == len(said)
    for vin, row in readings:
        heard = said[vin]
        assert (row.sequence, row.odometer_miles, row.energy_percent, row.locked, row.lat) == (
            heard.sequence, heard.odometer_miles, heard.energy_percent, heard.locked, heard.lat)


def test_the_city_is_alive(city: Flask) -> None:
    """Trips behind, under way and ahead; refusals, notes and letters; and pages that were opened and left."""
    by_status = dict(db.session.execute(select(Reservation.status, func.count()).group_by(Reservation.status)).all())
    assert by_status[Status.RETURNED] > 7
    assert by_status[Status.BOOKED] >= 2
    by_phase = dict(db.session.execute(select(Event.phase, func.count()).group_by(Event.phase)).all())
    assert by_phase[Phase.ENTERED] > 50
    assert by_phase[Phase.REFUSED] > 0
    assert by_phase[Phase.ABANDONED] > 0
    assert db.session.scalar(select(func.count()).select_from(Note)) > 0
    assert db.session.scalar(select(func.count()).select_from(Message)) > 30
    assert db.session.scalar(select(func.count()).select_from(Event).where(Event.is_demo.is_(False))) == 0


def test_at_their_first_booking_people_are_asked_what_they_used_before_and_some_tell(city: Flask) -> None:
    asked = db.session.scalars(select(AskRow).where(AskRow.solicitation == "before_first_booking")).all()
    assert asked
    assert len({row.member_id for row in asked}) == len(asked)
    assert {row.state for row in asked} >= {"answered"}
    assert db.session.scalar(select(func.count()).select_from(Expectation).where(Expectation.stage == "first_booking")) == sum(
        row.state == "answered" for row in asked)


def test_the_steps_happened_when_people_acted(city: Flask) -> None:
    """An act kept in a large batch still has its own moment: nobody unlocks a car before asking it to open."""
    minutes = db.session.execute(select(Trip.started_at, Event.time).join(
        Reservation, Reservation.id == Trip.reservation_id).join(
        Event, (Event.step == "pickup.arrive") & (Event.phase == Phase.SUCCEEDED) & (Event.time == Trip.started_at)))
    trips = db.session.scalar(select(func.count()).select_from(Trip))
    assert len(minutes.all()) == trips


def test_cars_that_were_brought_back_had_driven_away_and_mostly_in_time(city: Flask) -> None:
    trips = db.session.scalars(select(Trip).where(Trip.ended_at.is_not(None),
                                                  Trip.end_odometer > Trip.start_odometer + 1)).all()
    away = db.session.scalars(select(Event).where(Event.step == str(Step.PICKUP_DRIVE_AWAY),
                                                  Event.phase == str(Phase.SUCCEEDED))).all()
    assert all(trip.drove_off_at is not None for trip in trips)
    assert len(away) >= len(trips)
    assert {event.unit for event in away} == {"min"}
    assert len(away) / 2 < sum(event.actual <= event.expected for event in away) < len(away)


def test_every_step_is_looked_after_by_somebody_of_the_team(city: Flask) -> None:
    assert {step: owner.name for step in Step if (owner := owner_of(step))}.keys() == set(Step)


def test_the_books_balance(city: Flask) -> None:
    check_the_books()


def test_the_cars_are_left_to_the_player_as_the_database_knows_them(city: Flask, built: Path) -> None:
    check_the_cars(built)


def test_the_newcomer_has_trips_behind_and_ahead_and_none_now(city: Flask) -> None:
    past, ahead = PastTrips(ada().id).all(), UpcomingTrips(ada().id).all()
    assert past
    assert {trip.status for trip in past} == {Status.RETURNED}
    assert [trip.status for trip in ahead] == [Status.BOOKED]
    assert ahead[0].starts_at > UNTIL + timedelta(hours=12)


def test_everybody_signs_in_with_the_demo_password(copy: Path) -> None:
    site = site_at(copy)
    staff = [f"{name}@example.com" for name in
             ("fleet", "cx", "support", "reviewer", "reviewer2", "finance", "finance2", "admin")]
    for email in ("member@example.com", "new@example.com", "business@example.com", "rider0001@example.com",
                  "rider0008@example.com", *staff):
        sign_in(site, email, site.config["DEMO_PASSWORD"])  # asserts that it was let in
    site.extensions["page_views"].flush()
    roles = in_city(copy, lambda: {user.email: sorted(user.roles) for user in db.session.scalars(select(User))})
    assert roles["admin@example.com"] == ["admin"]
    assert roles["member@example.com"] == ["member"]
    assert roles["business@example.com"] == []  # who runs a business's account need be no member


def count_by(*columns: Any) -> dict[Any, int]:
    """How many rows there are of each value, or values, of a table's columns."""
    rows = db.session.execute(select(*columns, func.count()).group_by(*columns))
    return {row[0] if len(columns) == 1 else tuple(row[:-1]): row[-1] for row in rows}


def test_the_business_has_an_admin_drivers_within_limits_and_trips_on_its_cost_centres(city: Flask) -> None:
    admin = db.session.scalars(select(User).where(User.email == "business@example.com")).one()
    firm, = businesses_of(admin.id)
    assert admin.member is None
    trips = PaidTrips(firm.id, UNTIL - timedelta(days=3), UNTIL + timedelta(days=12)).all(50)
    assert {trip.code for trip in trips if trip.status == Status.RETURNED} >= {"ST-10"}
    assert any(driver.terms.hours and driver.terms.monthly and driver.terms.classes for driver in drivers_of(firm.id, UNTIL))
    assert [len(open_invitations(firm.id, invited_as)) for invited_as in InvitedAs] == [1, 1]


def test_ada_has_a_driver_who_drove_and_one_who_has_not_answered(city: Flask) -> None:
    payer_id = own_payer(ada().id).id
    driver, = drivers_of(payer_id, UNTIL)
    assert driver.terms.hours
    trips = PaidTrips(payer_id, UNTIL - timedelta(days=3), UNTIL, driver.member_id).all(9)
    assert [trip.status for trip in trips] == [Status.RETURNED]
    assert len(open_invitations(payer_id, InvitedAs.DRIVER)) == 1


def test_memberships_rest_change_end_and_begin_again_and_friends_bring_friends(city: Flask) -> None:
    assert {"active", "paused", "closed", "applicant"} == set(count_by(Member.status))
    assert count_by(Pause.ended_by) == {None: 1, "member": 1}
    assert sorted(count_by(Departure.came_back_at.is_not(None)).values()) == [1, 1]
    assert count_by(Expectation.stage)["leaving"] == 2
    assert db.session.scalar(select(func.count()).select_from(PlanChange)) == 2
    assert count_by(Referral.state) == {"credited": 1, "joined": 1}
    assert db.session.scalar(select(Promotion.redeemed).where(Promotion.code == "WELCOME10")) >= 1


def test_fobs_open_cars_and_requests_wait_at_the_desks(city: Flask) -> None:
    assert count_by(Fob.state) == {"issued": 7, "blocked": 2, "handed_in": 1, "wanted": 2}
    assert count_by(FobTap.outcome)["unlock"] > 0
    assert set(count_by(Fob.fee_cents)) == {0, 1000}
    assert count_by(TierRequest.state) == {"granted": 1, "refused": 1, "waiting": 2}


def test_ada_has_keys_and_a_download_and_somebody_was_erased(city: Flask) -> None:
    mine = ada().id
    assert [token.name for token in live_tokens(mine)] == ["Kitchen display"]
    assert feed_of(mine) is not None
    assert (found := newest_export(ada().user_id)) is not None
    assert found.state == "ready"
    assert count_by(Erasure.state) == {"done": 1}
    assert "Peter Vogel" not in db.session.scalars(select(User.name)).all()
    assert "hana@example.com" in db.session.scalars(select(User.email)).all()
    assert db.session.scalar(select(func.count()).select_from(MemberNeeds)) >= 2


def test_the_same_seed_makes_the_same_city_and_another_seed_another(built: Path, new_home: Home) -> None:
    first = in_city(built, dump)
    twin, other = new_home(), new_home()
    assert run(twin, "build", *SMALL).exit_code == 0
    assert run(other, "build", *SMALL, "--seed", "8").exit_code == 0
    second, third = in_city(twin, dump), in_city(other, dump)
    assert [name for name in first if first[name] != second[name]] == []
    assert first["reservations"] != third["reservations"]
    assert first["events"] != third["events"]


def test_a_city_of_a_few_cars_is_built_too(new_home: Home) -> None:
    def leave_five() -> None:
        with transaction():
            for table, column in ((EnergyCard, EnergyCard.car_id), (Car, Car.id)):
                db.session.execute(delete(table).where(column > 5))

    home = new_home()
    in_city(home, leave_five)
    answer = run(home, "build", "--days", "2", "--members", "4", "--until", UNTIL.isoformat())
    assert answer.exit_code == 0, answer.output


@pytest.mark.parametrize("command", ["build", "ensure", "catch-up"])
def test_there_is_no_demo_in_production(copy: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(site_at(copy).config, "APP_ENV", "production")
    answer = run(copy, command)
    assert answer.exit_code != 0
    assert "never built in production" in answer.output


def test_a_city_is_not_built_over_another(copy: Path) -> None:
    answer = run(copy, "build", *SMALL)
    assert answer.exit_code != 0
    assert "--again" in answer.output


def test_again_throws_the_old_city_away(copy: Path) -> None:
    answer = run(copy, "build", "--again", "--days", "1", "--members", "4", "--until", UNTIL.isoformat())
    assert answer.exit_code == 0, answer.output
    emails = in_city(copy, lambda: set(db.session.scalars(select(User.email))))
    assert "rider0004@example.com" in emails
    assert "rider0005@example.com" not in emails


def test_a_build_that_was_stopped_starts_over(new_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a stopped build left behind is thrown away by the next one, so that a seed still makes one city."""
    home = new_home()
    steps = iter([False, False, False])
    with monkeypatch.context() as patch:
        patch.setattr("demo.commands.threading.Event.is_set", lambda _self: next(steps, True))
        stopped = run(home, "build", *SMALL)
    assert stopped.exit_code != 0
    assert "starts over" in stopped.output
    assert load_kept(home, HERE).state == BUILDING  # type: ignore[union-attr]
    assert run(home, "build", "--days", "1", "--members", "3", "--until", UNTIL.isoformat()).exit_code == 0
    assert load_kept(home, HERE).state == LIVING  # type: ignore[union-attr]


def notes(state: str, database: str) -> Kept:
    return Kept(state, 7, 3, 8, UNTIL, database)


@pytest.mark.parametrize(("email", "kept"), [
    ("owner@roundtrip.example", None),
    ("owner@roundtrip.example", notes(BUILDING, HERE)),
    ("owner@roundtrip.example", notes(LIVING, HERE)),
    ("member@example.com", notes(BUILDING, ELSEWHERE)),
    ("member@example.com", notes(LIVING, ELSEWHERE)),
])
def test_accounts_that_the_demo_did_not_make_are_left_as_they_are(new_home: Home, email: str, kept: Kept | None) -> None:
    """No published account is added to somebody's database, and the notes of a stopped build wipe nobody else's."""
    home = new_home()
    in_city(home, lambda: add_user(email=email, name="Somebody Real", password_hash="-"))
    if kept is not None:
        kept.save(home)
    before = in_city(home, dump)
    answer = run(home, "ensure")
    assert answer.exit_code == 0, answer.output
    assert "left as they are" in answer.output
    assert run(home, "build", *SMALL).exit_code == 1
    assert run(home, "catch-up").exit_code == 1
    assert in_city(home, dump) == before


@pytest.mark.parametrize("trouble", ["", "http_401", "http_500", "nonsense", "timeout"])
def test_no_city_is_built_around_cars_that_are_played_already(
        new_home: Home, trouble: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A telematics service is there, if only to refuse us, and nobody lives here yet: it says what to do and does not start."""
    def changes(_since: int, _limit: int) -> list[Reading]:
        if trouble:
            raise TelematicsDown(trouble)
        return []

    home = new_home()
    monkeypatch.setattr(site_at(home).extensions["adapters"].cars, "changes", changes)
    before = in_city(home, dump)
    answer = run(home, "ensure")
    assert answer.exit_code == 1
    assert "unset TELEMATICS_URL" in answer.output
    assert in_city(home, dump) == before
    assert load_kept(home, HERE) is None


@pytest.mark.parametrize(("address", "called"), [
    ("sqlite:////data/city/roundtrip.sqlite", "sqlite:roundtrip.sqlite"),
    ("sqlite:////elsewhere/roundtrip.sqlite", "sqlite:/elsewhere/roundtrip.sqlite"),
    ("postgresql+psycopg://me:s3/c#r?t@DB.example:6432/city", "postgresql://db.example:6432/city"),
    ("postgresql+psycopg://db.example/city?sslmode=require&password=s3cret", "postgresql://db.example:5432/city"),
    ("postgresql+psycopg://db.example/city?password=s3@cret", "postgresql://db.example:5432/city"),
    ("postgresql+psycopg://me:s3cret@/city?host=/run/postgresql", "postgresql:///run/postgresql:5432/city"),
])
def test_the_notes_name_their_database_and_no_secret(address: str, called: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGPORT", "PGDATABASE"):
        monkeypatch.delenv(name, raising=False)
    assert which_database(address, Path("/data/city")) == called


def test_the_city_catches_up_and_leaves_what_visitors_booked(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two days later: what was under way has ended, life went on, and the newcomer's own booking stands.

    So do the blocks that visitors made, also as the demo's manager, and hold their cars past their planned end.
    """
    mine = in_city(copy, lambda: _book_as_ada(UNTIL + timedelta(minutes=5)))
    out = in_city(copy, lambda: [_take_out_as(email) for email in ("fleet@example.com", "admin@example.com")])
    under_way = in_city(copy, lambda: set(db.session.scalars(
        select(Reservation.id).where(Reservation.status == Status.DRIVING))))
    later = UNTIL + timedelta(days=2)
    monkeypatch.setattr("demo.commands.now", lambda: later)
    answer = run(copy, "ensure")
    assert answer.exit_code == 0, answer.output

    def look() -> None:
        kept = db.session.get_one(Reservation, mine)
        assert (kept.status, kept.occupancy_id is not None) == (Status.BOOKED, True)
        ended = db.session.scalars(select(Trip).where(Trip.reservation_id.in_(under_way))).all()
        assert all(trip.ended_at is not None for trip in ended)
        newest = db.session.scalar(select(func.max(Trip.started_at)))
        assert newest is not None
        assert UNTIL + timedelta(days=1) < newest <= later
        for block in db.session.scalars(select(Block).where(Block.id.in_(out))):
            assert block.ended_at is None
            assert free_gaps(block.car_id, Span(later, later + timedelta(hours=3))) == []
        ended_by_the_office = db.session.scalars(select(Block.ended_at).where(Block.ended_at > UNTIL)).all()
        assert ended_by_the_office
        check_the_books()
        check_the_cars(copy)

    in_city(copy, look)
    assert load_kept(copy, HERE).until == later  # type: ignore[union-attr]
    assert "up to date" in run(copy, "ensure").output


def test_a_catch_up_that_was_killed_goes_on(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut off between the database and the notes, killed in the middle of a batch, then cut off before the cars."""
    later = UNTIL + timedelta(days=1)
    monkeypatch.setattr("demo.commands.now", lambda: later)
    save = Kept.save
    with monkeypatch.context() as patch:
        patch.setattr(Kept, "save", lambda kept, home: save(kept, home) if kept.until == UNTIL else _power_cut())
        cut = run(copy, "ensure")
    assert isinstance(cut.exception, PowerCut)
    assert _until(copy) == UNTIL

    letters = letters_in(copy)
    killed = subprocess.run([sys.executable, "-m", "tests.demo.killed", str(copy), later.isoformat(), "80"],
                            cwd=config.ROOT, check=False, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    reached = _until(copy)
    assert UNTIL < reached < later
    in_city(copy, lambda: check_the_events(reached))
    assert letters < letters_in(copy)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "save_garage", lambda *_: _power_cut())
        cut = run(copy, "ensure")
    assert isinstance(cut.exception, PowerCut)
    assert reached < _until(copy) < later

    answer = run(copy, "ensure")
    assert answer.exit_code == 0, answer.output
    assert _until(copy) == later
    in_city(copy, check_the_books)
    in_city(copy, lambda: check_the_cars(copy))


def letters_in(home: Path) -> set[str]:
    return {path.name for path in (home / "mail" / "new").iterdir()}


class PowerCut(Exception):
    """The power went."""


def _power_cut() -> None:
    raise PowerCut()


def _until(home: Path) -> datetime:
    kept = load_kept(home, HERE)
    assert kept is not None
    return kept.until


def check_the_events(reached: datetime) -> None:
    """Nothing of a batch that was not kept has been written, and nothing that was written is lived again."""
    newest = db.session.scalar(select(func.max(Event.time)))
    assert newest is not None
    assert reached - timedelta(hours=16) < newest < reached + timedelta(minutes=5)  # a night may pass without an event


def _book_as_ada(at: datetime) -> int:
    """The newcomer books for the next morning, as the page would."""
    with service_clock(lambda: at):
        member, start = ada(), datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
        span = Span(start, start + timedelta(hours=3))
        offer = next(found for found in loaded(find_cars(
            member=member, lat=41.8827, lng=-87.6233, span=span, radius_m=3000, plan=member.plan, now=at).offers)
            if found.availability.span == span)
        return book(member=member, car=offer.car, offer=FrozenOffer(offer.car.id, span, member.plan, at),
                    waiver=Waiver.PLUS, once="my own", now=at).id


def _take_out_as(email: str) -> int:
    """Somebody takes a car that nobody has booked out of service, as the page would."""
    now = UNTIL + timedelta(minutes=5)
    car = next(car for car in db.session.scalars(select(Car).where(Car.state == CarState.AVAILABLE).order_by(Car.id))
               if not taken_spans([car.id], Span(UNTIL, UNTIL + timedelta(days=9)))[car.id])
    by_user_id = db.session.scalars(select(User.id).where(User.email == email)).one()
    return take_out_of_service(car=car, state=CarState.CLEANING, why="A visitor's own reason", by_user_id=by_user_id,
                               until=now + timedelta(hours=3), now=now).id


def test_a_long_sleep_ends_old_trips_when_they_were_due(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is billed for the weeks in which the city slept, and only the last days are lived anew.

    Whoever had left a step is noted all the same, also when a run was cut off before it did.
    """
    in_city(copy, lambda: write(happened(Step.FIND_SEARCH, Phase.ENTERED, UNTIL - timedelta(hours=30), session="left")))
    under_way = in_city(copy, lambda: set(db.session.scalars(
        select(Reservation.id).where(Reservation.status == Status.DRIVING))))
    later = UNTIL + timedelta(days=12)
    monkeypatch.setattr("demo.commands.now", lambda: later)
    assert run(copy, "catch-up").exit_code == 0

    def look() -> None:
        for trip in db.session.scalars(select(Trip).where(Trip.reservation_id.in_(under_way))):
            assert trip.ended_at is not None
            assert trip.ended_at < trip.reservation.ends_at + timedelta(hours=3)
        booked = db.session.scalars(select(Reservation.booked_at).where(Reservation.booked_at > UNTIL)).all()
        assert booked
        assert min(booked) > later - timedelta(days=3)
        assert db.session.scalars(select(Event.phase).where(Event.session_id == "left").order_by(Event.time)).all() == [
            Phase.ENTERED, Phase.ABANDONED]

    in_city(copy, look)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_city_is_built_on_postgresql_too(database_url: str, tmp_path: Path) -> None:
    answer = run(tmp_path, "build", *SMALL, database_url=database_url)
    assert answer.exit_code == 0, answer.output
    in_city(tmp_path, check_the_books, database_url)
    in_city(tmp_path, lambda: check_the_cars(tmp_path), database_url)


def test_there_is_plenty_to_say_and_somewhere_to_go() -> None:
    words = [words for pool in WORDS.values() for words, _tag in pool]
    assert len(words) >= 60
    assert len(set(words)) == len(words)
    assert all(len(said) <= 1000 for said in words)
    assert len(OUT_OF_TOWN) > 4
    assert len(config.Demo.DEMO_PASSWORD) >= 15
