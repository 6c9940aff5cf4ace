"""The board as a table: one line a car, times in RFC 3339 by the lot's clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

from fleet.desk.board import Row

HEAD = ("name", "plate", "class", "state", "needs", "lot", "bay", "metres_from_bay", "energy_percent",
        "odometer_miles", "driver", "due_back", "next_start", "next_member", "at_risk", "out_of_service_until",
        "heard_at")


def cells(row: Row) -> tuple[object, ...]:
    car, driver, coming = row.car, row.driver, row.next
    metres = car.metres_from_bay
    return (
        car.name, car.plate, car.car_class, str(row.state), " ".join(row.needs), car.lot_name, car.bay_number,
        "" if metres is None else round(metres), "" if car.energy_percent is None else car.energy_percent,
        round(car.odometer_miles, 1), driver.name if driver else "", _at(driver and driver.due_back, car.zone),
        _at(coming and coming.starts_at, car.zone), coming.name if coming else "", row.at_risk,
        _at(row.block and row.block.until, car.zone), _at(car.heard and car.heard.at, car.zone))


def _at(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="seconds") if moment else ""
