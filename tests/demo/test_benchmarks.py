"""A ratio compares like with like."""

from flask import Flask
from sqlalchemy import func, select

from benchmarks.run import bare_insert, hold_alone, whole_booking
from core.database import db
from fleet.calendar.models import Occupancy
from tests.factories import People


def test_holding_and_its_floor_both_write_one_row_and_delete_none(app: Flask) -> None:
    for rows, work in enumerate((bare_insert, hold_alone), start=1):
        work()
        assert db.session.scalar(select(func.count()).select_from(Occupancy)) == rows


def test_a_whole_booking_writes_twenty_rows(app: Flask, people: People) -> None:
    """Occupancy, reservation, four jobs, eleven promises, two events and the trip's name in them."""
    def rows() -> int:
        return sum(db.session.scalar(select(func.count()).select_from(table)) or 0 for table in db.metadata.sorted_tables)

    member_id = people.member().id
    whole_booking(member_id)  # the member's name in events is made with their first
    before = rows()
    whole_booking(member_id)
    assert rows() - before == 20
