"""`insert_rows()`: what SQLAlchemy's own insert writes, without its cost for each row."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select

from core.database import db, transaction
from core.insert_rows import insert_rows
from experience.journey import Phase, Step
from experience.record.models import Event
from experience.record.observe import Scene, event_row
from tests.factories import NOON

EVENTS = Event.__table__


def a_row(**changes: Any) -> dict[str, Any]:
    row = event_row(Step.FIND_SEARCH, Phase.SUCCEEDED, scene_=Scene("a-visit", "a-trace", "member"), at=NOON,
                    facts={"found": 3, "view": "list"}, duration_ms=12, measured=(None, 1.5, "minutes"),
                    objects=[{"type": "car", "id": "7", "qualifier": "at"}])
    return row | changes


def test_it_writes_what_sqlalchemy_writes(app: Flask) -> None:
    ours, theirs = a_row(), a_row()
    with transaction():
        insert_rows(EVENTS, [ours, a_row(step="find.filter")])
        db.session.execute(insert(EVENTS), [theirs])
    def written(row: dict[str, Any]) -> dict[str, Any]:
        found = db.session.execute(select(EVENTS).where(EVENTS.c.id == row["id"])).mappings().one()
        return {name: value for name, value in found.items() if name not in ("id", "recorded_at")}
    assert written(ours) == written(theirs)
    assert written(ours)["facts"] == {"found": 3, "view": "list"}


def test_a_row_without_a_column_is_refused_and_nothing_is_written(app: Flask) -> None:
    whole, half = a_row(), a_row()
    del half["facts"]
    with pytest.raises(KeyError), transaction():
        insert_rows(EVENTS, [whole, half])
    assert db.session.scalars(select(EVENTS.c.id)).all() == []
