"""What the desk's pages are narrowed to, read from their addresses; what is not known there narrows nothing."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from experience.asks.models import Mood, NoteStatus, Tag
from experience.insight.window import Window
from experience.journey import Phase, Stage, Step
from fleet.cars.models import CarClass

PERIODS = (7, 28, 90)  # days
NOBODY = "nobody"


def _one_of(value: str | None, known: Any) -> str | None:
    return value if value in set(known) else None


def _id(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdecimal() and len(value) < 10 else None


@dataclass(frozen=True, slots=True)
class JourneyFilters:
    """The journey's pages: the last days, one lot, one class."""

    days: int = 28
    lot: int | None = None
    car_class: str | None = None

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "JourneyFilters":
        days = _id(args.get("days"))
        return cls(days if days in PERIODS else 28, _id(args.get("lot")), _one_of(args.get("car_class"), CarClass))

    def window(self, now: datetime) -> Window:
        return Window(now - timedelta(days=self.days), self.lot, self.car_class)

    @property
    def address(self) -> dict[str, Any]:
        """For `url_for`."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class EventFilters:
    """A step's event list: one phase, one reason."""

    phase: Phase | None = None
    error: str | None = None

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "EventFilters":
        phase = _one_of(args.get("phase"), Phase)
        return cls(Phase(phase) if phase else None, args.get("error") or None)

    @property
    def address(self) -> dict[str, Any]:
        return {key: str(value) for key, value in asdict(self).items() if value is not None}


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
            status=_one_of(args.get("status"), NoteStatus), mood=_one_of(args.get("mood"), Mood),
            where=_one_of(args.get("where"), [*Stage, *Step]), tag=_one_of(args.get("tag"), Tag),
            owner=owner if owner == NOBODY or _id(owner) is not None else None,
            lot=_id(args.get("lot")), car_class=_one_of(args.get("car_class"), CarClass),
        )

    @property
    def address(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value is not None}


def page_number(args: Mapping[str, str]) -> int:
    """Which page of a list, from 1."""
    return min(max(_id(args.get("page")) or 1, 1), 10_000)
