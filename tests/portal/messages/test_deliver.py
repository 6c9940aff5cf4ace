"""By which ways a message goes: as its member chose, each once, whatever breaks and whoever dies on the way."""

import threading
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from random import Random
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from core.database import db, transaction
from core.ids import random_id
from core.outbox import RETRY_AFTER, OutboxRow, TryLater, deliver, post
from core.time import wall_now
from portal.account.contact.choose import choose, stop_mails
from portal.account.contact.devices import add_device, devices_of
from portal.account.contact.models import PhoneNumber, PushDevice
from portal.account.contact.rules import FIRST, OPEN_WAYS, Channel, Go, Purpose
from portal.account.models import Member
from portal.letter_facts import still_booked
from portal.messages.audit import outside_choices
from portal.messages.carriers import Carriers
from portal.messages.commands import messages
from portal.messages.deliver import Kind, deliver_later_with, deliver_with
from portal.messages.models import Delivery, Message, State
from portal.messages.push import Device, EmbeddedPush, Notification
from portal.messages.sms import EmbeddedPhone
from portal.messages.undeliverable import Gone, Undeliverable
from reservations.booking.models import Reservation, Status
from tests.conftest import SOAK
from tests.factories import NOON, Clock
from tests.reservations.made import booked

CHICAGO = ZoneInfo("America/Chicago")
ALL = frozenset(OPEN_WAYS)
SERVICE, CARE, NEWS = Purpose
NIGHT = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)  # 10 PM in Chicago
MORNING = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)  # 8 AM
LETTER = "trip_safe_again"  # any template will do


def the_newest_job() -> UUID:
    newest: UUID = db.session.scalars(select(OutboxRow.id).order_by(OutboxRow.id.desc()).limit(1)).one()
    db.session.rollback()
    return newest


class Killed(BaseException):
    """The worker dies: nothing after this happens in it."""


@dataclass
class Fuse:
    """Burns at the given moment of those that pass here."""

    at: int = 0
    passed: int = 0

    def tick(self) -> None:
        self.passed += 1
        if self.passed == self.at:
            raise Killed


@dataclass
class Line:
    """A line to the outside: broken for a while by what is queued, and cut by the fuse before or after the call."""

    fuse: Fuse
    breaks: list[Exception] = field(default_factory=list)
    down: Exception | None = None

    def call(self, hand_over: Callable[[], str]) -> str:
        self.fuse.tick()
        if self.breaks:
            raise self.breaks.pop(0)
        if self.down is not None:
            raise self.down
        taken = hand_over()
        self.fuse.tick()
        return taken


class Phone(EmbeddedPhone):
    def __init__(self, folder: Path, line: Line) -> None:
        super().__init__(folder)
        self.line, self.asked = line, []

    def send(self, number: str, text: str, *, once: str) -> str:
        self.asked.append(once)
        return self.line.call(lambda: EmbeddedPhone.send(self, number, text, once=once))


class Bell(EmbeddedPush):
    def __init__(self, folder: Path, line: Line) -> None:
        super().__init__(folder)
        self.line = line

    def send(self, device: Device, notification: Notification, *, urgent: bool, once: str) -> str:
        return self.line.call(lambda: EmbeddedPush.send(self, device, notification, urgent=urgent, once=once))


@dataclass
class Post:
    line: Line
    sent: list[EmailMessage] = field(default_factory=list)

    def send(self, message: EmailMessage) -> None:
        self.line.call(lambda: self.sent.append(message) or "")


