"""Fobs: asked for, issued and charged once, blocked everywhere with the commit, and no second way into a car."""

from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select

from core.audit import AuditRow
from core.database import db, transaction
from core.outbox import Job, OutboxRow
from core.sealed import Seal
from fleet.cars.models import CarReading
from fleet.telematics.fobs import fob_mark, fob_number
from fleet.telematics.models import CarCommand
from fleet.telematics.player.cars import Faults
from portal.account.leave.leave import leave
from portal.account.models import MemberStatus, Role
from portal.billing.ledger.models import LedgerRow
from portal.billing.words import basis, has_words, label
from reservations.booking.models import Status
from reservations.fob.ask import ask_for_fob, block, report_lost, withdraw_fob
from reservations.fob.errors import FobAlready, FobFeeChanged, FobForMembers, FobNumberTaken, FobOfNobodyDriving, NoSuchFob
from reservations.fob.issue import hand_in_fob, issue_fob
from reservations.fob.models import Fob, FobState, FobTap, FobWhy
from reservations.fob.queries import fee_for
from reservations.fob.tap import handle_tap
from reservations.trip.check import check_car
from reservations.trip.models import CheckStage
from tests.factories import NOON, a_car
from tests.portal.licence.showing import outside
from tests.reservations.made import booked
from tests.reservations.pages import browser_of, words_of

NUMBER = "04A1B2C3"


def issued(member, staff, number=NUMBER, *, fee=0, now=NOON) -> Fob:
    fob = ask_for_fob(member=member, shown_cents=fee, now=now)
    return issue_fob(fob_id=fob.id, number=number, by_user_id=staff.id, seal=outside().seal, now=now)


def again(fob: Fob) -> Fob:
    return db.session.get_one(Fob, fob.id, populate_existing=True)


def taps(street, car, number=NUMBER) -> str:
    """Hold it to the car's reader, and let the worker hear of it: what came of it."""
    street.clock.forward(seconds=5)
    street.garage.tap(car.vin, fob=number, at=street.clock())
    street.work()
    street.work()
    return db.session.scalars(select(FobTap.outcome).order_by(FobTap.id.desc())).first()


def commands() -> int:
    return db.session.scalar(select(func.count()).select_from(CarCommand))


def test_a_fob_opens_and_locks_the_car_of_its_members_own_trip_by_the_phones_own_checks(app, people, street, clock):
    ada, bo, fay, car, other = (people.member(), people.member("Bo Lindqvist"), people.staff(Role.FLEET), a_car(name="Acorn"),
                                a_car(name="Basil"))
    issued(ada, fay)
    trip = booked(ada, car)
    assert (taps(street, car), commands()) == ("not_booked", 0)  # a day before it
    clock.at = trip.starts_at - timedelta(hours=1)
    assert (taps(street, car), commands()) == ("too_early", 0)
    clock.at = trip.starts_at
    assert (taps(street, other), commands()) == ("not_booked", 0)
    assert (taps(street, car), commands()) == ("check_first", 0)  # nobody has looked round it
    check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=clock())
    assert (taps(street, car), taps(street, car), taps(street, car)) == ("unlock", "lock", "unlock")
    db.session.expire_all()
    assert (trip.status, commands(), street.garage.unit(car.vin).state.locked) == (Status.DRIVING, 3, False)
    issued(bo, fay, "0BADF00D")
    assert taps(street, car, "0BADF00D") == "not_booked"
    assert taps(street, car, "DEADBEEF") == "unknown"
    assert commands() == 3


def test_a_lost_fob_opens_nothing_from_the_commit_on(app, people, street, clock):
    ada, car = people.member(), a_car(name="Acorn")
    fob, trip = issued(ada, people.staff(Role.FLEET)), booked(ada, car)
    clock.at = trip.starts_at
    check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=clock())
    report_lost(member=ada, why=FobWhy.LOST, now=clock())
    assert (taps(street, car), commands(), street.garage.unit(car.vin).state.locked) == ("blocked", 0, True)
    assert (again(fob).state, again(fob).blocked_by_id) == (FobState.BLOCKED, ada.user_id)
    hand_in_fob(fob_id=fob.id, now=clock())  # found again: it stays shut
    assert (taps(street, car), commands()) == ("blocked", 0)


