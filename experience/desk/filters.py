"""What the desk's pages are narrowed to, read from their addresses; what is not known there narrows nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self

from core.time import now as time_now
from experience.asks.models import Mood, NoteStatus, Tag
from experience.insight.window import Window
from experience.journey import Phase, Stage, Step
from fleet.cars.models import CarClass
from portal.web.say import CITY_ZONE

PERIODS = (1, 7, 28, 90, 365)  # days
USUAL = 28
LONGEST = timedelta(days=800)  # what members told us is kept for 25 months
NOBODY = "nobody"


def one_of(value: str | None, known: Any) -> str | None:
    return value if value in set(known) else None


def id_of(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdecimal() and len(value) < 10 else None


def day_of(value: str | None) -> date | None:
    """A day as a date field sends it."""
    try:
        found = date.fromisoformat(value or "")
    except ValueError:
        return None
    return found if date(2000, 1, 1) <= found <= date(2200, 1, 1) else None


@dataclass(frozen=True, slots=True)
class Period:
    """The last so many days; or the days from one to another, both with it, in the city's zone."""

    days: int = USUAL
    since: date | None = None
    until: date | None = None

    @classmethod
    def read(cls, args: Mapping[str, str]) -> dict[str, Any]:
        """What the address says of it. The form sends both days and dates: what differs from what it showed wins, so dates,
        unless it `showed` them and days were chosen instead. A day alone is the first, up to today."""
        days, since, until = id_of(args.get("days")), day_of(args.get("from")), day_of(args.get("to"))
        until = until or time_now().astimezone(CITY_ZONE).date()
        if not (since and since <= until and until - since <= LONGEST) or ("showed" in args and days in PERIODS):
            return {"days": days if days in PERIODS else USUAL}
        return {"days": 0, "since": since, "until": until}

    def bounds(self, now: datetime) -> tuple[datetime, datetime]:
        """From when, and until before when."""
        if self.since is None or self.until is None:
            return now - timedelta(days=self.days), now + timedelta(seconds=1)
        return _midnight(self.since), _midnight(self.until + timedelta(days=1))

    @property
    def address(self) -> dict[str, Any]:
        """For `url_for`; what narrows nothing is left out."""
        names = {"since": "from", "until": "to"}
        found = {names.get(field.name, field.name): getattr(self, field.name) for field in fields(self)}
        return {key: value for key, value in found.items() if value is not None and (key != "days" or value)}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CITY_ZONE).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class JourneyFilters(Period):
    """The journey's pages: a time, one lot, one class."""

    lot: int | None = None
    car_class: str | None = None

    @classmethod
    def of(cls, args: Mapping[str, str]) -> Self:
        return cls(**cls.read(args), lot=id_of(args.get("lot")), car_class=one_of(args.get("car_class"), CarClass))

    def window(self, now: datetime) -> Window:
        since, until = self.bounds(now)
        return Window(since, self.lot, self.car_class, until=until if self.until else None)


@dataclass(frozen=True, slots=True)
class EventFilters:
    """A step's event list: one phase, one reason."""

    phase: Phase | None = None
    error: str | None = None

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "EventFilters":
        phase = one_of(args.get("phase"), Phase)
        return cls(Phase(phase) if phase else None, args.get("error") or None)

    @property
    def address(self) -> dict[str, Any]:
        return {key: str(value) for key in ("phase", "error") if (value := getattr(self, key)) is not None}


@dataclass(frozen=True, slots=True)
class NoteFilters:
    """The feedback inbox. `where` is a step or a stage; `owner` a user's id or nobody."""

    status: str | None = None
    mood: str | None = None
    where: str | None = None
    tag: str | None = None
    owner: str | None = None
    lot: int | None = None
    car_class: str | None = None

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "NoteFilters":
        owner = args.get("owner")
        return cls(
            status=one_of(args.get("status"), NoteStatus), mood=one_of(args.get("mood"), Mood),
            where=one_of(args.get("where"), [*Stage, *Step]), tag=one_of(args.get("tag"), Tag),
            owner=owner if owner == NOBODY or id_of(owner) is not None else None,
            lot=id_of(args.get("lot")), car_class=one_of(args.get("car_class"), CarClass),
        )

    @property
    def address(self) -> dict[str, Any]:
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name)) is not None}


def page_number(args: Mapping[str, str]) -> int:
    """Which page of a list, from 1."""
    return min(max(id_of(args.get("page")) or 1, 1), 10_000)
