"""A ratio compares like with like."""

from flask import Flask
from sqlalchemy import func, select

from benchmarks.run import bare_insert, hold_alone
from core.database import db
from fleet.calendar.models import Occupancy


def test_holding_and_its_floor_both_write_one_row_and_delete_none(app: Flask) -> None:
    for rows, work in enumerate((bare_insert, hold_alone), start=1):
        work()
        assert db.session.scalar(select(func.count()).select_from(Occupancy)) == rows
