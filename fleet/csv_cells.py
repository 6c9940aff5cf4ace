"""What the cells of a CSV file say: each function gives a value, or raises ValueError with a sentence for whoever wrote it."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fleet.telematics.port import UNIT

Row = dict[str, str]
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
AT_MOST = 10**9  # of what has no limit of its own: every database keeps it


def known_to(key: Any, known: dict[Any, Any], what: str) -> Any:
    if key not in known:
        raise ValueError(f"no {what} {key!r}: add it to its file first")
    return known[key]


def one_of(value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
    return value


def latitude(text: str) -> float:
    return _between(float(text), 90, "latitude")


def longitude(text: str) -> float:
    return _between(float(text), 180, "longitude")


def _between(value: float, limit: float, what: str) -> float:
    if not -limit <= value <= limit:
        raise ValueError(f"{value} is no {what}: it lies between -{limit} and {limit}")
    return value


def whole(text: str, least: int, most: int, what: str) -> int:
    number = int(text)
    if not least <= number <= most:
        raise ValueError(f"{text} is no {what}: it lies between {least} and {most}")
    return number


def size(text: str, what: str) -> float | None:
    """Of a tank or battery, in the unit of its column; a car has only one of them."""
    if not text:
        return None
    if not 0 < float(text) <= 1000:
        raise ValueError(f"{text} is no {what}: it lies between 0 and 1000")
    return float(text)


def zone_name(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone: it looks like America/Chicago") from error


def slug(text: str) -> str:
    if not SLUG.fullmatch(text):
        raise ValueError(f"{text!r} is no slug: it is made of small letters and digits, parted by dashes")
    return text


def vin(text: str) -> str:
    if not UNIT.fullmatch(text):
        raise ValueError(f"{text!r} is no vin: it has 1 to 40 letters, digits, dashes and underscores")
    return text


def texts(row: Row, *columns: str) -> Row:
    for column in columns:
        if not row[column]:
            raise ValueError(f"{column} is empty")
    return {column: row[column] for column in columns}


def validity(row: Row, zone: ZoneInfo | None) -> dict[str, Any]:
    """From the first day's midnight until that after the last day; without a last day, for ever."""
    begins, last = _day(row["effective_from"], zone), row.get("effective_until", "")
    if not last:
        return {"effective_from": begins, "effective_until": None}
    ends = _day(last, zone, days_on=1)
    if ends <= begins:
        raise ValueError(f"the last day {last} comes before the first, {row['effective_from']}")
    return {"effective_from": begins, "effective_until": ends}


def _day(text: str, zone: ZoneInfo | None, days_on: int = 0) -> datetime:
    day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day of the calendar; its midnight has the zone
    if not 1900 <= day.year <= 2100:
        raise ValueError(f"{text} is no first day: it lies between the years 1900 and 2100")
    if zone is None:
        raise ValueError("there is no lot yet, so nobody knows whose midnight: import lots.csv first")
    return datetime.combine(day + timedelta(days=days_on), time.min, zone).astimezone(UTC)
