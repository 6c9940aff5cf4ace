"""A driver's limit of dollars a month: however many bookings are made at once, they never cost more together."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.database import db
from core.money import Money
from fleet.cars.models import Car
from portal.billing.payers.payer_of import add_business, let_pay
from portal.billing.payers.stop_paying import stop_paying
from portal.billing.payers.terms import Terms, set_terms
from reservations.booking.models import Reservation, Status
from tests.factories import NOON
from tests.races.track import MEMBERS, ROUNDS, Track, on, reservation

pytestmark = pytest.mark.long


@pytest.fixture
def account(track: Track) -> Iterator[int]:
    """A business that pays for the first racer."""
    payer = add_business(name="Racing Ltd", email="books@example.com", at=NOON)
    let_pay(payer_id=payer.id, member_id=track.members[0], at=NOON)
    yield payer.id
    stop_paying(payer_id=payer.id, member_id=track.members[0])


def test_of_bookings_at_once_only_those_that_the_month_pays_for_are_made(track: Track, account: int) -> None:
    driver, alike = track.members[0], db.session.scalar(select(Car.car_class).where(Car.id == track.cars[0]))
    cars = db.session.scalars(select(Car.id).where(Car.id.in_(track.cars), Car.car_class == alike).order_by(Car.id)).all()
    span = on(timedelta(days=120), 0, 2)  # where no other test books
    for _ in range(ROUNDS):
        set_terms(payer_id=account, member_id=driver, terms=Terms())
        first = track.booked(driver, cars[-1], span)
        most = 3 * reservation(first).price_cents
        set_terms(payer_id=account, member_id=driver, terms=Terms(monthly=Money(most)))
        answers = track.race([track.books(driver, car, span) for car in cars[:MEMBERS]])
        assert spent_by(account) <= most
        assert answers.outcomes == {"done": 2, "over_the_month": MEMBERS - 2}
        track.race([[driver, "cancel", one] for one in (first, *answers.done)])  # at no cost: the next round begins anew


def spent_by(account: int) -> int:
    """The prices of all that the account pays for."""
    db.session.rollback()
    return int(db.session.scalar(select(func.coalesce(func.sum(Reservation.price_cents), 0)).where(
        Reservation.payer_id == account, Reservation.status == Status.BOOKED)) or 0)
