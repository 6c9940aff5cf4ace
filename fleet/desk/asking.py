"""What a manager asks of the board: which rows, in which order, which page of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from fleet.cars.models import CarClass
from fleet.cars.needs import Need
from fleet.cars.state import ShownState
from fleet.desk.board import Row

PAGE = 50
FAR = datetime(9999, 1, 1, tzinfo=UTC)
RANK = {state: rank for rank, state in enumerate(ShownState)}
NEED_RANK = {need: rank for rank, need in enumerate(Need)}

SHOWS: dict[str, Callable[[Row], bool]] = {
    "need": lambda row: bool(row.needs),
    "in_use": lambda row: row.driver is not None,
    "low": lambda row: row.low,
    "offline": lambda row: not row.car.online,
    "out": lambda row: row.out,
}

SORTS: dict[str, Callable[[Row], Any]] = {
    "urgent": lambda row: (_urgency(row), RANK[row.state], _next_start(row)),
    "name": lambda row: row.car.name.casefold(),
    "state": lambda row: RANK[row.state],
    "who": lambda row: (row.driver is None, row.driver.name.casefold() if row.driver else ""),
    "next": lambda row: _next_start(row),
    "where": lambda row: (row.car.lot_name.casefold(), row.car.bay_number),
    "energy": lambda row: 101 if row.car.energy_percent is None else row.car.energy_percent,
    "odometer": lambda row: row.car.odometer_miles,
}


def _urgency(row: Row) -> int:
    return NEED_RANK[row.needs[0]] if row.needs else len(NEED_RANK)


def _next_start(row: Row) -> datetime:
    return row.next.starts_at if row.next else FAR


@dataclass(frozen=True, slots=True)
class Asking:
    """The board's query, as it stands in the address. `sort` begins with a minus to turn the order round."""

    show: str = ""
    state: str = ""
    car_class: str = ""
    lot: str = ""
    q: str = ""
    sort: str = "urgent"
    page: int = 1

    @classmethod
    def read(cls, args: Mapping[str, str]) -> "Asking":
        """Take what makes sense from the address and leave the rest: old bookmarks still open."""
        asked = {field.name: args.get(field.name, "").strip()[:80] for field in fields(cls)}
        page = asked.pop("page")
        return cls(
            show=asked["show"] if asked["show"] in SHOWS else "",
            state=asked["state"] if asked["state"] in {str(state) for state in ShownState} else "",
            car_class=asked["car_class"] if asked["car_class"] in {str(each) for each in CarClass} else "",
            lot=asked["lot"], q=asked["q"],
            sort=asked["sort"] if asked["sort"].removeprefix("-") in SORTS else "urgent",
            page=int(page) if page.isascii() and page.isdigit() and 0 < int(page) < 10_000 else 1)

    def params(self, **changes: Any) -> dict[str, Any]:
        """The address parameters of this query with some changed; what is as usual is left out."""
        usual = asdict(Asking())
        return {key: value for key, value in asdict(replace(self, **changes)).items() if value != usual[key]}

    @property
    def filtered(self) -> bool:
        return bool(self.show or self.state or self.car_class or self.lot or self.q)

    def sorted_by(self, key: str) -> str:
        """Which way a column is sorted, in ARIA's words; empty when by another."""
        if self.sort.removeprefix("-") != key:
            return ""
        return "descending" if self.sort.startswith("-") else "ascending"

    def other_order(self, key: str) -> str:
        """What a press on the column's head asks for."""
        return f"-{key}" if self.sort == key else key

    def answer(self, rows: Sequence[Row]) -> list[Row]:
        """The rows that fit, in order; cars that are equal stand by name."""
        fitting = sorted((row for row in rows if self._fits(row)), key=SORTS["name"])
        key = self.sort.removeprefix("-")
        return sorted(fitting, key=SORTS[key], reverse=self.sort.startswith("-"))

    def one_page(self, found: Sequence[Row]) -> list[Row]:
        return list(found[(self.page - 1) * PAGE:self.page * PAGE])

    def _fits(self, row: Row) -> bool:
        return (
            (not self.show or SHOWS[self.show](row))
            and (not self.state or row.state == self.state)
            and (not self.car_class or row.car.car_class == self.car_class)
            and (not self.lot or row.car.lot_slug == self.lot)
            and (not self.q or _said(self.q) in _said(row.car.name, row.car.plate, row.car.lot_name,
                                                      row.driver.name if row.driver else "")))


def _said(*words: str) -> str:
    """Words to find in: without case and spaces, so that "vn60" finds the plate VN 60 732."""
    return "\n".join("".join(word.casefold().split()) for word in words)
