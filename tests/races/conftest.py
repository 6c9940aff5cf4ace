"""The racers' stable and a track on each database, which all files of races share: to start them takes longest."""

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.database import db
from fleet.cars.models import Car, CarState
from portal.app import create_app
from tests.conftest import DATABASES, fresh_database, settings_for
from tests.factories import People
from tests.races.house import the_house_is_right
from tests.races.track import MEMBERS, PROCESSES, Stable, Track


@pytest.fixture(scope="session")
def stable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stable]:
    """The process that racers come from."""
    stable = Stable(os.environ | {"APP_ENV": "testing", "PORTAL_HOME": str(tmp_path_factory.mktemp("stable"))})
    with stable.process:
        yield stable
        stable.process.stdin.close()


@pytest.fixture(scope="session", params=DATABASES)
def track_of(request: pytest.FixtureRequest, stable: Stable, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Track]:
    """A database with members and cars, and four processes that race over it."""
    home = tmp_path_factory.mktemp("track")
    with fresh_database(request, request.param, home) as url:
        app = create_app(settings_for(home, url))
        with app.app_context():
            members = [People().member(f"Racer {n}").id for n in range(MEMBERS)]
            cars = list(db.session.scalars(select(Car.id).where(Car.state != CarState.RETIRED).order_by(Car.id)))
        environ = os.environ | {"APP_ENV": "testing", "PORTAL_HOME": str(home), "DATABASE_URL": url}
        stable.order(open=[str(home), url], processes=PROCESSES)
        yield Track(app, environ, stable, members, cars)
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def track(track_of: Track) -> Iterator[Track]:
    """The track, its site's context open for this race alone; the house is looked over after it."""
    with track_of.app.app_context():
        yield track_of
        the_house_is_right(track_of)
