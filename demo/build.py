"""Builds a city from nothing: its people, and every day of their life with us up to now."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from core.ids import seeded_ids
from core.refusal import Refusal
from core.time import service_clock
from demo.ada import plan_ada
from demo.city import City
from demo.company import found_firm, plan_firm
from demo.days import local_hour, plan_days, plan_rounds, settle
from demo.fobs import plan_fobs
from demo.household import plan_household
from demo.joining import plan_joining
from demo.kept import BUILDING, LIVING, Kept
from demo.life import Life
from demo.memberships import plan_codes, plan_memberships
from demo.neighbours import neighbours
from demo.own_data import plan_own_data
from demo.people import ada, add_people, give_codes, members_of
from demo.riders import Place, riders
from demo.tiers import plan_tiers
from demo.visitors import Applicant
from demo.wallet import give_cards, plan_doubtful_card, plan_money
from fleet.cars.queries import CarsNow
from fleet.tariffs.in_force import policies_at
from fleet.telematics.listen import setups
from fleet.telematics.player.cars import Garage
from fleet.telematics.player.store import Store
from portal.account.passwords import hash_password
from portal.adapters import Adapters
from portal.billing.stripe.build import embedded_over
from portal.billing.stripe.embedded.memory import MemoryStore

BETWEEN_US = "whsec_of_the_city_while_it_is_built"  # signs letters that never leave the process


class CannotBuild(Refusal):
    """Something is missing; the message says what, and what to do."""

    code = "cannot_build"

    def __init__(self, says: str) -> None:
        super().__init__()
        self.says = says


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which city: so many days up to a moment, so many simulated members, and the seed of all chance."""

    days: int
    members: int
    seed: int
    until: datetime

    @property
    def begins(self) -> datetime:
        return self.until - timedelta(days=self.days)

    def kept(self, state: str, database: str) -> Kept:
        return Kept(state, self.seed, self.days, self.members, self.until, database)


def build(wanted: Wanted, *, home: Path, database: str, outside: Adapters, site_url: str, password: str,
          passed: Callable[[datetime], None], stop: Callable[[], bool]) -> bool:
    """Build the city into an empty database, which `database` names in the notes; whether it was finished. Raises CannotBuild.

    A build that stops half-way is not continued: the next one starts again from nothing, which takes a minute.
    """
    if not policies_at(wanted.begins):
        raise CannotBuild(f"There are no rates in force on {wanted.begins:%Y-%m-%d} yet: choose fewer --days or a later "
                          "--until, or give the city's tariffs an earlier first day.")
    wanted.kept(BUILDING, database).save(home)
    if outside.stripe is None:
        raise CannotBuild("The settings name a real Stripe, and a city's past cannot be paid there: unset STRIPE_SECRET_KEY, "
                          "STRIPE_PUBLISHABLE_KEY and STRIPE_WEBHOOK_SECRET to build a demo city.")
    life, bank = Life(wanted.begins), MemoryStore()
    processor = embedded_over(bank, clock=life.clock, webhook_secret=BETWEEN_US, checkout_base=site_url, seed=wanted.seed,
                              listening=False)
    with seeded_ids(wanted.seed), life.lived():
        outside = replace(outside, payments=processor.payments, stripe=processor.embedded)
        city = _people_and_cars(wanted, life, outside, site_url, password)
        plan_days(city, wanted.begins, wanted.until, from_nothing=True)
        plan_rounds(city, wanted.until)
        plan_money(city, wanted.until)
        plan_doubtful_card(city, wanted.until - timedelta(days=4))
        plan_ada(city, wanted.begins, wanted.until)
        for days_ago in (2, 1):
            Applicant(city, days_ago).plan(local_hour(city, wanted.until, -days_ago, 19.2))
        plan_joining(city, wanted.until)
        plan_firm(city, wanted.until)
        for plan in (plan_household, plan_memberships, plan_codes, plan_fobs, plan_tiers, plan_own_data):
            plan(city, wanted.begins, wanted.until)
        if not life.live(wanted.until, passed=passed, stop=stop):
            return False
        settle(city)
    save_cars(city.garage, home)
    bank.save_to(home / "stripe.sqlite", events=False)
    wanted.kept(LIVING, database).save(home)
    return True


def _people_and_cars(wanted: Wanted, life: Life, outside: Adapters, site_url: str, password: str) -> City:
    lots = [Place(car.lot_lat, car.lot_lng) for car in CarsNow().all()]
    if not lots:
        raise CannotBuild("There are no cars yet: run `flask fleet import` first.")
    everyone = riders(wanted.seed, wanted.members, lots)
    named, password_hash = [ada(lots), *neighbours(lots)], hash_password(password)
    with service_clock(lambda: wanted.begins):
        add_people([*named, *everyone], password_hash, wanted.begins)
    give_codes(outside.seal)
    garage = Garage()
    garage.install(setups(), at=wanted.begins)
    city = City(wanted.seed, life, garage, outside, site_url, only_riders=False, riders=everyone)
    city.members = members_of([*named, *everyone])
    city.hear()
    give_cards(city, [*named, *everyone])
    found_firm(city, password_hash)
    return city


def save_cars(garage: Garage, home: Path) -> None:
    """Leave the cars to the player, which goes on from here."""
    store = Store(home / "services.sqlite")
    store.save_garage(garage)
    store.close()
