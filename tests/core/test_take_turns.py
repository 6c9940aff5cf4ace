"""Two at once where there is no row to lock yet: one writes, the other finds it. Nobody's form ends in an error of ours."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.database import db, take_turns
from core.refusal import Refusal
from core.time import service_clock
from experience.asks.in_force import switch_on
from experience.asks.models import AskRule, AskWording
from experience.asks.wording import write_wording
from experience.promises.by_hand import promise_by_hand
from experience.promises.models import Promise
from portal.account.models import Member, Role
from portal.help.context import About
from portal.help.errors import TooManyOpen
from portal.help.mail_in import read_mail
from portal.help.models import Conversation, IncomingMail, Kind
from portal.help.remarks.models import Remark
from portal.help.remarks.write import write_remark
from portal.help.start import MOST_OF_A_VISITOR, Visitor, start_conversation
from portal.help.take_mail import take_mail
from reservations.booking.models import Reservation, Status
from tests.factories import NOON, Clock
from tests.portal.help.made import LEILA, Desk, by_mail
from tests.reservations.made import TOMORROW, booked

ROUNDS = 8


def at_once(site: Flask, clock: Clock, does: Callable[[int, int], Any], hands: int = 2) -> list[list[Any]]:
    """What each hand got in each round: `does(round, hand)`, its Refusal's code, all hands at once."""
    barrier = Barrier(hands)

    def press(turn: int, hand: int) -> Any:
        with site.app_context(), service_clock(clock):
            barrier.wait()
            try:
                return does(turn, hand)
            except Refusal as refusal:
                return refusal.code
            finally:
                db.session.remove()

    db.session.rollback()
    with ThreadPoolExecutor(hands) as pool:
        return [[each.result() for each in [pool.submit(press, turn, hand) for hand in range(hands)]] for turn in range(ROUNDS)]


def counted(what: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(what)) or 0


def test_a_turn_is_taken_in_a_transaction_only(app):
    with pytest.raises(LookupError):
        take_turns("nothing")


def test_the_same_form_twice_is_one_conversation(site, app, clock, people):
    ada, seal = people.member().id, app.extensions["adapters"].seal
    got = at_once(site, clock, lambda turn, _hand: start_conversation(
        who=db.session.get_one(Member, ada), kind=Kind.QUESTION, words="Where is the charger?", about=About(),
        once=f"form-{turn}", seal=seal, now=clock()).id)
    assert all(one == other for one, other in got)
    assert counted(Conversation) == ROUNDS


def test_two_taps_on_help_now_are_one_conversation_for_the_trip(site, app, clock, people):
    ada, seal = people.member(), app.extensions["adapters"].seal
    trips = [booked(ada, span=TOMORROW.shifted(timedelta(days=turn))).id for turn in range(ROUNDS)]
    member_id = ada.id

    def tap(turn: int, hand: int) -> Any:
        trip = db.session.get_one(Reservation, trips[turn])
        return start_conversation(
            who=db.session.get_one(Member, member_id), kind=Kind.URGENT, words="It does not open.", once=f"tap-{turn}-{hand}",
            about=About(reservation=trip, car=trip.car), seal=seal, now=clock()).id

    assert all(one == other for one, other in at_once(site, clock, tap))
    assert counted(Conversation) == ROUNDS


def test_an_address_is_not_flooded_by_forms_sent_at_once(site, app, clock):
    seal, hands = app.extensions["adapters"].seal, MOST_OF_A_VISITOR + 2
    got = at_once(site, clock, lambda turn, hand: str(start_conversation(
        who=Visitor(LEILA, f"hash-{turn}"), kind=Kind.QUESTION, words="Hello?", about=About(),
        once=f"visit-{turn}-{hand}", seal=seal, now=clock()).kind), hands)
    assert [sum(each == TooManyOpen.code for each in turn) for turn in got] == [2] * ROUNDS


def test_the_same_remark_twice_is_one(site, clock, people):
    trips = [booked(people.member(), span=TOMORROW.shifted(timedelta(days=turn))) for turn in range(ROUNDS)]
    for trip in trips:
        trip.status = str(Status.RETURNED)
    db.session.commit()
    ids = [trip.id for trip in trips]

    def write(turn: int, _hand: int) -> Any:
        trip = db.session.get_one(Reservation, ids[turn])
        return write_remark(member=trip.member, car=trip.car, lot=None, words="The charger is behind the pillar",
                            once=f"remark-{turn}", now=clock()).id

    assert all(one == other for one, other in at_once(site, clock, write))
    assert counted(Remark) == ROUNDS


def test_the_same_promise_by_hand_twice_is_one(site, app, clock, people):
    ada, ana, seal = people.member().id, people.staff(Role.SUPPORT).id, app.extensions["adapters"].seal
    got = at_once(site, clock, lambda turn, _hand: promise_by_hand(
        member_id=ada, words="By Friday.", due_at=TOMORROW.start, by_user_id=ana, owner_id=ana, seal=seal, now=clock(),
        once=f"promise-{turn}").id)
    assert all(one == other for one, other in got)
    assert counted(Promise) == ROUNDS


def test_two_wordings_at_once_are_two_versions(site, clock, people):
    ines = people.staff(Role.CX).id
    got = at_once(site, clock, lambda turn, hand: write_wording(
        solicitation="receipt_expectation", locale="en", question=f"How was it, {turn} {hand}?",
        labels=["worse", *[""] * 3, "better"], by_user_id=ines, now=clock()).version)
    assert [sorted(turn) for turn in got] == [[2 + 2 * turn, 3 + 2 * turn] for turn in range(ROUNDS)]
    assert counted(AskWording) == 2 * ROUNDS


def test_of_two_who_switch_the_same_rule_on_one_is_told_that_it_is_so(site, clock, people):
    ines = people.staff(Role.CX).id
    got = at_once(site, clock, lambda turn, _hand: str(switch_on(
        changes={"gap": 10 + turn}, since=NOON, by_user_id=ines, now=NOON)))
    assert [sorted(turn) for turn in got] == [[str(2 + turn), "ask_rules_as_they_are"] for turn in range(ROUNDS)]
    assert counted(AskRule) == ROUNDS


def test_a_mail_that_comes_twice_at_once_is_kept_once(site, app, clock, people):
    desk = Desk(app, clock, people.staff(Role.SUPPORT), people.staff(Role.SUPPORT))
    got = at_once(site, clock, lambda turn, _hand: take_mail(
        mail=read_mail(by_mail("help@roundtrip.example", "Hello", sender=LEILA, message_id=f"<{turn}@mail.example>")),
        door=desk.door, seal=desk.seal, now=clock()).why)
    assert got == [["unknown_sender"] * 2] * ROUNDS
    assert counted(IncomingMail) == ROUNDS