class Town:
    """Ada, whose trip it is about, her lines to the outside, and the worker."""

    def __init__(self, app: Flask, clock: Clock, trip: Reservation, folder: Path) -> None:
        self.app, self.clock, self.ada, self.trip, self.fuse = app, clock, trip.member, trip, Fuse()
        self.mail = Post(Line(self.fuse))
        self.bell, self.phone = Bell(folder / "push", Line(self.fuse)), Phone(folder / "phone", Line(self.fuse))
        with transaction():
            db.session.execute(text("DELETE FROM outbox"))

    def chooses(self, ways=FIRST, quiet=(21 * 60, 8 * 60), zone=CHICAGO) -> None:
        choose(member=self.ada, ways=ways, quiet_from=quiet[0], quiet_until=quiet[1], zone=zone, now=self.clock())

    def has_number(self) -> None:
        with transaction():
            db.session.add(PhoneNumber(id=random_id(), member_id=self.ada.id, number="+13125550123", asked_at=wall_now(),
                                       code_until=wall_now(), tries=1, verified_at=wall_now()))

    def has_device(self) -> PushDevice:
        return add_device(member=self.ada, subscription=None, name="Phone", session_id=None, now=self.clock())

    def send(self, purpose: Purpose = SERVICE, urgent: bool = False) -> UUID:
        """Post a message and let the worker do what is due."""
        post(f"{purpose}{' urgent' if urgent else ''}", member_id=self.ada.id, due=self.clock(), reservation_id=self.trip.id)
        job_id = the_newest_job()
        self.work()
        return job_id

    def work(self) -> None:
        carriers = Carriers(self.mail, self.bell, self.phone, "http://localhost", self.app.extensions["adapters"].seal)
        kinds = {f"{purpose}{' urgent' if urgent else ''}": Kind(still_booked, None, purpose=purpose, urgent=urgent)
                 for purpose in Purpose for urgent in (False, True)}
        table = {name: self._as_letter(deliver_with(kind, carriers)) for name, kind in kinds.items()}
        table["deliver_later"] = deliver_later_with({LETTER: Kind(still_booked, None)}, carriers)
        while deliver(table, limit=10):
            pass

    @staticmethod
    def _as_letter(handler):
        def handle(job):
            handler(type(job)(job.id, LETTER, job.member_id, job.facts, job.attempt, job.due_at))
        return handle

    def revive(self) -> None:
        """The minute of the lease has passed, and another worker takes over."""
        self.fuse.at = 0
        with transaction():
            db.session.execute(update(OutboxRow).values(leased_until=None))
        self.work()

    def ways(self, message_id: UUID) -> dict[str, str]:
        """State of each way, with why where it did not go."""
        db.session.rollback()
        found = db.session.scalars(select(Delivery).where(Delivery.message_id == message_id))
        return {row.channel: f"{row.state} {row.why}" if row.why else row.state for row in found}

    def inbox(self) -> int:
        return db.session.scalar(select(func.count()).select_from(Message)) or 0


@pytest.fixture
def town(app, people, clock, tmp_path) -> Town:
    return Town(app, clock, booked(people.member("Ada Okafor")), tmp_path)


# Which way.

@pytest.mark.parametrize(("purpose", "urgent", "at", "mail", "push", "sms"), [
    (SERVICE, False, NOON, "sent", "sent", "skipped not_urgent"),
    (SERVICE, True, NOON, "sent", "sent", "skipped push_reached"),
    (CARE, False, NOON, "sent", "sent", "skipped push_reached"),
    (NEWS, False, NOON, "sent", "sent", "skipped push_reached"),
    (SERVICE, False, NIGHT, "sent", "skipped quiet_hours", "skipped not_urgent"),
    (SERVICE, True, NIGHT, "sent", "sent", "skipped push_reached"),
    (CARE, False, NIGHT, "waiting quiet_hours", "waiting quiet_hours", "waiting quiet_hours"),
    (NEWS, False, NIGHT, "waiting quiet_hours", "waiting quiet_hours", "waiting quiet_hours"),
])
@pytest.mark.one_database
def test_a_message_goes_the_ways_its_purpose_and_the_hour_allow(town, purpose, urgent, at, mail, push, sms):
    town.has_number()
    town.has_device()
    town.chooses(ALL)
    town.clock.at = at
    message = town.send(purpose, urgent)
    assert town.ways(message) == {"mail": mail, "push": push, "sms": sms}
    assert town.inbox() == 1, "the inbox has it whatever the hour"


@pytest.mark.one_database
def test_who_has_chosen_nothing_gets_mail_and_notifications_where_they_allowed_them_and_no_text(town):
    town.has_number()
    assert town.ways(town.send(SERVICE, urgent=True)) == {
        "mail": "sent", "push": "skipped no_device", "sms": "skipped not_chosen"}
    town.has_device()
    assert town.ways(town.send(NEWS)) == {"mail": "sent", "push": "skipped not_chosen", "sms": "skipped not_chosen"}
    assert len(town.mail.sent) == 2


