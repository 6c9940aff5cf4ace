"""A line over days as numbers for a server-drawn SVG, with its finding in words."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask_babel import gettext as _

from experience.desk.words import in_percent
from experience.insight.days import phases_by_day
from experience.insight.wilson import Share, wilson
from experience.insight.window import Window
from experience.journey import Phase, Step
from portal.web.say import CITY_ZONE, day

WIDTH, HEIGHT, LEFT, TOP = 640, 180, 44, 10
MOST_POINTS = 45  # longer times are drawn by week


@dataclass(frozen=True, slots=True)
class Point:
    """One day or week: where it is drawn, its share with the interval, and of how many."""

    begins: date
    x: float
    share: Share
    y: float
    y_low: float
    y_high: float


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws: points, lines of the scale, and the finding."""

    points: list[Point]
    by_week: bool
    says: str
    scale: list[tuple[float, str]]

    @property
    def line(self) -> str:
        return " ".join(f"{point.x:g},{point.y:g}" for point in self.points)


def success_by_day(step: Step, window: Window, now: datetime) -> Chart:
    """The share that succeeded, of all that ended, by day in the city; by week when the time is long."""
    until = window.until or now
    by_week = (until - window.since) > timedelta(days=MOST_POINTS)
    counts: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    ends = (Phase.SUCCEEDED, Phase.REFUSED, Phase.FAILED, Phase.ABANDONED)
    for on, phases in phases_by_day(step, window).items():
        counted = counts[_begins(on, by_week)]
        counted[0] += phases[Phase.SUCCEEDED]
        counted[1] += sum(phases[phase] for phase in ends)
    first, last = _begins(window.since.astimezone(CITY_ZONE).date(), by_week), until.astimezone(CITY_ZONE).date()
    days = max((last - first).days, 1)
    points = [_point(begins, first, days, hits, n) for begins, (hits, n) in sorted(counts.items()) if n]
    return Chart(points, by_week, _finding(points, by_week), [(_y(share / 100), f"{share}%") for share in (0, 25, 50, 75, 100)])


def _begins(at: date, by_week: bool) -> date:
    return at - timedelta(days=at.weekday()) if by_week else at


def _y(share: float) -> float:
    return round(TOP + (1 - share) * (HEIGHT - TOP - 30), 1)


def _point(begins: date, first: date, days: int, hits: int, n: int) -> Point:
    share = wilson(hits, n)
    assert share is not None  # a day is there because something ended on it
    x = round(LEFT + 12 + (begins - first).days / days * (WIDTH - LEFT - 28), 1)
    return Point(begins, x, share, _y(share.share), _y(share.low), _y(share.high))


def _finding(points: list[Point], by_week: bool) -> str:
    if not points:
        return _("Nothing ended in this time.")
    worst, best = min(points, key=lambda point: point.share.share), max(points, key=lambda point: point.share.share)
    said = _("Share that ended well, by week.") if by_week else _("Share that ended well, by day.")
    return _("%(said)s Lowest %(low)s on %(low_day)s (%(low_n)s ended), highest %(high)s on %(high_day)s (%(high_n)s ended).",
             said=said, low=in_percent(worst.share.share), low_day=day(worst.begins), low_n=worst.share.n,
             high=in_percent(best.share.share), high_day=day(best.begins), high_n=best.share.n)
