"""How amounts, times and distances are written: in the reader's locale, the lot's zone, miles and dollars."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal, format_percent
from flask import Flask
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_login import current_user

from core.money import Money
from core.time import Span, now

CITY_ZONE = ZoneInfo("America/Chicago")
MILE_M = 1609.344
WALK_M_PER_MINUTE = 80.0  # an unhurried 3 mph


def install(app: Flask) -> None:
    """Make the filters known to templates."""
    app.jinja_env.filters.update(
        money=money, clock=clock, day=day, long_day=long_day, moment=moment, span=span_words, miles=miles, number=number,
        duration=duration, walk=walk, iso=iso, percent=percent, cents=cents, ago=ago,
        dollars=dollars, first_upper=first_upper, month=month, hour=hour)


def money(amount: Money) -> str:
    """"$38.40"; a credit has a real minus sign."""
    written = _amount(abs(amount.cents), amount.currency, get_locale())
    return f"\N{MINUS SIGN}{written}" if amount.cents < 0 else written


# A page of cars says the same few prices, days and times over and over, and Babel reads its patterns anew for each.

@lru_cache(maxsize=4096)
def _amount(cents: int, currency: str, locale: Locale | None) -> str:
    return str(format_currency(cents / 100, currency, locale=locale))


@lru_cache(maxsize=4096)
def _by_skeleton(skeleton: str, at: datetime, locale: Locale | None) -> str:
    """A day or a time that stands by itself: `at` is written as it is, whatever its zone."""
    return str(format_skeleton(skeleton, at, tzinfo=UTC, locale=locale)).replace("\N{NARROW NO-BREAK SPACE}", " ")


@lru_cache(maxsize=4096)
def _decimal(value: float, locale: Locale | None) -> str:
    return str(format_decimal(value, locale=locale))


def _hour24() -> bool:
    return bool(current_user and current_user.is_authenticated and current_user.hour24)


def clock(at: datetime, zone: ZoneInfo = CITY_ZONE) -> str:
    """"2:15 PM", or "14:15" for members who chose so."""
    local = at.astimezone(zone)
    return _by_skeleton("Hm" if _hour24() else "hm", datetime(2000, 1, 1, local.hour, local.minute, tzinfo=UTC), get_locale())


def hour(of_day: int) -> str:
    """A full hour of the day, 0 to 24: "10 PM"."""
    at = datetime(2000, 1, 1, of_day % 24, tzinfo=UTC)
    return _by_skeleton("Hm" if _hour24() else "h", at, get_locale())


def day(at: datetime | date, zone: ZoneInfo = CITY_ZONE, *, year: bool = False) -> str:
    """"Sat, Nov 28"; "Thu, Jan 7, 2027" when it is not this year, or with `year`."""
    local = at.astimezone(zone).date() if isinstance(at, datetime) else at
    skeleton = "yMMMEd" if year or local.year != now().astimezone(zone).year else "MMMEd"
    return _by_skeleton(skeleton, datetime(local.year, local.month, local.day, tzinfo=UTC), get_locale())


def month(at: date) -> str:
    """"November 2026"."""
    return _by_skeleton("yMMMM", datetime(at.year, at.month, 1, tzinfo=UTC), get_locale())


def long_day(at: date) -> str:
    """"November 28, 2026"."""
    return str(format_date(at, "long", locale=get_locale()))


def moment(at: datetime, zone: ZoneInfo = CITY_ZONE, *, year: bool = False) -> str:
    """"Sat, Nov 28, 2:15 PM"."""
    return _("%(day)s, %(time)s", day=day(at, zone, year=year), time=clock(at, zone))


def span_words(span: Span, zone: ZoneInfo = CITY_ZONE, *, year: bool = False) -> str:
    """"Sat, Nov 28, 2:15 PM – 5:45 PM", with both days when it ends on another one."""
    if span.start.astimezone(zone).date() == span.end.astimezone(zone).date():
        return _("%(day)s, %(start)s – %(end)s", day=day(span.start, zone, year=year), start=clock(span.start, zone),
                 end=clock(span.end, zone))
    return _("%(start)s – %(end)s", start=moment(span.start, zone, year=year), end=moment(span.end, zone, year=year))


def duration(minutes: int) -> str:
    """"3 h 30 min", "2 days 4 h"."""
    days, rest = divmod(minutes, 1440)
    hours, left = divmod(rest, 60)
    parts = []
    if days:
        parts.append(ngettext("%(num)d day", "%(num)d days", days))
    if hours:
        parts.append(_("%(hours)d h", hours=hours))
    if left or not parts:
        parts.append(_("%(minutes)d min", minutes=left))
    return " ".join(parts)


def hours(minutes: int) -> str:
    """"26 h 15 min": where an hour has a price, days are no measure."""
    whole, left = divmod(minutes, 60)
    parts = [_("%(hours)d h", hours=whole)] if whole else []
    if left or not parts:
        parts.append(_("%(minutes)d min", minutes=left))
    return " ".join(parts)


def miles(metres: float) -> str:
    """"0.4 miles"; under a tenth of a mile in feet."""
    if metres < 0.1 * MILE_M:
        return _("%(feet)s feet", feet=number(round(metres / 0.3048 / 10) * 10))
    return _("%(miles)s miles", miles=number(round(metres / MILE_M, 1)))


def walking_minutes(metres: float) -> int:
    """Whole minutes on foot, one at least."""
    return max(1, round(metres / WALK_M_PER_MINUTE))


def walk(metres: float) -> str:
    """"3 min walk"."""
    return _("%(minutes)d min walk", minutes=walking_minutes(metres))


def number(value: float) -> str:
    return _decimal(value, get_locale())


def percent(value: float) -> str:
    """"76%", "2.35%"; the value is in hundredths."""
    return str(format_percent(value / 100, "#,##0.##%", locale=get_locale()))


def dollars(amount: int) -> str:
    """An amount in cents that is usually round: "$1,000", but "$37.50"."""
    written = cents(amount)
    return written.removesuffix(".00")


def first_upper(words: str) -> str:
    """"Green wagon" of "green wagon", leaving the rest as it is: "Blue SUV"."""
    return words[:1].upper() + words[1:]


def iso(at: datetime) -> str:
    """RFC 3339, for `datetime` attributes."""
    return at.astimezone(UTC).isoformat()


def ago(since: datetime, at: datetime) -> str:
    """"4 minutes ago", seen from a moment."""
    gap: timedelta = at - since
    minutes = int(gap.total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    return _("%(duration)s ago", duration=duration(minutes if minutes < 1440 else minutes - minutes % 60))


def parsed(text: str | None) -> datetime | None:
    """An instant from an address parameter; None when it is missing or makes no sense."""
    try:
        at = datetime.fromisoformat(text or "")
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def cents(amount: int) -> str:
    """An amount in cents, written as money."""
    return money(Money(int(amount)))
