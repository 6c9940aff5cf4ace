"""The days of the city: everybody's wishes, the staff's work, the worker's rounds, planned from one moment to another."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

from demo.asking import plan_pulses
from demo.cases import CaseDesk
from demo.city import WORKER_EVERY, City
from demo.finance import FinanceOffice
from demo.helping import HelpDesk
from demo.life import SYSTEM
from demo.looking import Looking
from demo.outing import charge
from demo.staff import Office
from demo.visitors import plan_visitors
from demo.wishes import FURTHEST_AHEAD, wishes_on
from experience.cases.alarm import alarm_overdue
from experience.cases.digest import plan_digest
from experience.cases.find_failures import find_failures
from experience.cases.hear import hear_members
from experience.promises.overdue import watch_dates
from experience.record.abandon import note_abandoned
from fleet.desk.overdue import warn_ahead
from fleet.service.extend import extend_overdue
from reservations.trip.watch_promises import watch_trips

TIMER_EVERY = timedelta(hours=40)  # the timer looks back two days, and going on begins with it, so nobody is missed
WATCH_EVERY = timedelta(hours=1)  # cases and promises: nobody here looks at them more often, and watching costs most
SETTLING_IN = timedelta(hours=6)  # those who would have looked before the city began do so in its first hours


def plan_days(city: City, begins: datetime, ends: datetime, *, from_nothing: bool) -> None:
    """Plan everything that begins after `begins` and not after `ends`."""
    office, finance, helpers = Office(city), FinanceOffice(city, ends), HelpDesk(city, ends)
    cases = CaseDesk(city, ends)
    for day in _days(city, begins, ends):
        office.plan_day(day)
        finance.plan_day(day)
        cases.plan_day(day)
        helpers.plan_day(day)
        plan_visitors(city, day)
    office.plan_ends_of_blocks()
    if from_nothing:
        office.share_out_steps()
        helpers.write_templates()
        finance.plan_last_day()
        cases.plan_board()
    for day in _days(city, begins, ends + FURTHEST_AHEAD):
        for rider in city.riders:
            for wish in wishes_on(day, rider, city.seed, city.zone):
                if begins < wish.looks_at <= ends:
                    Looking(city, wish).plan()
                elif from_nothing and wish.looks_at <= begins and wish.span.start > begins + SETTLING_IN:
                    Looking(city, wish).plan_at(begins + SETTLING_IN * Random(wish.key).random())


def plan_rounds(city: City, ends: datetime) -> None:
    """Have the worker hand out letters and hold the time of overdue cars, have cases and promises watched, and the timer look
    who left, over and over."""
    def worker() -> None:
        city.hand_out_letters()
        extend_overdue(city.life.now)
        warn_ahead(city.life.now)
        if city.life.now + WORKER_EVERY <= ends:
            city.life.plan(city.life.now + WORKER_EVERY, worker, SYSTEM)

    def watch() -> None:
        find_failures(city.life.now)
        hear_members(city.life.now)
        alarm_overdue(city.life.now)
        plan_digest(city.life.now)
        watch_dates(city.life.now)
        watch_trips(city.life.now)
        if city.life.now + WATCH_EVERY <= ends:
            city.life.plan(city.life.now + WATCH_EVERY, watch, SYSTEM)

    def timer() -> None:
        note_all_abandoned(city)
        if city.life.now + TIMER_EVERY <= ends:
            city.life.plan(city.life.now + TIMER_EVERY, timer, SYSTEM, alone=True)

    city.life.plan(city.life.now + WORKER_EVERY, worker, SYSTEM)
    city.life.plan(city.life.now + WATCH_EVERY, watch, SYSTEM)
    city.life.plan(city.life.now + TIMER_EVERY, timer, SYSTEM, alone=True)
    plan_pulses(city, ends)


def settle(city: City) -> None:
    """Bring the last hours to an end: letters, timers, batteries, and what the boxes say of it all."""
    city.hand_out_letters()
    note_all_abandoned(city)
    for unit in city.units.values():
        charge(city, unit)
    city.hear()
    city.mail.post()


def note_all_abandoned(city: City) -> None:
    """Note everybody who left a step."""
    while note_abandoned(city.life.now):
        pass


def _days(city: City, begins: datetime, ends: datetime) -> Iterator[date]:
    day = begins.astimezone(city.zone).date()
    while day <= ends.astimezone(city.zone).date():
        yield day
        day += timedelta(days=1)


def local_hour(city: City, moment: datetime, days: int, hour: float) -> datetime:
    """A local hour, so many days from the moment's own."""
    day = moment.astimezone(city.zone).date() + timedelta(days=days)
    return (datetime(day.year, day.month, day.day, tzinfo=city.zone) + timedelta(hours=hour)).astimezone(UTC)
