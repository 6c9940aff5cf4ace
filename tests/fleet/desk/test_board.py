"""The board tells what every car is doing, who has it and who is next, with a fixed number of reads."""

import csv
import io
import threading
from datetime import timedelta

import pytest
from sqlalchemy import delete, event, select

from core.database import db, transaction
from fleet.cars.models import Car, CarState
from fleet.cars.state import ShownState
from fleet.desk.asking import PAGE, Asking
from fleet.desk.board import Board, figures
from fleet.desk.today import BookingsToday
from fleet.energy.models import EnergyCard
from fleet.lots.models import Bay
from fleet.service.block import take_out_of_service
from portal.account.models import Role
from portal.web.say import CITY_ZONE
from tests.factories import NOON, People, a_car, hours, sign_in
from tests.fleet.made import all_heard, booked, driving, heard


def cars(count):
    return db.session.scalars(select(Car).order_by(Car.name).limit(count)).all()


def row_of(car):
    return next(row for row in Board(NOON).rows() if row.car.id == car.id)


def test_a_trip_in_progress_names_who_has_the_car_and_until_when(people):
    car = a_car()
    heard(car)
    driving(car, people.member("Ada Okafor"), hours(-1, 2))
    row = row_of(car)
    assert (row.state, row.driver.name, row.driver.due_back) == (ShownState.IN_USE, "Ada Okafor", hours(0, 2).end)
    assert row.needs == ()


def test_a_driver_past_the_end_is_late_and_the_next_member_is_named(people):
    car = a_car()
    heard(car)
    driving(car, people.member("Ada Okafor"), hours(-3, -0.5))
    booked(car, people.member("Daniel Osei"), hours(1, 2))
    booked(car, people.member("Too Far"), hours(5, 6))
    row = row_of(car)
    assert (row.state, row.next.name) == (ShownState.LATE, "Daniel Osei")
    assert "late" in row.needs


def test_a_block_past_its_time_needs_someone(people):
    car, staff = a_car(), people.staff(Role.FLEET)
    take_out_of_service(car=car, state=CarState.CLEANING, why="crumbs", until=NOON, by_user_id=staff.id,
                        now=NOON - timedelta(hours=1))
    heard(car)
    row = row_of(car)
    assert (row.state, row.needs) == (ShownState.CLEANING, ("overdue",))


def test_every_figure_counts_the_rows_its_link_lists(people):
    one, two, three, four = cars(4)
    all_heard()
    driving(one, people.member(), hours(-1, 2))
    heard(two, energy_percent=12)
    heard(three, online=False)
    take_out_of_service(car=four, state=CarState.DAMAGED, why="rear light", until=NOON + timedelta(days=1),
                        by_user_id=people.staff(Role.FLEET).id, now=NOON)
    booked(two, people.member(), hours(3, 4))
    rows = Board(NOON).rows()
    count = figures(rows, BookingsToday(NOON, CITY_ZONE).count())
    for show, number in (("need", count.need), ("in_use", count.in_use), ("low", count.low),
                         ("offline", count.offline), ("out", count.out)):
        assert len(Asking(show=show).answer(rows)) == number == 1, show
    assert count.cars == len(Asking().answer(rows)) == len(rows)
    assert count.bookings_today == len(BookingsToday(NOON, CITY_ZONE).all()) == 2


def test_bookings_today_are_those_of_the_citys_day(people):
    car, ada = a_car(), people.member()
    booked(car, ada, hours(-12, -11.5))  # midnight in Chicago is twelve hours before noon
    booked(car, ada, hours(-13, -12.5))
    booked(car, ada, hours(11.5, 12.5))
    booked(car, ada, hours(12.5, 13))
    assert [booking.starts_at for booking in BookingsToday(NOON, CITY_ZONE).all()] == [
        hours(-12, 0).start, hours(11.5, 12).start]


