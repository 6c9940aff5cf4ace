"""What whoever pays allows their driver: every booking and every change keeps it, and a no names who can change it."""

import pytest

from core.database import transaction
from core.money import Money
from portal.account.models import Plan
from portal.billing.payers.cost_centres import add_cost_centre, change_cost_centre, demand_cost_centre
from portal.billing.payers.end_driving import end_driving
from portal.billing.payers.errors import (
    AccountCannotPay,
    ClassNotAllowed,
    CostCentreFirst,
    HourNotAllowed,
    OverTheMonth,
    PaysNoMore,
)
from portal.billing.payers.terms import Terms, set_terms
from reservations.booking.book import book
from reservations.booking.cancel import cancel
from reservations.booking.change.change import change
from reservations.booking.change.proposal import Wish
from reservations.booking.models import Status, Waiver
from tests.factories import NOON, a_car, hours
from tests.portal.business.made import a_business, an_admin, drives_with
from tests.reservations.made import booked, offered


@pytest.fixture
def family(people):
    """Ada pays for Ben, who has no card."""
    ada, ben = people.member("Ada Okafor"), people.member("Ben Ode", card=None, plan=Plan.REGULAR)
    return ada, ben, drives_with(ada, ben)


def limit(family, **limits):
    _ada, ben, payer = family
    set_terms(payer_id=payer.id, member_id=ben.id, terms=Terms(**limits))


def test_a_trip_on_an_account_is_paid_by_it_and_the_month_counts_every_trip_that_still_costs(family):
    _ada, ben, payer = family
    first = booked(ben)
    assert first.payer_id == payer.id
    limit(family, monthly=Money(2 * first.price_cents - 1))
    with pytest.raises(OverTheMonth) as refused:
        booked(ben, a_car(name="Basil"), hours(30, 33))
    assert refused.value.remedy == "Nothing was booked or changed. Ada Okafor can change this limit."
    limit(family, monthly=Money(2 * first.price_cents))
    assert booked(ben, a_car(name="Basil", car_class=first.car.car_class) or a_car(), hours(30, 33)).payer_id == payer.id
    with pytest.raises(OverTheMonth):
        booked(ben, span=hours(36, 37))
    cancel(reservation=first, now=NOON)
    assert booked(ben, span=hours(36, 37)).payer_id == payer.id
    december = booked(ben, span=hours(24 * 8, 24 * 8 + 3))
    assert december.payer_id == payer.id, "another month has a limit of its own"


@pytest.mark.one_database
def test_a_change_that_makes_a_trip_dearer_keeps_the_month_also_while_it_is_driven_and_a_shorter_one_is_never_refused(family):
    _ada, ben, _payer = family
    trip = booked(ben)
    limit(family, monthly=Money(trip.price_cents))
    with pytest.raises(OverTheMonth):
        change(reservation=trip, wish=Wish(trip.car, hours(24, 29)), shown=None, once="longer", now=NOON)
    with transaction():
        trip.status = Status.DRIVING
    with pytest.raises(OverTheMonth):
        change(reservation=trip, wish=Wish(trip.car, hours(24, 29)), shown=None, once="on the way", now=hours(25, 26).start)
    with transaction():
        trip.status = Status.BOOKED
    limit(family, monthly=Money(0), classes=("van",), hours=(8, 9))
    change(reservation=trip, wish=Wish(trip.car, hours(24, 26)), shown=None, once="shorter", now=NOON)
    assert trip.span == hours(24, 26)


@pytest.mark.one_database
def test_a_trip_that_moves_into_a_month_at_the_same_price_keeps_the_limit_of_that_month(family):
    _ada, ben, _payer = family
    week_on = 24 * 8  # the second of December, a Wednesday as tomorrow is
    november, december = booked(ben), booked(ben, a_car(name="Basil"), hours(week_on + 4, week_on + 7))
    limit(family, monthly=Money(max(november.price_cents, december.price_cents)))
    wish, was = Wish(november.car, hours(week_on, week_on + 3)), november.price
    with pytest.raises(OverTheMonth):
        change(reservation=november, wish=wish, shown=None, once="no room", now=NOON)
    limit(family, monthly=Money(november.price_cents + december.price_cents))
    change(reservation=november, wish=wish, shown=None, once="room", now=NOON)
    assert november.price == was, "not dearer: only its month is another"


