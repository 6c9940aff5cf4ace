"""A trip is promised one reminder for each of its starts."""

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from core.database import db, transaction
from core.ids import new_id
from experience.promises.models import Promise
from tests.factories import NOON, hours
from tests.reservations.booking.test_change import HOUR, changed
from tests.reservations.made import booked


def test_a_trip_that_moves_after_its_reminder_is_promised_and_sent_another_one(street, people):
    trip = booked(people.member())
    street.clock.at = NOON + 23.5 * HOUR
    street.work()
    changed(trip, 30, 33, now=street.clock(), once="later")
    reminders = select(Promise.state, Promise.due_at).where(
        Promise.reservation_id == trip.id, Promise.kind == "reminder").order_by(Promise.due_at)
    assert db.session.execute(reminders).all() == [("kept", hours(24, 27).start), ("open", hours(30, 33).start)]
    changed(trip, 30, 34, now=street.clock(), once="longer")  # the same start: nothing is promised anew
    street.clock.at = NOON + 29 * HOUR
    street.work()
    assert [state for state, _due in db.session.execute(reminders)] == ["kept", "kept"]
    again = {"id": new_id(), "kind": "reminder", "step": "book.reminder", "member_id": trip.member_id,
             "reservation_id": trip.id, "minted_at": NOON, "due_at": hours(30, 33).start}
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(insert(Promise), [again])