def test_a_tap_that_a_car_out_of_reach_tells_of_later_opens_nothing(app, people, street, clock):
    ada, car = people.member(), a_car(name="Acorn")
    issued(ada, people.staff(Role.FLEET))
    trip = booked(ada, car)
    clock.at = trip.starts_at
    check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=clock())
    street.garage.set_faults(car.vin, Faults(offline=True), at=clock())
    assert taps(street, car) is None
    clock.forward(seconds=60)
    street.garage.set_faults(car.vin, Faults(), at=clock())
    street.work()
    street.work()
    assert db.session.scalars(select(FobTap.outcome)).all() == ["late"]
    assert commands() == 0


def test_one_tap_is_one_command_however_often_it_is_heard_of(app, people, street, clock):
    ada, car = people.member(), a_car(name="Acorn")
    issued(ada, people.staff(Role.FLEET))
    trip = booked(ada, car)
    clock.at = trip.starts_at
    check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=clock())
    assert taps(street, car) == "unlock"
    heard = {"car_id": car.id, "mark": fob_mark(NUMBER, outside().seal), "at": clock().isoformat()}
    handle_tap(Job(uuid4(), "fob_tap", None, heard, 2, clock()))  # a worker died after its commit: the job comes again
    with transaction():
        db.session.get_one(CarReading, car.id).tapped_at = None  # as if it had never been heard
    street.garage.refuel(car.vin, to_percent=50, at=clock())
    street.work()
    street.work()
    assert (commands(), db.session.scalar(select(func.count()).select_from(FobTap))) == (1, 1)


def test_the_first_fob_is_free_and_another_costs_what_was_shown_once_unless_it_broke(app, people):
    ada, fay = people.member(), people.staff(Role.FLEET)
    first = issued(ada, fay)
    with pytest.raises(FobAlready):
        ask_for_fob(member=ada, shown_cents=0, now=NOON)
    report_lost(member=ada, why=FobWhy.STOLEN, now=NOON)
    fee = fee_for(ada.id, NOON)
    assert fee.value == 1000
    with pytest.raises(FobFeeChanged):
        ask_for_fob(member=ada, shown_cents=0, now=NOON)
    with pytest.raises(FobNumberTaken):
        issued(ada, fay, fee=1000)  # the number of the first
    (waiting,) = db.session.scalars(select(Fob).where(Fob.state == FobState.WANTED))
    second = issue_fob(fob_id=waiting.id, number="0000BEEF", by_user_id=fay.id, seal=outside().seal, now=NOON)
    with pytest.raises(NoSuchFob):
        issue_fob(fob_id=waiting.id, number="0000CAFE", by_user_id=fay.id, seal=outside().seal, now=NOON)
    (row,) = db.session.scalars(select(LedgerRow).where(LedgerRow.code == "fob_fee"))
    assert (row.amount.cents, row.rule, row.member_id) == (1000, "fob_replace", ada.id)
    assert has_words("fob_fee")
    assert "BEEF" in label(row)
    assert basis(row)
    report_lost(member=ada, why=FobWhy.BROKEN, now=NOON)
    assert fee_for(ada.id, NOON).value == 0
    assert (again(first).last_four, again(second).last_four) == ("B2C3", "BEEF")
    assert NUMBER not in again(first).number_mark


def test_only_what_was_lost_or_stolen_or_broke_twice_in_a_year_costs_anything(app, people):
    ada, fay = people.member(), people.staff(Role.FLEET)

    def fee_after(why: FobWhy, days: int, *, handed_in: bool = False) -> int:
        now = NOON + timedelta(days=days)
        fob = issued(ada, fay, f"{0x10000000 + days:X}", fee=fee_for(ada.id, now).value, now=now)
        with transaction():
            block(db.session.get_one(Fob, fob.id), why, by_user_id=fay.id, now=now)
        if handed_in:
            hand_in_fob(fob_id=fob.id, now=now)
        return fee_for(ada.id, now).value

    ways = (FobWhy.LEFT, FobWhy.STAFF, FobWhy.LOST, FobWhy.STOLEN)
    assert [fee_after(why, day) for day, why in enumerate(ways)] == [0, 0, 1000, 1000]
    assert fee_after(FobWhy.LOST, 4, handed_in=True) == 0  # found again
    assert [fee_after(FobWhy.BROKEN, day) for day in (5, 6)] == [0, 1000]
    assert fee_after(FobWhy.BROKEN, 7, handed_in=True) == 0
    assert fee_after(FobWhy.BROKEN, 380) == 0


