"""What we write to members: once in the inbox, at least once by mail, always under the same Message-ID."""

import mailbox
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from flask import current_app
from sqlalchemy import func, select, text

from core.database import db, transaction
from core.ids import new_id
from core.outbox import RETRY_AFTER, OutboxRow, TryLater, post
from experience.asks.models import Mood, NoteReply
from experience.asks.say import say_how_it_goes
from experience.journey import Step
from fleet.telematics.player.cars import Faults
from portal.account.contact.rules import Purpose
from portal.billing.payers.invite import invite
from portal.billing.payers.models import InvitedAs
from portal.billing.payers.payer_of import own_payer
from portal.handlers import handlers
from portal.messages.letter import Outgoing, letter
from portal.messages.mail import MaildirMail, SmtpMail
from portal.messages.models import Delivery, Message
from portal.worker import do_due
from reservations.booking.cancel import cancel
from reservations.trip.queries import trip_of
from reservations.trip.return_car import return_car
from tests.factories import NOON, a_car, hours
from tests.reservations.made import TOMORROW, Street, a_street, booked, steps
from tests.reservations.pages import browser_of, words_of

# The other rooms' kinds have tests of their own; below, every kind has its words.
OF_TRIPS = {"booking_cancelled", "booking_confirmed", "no_show_released", "note_reply", "trip_at_risk", "trip_reminder",
            "trip_safe_again"}


class Post:
    """A mail carrier that remembers, and may be told to fail."""

    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []
        self.broken = False

    def send(self, message: EmailMessage) -> None:
        if self.broken:
            raise TryLater("mail server: down")
        self.sent.append(message)


@pytest.fixture
def street(app, clock) -> Street:
    return a_street(app, clock)


@pytest.fixture
def carrier(app) -> Post:
    made = Post()
    app.extensions["adapters"] = replace(app.extensions["adapters"], mail=made)
    return made


def inbox() -> list[Message]:
    db.session.rollback()
    return list(db.session.scalars(select(Message).order_by(Message.at, Message.id)))


def body(message: Message) -> str:
    """What it says."""
    return current_app.extensions["adapters"].seal.open(message.body_sealed)


def test_what_we_wrote_lies_sealed(app, people, clock):
    booked(people.member("Ada Okafor"), a_car(name="Acorn"))
    do_due(app)
    stored = db.session.execute(text("SELECT body FROM messages")).scalars().all()
    assert stored
    assert not [words for words in stored if "Acorn" in words or "Ada" in words]


def test_a_confirmation_is_in_the_inbox_and_in_the_mail_within_the_minute(app, people, clock, carrier):
    ada = people.member("Ada Okafor")
    trip = booked(ada, a_car(name="Acorn"))
    clock.forward(seconds=20)
    do_due(app)
    (message,) = inbox()
    (letter,) = carrier.sent
    assert (message.kind, message.member_id, message.mailed_at) == ("booking_confirmed", ada.id, clock())
    assert (letter["To"], letter["Subject"]) == (ada.user.email, message.subject)
    assert letter["Message-ID"] == f"<{message.id}@roundtrip.example>"
    assert "Acorn" in message.subject
    assert "Hello Ada," in body(message)
    assert f"/trips/{trip.reference}" in body(message)
    assert "You can cancel it free until Wed, Nov 25, 9:00" in body(message)
    assert ("book.confirmation", "succeeded", None) in steps()


def test_every_kind_of_message_reads_as_words(app, people, clock, carrier):
    ada, car = people.member("Ada Okafor"), a_car(name="Acorn")
    trip = booked(ada, car)
    seal = app.extensions["adapters"].seal
    note = say_how_it_goes(member=ada, step=Step.FIND_SEARCH, mood=Mood.BAD, words="It was slow.", trip=None, facts={},
                           seal=seal, now=NOON)
    with transaction():
        reply = NoteReply(note_id=note.id, by_user_id=people.staff("cx").id, at=NOON, words_sealed=seal.close("Sorry!"))
        db.session.add(reply)
        trip.cancelled_at = trip.starts_at + timedelta(hours=1)
        db.session.flush()
    facts = {"reservation_id": trip.id, "fee_cents": 1234, "note_id": note.id, "reply_id": reply.id}
    with transaction():
        for kind in OF_TRIPS:
            post(kind, member_id=ada.id, **facts)
    do_due(app)
    assert {message.kind for message in inbox()} == OF_TRIPS
    for message in inbox():
        assert message.subject
        assert "%(" not in body(message)
        assert "{{" not in body(message)
        assert "None" not in body(message)
    assert any("Sorry!" in body(message) for message in inbox())
    assert any("$12.34" in body(message) for message in inbox())


@pytest.mark.one_database
def test_every_kind_has_its_words(app):
    names = {name.removeprefix("portal/messages/mail/").removesuffix(".txt") for name in app.jinja_env.list_templates()
             if name.startswith("portal/messages/mail/")}
    table = handlers(app.extensions["adapters"], "http://localhost")
    assert {kind for kind, handler in table.items() if handler.__qualname__.startswith("deliver_with.")} <= names


