"""What the pages of a test wrote down about who saw them."""

from collections.abc import Sequence

from flask import Flask
from sqlalchemy import select

from core.database import db
from experience.record.models import Event


def views_of(site: Flask) -> Sequence[Event]:
    """Every event there is, in the order of its moment; what still waits in the process is written first."""
    site.extensions["page_views"].flush()
    with site.app_context():
        return db.session.scalars(select(Event).order_by(Event.time, Event.id)).all()