def test_none_is_issued_to_whoever_has_paused_meanwhile(app, people):
    ada, fay = people.member(), people.staff(Role.FLEET)
    fob = ask_for_fob(member=ada, shown_cents=0, now=NOON)
    with transaction():
        ada.status = MemberStatus.PAUSED
    with pytest.raises(FobOfNobodyDriving):
        issue_fob(fob_id=fob.id, number=NUMBER, by_user_id=fay.id, seal=outside().seal, now=NOON)
    assert again(fob).state == FobState.WANTED


def test_only_who_drives_has_one_and_a_wish_may_be_withdrawn(app, people):
    with pytest.raises(FobForMembers):
        ask_for_fob(member=people.member(status=MemberStatus.APPLICANT), shown_cents=0, now=NOON)
    ada = people.member("Bo Lindqvist")
    fob = ask_for_fob(member=ada, shown_cents=0, now=NOON)
    with pytest.raises(NoSuchFob):
        report_lost(member=ada, why=FobWhy.LOST, now=NOON)
    withdraw_fob(member=ada)
    assert again(fob).state == FobState.WITHDRAWN


def test_a_fob_stands_in_nobodys_way_of_leaving_and_is_blocked_by_it(app, people, clock):
    ada = people.member()
    fob = issued(ada, people.staff(Role.FLEET))
    page = words_of(browser_of(app, ada.user, clock).get("/account/leave"))
    assert "Your fob ending in B2C3 opens nothing from then on." in page
    leave(member=ada, reason=None, words="", seal=outside().seal, now=NOON)
    assert (again(fob).state, again(fob).why) == (FobState.BLOCKED, FobWhy.LEFT)


@pytest.mark.parametrize(("typed", "number"), [("04 a1-b2:c3", "04A1B2C3"), ("04A1B2C3D4E5F607", "04A1B2C3D4E5F607")])
@pytest.mark.one_database
def test_a_number_is_read_as_it_is_printed(typed, number):
    assert fob_number(typed) == number
    mine, other = Seal(Fernet.generate_key().decode()), Seal(Fernet.generate_key().decode())
    assert fob_mark(number, mine) != fob_mark(number[:-1] + "0", mine)
    assert fob_mark(number, mine) != fob_mark(number, other)  # whoever has the marks and no key finds no number
    for wrong in ("", "04A1B2C", "04A1B2CG", "0" * 17):
        with pytest.raises(ValueError, match="hexadecimal"):
            fob_number(wrong)


@pytest.mark.one_database
def test_a_member_asks_and_the_fleet_issues_by_page_and_the_trail_says_who(app, people, clock):
    ada, fay = people.member(), people.staff(Role.FLEET)
    client, desk = browser_of(app, ada.user, clock), browser_of(app, fay, clock)
    assert "The first one costs nothing." in words_of(client.get("/account/fob"))
    assert client.post("/account/fob/ask", fee_cents="0").status_code == 302
    (fob,) = db.session.scalars(select(Fob)).all()
    assert "Ada Okafor" in words_of(desk.get("/fleet/fobs"))
    wrong = desk.post(f"/fleet/fobs/{fob.id}/issue", number="04 A1 zz")
    assert (wrong.status_code, "04 A1 zz" in wrong.text, again(fob).state) == (422, True, FobState.WANTED)
    assert desk.post(f"/fleet/fobs/{fob.id}/issue", number="04 a1 b2 c3").status_code == 302
    assert "ends in B2C3" in words_of(client.get("/account/fob"))
    assert db.session.scalars(select(AuditRow).where(AuditRow.object == f"fobs/{fob.id}", AuditRow.actor_id == fay.id)).all()
    assert NUMBER not in str([row.after for row in db.session.scalars(select(AuditRow))])
    assert client.post("/account/fob/lost").status_code == 422  # says what happened first
    assert client.post("/account/fob/lost", why="lost").status_code == 302
    page = words_of(client.get("/account/fob"))
    assert "Your fob ending in B2C3 is blocked: lost." in page
    assert "Another one costs $10.00." in page
    kinds = db.session.scalars(select(OutboxRow.kind).where(OutboxRow.kind.startswith("fob_")).order_by(OutboxRow.kind)).all()
    assert kinds == ["fob_blocked", "fob_issued"]
    assert again(fob).issued_at <= clock() + timedelta(seconds=1)
