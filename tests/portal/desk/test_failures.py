"""What went wrong with money is listed while it needs somebody, and can be asked for again."""

from datetime import timedelta

from sqlalchemy import select

from core.audit import AuditRow
from core.database import db, transaction
from core.outbox import OutboxRow
from portal.billing.adjustments.give import give_back
from portal.billing.dunning.remind import nobody_pays
from portal.billing.payers.payer_of import locked
from portal.billing.payments.models import CallState, PaymentCall, Purpose, Refund, State
from portal.billing.payments.refund import take_in_refund
from portal.billing.payments.take_in import Said, take_in
from portal.desk.failures import Calls, Confirming, Declined, Owing, Refunds
from tests.factories import hours
from tests.reservations.made import booked
from tests.reservations.pages import words_of


def listed(question, office, **asked):
    found = question(**asked, now=office.clock())
    rows = db.session.execute(found.select()).all()
    assert found.count() == len(rows)
    return [row[0].id for row in rows]


def jobs(kind, prefix):
    db.session.rollback()
    return [job.facts for job in db.session.scalars(select(OutboxRow).where(
        OutboxRow.kind == kind, OutboxRow.once.like(f"{prefix}%")))]


def test_a_declined_payment_is_listed_until_something_paid_the_same(office):
    payer = office.payer()
    office.charged(payer, 3000)
    declined = office.declined(payer, 3000)
    assert listed(Declined, office) == [declined.id]
    office.clock.forward(minutes=5)
    office.paid(payer, 3000)
    assert listed(Declined, office) == []


def test_a_declined_hold_is_listed_while_its_trip_is_ahead_and_nothing_is_held(office):
    payer = office.payer()
    member = db.session.get(type(office.people.member(card=None)), payer.member_id)
    trip = booked(member, span=hours(24, 26), now=office.clock())
    payment = office.wanted(payer, 2000, purpose=Purpose.TRIP, reservation_id=trip.id)
    take_in(payment.id, Said(State.DECLINED, None, declined_why="lost_card"), office.clock())
    assert listed(Declined, office) == [payment.id]
    office.clock.forward(minutes=5)
    held = office.wanted(payer, 2000, purpose=Purpose.TRIP, reservation_id=trip.id)
    take_in(held.id, Said(State.HELD, "pi_held"), office.clock())
    assert listed(Declined, office) == []


def test_a_payment_that_waits_for_its_member_is_listed(office):
    payment = office.wanted(office.payer())
    take_in(payment.id, Said(State.CONFIRM, "pi_confirm"), office.clock())
    assert listed(Confirming, office) == [payment.id]
    take_in(payment.id, Said(State.RELEASED, "pi_confirm"), office.clock())
    assert listed(Confirming, office) == []


def test_who_owes_is_listed_with_since_and_step_and_can_be_asked_again_once_a_minute(office):
    payer = office.payer()
    office.charged(payer, 3000)
    with transaction():
        nobody_pays(locked(payer.id), office.clock())
    assert listed(Owing, office) == listed(Owing, office, q="okafor") == [payer.id]
    assert listed(Owing, office, show="stopped") == []
    assert "$30.00" in words_of(office.browser.get("/office/failures"))
    for _ in range(2):
        assert office.browser.post(f"/office/failures/payers/{payer.id}/settle").status_code == 302
    assert jobs("settle", "settle-by-hand") == [
        {"payer_id": payer.id, "reservation_id": None, "since": office.clock().isoformat()}]
    assert {row.actor for row in db.session.scalars(select(AuditRow).where(AuditRow.object == f"payers/{payer.id}"))} == {
        f"user {office.paul.id}"}
    assert office.browser.post("/office/payers/99999/settle").status_code == 404


def test_a_call_without_an_answer_is_listed_after_ten_minutes_and_handed_over_again(office):
    office.wanted(office.payer())
    call = db.session.scalars(select(PaymentCall)).one()
    office.clock.forward(minutes=9)
    assert listed(Calls, office) == []
    office.clock.forward(minutes=2)
    assert listed(Calls, office) == [call.id]
    for _ in range(2):
        office.browser.post(f"/office/failures/calls/{call.id}/look")
    assert jobs("payment_call", f"call-{call.id}-1000") == [{"call_id": str(call.id)}]


def test_a_call_that_was_answered_meanwhile_is_left_alone(office):
    office.wanted(office.payer())
    call = db.session.scalars(select(PaymentCall)).one()
    with transaction():
        db.session.get(PaymentCall, call.id).state = CallState.DONE
        db.session.flush()
    office.browser.post(f"/office/failures/calls/{call.id}/look")
    assert jobs("payment_call", f"call-{call.id}-1000") == []
    assert "It was answered meanwhile." in office.browser.get("/office/failures").text


def test_a_refund_is_listed_when_it_takes_longer_than_promised_or_failed_while_we_owe_it(office):
    payer = office.payer()
    line = office.charged(payer, 3000)
    office.paid(payer, 3000)
    give_back(line=line, amount=line.amount, why="goodwill", by_user_id=office.paul.id, once="x", now=office.clock())
    refund = db.session.scalars(select(Refund)).one()
    assert listed(Refunds, office) == []
    office.clock.at += timedelta(days=5, minutes=1)
    assert listed(Refunds, office) == [refund.id]
    take_in_refund(refund.id, None)
    db.session.rollback()
    assert listed(Refunds, office) == [refund.id]
    assert "$30.00" in words_of(office.browser.send("/office/failures?list=refunds"))
    office.charged(payer, 3000)
    assert listed(Refunds, office) == []