@pytest.mark.parametrize("silent", [False, True])
def test_the_receipt_is_sent_whether_the_car_said_how_far_it_went_or_not(people, street, carrier, silent):
    trip = street.unlocked(booked(people.member("Ada Okafor"), a_car(name="Acorn")))
    street.garage.set_faults(trip.car.vin, Faults(offline=silent), at=street.clock())
    street.work()
    street.clock.at = trip.ends_at
    return_car(reservation=trip, odometer=int(trip_of(trip).start_odometer), energy=100, now=street.clock(), lock=False)
    street.work()
    receipt = next(message for message in inbox() if message.kind == "receipt")
    assert ("You drove" in body(receipt)) is not silent
    assert "Total: $" in body(receipt)
    assert "None" not in body(receipt)


def test_the_reminder_comes_an_hour_before_and_only_while_the_trip_stands(app, people, clock, carrier):
    stands, cancelled = booked(people.member(), a_car(name="Acorn")), booked(people.member(), a_car(name="Basil"))
    cancel(reservation=cancelled, now=NOON)
    clock.at = TOMORROW.start - timedelta(hours=1)
    do_due(app)
    reminders = [message for message in inbox() if message.kind == "trip_reminder"]
    assert [message.member_id for message in reminders] == [stands.member_id]


def test_mail_that_nobody_takes_is_tried_again_and_the_inbox_has_it_once(app, people, clock, carrier):
    booked(people.member())
    carrier.broken = True
    do_due(app)
    assert len(inbox()) == 1
    assert inbox()[0].mailed_at is None
    carrier.broken = False
    clock.forward(seconds=RETRY_AFTER[0])
    do_due(app)
    assert (len(inbox()), len(carrier.sent)) == (1, 1)
    assert inbox()[0].mailed_at is not None


def test_a_worker_that_dies_after_sending_sends_the_same_message_id_again(app, people, clock, carrier):
    booked(people.member())
    do_due(app)
    with transaction():  # as if it had died before writing that it had sent
        mailed = db.session.scalars(select(Delivery).where(Delivery.channel == "mail")).one()
        mailed.state = "waiting"
        job = db.session.scalars(select(OutboxRow).where(OutboxRow.id == mailed.message_id)).one()
        job.done_at = None
    do_due(app)
    assert len(carrier.sent) == 2
    assert len({letter["Message-ID"] for letter in carrier.sent}) == 1
    assert db.session.scalar(select(func.count()).select_from(Message)) == 1


@pytest.mark.one_database
@pytest.mark.parametrize("name", ["Ada\r\nBcc: all@example.com", "Ada\nX: y", "Ada\u2028B", "Ada\x0bB",
                                  "Ada\x85Bcc: all@example.com"])
@pytest.mark.check("mailinject")
def test_line_ends_in_a_name_add_no_header(app, people, clock, carrier, name):
    ada = people.member(name, card=None)
    invite(payer_id=own_payer(ada.id).id, email="kim@example.net", invited_as=InvitedAs.DRIVER, by=ada.user, now=NOON)
    do_due(app)
    (mailed,) = carrier.sent
    assert mailed["Subject"].startswith("Ada")
    said = Outgoing(new_id(), ada.id, ada.user.email, "letter", Purpose.SERVICE, False, NOON, f"{name} drives now", "Hello", {})
    for one in (mailed, letter(said, "https://cars.example")):
        heads = message_from_bytes(one.as_bytes())
        assert heads["Bcc"] is heads["X"] is None
        assert len(heads.get_all("Subject")) == 1


def test_the_maildir_keeps_letters_as_every_mail_program_reads_them(tmp_path):
    letter = EmailMessage()
    letter["To"], letter["Subject"] = "ada@example.com", "Grüße"
    letter.set_content("Hello\n")
    MaildirMail(tmp_path / "mail").send(letter)
    (kept,) = mailbox.Maildir(tmp_path / "mail")
    assert kept["To"] == "ada@example.com"


def test_a_mail_server_that_does_not_answer_is_asked_later(free_port):
    with pytest.raises(TryLater, match="ConnectionRefusedError"):
        SmtpMail(f"smtp://127.0.0.1:{free_port}").send(EmailMessage())


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example:25", ""])
def test_an_address_that_is_no_mail_server_is_refused_at_the_start(url):
    with pytest.raises(ValueError, match="SMTP_URL looks like"):
        SmtpMail(url)


def test_the_inbox_shows_ones_own_messages_and_marks_them_read(app, site, people, clock, carrier):
    ada, bo = people.member("Ada Okafor"), people.member("Bo Lindqvist")
    booked(ada, a_car(name="Acorn"))
    booked(bo, a_car(name="Basil"), hours(30, 32))
    do_due(app)
    mine = browser_of(site, ada.user, clock)
    assert "Acorn" in words_of(mine.get("/inbox"))
    assert "Basil" not in words_of(mine.get("/inbox"))
    theirs = next(message for message in inbox() if message.member_id == bo.id)
    assert mine.get(f"/inbox/{theirs.id}").status_code == 404
    assert mine.post("/inbox/read").status_code == 302
    assert {(message.member_id == ada.id, message.read_at is not None) for message in inbox()} == {
        (True, True), (False, False)}


def test_the_page_of_all_mail_is_the_demo_citys_only(app, site, people, clock):
    booked(people.member(), a_car(name="Acorn"))
    do_due(app)
    visitor = browser_of(site, people.member().user, clock)
    assert "Booked: Acorn, Wed, Nov 25, 12:00 PM – 3:00 PM" in words_of(visitor.get("/demo/mail"))
    site.config["DEMO_CITY"] = False
    assert visitor.get("/demo/mail").status_code == 404
