"""Lives on from where the city stopped to now: what is under way ends properly, and the last days are lived in full."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from core.ids import seeded_ids
from demo.city import City
from demo.days import note_all_abandoned, plan_days, plan_rounds, settle
from demo.kept import Kept
from demo.life import Life
from demo.load_cars import load_cars
from demo.outing import Outing
from demo.people import members_of
from demo.riders import Place, riders
from demo.wallet import give_missing_cards, plan_money
from fleet.cars.queries import CarsNow
from fleet.telematics.player.store import Store
from portal.adapters import Adapters
from reservations.booking.queries import UpcomingTrips

AT_MOST = timedelta(days=3)  # of new wishes; trips booked or begun before are lived to their end at their own times


def catch_up(kept: Kept, *, home: Path, outside: Adapters, site_url: str, until: datetime, passed: Callable[[datetime], None],
             stop: Callable[[], bool]) -> bool:
    """Live from `kept.until` to `until`; whether it came there. What has been lived is kept, however it ends: the next
    run goes on after the last batch in the notes. After each batch come its letters, the notes and the cars (see
    load_cars): cut off between the batch and the notes, it is lived again, and what was searched or said in it, or a
    short trip, may be there twice.

    Only simulated members act and only their jobs are handed out: what other members booked or drive stays theirs.
    The cars are the player's own, so it must not be running.
    """
    kept = replace(kept, runs=kept.runs + 1)
    kept.save(home)
    life = Life(kept.until)
    store = Store(home / "services.sqlite")
    try:
        with seeded_ids(_seed(kept)), life.lived():
            garage = load_cars(store, kept.until)

            def keep(moment: datetime) -> None:
                city.mail.post()
                replace(kept, until=moment).save(home)
                store.save_garage(garage)
                passed(moment)

            city = City(kept.seed, life, garage, outside, site_url, only_riders=True)
            _go_on(city, kept, until)
            there = life.live(until, passed=keep, stop=stop, closing=city.hear)
            settle(city)
            store.save_garage(garage)
    finally:
        store.close()
    return there


def _go_on(city: City, kept: Kept, until: datetime) -> None:
    """Take up what is booked and under way, and plan the last days."""
    city.riders = riders(kept.seed, kept.members, [Place(car.lot_lat, car.lot_lng) for car in CarsNow().all()])
    city.members = members_of(city.riders)
    city.riders = [rider for rider in city.riders if rider.number in city.members]
    city.hear()
    give_missing_cards(city, city.riders)
    note_all_abandoned(city)  # whom a run that was cut off had not noted yet
    for rider in city.riders:
        trips = UpcomingTrips(city.members[rider.number].id).all()
        city.plans[rider.number] = [trip.span for trip in trips]
        for trip in trips:
            Outing(city, rider, trip).plan()
    plan_rounds(city, until)
    plan_money(city, until)
    plan_days(city, max(kept.until, until - AT_MOST), until, from_nothing=False)


def _seed(kept: Kept) -> int:
    """Ids go on from another seed each time: those of the runs before are taken, also when they did not come far."""
    return kept.seed * 1_000_003 + kept.runs