@pytest.mark.one_database
def test_only_the_classes_and_hours_that_are_allowed_can_be_booked_and_changed_to(family):
    _ada, ben, _payer = family
    car = a_car()
    other = next(a_car(car_class=name) for name in ("van", "suv") if name != car.car_class)
    limit(family, classes=(car.car_class,), hours=(8, 17))
    with pytest.raises(ClassNotAllowed):
        booked(ben, other)
    trip = booked(ben, car)  # noon to three
    with pytest.raises(ClassNotAllowed):
        change(reservation=trip, wish=Wish(other, trip.span), shown=None, once="class", now=NOON)
    for span in (hours(24, 29.25), hours(19.5, 22), hours(28, 48)):
        with pytest.raises(HourNotAllowed) as refused:
            booked(ben, a_car(name="Basil", car_class=car.car_class) or car, span)
        assert "between 8 AM and 5 PM of one day" in str(refused.value.says)
    change(reservation=trip, wish=Wish(car, hours(24, 29)), shown=None, once="until five", now=NOON)
    with pytest.raises(HourNotAllowed):
        change(reservation=trip, wish=Wish(car, hours(24, 29.25)), shown=None, once="later", now=NOON)


@pytest.mark.one_database
def test_after_either_side_ends_it_what_was_booked_keeps_its_payer_and_cannot_get_dearer(family, people):
    ada, ben, payer = family
    trip = booked(ben)
    assert end_driving(payer_id=payer.id, member_id=ben.id, by_driver=False, now=NOON)
    with pytest.raises(PaysNoMore):
        change(reservation=trip, wish=Wish(trip.car, hours(24, 29)), shown=None, once="longer", now=NOON)
    assert (trip.payer_id, trip.span) == (payer.id, hours(24, 27))
    change(reservation=trip, wish=Wish(trip.car, hours(24, 26)), shown=None, once="shorter", now=NOON)
    cyd = people.member("Cyd Ruiz")
    drives_with(ada, cyd, monthly=Money(0))
    end_driving(payer_id=payer.id, member_id=cyd.id, by_driver=True, now=NOON)
    assert booked(cyd, a_car(name="Basil")).payer_id != payer.id, "they pay for themselves again, without limits"


@pytest.mark.one_database
def test_a_driver_on_an_account_without_a_card_is_told_whom_to_ask(people):
    ada, ben = people.member("Ada Okafor", card=None), people.member("Ben Ode")
    drives_with(ada, ben)
    with pytest.raises(AccountCannotPay) as refused:
        booked(ben)
    assert "Ask Ada Okafor" in refused.value.remedy


@pytest.mark.one_database
def test_a_trip_is_booked_on_the_chosen_cost_centre_else_the_drivers_and_one_that_is_demanded_is_never_missing(people):
    ana, ben = an_admin(people), people.member("Ben Ode", card=None)
    firm, other = a_business("Lakeside Ltd", ben, admins=(ana,)), a_business("Harbor LLC")
    sales, works = (add_cost_centre(payer_id=firm.id, name=name, code=name[:2]) for name in ("Sales", "Works"))
    theirs = add_cost_centre(payer_id=other.id, name="Sales", code="Sa")
    assert booked(ben, span=hours(24, 25)).cost_centre_id is None
    demand_cost_centre(payer_id=firm.id, demand=True, at=NOON)
    with pytest.raises(CostCentreFirst):
        booked(ben, span=hours(26, 27))

    def on(chosen, start):
        span = hours(start, start + 1)
        return book(member=ben, car=a_car(name="Basil"), offer=offered(a_car(name="Basil"), ben, span), waiver=Waiver.INCLUDED,
                    once=f"on-{start}", now=NOON, cost_centre_id=chosen).cost_centre_id

    assert on(works.id, 30) == works.id
    set_terms(payer_id=firm.id, member_id=ben.id, terms=Terms(cost_centre_id=sales.id))
    assert (on(None, 33), on(works.id, 36)) == (sales.id, works.id)
    change_cost_centre(payer_id=firm.id, cost_centre_id=sales.id, name="Sales", code="Sa", active=False)
    with pytest.raises(CostCentreFirst):
        on(None, 39)
    for wrong in (theirs.id, sales.id):
        with pytest.raises(Exception, match="not_found"):
            on(wrong, 39)


@pytest.mark.one_database
def test_a_refused_booking_says_which_admins_can_change_the_limit(people):
    ana, bo, ben = an_admin(people), an_admin(people, "Bo Li"), people.member("Ben Ode", card=None)
    firm = a_business("Lakeside Ltd", ben, admins=(ana, bo))
    set_terms(payer_id=firm.id, member_id=ben.id, terms=Terms(monthly=Money(100)))
    with pytest.raises(OverTheMonth) as refused:
        booked(ben, span=hours(24, 26))
    assert refused.value.remedy == "Nothing was booked or changed. Ana Diaz, Bo Li can change this limit."
