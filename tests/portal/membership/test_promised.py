"""What we told them before they joined, and that they hear before their licence ends."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from core.database import db, transaction
from core.ids import new_id
from experience.asks.models import AskRow
from experience.promises.models import Promise
from portal.account.models import Plan
from portal.licence.timers import warn_of_ends
from portal.membership.settle_estimates import settle_estimates
from portal.signup.estimate import Estimate
from portal.signup.models import Application
from portal.signup.plan import choose_plan
from portal.signup.submit import submit
from reservations.booking.models import Reservation
from tests.factories import NOON, hours
from tests.portal.licence.showing import a_verified
from tests.portal.signup.made import a_whole, again, work
from tests.reservations.made import a_street, booked, steps

THIRD = datetime(2027, 3, 1, 6, tzinfo=UTC)  # December to February are the first three whole months
DAY = timedelta(days=1)


def promise(kind):
    db.session.rollback()
    return db.session.scalars(select(Promise).where(Promise.kind == kind).execution_options(populate_existing=True)).one()


def a_joined(app, people, *, trips, minutes, cents):
    """Somebody who joined with this estimate."""
    application = a_whole(app, people)
    choose_plan(application=application, plan=Plan.REGULAR, now=NOON, estimate=Estimate(trips, minutes, {"regular": cents}))
    submit(application=application, terms_version="1", texts=True, now=NOON)
    work(app)
    return again(application).member


def driven(app, member, clock):
    """A trip of three hours in each of the three months, and what the bills came to a month, in cents."""
    street = a_street(app, clock)
    for month in (NOON + 14 * DAY, NOON + 49 * DAY, NOON + 77 * DAY):  # Tuesdays in December, January and February
        clock.at = month
        street.work()
        street.returned(street.unlocked(booked(member, span=hours(1, 4, day=month), now=month)))
    prices = db.session.scalars(select(Reservation.price_cents)).all()
    return 700 + round(sum(prices) / 3)


@pytest.mark.parametrize(("factor", "state", "cause"), [(1.0, "kept", None), (1.3, "broken", "billing")])
def test_the_first_three_bills_are_held_against_the_estimate(app, people, clock, factor, state, cause):
    member = a_joined(app, people, trips=1, minutes=180, cents=1)
    made = promise("estimate")
    assert (made.state, made.due_at, made.expected) == ("open", THIRD, 1)
    month = driven(app, member, clock)
    with transaction():
        db.session.execute(Application.__table__.update().values(estimate_cents=round(month * factor)))
    assert settle_estimates(THIRD - timedelta(seconds=1)) == 0
    clock.at = THIRD
    assert settle_estimates(THIRD) == 1
    found = promise("estimate")
    assert (found.state, found.cause, abs(found.actual - month) < 3) == (state, cause, True)
    work(app)
    assert "estimate_expectation" in db.session.scalars(select(AskRow.solicitation)).all()


def test_whoever_drives_otherwise_had_another_bill_by_their_own_doing(app, people, clock):
    a_joined(app, people, trips=4, minutes=480, cents=6000)
    clock.at = THIRD
    settle_estimates(THIRD)
    assert (promise("estimate").state, promise("estimate").cause) == ("waived", "member")


def test_an_estimate_of_somebody_who_was_erased_stops_nobody_elses(app, people, clock):
    a_joined(app, people, trips=1, minutes=180, cents=1)
    with transaction():
        db.session.execute(Promise.__table__.update().where(Promise.kind == "estimate").values(subject=f"estimate:{new_id()}"))
    clock.at = THIRD
    assert (settle_estimates(THIRD), promise("estimate").state) == (1, "waived")


def test_the_letter_before_a_licence_ends_keeps_its_promise(app, people, clock):
    a_verified(people.member(), expires_on=date(2027, 1, 10))
    assert (promise("renewal").state, promise("renewal").due_at) == ("open", datetime(2026, 12, 12, 6, tzinfo=UTC))
    clock.at = NOON + 13 * DAY  # 34 days ahead
    warn_of_ends(clock.at)
    work(app)
    assert (promise("renewal").state, promise("renewal").actual) == ("kept", 34)
    assert ("stay.renewal", "succeeded", None) in steps("succeeded")
