"""Which tariff, which policies and which promo code are in force at a moment."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from core.database import db, look_up_once
from fleet.tariffs.models import PolicyRow, Promotion, Tariff
from fleet.tariffs.quote import Policies, Policy, Rates

# Columns, not rows with a life of their own: all of them are read for each booking and each message.
_POLICIES = select(PolicyRow.effective_from, PolicyRow.effective_until, PolicyRow.city, PolicyRow.key, PolicyRow.value,
                   PolicyRow.version).order_by(PolicyRow.effective_from)


class NoTariff(LookupError):
    """No tariff covers this class and plan at this moment: the operator's tariff file has a hole."""


def rates_at(moment: datetime, plan: str) -> dict[str, Rates]:
    """The rates of every class on a plan, as in force at the moment, keyed by class."""
    rows = look_up_once(("tariffs", plan), lambda: [
        (row.effective_from, row.effective_until, rates_of(row)) for row in db.session.scalars(
            select(Tariff).where(Tariff.plan == plan).order_by(Tariff.effective_from))])
    # A later row replaces an earlier one, until its own end.
    return {rates.car_class: rates for begins, ends, rates in rows if begins <= moment and (ends is None or moment < ends)}


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
    rows = look_up_once("policies", lambda: [
        (begins, ends, city, key, Policy(value, version))
        for begins, ends, city, key, value, version in db.session.execute(_POLICIES)])
    everywhere: dict[str, Policy] = {}
    own: dict[str, dict[str, Policy]] = {}
    for begins, ends, city, key, policy in rows:
        if begins <= moment and (ends is None or moment < ends):
            (own.setdefault(city, {}) if city else everywhere)[key] = policy
    return lambda city: {**everywhere, **own[city]} if city in own else everywhere


def promotion_at(code: str, moment: datetime) -> Promotion | None:
    """The promo code of that name, as it may be used at the moment; None for one that is over, or not yet begun."""
    found: Promotion | None = db.session.scalar(select(Promotion).where(Promotion.code == code.strip().upper()))
    if found is None or moment < found.effective_from or (found.effective_until and found.effective_until <= moment):
        return None
    return found


def rates_of(row: Tariff) -> Rates:
    """The pure rates of a stored tariff."""
    return Rates(row.car_class, row.plan, row.version, row.weekday_hour, row.weekend_hour, row.night_hour,
                 row.weekday_day, row.weekend_day, row.included_miles, row.mile, row.night_from, row.night_until)
