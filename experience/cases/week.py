"""A week as the team's digest counts it: Monday to Sunday by the city's clock, named like 2026-W47."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from portal.web.say import CITY_ZONE

_NAME = re.compile(r"(20[0-9]{2})-W([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Week:
    """A calendar week (ISO 8601) of the city."""

    monday: date

    @property
    def name(self) -> str:
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02d}"

    @property
    def starts(self) -> datetime:
        return _midnight(self.monday)

    @property
    def ends(self) -> datetime:
        return _midnight(self.monday + timedelta(days=7))

    @property
    def days(self) -> dict[str, str]:
        """Its first and last day, as a page of the desk is narrowed to them."""
        return {"from": self.monday.isoformat(), "to": (self.monday + timedelta(days=6)).isoformat()}

    @property
    def before(self) -> "Week":
        return Week(self.monday - timedelta(days=7))

    @property
    def after(self) -> "Week":
        return Week(self.monday + timedelta(days=7))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=CITY_ZONE).astimezone(UTC)


def week_at(moment: datetime) -> Week:
    """The week of a moment."""
    day = moment.astimezone(CITY_ZONE).date()
    return Week(day - timedelta(days=day.weekday()))


def week_named(name: str) -> Week | None:
    """The week of that name; None when there is none."""
    found = _NAME.fullmatch(name)
    try:
        return Week(date.fromisocalendar(int(found[1]), int(found[2]), 1)) if found else None
    except ValueError:
        return None
