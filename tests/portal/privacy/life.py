"""A member with a rich life, made through the real use cases, and everything by which a search would find them."""

import io
import zipfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from core.audit import AuditRow
from core.database import db, transaction
from core.ids import new_id
from core.money import Money
from core.sealed import Seal
from experience.asks.answer import answer_ask
from experience.asks.models import AskRow, Mood, NoteReply
from experience.asks.say import say_how_it_goes
from experience.cases.models import Rule, Severity
from experience.cases.open import Hit, open_case
from experience.cases.write_note import write_note
from experience.insight.models import LookupReason
from experience.insight.reidentify import reidentify
from experience.journey import Step
from experience.promises.by_hand import promise_by_hand, settle_by_hand
from experience.record.pids import pid_of
from portal.account.contact.confirm_number import ask_for_code
from portal.account.contact.devices import add_device
from portal.account.models import Member, Role
from portal.account.sessions import begin_session
from portal.api.models import Scope
from portal.api.tokens import give_token
from portal.billing.disputes.decide import decide
from portal.billing.disputes.open import open_dispute
from portal.billing.ledger.models import LedgerRow, Origin
from portal.help.context import About
from portal.help.door import door_of
from portal.help.models import IncomingMail, Kind
from portal.help.note import add_note
from portal.help.remarks.models import Remark
from portal.help.reply import reply_to
from portal.help.start import Call, Visitor, start_conversation
from portal.help.suggestions.models import Wanted
from portal.help.suggestions.suggest import suggest
from portal.licence.decide import accept_licence
from portal.licence.keep_picture import keep_picture
from portal.licence.models import Side
from portal.licence.submit import Details, draft_of, keep_details, submit_licence
from portal.privacy.models import Erasure
from reservations.favourites.models import FavouriteCar
from reservations.feed.start import start_feed
from reservations.waitlist.join import Wish, join_waitlist
from tests.factories import NOON, People, a_car, a_card, hours
from tests.portal.business.made import a_business, an_admin
from tests.portal.licence.showing import photo
from tests.reservations.made import Street, booked
from tests.reservations.pages import browser_of

NAME, EMAIL, PHONE, NUMBER = "Zephyrine Quillfeather", "zephyrine.quillfeather@example.net", "+13125557788", "Q41298765432"
WORDS = "marmalade"  # in everything that is written by or about her
FINDS = ("zephyrine", "quillfeather", EMAIL, "3125557788", NUMBER.lower(), WORDS)


@dataclass
class Life:
    """Her, and the places where something of her may lie."""

    app: Flask
    member: Member
    home: Path
    seal: Seal

    def found(self) -> dict[str, set[str]]:
        """Where each of the words is found: in which tables (sealed ones opened), files and folders."""
        found: dict[str, set[str]] = {}
        for place, said in self._everything():
            plain = said.lower()
            for word in FINDS:
                if word in plain:
                    found.setdefault(place, set()).add(word)
        return found

    def _everything(self) -> Any:
        for table in db.metadata.sorted_tables:
            for row in db.session.execute(select(table)):
                yield table.name, " ".join(self._opened(value) for value in row)
        for path in (path for path in self.home.rglob("*") if path.is_file() and "roundtrip" not in path.name):
            raw = path.read_bytes()
            place = path.relative_to(self.home).parts[0]
            yield place, self._opened(raw.decode(errors="replace"))
        stripe = self.app.extensions["adapters"].stripe.store
        yield "stripe", repr([stripe._objects, stripe._answers])

    def _opened(self, value: Any) -> str:
        """As text; whatever our key opens is opened."""
        if isinstance(value, dict | list):
            parts = value.values() if isinstance(value, dict) else value
            return " ".join(self._opened(each) for each in parts)
        said = str(value)
        return self._unsealed(said) if said.startswith("gAAAA") else said

    def _unsealed(self, said: str) -> str:
        data = self.seal.open_bytes(said.encode())
        if data.startswith(b"PK"):
            data = zipfile.ZipFile(io.BytesIO(data)).read("data.json")
        return data.decode(errors="replace")


