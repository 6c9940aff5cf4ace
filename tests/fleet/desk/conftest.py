"""The desk's tests happen at noon, seen by a fleet manager."""

from collections.abc import Iterator

import pytest

from core.time import service_clock
from portal.account.models import Role
from tests.factories import NOON, People, sign_in


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    """The service's clock stands at noon."""
    with service_clock(lambda: NOON):
        yield


@pytest.fixture
def manager(site):
    """A client signed in as a fleet manager."""
    with site.app_context():
        email = People().staff(Role.FLEET).email
    return sign_in(site, email)