@pytest.mark.one_database
def test_the_mail_of_the_service_goes_whatever_was_chosen_and_other_mail_does_not(town):
    town.chooses(frozenset())
    assert [town.ways(town.send(purpose))["mail"] for purpose in Purpose] == ["sent", *["skipped not_chosen"] * 2]
    assert town.inbox() == 3


@pytest.mark.one_database
def test_a_site_without_text_messages_or_notifications_says_so_and_mails(town):
    town.has_number()
    town.chooses(ALL)
    town.bell = town.phone = None
    assert town.ways(town.send(urgent=True)) == {"mail": "sent", "push": "skipped not_offered", "sms": "skipped not_offered"}


def test_only_mail_that_one_may_do_without_says_how_to_stop_it(town):
    town.send(SERVICE)
    town.send(CARE)
    service, care = town.mail.sent
    assert service["List-Unsubscribe"] is None
    assert care["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = care["List-Unsubscribe"].strip("<>")
    assert link.startswith("http://localhost/unsubscribe/")
    assert link in care.get_content()


# When a way is shut.

@pytest.mark.one_database
def test_a_device_that_has_left_is_forgotten_and_what_is_urgent_goes_as_a_text(town):
    town.has_number()
    town.has_device()
    town.chooses(ALL)
    town.bell.line.breaks = [Gone("410")]
    message = town.send(SERVICE, urgent=True)
    assert town.ways(message) == {"mail": "sent", "push": "failed gone", "sms": "sent"}
    assert devices_of(town.ada.id) == []
    (said,) = town.phone.texts()
    assert said.to == "+13125550123"
    assert said.words.endswith(f"http://localhost/inbox/{message}")


@pytest.mark.one_database
def test_one_device_of_two_is_enough(town):
    town.has_number()
    town.has_device()
    town.has_device()
    town.chooses(ALL)
    town.bell.line.breaks = [Gone("410")]
    assert town.ways(town.send(SERVICE, urgent=True)) == {"mail": "sent", "push": "sent", "sms": "skipped push_reached"}
    assert len(devices_of(town.ada.id)) == 1


@pytest.mark.one_database
def test_a_push_service_that_is_down_holds_up_no_mail_and_what_is_urgent_becomes_a_text_within_seconds(town):
    town.has_number()
    town.has_device()
    town.chooses(ALL)
    town.bell.line.down = TryLater("push service: 503")
    message = town.send(SERVICE, urgent=True)
    assert town.ways(message) == {"mail": "sent", "push": "waiting no_answer", "sms": "waiting"}
    for seconds in RETRY_AFTER[:2]:
        town.clock.forward(seconds=seconds)
        town.work()
    assert town.ways(message) == {"mail": "sent", "push": "failed no_answer", "sms": "sent"}
    assert (len(town.mail.sent), len(town.phone.texts())) == (1, 1)


@pytest.mark.one_database
def test_a_number_that_takes_no_text_is_given_up_and_the_mail_has_gone(town):
    town.has_number()
    town.chooses(ALL)
    town.phone.line.down = Undeliverable("400")
    assert town.ways(town.send(SERVICE, urgent=True)) == {"mail": "sent", "push": "skipped no_device", "sms": "failed refused"}
    town.phone.line.down = TryLater("down")
    message = town.send(SERVICE, urgent=True)
    for seconds in RETRY_AFTER[:5]:
        town.clock.forward(seconds=seconds)
        town.work()
    assert town.ways(message)["sms"] == "failed no_answer", "after minutes it helps nobody any more"
    assert len(town.mail.sent) == 2


# Quiet hours.

@pytest.mark.one_database
def test_what_can_wait_waits_for_the_members_own_morning_and_holds_up_nobody(town):
    town.chooses(zone=ZoneInfo("America/New_York"))  # an hour ahead of Chicago
    town.clock.at = NIGHT
    message = town.send(CARE)
    town.send(SERVICE)
    assert [mail["Message-ID"] for mail in town.mail.sent] != [f"<{message}@roundtrip.example>"]
    assert len(town.mail.sent) == 1
    town.clock.at = MORNING - timedelta(hours=1, minutes=1)
    town.work()
    assert len(town.mail.sent) == 1
    town.clock.forward(minutes=1)
    town.work()
    assert (len(town.mail.sent), town.inbox(), town.ways(message)["mail"]) == (2, 2, "sent")


def test_a_choice_counts_at_once_also_for_what_is_waiting(town):
    town.clock.at = NIGHT
    waiting = town.send(CARE)
    town.mail.line.down = TryLater("mail server: down")
    stop_mails(member=town.ada, purpose=CARE, now=town.clock())
    town.clock.at = MORNING
    town.work()
    assert town.ways(waiting)["mail"] == "skipped not_chosen"
    failing = town.send(NEWS)
    assert town.ways(failing)["mail"] == "waiting no_answer"
    stop_mails(member=town.ada, purpose=NEWS, now=town.clock())
    town.mail.line.down = None
    town.clock.forward(seconds=RETRY_AFTER[0])
    town.work()
    assert (town.ways(failing)["mail"], town.mail.sent) == ("skipped not_chosen", [])


def test_what_has_nothing_to_say_any_more_is_not_carried_in_the_morning_nor_again(town):
    town.clock.at = NIGHT
    waiting = town.send(CARE)
    town.mail.line.down = TryLater("mail server: down")
    failing = town.send(SERVICE)
    assert (town.ways(waiting)["mail"], town.ways(failing)["mail"]) == ("waiting quiet_hours", "waiting no_answer")
    with transaction():
        town.trip.status = Status.CANCELLED
    town.mail.line.down = None
    town.clock.at = MORNING
    town.work()
    assert (town.ways(waiting)["mail"], town.ways(failing)["mail"], town.mail.sent) == ("skipped moot", "skipped moot", [])
    assert outside_choices(NIGHT, town.clock() + timedelta(days=1)).outside == []


# Nothing lost, nothing twice.

KILLED_AT = range(1, 13)


@pytest.mark.parametrize("moment", KILLED_AT)
def test_a_worker_may_die_at_any_moment(town, monkeypatch, moment):
    """The push service says that the device has left, so that push, text and mail are all tried: twelve moments to die at."""
    town.has_number()
    town.has_device()
    town.chooses(ALL)
    from portal.messages import deliver as delivering
    settled, wrote, finish = delivering._settled, delivering._write, OutboxRow

    def watched(*args, **kwargs):
        town.fuse.tick()
        settled(*args, **kwargs)
        town.fuse.tick()

    def written(*args):
        plan = wrote(*args)
        town.fuse.tick()
        return plan

    monkeypatch.setattr(delivering, "_settled", watched)
    monkeypatch.setattr(delivering, "_write", written)
    town.bell.line.down = Gone("410")
    town.fuse.at = moment
    with pytest.raises(Killed):
        town.send(SERVICE, urgent=True)
    db.session.rollback()
    town.revive()
    message = db.session.scalars(select(Message)).one()
    ways = town.ways(message.id)
    assert (ways["mail"], ways["sms"]) == ("sent", "sent")
    assert ways["push"] in ("failed gone", "skipped no_device")
    assert len(town.phone.texts()) == 1
    assert {mail["Message-ID"] for mail in town.mail.sent} == {f"<{message.id}@roundtrip.example>"}
    assert len(set(town.phone.asked)) == 1, "always the same key"
    assert db.session.scalar(select(func.count()).select_from(finish).where(finish.done_at.is_(None))) == 0


@pytest.mark.one_database
def test_there_are_no_more_moments_to_die_at(town, monkeypatch):
    town.has_number()
    town.has_device()
    town.chooses(ALL)
    town.bell.line.down = Gone("410")
    from portal.messages import deliver as delivering
    settled, wrote = delivering._settled, delivering._write
    monkeypatch.setattr(delivering, "_settled", lambda *a, **k: (town.fuse.tick(), settled(*a, **k), town.fuse.tick()))
    monkeypatch.setattr(delivering, "_write", lambda *a: (wrote(*a), town.fuse.tick())[0])
    town.send(SERVICE, urgent=True)
    assert town.fuse.passed == KILLED_AT[-1]


def test_a_worker_taken_for_dead_that_wakes_up_writes_nothing_twice(site, people, clock, tmp_path, app):
    town = Town(app, clock, booked(people.member("Ada Okafor")), tmp_path)
    town.has_number()
    town.chooses(ALL)
    at_mail, go_on, first = threading.Event(), threading.Event(), []

    def slow(message: EmailMessage) -> None:
        first.append(message)
        if len(first) == 1:
            at_mail.set()
            go_on.wait(20)
        town.mail.sent.append(message)

    town.mail.send = slow

    def work() -> None:
        with site.app_context():
            town.send(SERVICE, urgent=True)
            db.session.remove()

    sleeper = threading.Thread(target=copy_context().run, args=(work,))
    sleeper.start()
    assert at_mail.wait(20)
    town.revive()
    go_on.set()
    sleeper.join(20)
    (message,) = db.session.scalars(select(Message))
    assert town.ways(message.id) == {"mail": "sent", "push": "skipped no_device", "sms": "sent"}
    assert len(town.phone.texts()) == 1
    assert len({mail["Message-ID"] for mail in town.mail.sent}) == 1


def test_a_mail_server_that_is_down_for_a_day_costs_no_message_and_doubles_none(town):
    town.has_number()
    town.chooses(ALL)
    town.mail.line.down = TryLater("mail server: ConnectionRefusedError")
    sent = [town.send(SERVICE, urgent=True) for _ in range(12)]
    up = town.clock() + timedelta(days=1)
    while town.clock() < up + timedelta(days=1):
        if town.clock() >= up:
            town.mail.line.down = None
        town.work()
        due = db.session.scalar(select(func.min(OutboxRow.due_at)).where(
            OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None)))
        if due is None:
            break
        town.clock.at = max(due, town.clock())
    assert sorted(mail["Message-ID"] for mail in town.mail.sent) == sorted(f"<{one}@roundtrip.example>" for one in sent)
    assert (town.inbox(), len(town.phone.texts())) == (12, 12)
    assert {town.ways(one)["mail"] for one in sent} == {"sent"}