def test_cars_are_found_by_name_plate_lot_or_driver_and_filtered_by_state_class_and_lot(people):
    car = a_car()
    all_heard()
    driving(car, people.member("Zebedee Quill"), hours(-1, 2))
    rows = Board(NOON).rows()
    for q in (car.name.upper(), car.plate.replace(" ", "").lower(), "zebedee"):
        assert car.id in [row.car.id for row in Asking(q=q).answer(rows)]
    assert [row.car.id for row in Asking(q="zebedee").answer(rows)] == [car.id]
    assert [row.car.id for row in Asking(state="in_use").answer(rows)] == [car.id]
    assert {row.car.car_class for row in Asking(car_class=car.car_class).answer(rows)} == {car.car_class}
    assert {row.car.lot_name for row in Asking(lot=car.lot.slug).answer(rows)} == {car.lot.name}
    assert Asking(q="nobody has this name").answer(rows) == []


def test_the_order_turns_round_and_the_most_urgent_stand_first(people):
    one, two = cars(2)
    all_heard(energy_percent=50)
    heard(two, energy_percent=5)
    heard(one, locked=False)
    rows = Board(NOON).rows()
    assert Asking().answer(rows)[0].car.id == one.id
    assert Asking(sort="energy").answer(rows)[0].car.id == two.id
    assert Asking(sort="-energy").answer(rows)[-1].car.id == two.id
    names = [row.car.name for row in Asking(sort="name").answer(rows)]
    assert names == [row.car.name for row in Asking(sort="-name").answer(rows)][::-1]


def test_an_address_that_makes_no_sense_shows_the_whole_board():
    asked = Asking.read({"state": "flying", "sort": "colour", "page": "-3", "show": "x", "car_class": "y"})
    assert asked == Asking()
    assert asked.params(page=2) == {"page": 2}


def copies_of(car, count):
    """Put `count` more cars like this one into bays of their own."""
    with transaction():
        for number in range(count):
            bay = Bay(lot_id=car.lot_id, number=1000 + number, level="street", lat=car.lat, lng=car.lng, charger=False)
            db.session.add(bay)
            db.session.flush()
            db.session.add(Car(
                slug=f"copy-{number}", name=f"Copy {number}", plate=f"CP {number}", vin=f"COPY{number:013d}", year=2026,
                colour="red", paint="red", model_id=car.model_id, car_class=car.car_class, lot_id=car.lot_id,
                bay_id=bay.id, lat=car.lat, lng=car.lng, state="available", features="", launch_odometer=1.0,
                launch_energy=50))
        db.session.flush()


class Statements:
    """Counts what this thread sends to the database inside the block: page views are written by another."""

    def __enter__(self):
        self.count, self.thread = 0, threading.get_ident()
        event.listen(db.engine, "before_cursor_execute", self._seen)
        return self

    def __exit__(self, *_error):
        event.remove(db.engine, "before_cursor_execute", self._seen)

    def _seen(self, *_args):
        self.count += threading.get_ident() == self.thread


@pytest.mark.one_database
def test_the_board_asks_as_many_questions_for_150_cars_as_for_3(site, manager):
    addresses = ["/fleet/", "/fleet/board/live", "/fleet/board/figures", "/fleet/cars.csv"]
    with site.app_context(), transaction():
        others = [car.id for car in cars(1000)[3:]]
        db.session.execute(delete(EnergyCard).where(EnergyCard.car_id.in_(others)))
        db.session.execute(delete(Car).where(Car.id.in_(others)))
    few = questions(site, manager, addresses)
    with site.app_context():
        assert len(Board(NOON).rows()) == 3
        ada = People().member()
        copies_of(a_car(), 147)
        for number, car in enumerate(db.session.scalars(select(Car).where(Car.slug.like("copy-%"))).all()):
            heard(car)
            if number % 3 == 0:
                driving(car, ada, hours(-1, 2))
            if number % 3 == 1:
                booked(car, ada, hours(1, 2))
        assert len(Board(NOON).rows()) == 150
    assert questions(site, manager, addresses) == few


def questions(site, client, addresses):
    asked = []
    for address in addresses:
        client.get(address)  # what is remembered between requests is there now
        with site.app_context(), Statements() as statements:
            assert client.get(address).status_code == 200
        asked.append(statements.count)
    return asked


