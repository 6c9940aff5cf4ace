"""An odd tariff from the operator's files, from the search to the bill: every amount worked out by hand."""

import csv

from config import ROOT
from core.database import db
from core.money import Money
from fleet.import_csv import import_policies, import_tariffs
from reservations.booking.billing import bill_of
from reservations.booking.models import Reservation
from tests.factories import a_car
from tests.reservations.pages import browser_of, words_of

WISH = {"start": "2026-11-25T12:00", "end": "2026-11-25T14:45"}
BOOK = "/cars/acorn/book?start=2026-11-25T12:00&end=2026-11-25T14:45"


def odd_rates(folder, *, hour: int, version: int, begins: str) -> None:
    """Price every class of the regular plan at so many cents an hour, a day at ten of them, 61 cents a mile after 20."""
    with (ROOT / "cities" / "chicago" / "tariffs.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["plan"] == "regular"]
    for row in rows:
        row.update({key: str(hour) for key in ("weekday_hour", "weekend_hour", "night_hour")}, version=str(version), mile="61",
                   included_miles="20", weekday_day=str(hour * 10),
                   weekend_day=str(hour * 10), effective_from=begins)
    path = folder / "tariffs.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    import_tariffs(path)


def odd_taxes(folder) -> None:
    path = folder / "policies.csv"
    path.write_text("key,value,unit,version,effective_from\ntax_city,900,basis_points,2,2026-11-20\n"
                    "tax_state,235,basis_points,2,2026-11-20\n")
    import_policies(path)


def test_an_odd_tariff_is_found_booked_driven_and_billed_right_to_the_cent(site, people, street, tmp_path):
    odd_rates(tmp_path, hour=713, version=7, begins="2026-11-20")
    odd_taxes(tmp_path)
    browser = browser_of(site, people.member().user, street.clock)
    car = a_car(name="Acorn")
    # Found. 2.75 × 7.13 = 19.6075 → 19.61 · 9 % = 1.7649 → 1.76 · 2.35 % = 0.460835 → 0.46 · together 21.83
    found = words_of(browser.get("/cars", lat=str(car.lat), lng=str(car.lng), **WISH))
    assert "Acorn" in found
    assert "$21.83" in found
    # Booked with Plus. 2.75 × 0.50 = 1.375 → 1.38 · 19.61 + 1.38 = 20.99 · 9 % = 1.8891 → 1.89 · 2.35 % = 0.493265 → 0.49
    assert "2.35%" in words_of(browser.get(BOOK))
    assert browser.fill_in(BOOK, waiver="plus").status_code == 302
    trip = db.session.query(Reservation).one()
    assert {line["code"]: line["amount_cents"] for line in trip.quote["lines"]} == {
        "time_weekday": 1961, "waiver_plus": 138, "miles": 0, "tax_city": 189, "tax_state": 49}
    assert {line["rule_version"] for line in trip.quote["lines"] if line["code"].startswith(("time", "tax"))} == {7, 2}
    assert trip.price == Money(1961 + 138 + 189 + 49)
    # A dearer tariff from the day of the trip on: what is frozen stays.
    odd_rates(tmp_path, hour=9999, version=8, begins="2026-11-25")
    # Driven 50 miles and brought back in time. 30 over × 0.61 = 18.30 · 9 % = 1.647 → 1.65 · 2.35 % = 0.43005 → 0.43
    street.unlocked(trip)
    street.drives(trip, miles=50.5, minutes=100)
    street.returned(trip)
    db.session.rollback()
    assert [(row.code, row.amount_cents, row.rule_version) for row in bill_of(trip)] == [
        ("time_weekday", 1961, 7), ("waiver_plus", 138, 1), ("tax_city", 189, 2), ("tax_state", 49, 2),
        ("extra_miles", 1830, 7), ("tax_city_after", 165, 2), ("tax_state_after", 43, 2)]
    assert sum(row.amount_cents for row in bill_of(trip)) == 4375
    # Who looks after its first day pays the new one. 2.75 × 99.99 = 274.9725 → 274.97
    later = words_of(browser.get("/cars/acorn", start="2026-11-30T12:00", end="2026-11-30T14:45"))
    assert "$274.97" in later
