"""What is kept for how long: what browsers told 90 days, steps 25 months, and on PostgreSQL a month goes at once."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text

from core.database import db, transaction
from core.ids import uuid7_at
from experience.journey import Phase, Step
from experience.record.forget import AT_ONCE, forget_old, months_before
from experience.record.models import BrowserEvent, QuarantinedEvent
from experience.record.partitions import make_partitions
from tests.experience.given import happened, log, write
from tests.factories import NOON


def _told(at: datetime) -> dict[str, object]:
    return {"source": "x", "id": uuid4(), "type": "x", "kind": "vitals", "dataschema": "x", "time": at, "recorded_at": at,
            "clock_offset_ms": 0, "step": "learn.home", "session_id": "s", "trace_id": "t", "journey_id": "s", "facts": {},
            "app_version": "0", "is_demo": False}


def _count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_what_browsers_told_goes_after_90_days_and_not_before(app: Flask) -> None:
    old, young = NOON - timedelta(days=90, seconds=1), NOON - timedelta(days=89, hours=23)
    with transaction():
        db.session.execute(insert(BrowserEvent), [_told(old) for _ in range(AT_ONCE + 1)] + [_told(young)])
        db.session.execute(insert(QuarantinedEvent), [
            {"at": at, "source": "x", "step": "learn.home", "reason": "x", "body": "{}"} for at in (old, young)])
    gone = forget_old(NOON)
    assert (gone["browser_events"], gone["quarantined_events"]) == (AT_ONCE + 1, 1)
    assert (_count(BrowserEvent), _count(QuarantinedEvent)) == (1, 1)
    assert set(forget_old(NOON).values()) == {0}


def test_steps_go_after_25_months_with_their_month(app: Flask) -> None:
    limit = months_before(NOON, 25)
    assert limit == datetime(2024, 10, 1, tzinfo=UTC)
    if db.engine.dialect.name == "postgresql":
        with transaction():
            make_partitions(db.session.connection(), datetime(2024, 8, 1, tzinfo=UTC), 3)
    moments = [datetime(2024, 8, 5, tzinfo=UTC), limit - timedelta(seconds=1), limit, NOON, datetime(2019, 1, 1, tzinfo=UTC)]
    write(*(happened(Step.FIND_SEARCH, Phase.ENTERED, at, session="s") | {"id": uuid7_at(at, number)}
            for number, at in enumerate(moments)))
    gone = forget_old(NOON)
    assert [event.time for event in log()] == [limit, NOON]
    if db.engine.dialect.name == "postgresql":
        assert (gone["months"], gone["events"]) == (2, 1)  # one lay in the part for everything else
        left = set(db.session.scalars(text("SELECT relname FROM pg_class WHERE relname ~ '^events_2024'")))
        assert "events_2024_10" in left
        assert not left & {"events_2024_08", "events_2024_09"}
    else:
        assert gone["events"] == 3


@pytest.mark.parametrize(("moment", "before"), [
    (datetime(2026, 2, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)),
    (datetime(2026, 1, 31, tzinfo=UTC), datetime(2023, 12, 1, tzinfo=UTC)),
    (datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2023, 11, 1, tzinfo=UTC))])
def test_whole_months_are_counted(moment: datetime, before: datetime) -> None:
    assert months_before(moment, 25) == before