def test_a_board_of_many_cars_has_pages(site, manager):
    with site.app_context():
        copies_of(a_car(), 120)
        whole = len(Board(NOON).rows())
    first, last = manager.get("/fleet/?sort=name"), manager.get(f"/fleet/?sort=name&page={-(-whole // PAGE)}")
    assert first.text.count("data-slug=") == PAGE
    assert f"1 to {PAGE} of {whole}" in first.text
    assert last.text.count("data-slug=") == whole % PAGE or PAGE
    assert manager.get("/fleet/?page=99").status_code == 200


def test_a_change_in_a_cars_box_is_in_the_next_answer_and_silence_is_304(site, manager):
    with site.app_context():
        car = a_car()
        slug = car.slug
        heard(car, energy_percent=71)
    first = manager.get(f"/fleet/board/live?q={slug}")
    again = manager.get(f"/fleet/board/live?q={slug}", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    assert "71" in first.text
    with site.app_context():
        heard(a_car(), energy_percent=13)
    news = manager.get(f"/fleet/board/live?q={slug}", headers={"If-None-Match": first.headers["ETag"]})
    assert news.status_code == 200
    assert "13" in news.text
    assert "<html" not in news.text


def test_the_live_part_and_the_export_ask_what_the_page_asked(site, manager):
    page = manager.get("/fleet/?state=available&sort=-energy&q=a")
    assert "/fleet/board/live?state=available&amp;q=a&amp;sort=-energy" in page.text
    assert "/fleet/cars.csv?state=available&amp;q=a&amp;sort=-energy" in page.text


@pytest.mark.one_database
def test_the_export_is_a_csv_that_reads_back_with_dangerous_names_neutralised(site, manager):
    with site.app_context():
        car = a_car()
        with transaction():
            car.name = '=HYPERLINK("http://x", "a, b")'
            db.session.flush()
        driving(car, People().member("+Evil\r\nName"), hours(-1, 2))
        whole = len(Board(NOON).rows())
    answer = manager.get("/fleet/cars.csv?sort=name")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert b"\r\n" in answer.data
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert len(rows) == whole
    mine = next(row for row in rows if "HYPERLINK" in row["name"])
    assert mine["name"] == '\'=HYPERLINK("http://x", "a, b")'
    assert mine["driver"] == "'+Evil\r\nName"
    assert mine["due_back"] == "2026-11-24T14:00:00-06:00"


def test_the_export_keeps_the_filter(site, manager):
    with site.app_context():
        car = a_car()
        name, slug = car.name, car.lot.slug
    rows = list(csv.DictReader(io.StringIO(manager.get(f"/fleet/cars.csv?q={name}&lot={slug}").text)))
    assert [row["name"] for row in rows] == [name]


FLEET_PAGES = ["/fleet/", "/fleet/board/live", "/fleet/board/figures", "/fleet/cars.csv", "/fleet/bookings",
               "/fleet/blocks", "/fleet/cars/x", "/fleet/cars/x/out-of-service", "/fleet/cars/x/back-in-service"]


@pytest.mark.one_database
def test_every_fleet_page_is_for_fleet_managers_only(site):
    with site.app_context():
        email = People().member().user.email
    member, stranger = sign_in(site, email), site.test_client()
    assert {rule.rule.replace("<slug>", "x") for rule in site.url_map.iter_rules()
            if rule.endpoint.startswith("fleet_desk.")} == set(FLEET_PAGES)
    for address in FLEET_PAGES:
        assert member.get(address).status_code == 403, address
        answer = stranger.get(address)
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/sign-in"), address
    for address in FLEET_PAGES[-2:]:
        assert stranger.post(address).status_code in (302, 400)


@pytest.mark.one_database
def test_another_role_of_staff_has_its_own_desk(site):
    with site.app_context():
        email = People().staff(Role.CX).email
    assert sign_in(site, email).get("/fleet/").status_code == 403


def test_the_bookings_of_today_are_listed_with_car_member_and_risk(site, manager):
    with site.app_context():
        car = a_car()
        booked(car, People().member("Daniel Osei"), hours(1, 2), at_risk_since=NOON)
    page = manager.get("/fleet/bookings").text
    assert "Daniel Osei" in page
    assert "At risk" in page