@pytest.mark.one_database
def test_mail_that_nobody_takes_for_days_is_given_up_loudly_and_can_be_tried_again(town):
    town.mail.line.down = TryLater("mail server: down")
    message = town.send()
    for seconds in RETRY_AFTER:
        town.clock.forward(seconds=seconds)
        town.work()
    assert town.ways(message)["mail"] == "failed no_answer"
    assert db.session.scalar(select(OutboxRow.failed_at).where(OutboxRow.id == message)) is not None
    assert db.session.scalar(select(Delivery.attempts).where(Delivery.channel == "mail")) == len(RETRY_AFTER) + 1


# A life: whatever is chosen, sent, broken and killed, nothing goes outside the choices, nothing is lost, nothing goes twice.

@pytest.mark.one_database
@pytest.mark.parametrize("seed", range(200 if SOAK else 4))
def test_whatever_happens_nothing_goes_outside_the_choices_and_nothing_is_lost(town, seed):
    a_life(town, seed)


GUARDS = {
    "choices are asked": ("portal.messages.deliver.judge", lambda *_args, **_urgent: Go()),
    "what went is written down": ("portal.messages.deliver._keep", lambda *_args, **_how: True),
    "quiet hours hold": ("portal.account.contact.rules.Choices.quiet_at", lambda _choices, _moment: False),
}


