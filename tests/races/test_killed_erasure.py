"""A worker is killed with -9 in the middle of an erasure, at one statement or another: the next one goes on to the end, and
there is one receipt."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.database import db, transaction
from core.outbox import OutboxRow
from portal.account.models import User
from portal.privacy.ask_to_erase import ask_to_erase
from portal.privacy.export import ask_for_export
from portal.privacy.models import Erasure, ErasureState
from portal.privacy.register import HOLDERS
from tests.factories import NOON, People
from tests.races.account_deeds import work_on_erasures
from tests.races.track import SOAK, Track

pytestmark = pytest.mark.long
DUE = NOON + timedelta(days=8)
POINTS = range(5, 2000, 5) if SOAK else (30, 110, 200)


def _said_of(email: str) -> set[str]:
    """The tables in which the address stands."""
    return {table.name for table in db.metadata.sorted_tables
            if any(email in str(value) for row in db.session.execute(select(table)) for value in row)}


def test_a_worker_that_is_killed_is_followed_by_one_that_goes_on_to_the_end(track: Track) -> None:
    died, halves = {}, 0
    for at in POINTS:
        user = People().member("Quill Feather", card=None).user
        user_id, email = user.id, user.email
        ask_for_export(user=user, now=NOON)
        asked = ask_to_erase(user=user, now=NOON).id
        assert "users" in _said_of(email)
        died[at] = track.killed([user_id, "erase to the end", DUE.timestamp()], at)
        left = db.session.get_one(Erasure, asked, populate_existing=True)
        halves += left.state == ErasureState.RUNNING
        before = dict(left.erased)
        with transaction():  # the minute of the wall's clock passes for which the dead one had leased its job
            db.session.execute(update(OutboxRow).values(leased_until=None))
        work_on_erasures(DUE)
        db.session.rollback()
        done = db.session.get_one(Erasure, asked, populate_existing=True)
        assert (done.state, done.user_id, list(done.erased)) == (ErasureState.DONE, None, [one.name for one in HOLDERS]), at
        assert before.items() <= done.erased.items(), "what was done is not counted again"
        assert db.session.get_one(User, user_id, populate_existing=True).name == "Former member"
        assert _said_of(email) == set(), at
        jobs = db.session.scalars(select(OutboxRow.once).where(OutboxRow.once.startswith(f"erase-{asked}-"))).all()
        assert len(jobs) == len(set(jobs)) <= len(HOLDERS)
        if not died[at]:
            break
    assert halves > 0
    assert sum(died.values()) >= (20 if SOAK else 2)
