"""`flask demo`: build the demo city, or go on from where it stopped."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from core.time import now
from demo.build import CannotBuild, Wanted, build
from demo.catch_up import catch_up
from demo.kept import BUILDING, Kept, load_kept, which_database
from demo.people import emails_of_all, give_codes, is_peopled
from demo.wipe import wipe
from fleet.cars.queries import CarsNow
from fleet.import_csv import import_city
from fleet.telematics.port import TelematicsDown
from portal.account.by_email import anybody_is_here
from portal.adapters import Adapters, city_folder
from portal.web.shell import adapters

demo = AppGroup("demo", help="The demo city: people, trips and what they said of them.")

DAYS, MEMBERS, SEED = 30, 24, 7
SHORTEST_PASSWORD = 15
NOT_WORTH_IT = timedelta(minutes=2)


@demo.command("build")
@click.option("--days", default=DAYS, show_default=True, type=click.IntRange(1, 365))
@click.option("--members", default=MEMBERS, show_default=True, type=click.IntRange(1, 5000))
@click.option("--seed", default=SEED, show_default=True, help="The same seed and --until make the same city.")
@click.option("--until", default="", help="Build up to this moment (2026-11-22T18:00+00:00); now when left out.")
@click.option("--again", is_flag=True, help="Throw away the city that is there, with everything in it, and build anew.")
def build_city(days: int, members: int, seed: int, until: str, again: bool) -> None:
    """Build the demo city: so many days of life up to now. Stopped half-way, the next build starts over."""
    _only_in_the_demo_city()
    _not_while_cars_play()
    here, kept = anybody_is_here(), _kept()
    if not again and here and (kept is None or kept.state != BUILDING):
        raise click.ClickException("There are accounts here already. To throw everything away and build anew: "
                                   "flask demo build --again")
    _build(Wanted(days, members, seed, _moment(until)), clear=again or here)


@demo.command("catch-up")
def go_on() -> None:
    """Live from where the city stopped to now; stopped half-way, the next one goes on from there."""
    _only_in_the_demo_city()
    _not_while_cars_play()
    kept = _kept()
    if kept is None or kept.state == BUILDING:
        raise click.ClickException("There is no finished city to go on with: flask demo build")
    _catch_up(kept)


@demo.command("ensure")
def ensure() -> None:
    """Build the city once; later, catch up with what happened since."""
    _only_in_the_demo_city()
    if not CarsNow().all():
        import_city(city_folder(current_app.config), seal=_outside().seal.close)
    here, kept = anybody_is_here(), _kept()
    if here and kept is None:
        click.echo("There are accounts here that no demo build made; they are left as they are. "
                   "To replace everything by the demo city: flask demo build --again")
    elif not here and _cars_play():
        raise click.ClickException("Nobody lives here yet, and the cars are played already, so no city can be built "
                                   "around them. Stop what plays them, choose another PORT or unset TELEMATICS_URL, and "
                                   "start again.")
    elif _cars_play():
        click.echo("The cars are played already, so the city is left as it is.")
    elif kept is None or kept.state == BUILDING:
        if here:
            click.echo("The last build was stopped half-way; starting over.")
        _build(Wanted(DAYS, MEMBERS, SEED, now()), clear=here)
    else:
        _catch_up(kept)
    give_codes(_outside().seal)  # a city from before staff needed them


def _build(wanted: Wanted, *, clear: bool) -> None:
    if clear:
        wipe(_home(), _outside())
    if not CarsNow().all():
        import_city(city_folder(current_app.config), seal=_outside().seal.close)
    with _progress(f"Building {wanted.days} days of the city", wanted.begins, wanted.until) as (passed, stop):
        try:
            finished = build(wanted, home=_home(), database=_database(), outside=_outside(), site_url=_site_url(),
                             password=current_app.config["DEMO_PASSWORD"], passed=passed, stop=stop)
        except CannotBuild as refusal:
            raise click.ClickException(refusal.says) from refusal
    if not finished:
        raise click.ClickException("Stopped half-way. Run it again: it starts over.")
    click.echo(f"The city lives: {wanted.days} days, {wanted.members} simulated members.")


def _catch_up(kept: Kept) -> None:
    until = now()
    if until < kept.until + NOT_WORTH_IT:
        click.echo("The city is up to date.")
        return
    with _progress("Catching up with the city", kept.until, until) as (passed, stop):
        there = catch_up(kept, home=_home(), outside=_outside(), site_url=_site_url(), until=until, passed=passed,
                         stop=stop)
    if not there:
        raise click.ClickException("Stopped on the way. Run it again: it goes on from there.")


@contextmanager
def _progress(label: str, begins: datetime, ends: datetime) -> Iterator[tuple[Callable[[datetime], None], Any]]:
    """A bar over the simulated time, and whether Ctrl-C was pressed: what is under way is finished first."""
    stopped = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: stopped.set())
    at = begins
    with click.progressbar(length=max(int((ends - begins).total_seconds()), 1), label=label) as bar:
        def passed(moment: datetime) -> None:
            nonlocal at
            bar.update(int((moment - at).total_seconds()))
            at = moment

        try:
            yield passed, stopped.is_set
        finally:
            signal.signal(signal.SIGINT, before)


def _only_in_the_demo_city() -> None:
    settings = current_app.config
    if settings["APP_ENV"] == "production" or not settings["DEMO_CITY"]:
        raise click.ClickException("The demo city has accounts with a published password and trips that nobody made: "
                                   "it is never built in production. Unset APP_ENV=production to try it out.")
    if len(settings["DEMO_PASSWORD"]) < SHORTEST_PASSWORD:
        raise click.ClickException(f"DEMO_PASSWORD is shorter than {SHORTEST_PASSWORD} characters: choose a longer one.")


def _not_while_cars_play() -> None:
    if _cars_play():
        raise click.ClickException("The site is running and its cars are being played. Stop it first, then try again.")


def _cars_play() -> bool:
    """Whether a telematics service is there, even one that refuses us: then it owns the cars, and nobody else may move them."""
    try:
        _outside().cars.changes(0, 1)
    except TelematicsDown as down:
        return down.reason != "unreachable"
    return True


def _moment(typed: str) -> datetime:
    if not typed:
        return now()
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise click.ClickException("--until is a moment with its offset, like 2026-11-22T18:00+00:00")
    return moment.astimezone(UTC)


def _kept() -> Kept | None:
    """What was written down of the city in this database; None when that is not what lives here.

    While a city is being built nobody but its own people can be in it; in a living one visitors may have joined.
    """
    kept = load_kept(_home(), _database())
    if kept is None:
        return None
    ours = not anybody_is_here(besides=emails_of_all(kept.members)) if kept.state == BUILDING else is_peopled()
    return kept if ours else None


def _database() -> str:
    return which_database(current_app.config["SQLALCHEMY_DATABASE_URI"], _home())


def _home() -> Path:
    return Path(current_app.config["PORTAL_HOME"])


def _site_url() -> str:
    return str(current_app.config["SITE_URL"])


def _outside() -> Adapters:
    found: Adapters = adapters()
    return found
