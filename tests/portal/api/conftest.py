"""Machines, and the members they act for."""

import pytest

from tests.portal.api.machines import Machine, machine_of


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def bo(people):
    return people.member("Bo Lindqvist")


@pytest.fixture
def machine(site, app, clock, ada) -> Machine:
    """Ada's machine, which may do everything."""
    return machine_of(site, ada, clock)


@pytest.fixture
def stranger(site, app, clock) -> Machine:
    """A machine without a token."""
    return Machine(site, clock)
