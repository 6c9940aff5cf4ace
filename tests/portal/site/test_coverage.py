"""Where cars are: only lots in service, each with what really lives there; and every fee there is in one table."""

import pytest
from sqlalchemy import func, select

from core.database import db, transaction
from fleet.cars.models import Car, CarState
from fleet.tariffs.in_force import policies_at, rates_at
from fleet.tariffs.models import POLICY_UNITS
from portal.account.models import Plan
from portal.account.terms import TERMS, TERMS_VERSION, terms_in_force
from portal.site.coverage import in_service
from portal.site.fees import NO_FEES, fees
from tests.factories import NOON, a_car


def test_only_lots_with_a_car_that_can_be_driven_are_shown_with_all_that_live_there(app):
    acorn = a_car()
    lot, others = acorn.lot, select(Car).where(Car.lot_id == acorn.lot_id, Car.id != acorn.id)
    with transaction():
        for each in db.session.scalars(others).unique():
            each.state = CarState.MAINTENANCE
    here = next(place for part in in_service() for place in part.places if place.lot.id == lot.id)
    assert here.cars == db.session.scalar(select(func.count(Car.id)).where(Car.lot_id == lot.id))
    assert sum(part.cars for part in in_service()) == db.session.scalar(select(func.count(Car.id)))
    with transaction():
        acorn.state = CarState.DAMAGED
    assert lot.id not in {place.lot.id for part in in_service() for place in part.places}


def test_a_car_that_was_sold_is_counted_nowhere(app):
    acorn, before = a_car(), sum(part.cars for part in in_service())
    with transaction():
        acorn.state = CarState.RETIRED
    gone = sum(part.cars for part in in_service())
    assert gone == before - 1


@pytest.mark.one_database
def test_every_amount_among_the_policies_is_a_fee_in_the_table_or_named_as_none(app):
    amounts = {key for key, unit in POLICY_UNITS.items() if unit.startswith("cents")}
    with app.test_request_context():
        listed = fees(policies_at(NOON), {plan: rates_at(NOON, plan) for plan in Plan})
    named = {rule for fee in listed for rule in fee.rules} | {"fee_booking", "membership_payg"}  # zero today, and left out
    assert amounts - named - NO_FEES == set(), "list these in portal/site/fees.py, or say there that no member pays them"
    assert not named & NO_FEES
    assert all(fee.why and fee.contest and fee.amount for fee in listed)


@pytest.mark.one_database
def test_the_page_of_the_rules_names_the_version_that_members_agree_to(site):
    assert terms_in_force(NOON).version == TERMS_VERSION
    assert [each.version for each in TERMS] == sorted({each.version for each in TERMS})
    assert f"Version {TERMS_VERSION}, in force since" in site.test_client().get("/terms").text
