"""The outbox as the queue: the real worker is killed in the midst of its messages, and nothing is lost or sent twice.

`SOAK=1` kills it more often, and on both databases.
"""

import mailbox
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

import config
from core.database import db, transaction
from core.ids import random_id
from core.outbox import OutboxRow, post
from core.time import Span, quarter_at_or_after, wall_now
from portal.account.contact.choose import choose
from portal.account.contact.models import PhoneNumber
from portal.account.contact.rules import OPEN_WAYS
from portal.messages.models import Delivery, Message
from portal.web.say import CITY_ZONE
from tests.conftest import SOAK
from tests.factories import People, a_car, hours
from tests.portal.messages.outside import Provider, serving
from tests.reservations.made import booked

pytestmark = pytest.mark.long
MESSAGES, KILLS = 200, 12 if SOAK else 2
DATABASES = ["sqlite", "postgresql"] if SOAK else ["sqlite"]


@contextmanager
def worker(home: Path, database_url: str, provider: Provider) -> Iterator["subprocess.Popen[bytes]"]:
    """The worker as `make run` starts it; killed at the end of the block."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("TELEMATICS", "STRIPE", "SMTP"))} | {
        "APP_ENV": "testing", "PORTAL_HOME": str(home), "DATABASE_URL": database_url, "FLASK_APP": "wsgi:app",
        "SMS_URL": f"{provider.url}/messages", "SMS_TOKEN": provider.token, "SMS_FROM": "Roundtrip"}
    process = subprocess.Popen([sys.executable, "-m", "flask", "work"], env=environ, cwd=config.ROOT,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)


def soon(holds: Callable[[], bool], seconds: float = 90) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.02)
    return False


def sent() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Delivery).where(
        Delivery.channel == "mail", Delivery.state == "sent")) or 0


def left() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(OutboxRow).where(
        OutboxRow.kind == "trip_at_risk", OutboxRow.done_at.is_(None))) or 0


@pytest.mark.parametrize("database_url", DATABASES, indirect=True)
def test_a_worker_killed_again_and_again_in_the_midst_of_200_messages_loses_none_and_texts_none_twice(
        app, database_url, tmp_path):
    ada, start = People().member("Ada Okafor"), quarter_at_or_after(wall_now())
    trip = booked(ada, a_car(), Span(start, start + hours(0, 2).length), now=wall_now())
    with transaction():
        db.session.execute(update(OutboxRow).values(done_at=wall_now()))  # what the booking itself posted
        db.session.add(PhoneNumber(id=random_id(), member_id=ada.id, number="+13125550123", asked_at=wall_now(),
                                   code_until=wall_now(), tries=1, verified_at=wall_now()))
    choose(member=ada, ways=OPEN_WAYS, quiet_from=0, quiet_until=0, zone=CITY_ZONE, now=wall_now())
    with transaction():
        for _ in range(MESSAGES):
            post("trip_at_risk", member_id=ada.id, due=wall_now(), reservation_id=trip.id)
    with serving(Provider()) as provider:
        for turn in range(1, KILLS + 1):
            with worker(tmp_path, database_url, provider):
                assert soon(lambda some=turn * MESSAGES // (KILLS + 2): sent() >= some)
            with transaction():  # as if the minute of the lease had passed
                db.session.execute(update(OutboxRow).values(leased_until=None))
        assert 0 < left() < MESSAGES, "it was killed in their midst"
        with worker(tmp_path, database_url, provider):
            assert soon(lambda: left() == 0)
    ids = set(db.session.scalars(select(OutboxRow.id).where(OutboxRow.kind == "trip_at_risk")))
    messages = list(db.session.scalars(select(Message.id).where(Message.kind == "trip_at_risk")))
    assert (len(messages), set(messages)) == (MESSAGES, ids), "in the inbox once each"
    links = [words.rsplit("/", 1)[1] for _number, words in provider.texts]
    assert (len(links), {*links}) == (MESSAGES, {str(one) for one in ids}), "texted once each"
    mailed = {letter["Message-ID"] for letter in mailbox.Maildir(tmp_path / "mail")}
    assert mailed == {f"<{one}@roundtrip.example>" for one in ids}, "mailed at least once each, under one name"
    states = db.session.execute(select(Delivery.channel, Delivery.state, func.count()).group_by(
        Delivery.channel, Delivery.state))
    assert {(channel, state): count for channel, state, count in states} == {
        ("mail", "sent"): MESSAGES, ("sms", "sent"): MESSAGES, ("push", "skipped"): MESSAGES}