def tied_to(erasure: Erasure) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table that name this erasure by its id or its number, but for jobs that know no person."""
    names, found = (str(erasure.id), erasure.id.hex, erasure.number), {}
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(select(table)).mappings():
            if any(name in str(value) for name in names for value in row.values()) and not (
                    row.get("id") == erasure.id or (table.name == "outbox" and row["member_id"] is None
                                                    and set(row["facts"]) <= {"erasure_id", "holder"})):
                found.setdefault(table.name, []).append(dict(row))
    return found


def a_rich_life(app: Flask, street: Street, people: People, home: Path) -> Life:
    """All of it, over two days, with nothing left open."""
    seal, at = app.extensions["adapters"].seal, NOON
    member = people.member(NAME, card=None)
    with transaction():
        db.session.get_one(Member, member.id).user.email = EMAIL
        db.session.get_one(Member, member.id).phone = PHONE
    member = db.session.get_one(Member, member.id)
    a_card(member)
    cx, support, finance = (people.staff(role) for role in (Role.CX, Role.SUPPORT, Role.FINANCE))
    _account(member, seal)
    _licence(app, member)
    trip = street.returned(street.unlocked(booked(member, a_car(), hours(1, 3))))
    _help(app, member, trip, support.id, seal)
    _asked(member, trip, cx.id, seal)
    _business(app, street, member, people)
    line = db.session.scalars(select(LedgerRow).where(
        LedgerRow.reservation_id == trip.id, LedgerRow.origin == Origin.QUOTE)).first()
    dispute = open_dispute(member=member, line=line, words=f"{WORDS}: too much", seal=seal, now=at + timedelta(hours=4))
    decide(dispute=dispute, back=Money(0), reply=f"It stands, {NAME}: {WORDS}", seal=seal, by_user_id=finance.id,
           now=at + timedelta(hours=5))
    reidentify(pid=pid_of("member", member.id), by_user_id=cx.id, reason=LookupReason.ASKED,
               words=f"{NAME} asked for {WORDS}", seal=seal, now=at)
    join_waitlist(member=member, wish=Wish(hours(48, 50), a_car(name="Basil")), once="life", now=at)
    street.work()
    return Life(app, db.session.get_one(Member, member.id), home, seal)


def _business(app: Flask, street: Street, member: Member, people: People) -> None:
    """With somebody else she runs a business, and changes something of it."""
    firm = a_business("Lakeside Ltd", admins=(member.user, an_admin(people)))
    browser_of(app, member.user, street.clock).fill_in(f"/business/{firm.id}/cost-centres", name="Sales", code="S1", active="y")
    assert db.session.scalar(select(AuditRow.id).where(AuditRow.actor_id == member.user_id)) is not None


def _account(member: Member, seal: Seal) -> None:
    session = begin_session(member.user, remember=True, device="Firefox")
    assert session
    ask_for_code(member=member, number=PHONE, now=NOON)
    add_device(member=member, subscription=None, name="Zephyrine's phone", session_id=None, now=NOON)
    give_token(member=member, name="Zephyrine's script", scopes=[Scope.READ])
    start_feed(member=member, seal=seal, now=NOON)
    with transaction():
        db.session.add(FavouriteCar(member_id=member.id, car_id=a_car().id, since=NOON))


def _licence(app: Flask, member: Member) -> None:
    around = app.extensions["adapters"]
    licence = draft_of(member, NOON)
    for shade, side in enumerate(Side):
        keep_picture(licence=licence, side=side, stream=io.BytesIO(photo(50 + 40 * shade)), now=NOON, files=around.files,
                     seal=around.seal)
    keep_details(licence=licence, seal=around.seal,
                 details=Details("US-IL", NUMBER, NAME, date(2015, 3, 1), date(2029, 3, 1)))
    submit_licence(licence=licence, now=NOON)
    accept_licence(licence=licence, by_id=None, now=NOON)


def _help(app: Flask, member: Member, trip: Any, by_id: int, seal: Seal) -> None:
    asked = start_conversation(who=member, kind=Kind.CALLBACK, words=f"I like {WORDS}. {NAME}", about=About(reservation=trip),
                               once="life", seal=seal, now=NOON, call=Call(PHONE))
    reply_to(conversation_id=asked.id, words=f"Dear {NAME}, {WORDS} it is.", by_user_id=by_id, seal=seal, now=NOON)
    add_note(conversation_id=asked.id, words=f"{NAME} wants {WORDS}", by_user_id=by_id, seal=seal, now=NOON)
    door = door_of(app.config)
    start_conversation(who=Visitor(EMAIL, door.hash_of(EMAIL)), kind=Kind.QUESTION, words=f"Before I joined: {WORDS}?",
                       about=About(), once="life-before", seal=seal, now=NOON)
    suggest(member=member, wanted=Wanted.LOT, lot=trip.car.lot, car_class=None, words=f"Near my {WORDS}", seal=seal, now=NOON)
    with transaction():
        db.session.add(Remark(id=new_id(), member_id=member.id, car_id=trip.car_id, at=NOON, words=f"Smells of {WORDS}",
                              state="shown", once="life"))
        db.session.add(IncomingMail(id="f" * 64, at=NOON, state="quarantined", why="other_sender",
                                    from_sealed=seal.close(f"{NAME} <{EMAIL}>"), subject_sealed=seal.close(WORDS),
                                    words_sealed=seal.close(WORDS)))


def _asked(member: Member, trip: Any, by_id: int, seal: Seal) -> None:
    note = say_how_it_goes(member=member, step=Step.FIND_SEARCH, mood=Mood.BAD, words=f"No {WORDS}", trip=None, facts={},
                           seal=seal, now=NOON)
    with transaction():
        db.session.add(NoteReply(note_id=note.id, by_user_id=by_id, at=NOON, words_sealed=seal.close(f"Sorry, {NAME}")))
        ask = AskRow(id=new_id(), member_id=member.id, solicitation="dispute_ease", metric="ease", exempt=False,
                     step=str(Step.PAY_DISPUTE), state="shown", shown_by="page", offered_at=NOON, shown_at=NOON,
                     expires_at=NOON + timedelta(days=3), rules_version=1, probability=1.0, facts={}, once="life")
        db.session.add(ask)
    answer_ask(ask_id=ask.id, value=2, words=f"Because of {WORDS}", channel="page", locale="en", seal=seal, now=NOON)
    promise = promise_by_hand(member_id=member.id, words=f"{WORDS} by Friday", due_at=NOON + timedelta(days=1), owner_id=by_id,
                              by_user_id=by_id, seal=seal, now=NOON)
    settle_by_hand(promise_id=promise.id, kept=False, evidence=f"{NAME} had none", told=f"No {WORDS} left", by_user_id=by_id,
                   now=NOON, seal=seal)
    case = open_case(member_id=member.id, hit=Hit(Rule.HAND, "hand:life", Step.PICKUP_CHECK, Severity.MINOR), now=NOON)
    write_note(case_id=case.id, words=f"{NAME}: {WORDS}", by_user_id=by_id, once="life-note", seal=seal, now=NOON)
