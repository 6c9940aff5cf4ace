"""On PostgreSQL every month of events has its partition before the month begins."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import text

from core.database import db, transaction
from core.ids import uuid7_at
from experience.journey import Phase, Step
from experience.record.partitions import keep_ahead
from tests.experience.given import happened, write

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
THEN = datetime(2041, 3, 14, tzinfo=UTC)  # long after the months that the migrations made


def partitions_of_then() -> list[str]:
    """The partitions from that moment's year on."""
    with transaction():
        return list(db.session.scalars(text(
            "SELECT relid::text FROM pg_partition_tree('events') WHERE relid::text >= 'events_2041' "
            "AND relid::text <> 'events_other' AND isleaf ORDER BY 1")))


def test_the_months_ahead_are_made_and_made_only_once(app: Flask) -> None:
    for _ in range(2):
        keep_ahead(THEN)
        assert partitions_of_then() == ["events_2041_03", "events_2041_04", "events_2041_05", "events_2041_06"]


def test_a_month_whose_rows_lie_elsewhere_already_does_not_keep_the_others_from_being_made(app: Flask) -> None:
    april = datetime(2041, 4, 2, tzinfo=UTC)
    write(happened(Step.FIND_SEARCH, Phase.ENTERED, april, session="s") | {"id": uuid7_at(april)})
    keep_ahead(THEN)
    assert partitions_of_then() == ["events_2041_03", "events_2041_05", "events_2041_06"]