@pytest.mark.one_database
@pytest.mark.parametrize("guard", GUARDS)
def test_without_a_guard_the_same_life_breaks(town, monkeypatch, guard):
    """An oracle that cannot fail is none."""
    monkeypatch.setattr(*GUARDS[guard])
    with pytest.raises(AssertionError):
        a_life(town, 0)


def a_life(town: Town, seed: int) -> None:
    """A month of Ada's: she chooses, we write, lines break and workers die; in the end the books must be right."""
    dice = Random(seed)
    town.has_number()
    sent: list[UUID] = []
    for _ in range(25):
        town.clock.forward(minutes=dice.randrange(0, 400), seconds=dice.random())
        match dice.randrange(6):
            case 0:
                town.chooses(frozenset(way for way in OPEN_WAYS if dice.random() < 0.5), zone=ZoneInfo(
                    dice.choice(["America/Chicago", "Asia/Tokyo", "Europe/Berlin"])),
                    quiet=(dice.randrange(1440), dice.randrange(1440)))
            case 1:
                stop_mails(member=town.ada, purpose=dice.choice([CARE, NEWS]), now=town.clock())
            case 2 if len(devices_of(town.ada.id)) < 3:
                town.has_device()
            case _:
                for line in (town.mail.line, town.bell.line, town.phone.line):
                    line.breaks = dice.choices([[], [TryLater("down")], [TryLater("down")] * 4], [3, 1, 1])[0]
                town.bell.line.breaks = dice.choice([town.bell.line.breaks, [Gone("410")]])
                town.fuse.at = town.fuse.passed + dice.randrange(1, 20)
                sent.append(_sent_by_somebody(town, dice))
    for _ in range(len(RETRY_AFTER) + 3):
        town.clock.forward(hours=13)
        town.revive()
    audited = outside_choices(NOON - timedelta(days=1), town.clock() + timedelta(days=1))
    assert audited.outside == []
    assert audited.looked_at == len(_messages_that_are(State.SENT))
    assert outside_choices(NOON - timedelta(days=1), town.clock() + timedelta(days=1), newest=3).looked_at == 3
    assert town.inbox() == len(sent)
    assert _messages_that_are(State.WAITING) == []
    texts = [one.words for one in town.phone.texts()]
    assert len(texts) == len(set(texts)) >= len(_messages_that_are(State.SENT, Channel.SMS))
    assert set(_messages_that_are(State.SENT, Channel.MAIL)) <= {UUID(mail["Message-ID"][1:37]) for mail in town.mail.sent}


