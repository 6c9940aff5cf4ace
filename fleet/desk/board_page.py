"""Everything the board's page shows: lines, figures, the filter's choices, the ways to sort, page and export."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _

from fleet.cars import words as car_words
from fleet.cars.models import CarClass
from fleet.desk import words
from fleet.desk.asking import PAGE, Asking
from fleet.desk.board import Row, figures
from fleet.desk.lines import Line, line
from fleet.desk.today import BookingsToday
from portal.web import say
from portal.web.say import CITY_ZONE

Choices = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Head:
    """A column head that sorts."""

    label: str
    href: str
    direction: str
    numeric: bool


@dataclass(frozen=True, slots=True)
class Pager:
    """Which rows of how many, and the pages beside this one."""

    words: str
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure over the table and the address of its rows."""

    figure: str
    label: str
    href: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class BoardPage:
    """The page, ready to show."""

    asking: Asking
    lines: list[Line]
    heads: list[Head]
    pager: Pager
    shows: str
    states: Choices
    classes: Choices
    lots: Choices
    live: str
    export: str
    centre: tuple[float, float]


def board_page(rows: Sequence[Row], asking: Asking, now: datetime) -> BoardPage:
    """The board as asked for."""
    found = asking.answer(rows)
    lots = sorted({(row.car.lot_slug, row.car.lot_name) for row in rows}, key=lambda lot: lot[1])
    return BoardPage(
        asking=asking, lines=[line(row, now) for row in asking.one_page(found)], heads=_heads(asking),
        pager=_pager(asking, len(found)), shows=_shows(asking.show), states=words.all_states(),
        classes=[(str(each), car_words.class_name(each)) for each in CarClass], lots=lots,
        live=url_for("fleet_desk.board_live", **asking.params()),
        export=url_for("fleet_desk.cars_csv", **asking.params(page=1)), centre=_centre(rows))


def kpis(rows: Sequence[Row], now: datetime) -> list[Figure]:
    """The figures, each with the address of the rows behind it."""
    count = figures(rows, BookingsToday(now, CITY_ZONE).count())

    def figure(number: int, label: str, show: str) -> Figure:
        return Figure(say.number(number), label, url_for("fleet_desk.board", **Asking(show=show).params()))

    return [
        figure(count.cars, _("cars"), ""),
        figure(count.need, _("need you now"), "need"),
        figure(count.in_use, _("in use"), "in_use"),
        Figure(say.number(count.bookings_today), _("bookings today"), url_for("fleet_desk.bookings")),
        figure(count.low, _("low energy"), "low"),
        figure(count.offline, _("offline"), "offline"),
        figure(count.out, _("out of service"), "out"),
    ]


def _shows(show: str) -> str:
    """What the figure that was pressed stands for, in words."""
    return {"need": _("Cars that need you now"), "in_use": _("Cars in use"), "low": _("Cars low on energy"),
            "offline": _("Cars that are not heard"), "out": _("Cars out of service")}.get(show, "")


def _heads(asking: Asking) -> list[Head]:
    labels = [("name", _("Car"), False), ("state", _("State"), False), ("who", _("Who has it"), False),
              ("next", _("Next"), False), ("where", _("Where"), False), ("energy", _("Energy"), True),
              ("odometer", _("Miles"), True)]
    return [Head(label, url_for("fleet_desk.board", **asking.params(sort=asking.other_order(key), page=1)),
                 asking.sorted_by(key), numeric) for key, label, numeric in labels]


def _pager(asking: Asking, found: int) -> Pager:
    def page(number: int) -> str:
        return url_for("fleet_desk.board", **asking.params(page=number))

    first, last = (asking.page - 1) * PAGE + 1, min(asking.page * PAGE, found)
    if first > found:
        said = _("Nothing on this page; %(count)d in all", count=found)
    else:
        said = _("%(first)d to %(last)d of %(count)d", first=first, last=last, count=found)
    return Pager(said, page(asking.page - 1) if asking.page > 1 else None,
                 page(asking.page + 1) if asking.page * PAGE < found else None)


def _centre(rows: Sequence[Row]) -> tuple[float, float]:
    """The middle of all lots: where the map begins."""
    if not rows:
        return 0.0, 0.0
    return (round(sum(row.car.lot_lat for row in rows) / len(rows), 5),
            round(sum(row.car.lot_lng for row in rows) / len(rows), 5))
