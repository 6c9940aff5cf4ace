"""Which tariff and which policies are in force at a moment."""

from datetime import datetime

from sqlalchemy import select

from core.database import db, look_up_once
from fleet.tariffs.models import PolicyRow, Tariff
from fleet.tariffs.quote import Policies, Policy, Rates

# Columns, not rows with a life of their own: all of them are read for each booking and each message.
_POLICIES = select(PolicyRow.effective_from, PolicyRow.key, PolicyRow.value, PolicyRow.version).order_by(
    PolicyRow.effective_from)


class NoTariff(LookupError):
    """No tariff covers this class and plan at this moment: the operator's tariff file has a hole."""


def rates_at(moment: datetime, plan: str) -> dict[str, Rates]:
    """The rates of every class on a plan, as in force at the moment, keyed by class."""
    rows = look_up_once(("tariffs", plan), lambda: [
        (row.effective_from, rates_of(row)) for row in db.session.scalars(
            select(Tariff).where(Tariff.plan == plan).order_by(Tariff.effective_from))])
    # A later row replaces an earlier one.
    return {rates.car_class: rates for effective_from, rates in rows if effective_from <= moment}


def rates_for(car_class: str, plan: str, moment: datetime) -> Rates:
    """The rates of one class. Raises NoTariff."""
    found = rates_at(moment, plan).get(car_class)
    if found is None:
        raise NoTariff(f"no tariff for {car_class} on {plan} at {moment.isoformat()}")
    return found


def policies_at(moment: datetime) -> Policies:
    """Every policy as in force at the moment."""
    rows = look_up_once("policies", lambda: [
        (row.effective_from, row.key, Policy(row.value, row.version)) for row in db.session.execute(_POLICIES)])
    return {key: policy for effective_from, key, policy in rows if effective_from <= moment}


def rates_of(row: Tariff) -> Rates:
    """The pure rates of a stored tariff."""
    return Rates(row.car_class, row.plan, row.version, row.weekday_hour, row.weekend_hour, row.night_hour,
                 row.weekday_day, row.weekend_day, row.included_miles, row.mile)
