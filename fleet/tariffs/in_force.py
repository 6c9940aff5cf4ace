"""Which tariff, which policies and which promo code are in force at a moment."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import Table, select

from core.database import db, look_up_once
from fleet.tariffs.models import PolicyRow, Promotion, RulesStamp, Tariff
from fleet.tariffs.quote import Policies, Policy, Rates

# Built once, of columns: every booking, every search and every message asks what is in force.
_rates: Table = Tariff.__table__
_policies: Table = PolicyRow.__table__
_STAMP = select(RulesStamp.__table__.c.stamp)
_TARIFFS = select(_rates).order_by(_rates.c.effective_from)
_POLICIES = select(_policies).order_by(_policies.c.effective_from)

T = TypeVar("T")
V = TypeVar("V")
Dated = tuple[datetime, datetime | None, T]  # from when on, until when, what


class NoTariff(LookupError):
    """No tariff covers this class and plan at this moment: the operator's tariff file has a hole."""


def rates_at(moment: datetime, plan: str) -> dict[str, Rates]:
    """The rates of every class on a plan, as in force at the moment, keyed by class."""
    return _rules().rates.at(moment).get(plan, {})


def rates_for(car_class: str, plan: str, moment: datetime) -> Rates:
    """The rates of one class. Raises NoTariff."""
    found = rates_at(moment, plan).get(car_class)
    if found is None:
        raise NoTariff(f"no tariff for {car_class} on {plan} at {moment.isoformat()}")
    return found


def policies_at(moment: datetime, city: str = "") -> Policies:
    """Every policy as in force at the moment; with the values that the city of a lot has of its own."""
    return policies_of(moment)(city)


def policies_of(moment: datetime) -> Callable[[str], Policies]:
    """The policies of each city at the moment, of one read: what a page of cars in several cities asks."""
    of_city = _rules().policies.at(moment)
    return lambda city: of_city.get(city, of_city[""])


def promotion_at(code: str, moment: datetime) -> Promotion | None:
    """The promo code of that name, as it may be used at the moment; None for one that is over, or not yet begun."""
    found: Promotion | None = db.session.scalar(select(Promotion).where(Promotion.code == code.strip().upper()))
    if found is None or moment < found.effective_from or (found.effective_until and found.effective_until <= moment):
        return None
    return found


class _InTurn(Generic[T, V]):
    """Rows, each with the moments from and until which it counts, those that begin later behind those that begin earlier.
    What is in force from one such moment to the next is put together once."""

    def __init__(self, rows: list[Dated[T]], put_together: Callable[[Iterable[T]], V]) -> None:
        self._rows, self._put_together = rows, put_together
        self._turns = sorted({turn for begins, ends, _ in rows for turn in (begins, ends) if turn is not None})
        self._found: dict[int, V] = {}

    def at(self, moment: datetime) -> V:
        stretch = bisect_right(self._turns, moment)
        if stretch not in self._found:
            self._found[stretch] = self._put_together(
                row for begins, ends, row in self._rows if begins <= moment and (ends is None or moment < ends))
        return self._found[stretch]


@dataclass(frozen=True, slots=True)
class _Rules:
    """Every tariff, by plan and class, and every policy, by city and key. Nobody changes what they are given of it."""

    rates: _InTurn[Rates, dict[str, dict[str, Rates]]]
    policies: _InTurn[tuple[str, str, Policy], dict[str, dict[str, Policy]]]


_kept: dict[str, _Rules] = {}  # the newest, under its stamp


def _rules() -> _Rules:
    """The rules as they stand now, asked once per transaction: by their stamp, which changes when they do. They themselves
    are read again only when this process has not read them under that stamp; each time when there is none."""
    return look_up_once("rules", lambda: _kept.get(stamp := _stamp()) or _read_rules(stamp))


def _stamp() -> str:
    """The stamp, or nothing when its row is gone: then nobody knows whether what they have read still counts."""
    return db.session.scalars(_STAMP).one_or_none() or ""


def _read_rules(stamp: str) -> _Rules:
    rates = [(row.effective_from, row.effective_until, Rates(
        row.car_class, row.plan, row.version, row.weekday_hour, row.weekend_hour, row.night_hour, row.weekday_day,
        row.weekend_day, row.included_miles, row.mile, row.night_from, row.night_until))
        for row in db.session.execute(_TARIFFS)]
    policies = [(row.effective_from, row.effective_until, (row.city, row.key, Policy(row.value, row.version)))
                for row in db.session.execute(_POLICIES)]
    found = _Rules(_InTurn(rates, _by_plan), _InTurn(policies, _by_city))
    if stamp and _stamp() == stamp:  # else somebody has changed them meanwhile: good for now, and read again the next time
        _kept.clear()
        _kept[stamp] = found
    return found


def _by_plan(rates: Iterable[Rates]) -> dict[str, dict[str, Rates]]:
    plans: dict[str, dict[str, Rates]] = defaultdict(dict)
    for each in rates:
        plans[each.plan][each.car_class] = each
    return plans


def _by_city(policies: Iterable[tuple[str, str, Policy]]) -> dict[str, dict[str, Policy]]:
    """The policies of each city that has some of its own, and under "" those of all others."""
    everywhere: dict[str, Policy] = {}
    own: dict[str, dict[str, Policy]] = defaultdict(dict)
    for city, key, policy in policies:
        (own[city] if city else everywhere)[key] = policy
    return {"": everywhere} | {city: everywhere | of_city for city, of_city in own.items()}