def _messages_that_are(state: State, *channels: Channel) -> list[UUID]:
    return list(db.session.scalars(select(Delivery.message_id).where(
        Delivery.state == state, Delivery.channel.in_(channels or list(Channel)))))


def _sent_by_somebody(town: Town, dice: Random) -> UUID:
    try:
        return town.send(dice.choice(list(Purpose)), urgent=dice.random() < 0.4)
    except Killed:
        db.session.rollback()
        town.fuse.at = 0
        with transaction():
            db.session.execute(update(OutboxRow).values(leased_until=None))
        return uuid4()


# The audit.

def test_the_audit_names_exactly_what_went_outside_the_choices(app, town):
    town.has_number()
    town.has_device()
    town.chooses(ALL)
    town.clock.forward(seconds=1)
    right, texted, late, old = (town.send(purpose) for purpose in (SERVICE, CARE, NEWS, CARE))
    said = app.test_cli_runner().invoke(messages, ["audit"])
    assert (said.exit_code, "none outside the choices" in said.output) == (0, True)
    town.clock.forward(seconds=1)
    town.chooses(ALL - {(CARE, Channel.SMS)})
    with transaction():  # behind our back
        db.session.execute(update(Delivery).where(Delivery.message_id == texted, Delivery.channel == "sms").values(
            state="sent", why=None, choices_version=2, decided_at=town.clock(), at=town.clock()))
        db.session.execute(update(Delivery).where(Delivery.message_id == late, Delivery.channel == "mail").values(
            decided_at=NIGHT, choices_version=2))
        db.session.execute(update(Delivery).where(Delivery.message_id == old, Delivery.channel == "mail").values(
            decided_at=town.clock() + timedelta(seconds=1)))
        db.session.execute(update(Delivery).where(Delivery.message_id == right, Delivery.channel == "push").values(
            choices_version=9))
    found = outside_choices(NOON - timedelta(days=1), NOON + timedelta(days=9)).outside
    assert {(one.message_id, one.channel, one.reason) for one in found} == {
        (texted, "sms", "way_not_chosen"), (late, "mail", "quiet_hours"), (old, "mail", "old_choices"),
        (right, "push", "unknown_choices")}
    said = app.test_cli_runner().invoke(messages, ["audit"])
    assert said.exit_code == 1
    assert f"sms of message {texted}: way_not_chosen" in said.output


def test_a_member_of_another_name_is_left_alone(town, people):
    bo: Member = people.member("Bo Lindqvist")
    town.chooses(frozenset())
    with transaction():
        post("care", member_id=bo.id, due=town.clock(), reservation_id=town.trip.id)
    other = the_newest_job()
    town.work()
    assert town.ways(other)["mail"] == "sent"
