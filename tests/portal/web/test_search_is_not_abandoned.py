"""A search that found cars has ended: nobody abandoned it."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from core.database import db
from core.time import now
from experience.record.abandon import note_abandoned
from experience.record.models import Event


def test_a_search_that_was_answered_is_not_abandoned_later(site: Flask) -> None:
    site.test_client().get("/cars?near=Logan+Square")
    site.extensions["page_views"].flush()
    with site.app_context():
        note_abandoned(now() + timedelta(hours=2))
        phases = set(db.session.scalars(select(Event.phase).where(Event.step == "find.search")))
    assert phases == {"entered", "succeeded"}
