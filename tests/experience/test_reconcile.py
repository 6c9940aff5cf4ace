"""Loss is detected, not assumed away: every row of the business has its step event, once, or is named."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select

from core.database import db, transaction
from core.ids import new_id
from core.money import Money
from experience.asks.models import Mood
from experience.insight.reconcile import SOURCES, compare, newest, reconcile_tonight
from experience.journey import STEPS, Phase, Step
from experience.record.models import Event
from experience.record.registry import what_is_wrong
from fleet.telematics.player.cars import Faults
from fleet.telematics.port import Action
from portal.billing.disputes.decide import decide
from portal.billing.disputes.open import open_dispute, withdraw_dispute
from portal.billing.ledger.models import LedgerRow, Origin
from portal.billing.notices.answer import accept, contest
from portal.billing.notices.models import NoticeKind
from portal.billing.notices.send import send_notice
from portal.billing.payers.payer_of import own_payer
from portal.handlers import handlers
from portal.messages.deliver import Kind
from portal.messages.reconcile import MAILED
from portal.messages.reconcile import STEPS as MAILED_STEPS
from reservations.booking.cancel import cancel
from reservations.fuel.log_stop import Fill, log_stop
from reservations.fuel.models import PaidBy
from reservations.trip.ask_car import ask_car
from reservations.trip.check import check_car
from reservations.trip.models import CheckStage
from tests.experience.given import a_note, log
from tests.factories import NOON, a_car
from tests.reservations.made import a_street, booked

FROM, TO = NOON - timedelta(days=1), NOON + timedelta(days=30)


@pytest.fixture
def lived(app: Flask, people: Any, clock: Any) -> Flask:
    """A life in which everything that is reconciled has happened, through the real use cases."""
    street, mara, seal = a_street(app, clock), people.staff("finance"), app.extensions["adapters"].seal
    ada = people.member()
    cancel(reservation=booked(ada, a_car(name="Basil")), now=clock())
    trip = booked(ada)

    clock.at = trip.starts_at
    check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=clock())
    for faults in (Faults(silent=True), Faults(refuse="door_open"), Faults()):
        street.garage.set_faults(trip.car.vin, faults, at=clock())
        ask_car(reservation=trip, action=Action.UNLOCK, now=clock())
        street.work()
    street.drives(trip, 20, 60)
    ask_car(reservation=trip, action=Action.LOCK, now=clock())
    street.work()
    log_stop(reservation=trip, once="stop", now=clock(), fill=Fill("Pump", Money(2_000), 5_000, PaidBy.CARD))
    street.returned(trip, trip.ends_at + timedelta(minutes=40))
    street.work()
    a_note(app, member=ada, mood=Mood.GOOD, at=clock())
    lines = db.session.scalars(select(LedgerRow).where(
        LedgerRow.reservation_id == trip.id, LedgerRow.origin.in_((Origin.QUOTE, Origin.AFTER)),
        LedgerRow.amount_cents > 500).order_by(LedgerRow.id)).all()
    first = open_dispute(member=ada, line=lines[0], words="Nobody waited.", seal=seal, now=clock())
    withdraw_dispute(dispute=first, now=clock())
    again = open_dispute(member=ada, line=lines[0], words="Nobody waited.", seal=seal, now=clock())
    clock.forward(hours=5)
    decide(dispute=again, back=Money(100), reply="You are right.", seal=seal, by_user_id=mara.id, now=clock())
    for once, answer in (("a", lambda notice: accept(notice=notice, now=clock())),
                         ("b", lambda notice: contest(notice=notice, words="It was not me.", seal=seal, now=clock()))):
        answer(send_notice(payer_id=own_payer(ada.id).id, member_id=ada.id, reservation_id=trip.id, kind=NoticeKind.TOLL,
                           amount=Money(190), facts={"plate": "X", "where": "I-294", "when": NOON.isoformat(), "number": once},
                           by_user_id=mara.id, once=once, now=clock()))
    for _ in range(4):
        street.work()
    return app


def _compared(app: Flask) -> Any:
    return compare(FROM, TO, app.extensions["reconciled"])


def test_a_whole_life_has_every_event_once_and_five_that_are_deleted_are_named(lived: Flask) -> None:
    found = _compared(lived)
    assert found.differences == []
    assert {kind for kind, n in found.rows.items() if n == 0} <= {"payment_declined"}
    wanted = {"booking": Step.BOOK_CONFIRM, "car_command": Step.PICKUP_UNLOCK, "trip_ended": Step.PAY_BILL,
              "message": Step.RETURN_RECEIPT, "payment_captured": Step.PAY_PAYMENT}
    names = {"booking": "booked", "car_command": "silent", "trip_ended": "ended", "message": "mailed",
             "payment_captured": "captured"}
    gone = [next(event for event in log(step) if names[kind] in [one["qualifier"] for one in event.objects])
            for kind, step in wanted.items()]
    with transaction():
        db.session.execute(delete(Event).where(Event.id.in_([event.id for event in gone])))
    named = _compared(lived).differences
    assert {(one.what, one.kind, one.step) for one in named} == {("missing", kind, step) for kind, step in wanted.items()}
    assert len(named) == 5
    command = next(one for one in named if one.kind == "car_command")
    assert command.id in [one["id"] for one in gone[1].objects]
    assert abs(command.at - gone[1].time) < timedelta(minutes=1)


@pytest.mark.one_database
def test_an_event_that_stands_there_twice_is_named(lived: Flask) -> None:
    stop = log(Step.DRIVE_REFUEL)[0]
    columns = {column.key: getattr(stop, column.key) for column in Event.__table__.columns}
    with transaction():
        db.session.execute(insert(Event), [columns | {"id": new_id()}])
    (one,) = _compared(lived).differences
    assert (one.what, one.kind, one.step) == ("doubled", "fuel_stop", Step.DRIVE_REFUEL)


@pytest.mark.one_database
def test_every_event_of_a_life_fits_its_schema(lived: Flask) -> None:
    lived.extensions["page_views"].flush()
    for event in log():
        said = {column.key: getattr(event, column.key) for column in Event.__table__.columns}
        said |= {key: value.isoformat() for key, value in said.items() if hasattr(value, "isoformat")}
        said |= {key: str(said[key]) for key in ("id", "member_pid", "promise_id") if said[key] is not None}
        assert what_is_wrong(event.step, 1, said) is None, (event.type, event.facts, event.objects, event.error_code)
        assert event.dataschema == f"/schemas/{event.step}/1"


@pytest.mark.one_database
def test_a_night_is_reconciled_once_and_kept(lived: Flask, clock: Any) -> None:
    night = clock().replace(hour=1, minute=59)
    assert not reconcile_tonight(night, (MAILED,))
    with transaction():
        db.session.execute(delete(Event).where(Event.step == str(Step.BOOK_CONFIRM), Event.phase == str(Phase.SUCCEEDED)))
    assert reconcile_tonight(night + timedelta(minutes=1), (MAILED,))
    assert not reconcile_tonight(night + timedelta(hours=3), (MAILED,))
    (kept,) = newest()
    assert (kept.missing, kept.doubled, kept.compared["booking"]) == (2, 0, 2)
    assert {one["kind"] for one in kept.found} == {"booking"}


@pytest.mark.one_database
def test_the_command_ends_with_1_when_something_is_missing(lived: Flask) -> None:
    run = lived.test_cli_runner()
    whole = run.invoke(args=["experience", "reconcile", "--days", "5"])
    assert whole.exit_code == 0, whole.output
    with transaction():
        db.session.execute(delete(Event).where(Event.step == str(Step.DRIVE_REFUEL)))
    broken = run.invoke(args=["experience", "reconcile", "--days", "5"])
    assert broken.exit_code == 1
    assert "missing: fuel_stop" in broken.output
    assert "step drive.refuel" in broken.output


@pytest.mark.one_database
def test_letters_that_are_a_step_are_those_of_the_handlers(app: Flask) -> None:
    with patch("portal.handlers.deliver_with", lambda kind, *_: kind):
        table = handlers(app.extensions["adapters"], "http://localhost")
    steps = {name: kind.step for name, kind in table.items() if isinstance(kind, Kind)}
    assert len(steps) > 10
    assert {name: step for name, step in steps.items() if step is not None} == MAILED_STEPS


@pytest.mark.one_database
def test_every_source_looks_at_steps_of_its_own(app: Flask) -> None:
    assert len({source.kind for source in (*SOURCES, MAILED)}) == len(SOURCES) + 1
    assert all(set(source.steps) <= set(STEPS) for source in (*SOURCES, MAILED))


@pytest.mark.one_database
def test_each_step_comes_from_its_real_source(lived: Flask) -> None:
    """Clocks, cars, the ledger and forms; what was taken back is undone."""
    lived_through = {(event.step, event.phase) for event in log()}
    assert lived_through >= {
        ("find.availability", "succeeded"), ("book.confirm", "succeeded"), ("book.confirm", "undone"),
        ("book.cancel", "succeeded"), ("book.confirmation", "succeeded"), ("pickup.unlock", "failed"),
        ("pickup.unlock", "refused"), ("pickup.unlock", "succeeded"), ("pickup.arrive", "succeeded"),
        ("pickup.energy", "succeeded"), ("pickup.check", "succeeded"), ("pickup.drive_away", "succeeded"),
        ("drive.lock", "succeeded"), ("drive.refuel", "succeeded"), ("return.bay", "succeeded"),
        ("return.checklist", "succeeded"), ("return.lock", "succeeded"), ("return.receipt", "succeeded"),
        ("pay.bill", "succeeded"), ("pay.payment", "succeeded"), ("pay.refund", "succeeded"), ("pay.dispute", "entered"),
        ("pay.dispute", "undone"), ("pay.dispute", "succeeded"), ("drive.toll", "entered"), ("drive.toll", "succeeded"),
        ("drive.toll", "refused"), ("help.contact", "succeeded")}
    (decided,) = [event for event in log(Step.PAY_DISPUTE) if event.phase == "succeeded"]
    assert (decided.actual, decided.expected, decided.unit) == (round(5 / 24, 2), 3.0, "days")
    (charged,) = [event for event in log(Step.DRIVE_TOLL) if event.phase == "succeeded"]
    assert (charged.actual, charged.expected) == (190, 190)
