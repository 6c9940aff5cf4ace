"""Remedies are paid by the published table, once under kills and races, and their member is told in words."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.database import at_commit, db, transaction
from core.outbox import OutboxRow, deliver
from experience.promises.kinds import Cause, Outcome, PromiseKind
from experience.promises.mint import Promised, mint
from experience.promises.models import Promise
from experience.promises.settle import settle
from experience.record.models import Event
from fleet.tariffs.in_force import policies_at
from portal.billing.credits.models import Credit
from portal.billing.ledger.check import differences
from portal.billing.ledger.models import LedgerRow
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import add_business, let_pay
from portal.billing.remedies.models import Remedy
from portal.billing.remedies.pay import give_remedy
from portal.billing.remedies.table import due_for
from portal.handlers import handlers
from portal.messages.models import Message
from portal.worker import do_due
from tests.factories import NOON
from tests.portal.billing.made import payer
from tests.reservations.made import booked

K = PromiseKind


class Killed(BaseException):
    """The process is gone: nothing of ours may catch this."""


def broken(member, kind=K.ANSWER, subject="conversation:1", actual=None, **evidence) -> Promise:
    """A promise to a member that was broken just now."""
    with transaction():
        mint(member_id=member.id, promised=[Promised(kind, NOON)], subject=subject, at=NOON - timedelta(hours=4))
        found = settle(kind=kind, outcome=Outcome.BROKEN, at=NOON, subject=subject, actual=actual, cause=Cause.STAFF,
                       evidence=evidence)
    assert found is not None
    return found


def given_to(member) -> tuple[int, int, int, int]:
    """Remedies, grants, rows of the ledger for them, and cents of credit."""
    db.session.rollback()
    return (*(db.session.scalar(select(func.count()).select_from(table)) or 0 for table in (Remedy, Credit)),
            db.session.scalar(select(func.count()).where(LedgerRow.code == "granted_service")) or 0, payer(member).credit_cents)


@pytest.mark.one_database
@pytest.mark.parametrize(("kind", "actual", "evidence", "cents"), [
    ("car_there", 11, {}, 1500), ("car_there", 10, {}, None), ("car_there", 0, {"metres": 401}, 1500),
    ("car_there", 0, {"metres": 400}, None), ("car_there", 3, {"still": True}, 1500),
    ("unlock", 700, {"opened": True, "lost_minutes": 12, "hour_cents": 1000}, 700),
    ("unlock", 700, {"opened": False, "lost_minutes": 12, "hour_cents": 1000}, 500),
    ("energy", 20, {"hour_cents": 1000}, 833), ("clean", 3, {}, None), ("clean", 2, {}, 1000), ("answer", None, {}, 500),
])
def test_the_table_gives_what_is_published(app, kind, actual, evidence, cents):
    due = due_for(kind, actual, evidence, policies_at(NOON))
    assert (due.amount.cents if due else None) == cents


def test_a_remedy_is_paid_unasked_with_its_rule_its_evidence_and_a_letter(app, people, clock):
    member = people.member()
    promise = broken(member, K.ENERGY, actual=20, hour_cents=1000)
    do_due(app)
    do_due(app)
    assert given_to(member) == (1, 1, 1, 833)
    row = db.session.scalars(select(LedgerRow).where(LedgerRow.code == "granted_service")).one()
    assert {key: row.facts[key] for key in ("rule", "rule_version", "promise_id", "fixed_cents", "minutes", "hour_cents")} == {
        "rule": "remedy_energy", "rule_version": 1, "promise_id": str(promise.id), "fixed_cents": 500, "minutes": 20,
        "hour_cents": 1000}
    letter = db.session.scalars(select(Message).where(Message.kind == "remedy_paid")).one()
    assert letter.subject == "We broke a promise: $8.33 for you"
    said = app.extensions["adapters"].seal.open(letter.body_sealed)
    assert "It showed 20 percent" in said
    assert "$5.00 and 20 minutes at $10.00 an hour: $3.33" in said
    wish = db.session.scalars(select(OutboxRow).where(OutboxRow.once == f"ask-remedy-{promise.id}")).one()
    assert (wish.facts["solicitation"], wish.due_at - clock()) == ("recovery_satisfaction", timedelta(days=1))
    recovered = db.session.scalars(select(Event).where(Event.step == "help.recovery")).one()
    assert (recovered.promise_id, recovered.expected, recovered.unit) == (promise.id, 24, "h")


def test_a_worker_that_dies_anywhere_while_it_pays_pays_once(app, people, clock):
    """It is killed before its first commit, then before its second, and so on, until it lives through all of them."""
    member = people.member()
    broken(member)
    table = handlers(app.extensions["adapters"], "http://localhost")
    kinds = {"remedy": table["remedy"]}
    lived = False
    for survives in range(12):
        commits = iter(range(survives))

        def die(commits=commits) -> None:
            if next(commits, None) is None:
                raise Killed

        try:
            with at_commit(die):
                while deliver(kinds):
                    pass
            lived = True
        except Killed:
            db.session.rollback()
            with transaction():
                db.session.execute(OutboxRow.__table__.update().values(leased_until=None))  # a minute later
        if lived:
            break
    assert lived
    assert survives >= 3
    assert given_to(member) == (1, 1, 1, 500)
    assert differences() == []


def test_of_many_who_pay_at_once_one_pays(app, people):
    member = people.member()
    promise = broken(member)
    start, failed = threading.Barrier(6), []

    def pay() -> None:
        with app.app_context():
            start.wait()
            try:
                give_remedy(promise.id, NOON)
            except Exception as error:  # shown by the test
                failed.append(error)

    threads = [threading.Thread(target=pay) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert given_to(member) == (1, 1, 1, 500)


def test_what_rests_on_the_members_word_alone_is_looked_at_after_the_second_in_a_month(app, people, clock):
    member = people.member()
    for number in range(3):
        broken(member, K.CLEAN, f"trip:{number}", actual=1)
    do_due(app)
    assert given_to(member) == (2, 2, 2, 2000)
    cases = db.session.scalars(select(OutboxRow.facts).where(OutboxRow.kind == "open_case")).all()
    assert [case["rule"] for case in cases] == ["broken_promise"]


def test_one_late_answer_a_day_is_paid_and_the_others_are_looked_at(app, people, clock):
    member = people.member()
    for number in range(3):
        broken(member, K.ANSWER, f"conversation:{number}")
    do_due(app)
    assert given_to(member) == (1, 1, 1, 500)
    cases = db.session.scalars(select(OutboxRow.facts).where(OutboxRow.kind == "open_case")).all()
    assert [case["rule"] for case in cases] == ["broken_promise"] * 2
    clock.forward(days=1, minutes=1)
    broken(member, K.ANSWER, "conversation:3")
    do_due(app)
    assert given_to(member)[3] == 1000


def test_a_members_remedy_is_theirs_where_a_business_pays_their_trips(app, people, clock):
    member = people.member()
    business = add_business(name="Larkin & Daughters", email="pay@larkin.example", at=NOON)
    let_pay(payer_id=business.id, member_id=member.id, at=NOON)
    broken(member)
    do_due(app)
    assert given_to(member) == (1, 1, 1, 500)
    assert db.session.get(Payer, business.id).credit_cents == 0


def test_a_promise_that_was_kept_or_has_no_remedy_gives_nothing(app, people, clock):
    member = people.member()
    broken(member, K.DISPUTE, actual=4)
    trip = booked(member)
    settle(kind=K.CLEAN, outcome=Outcome.KEPT, at=NOON, reservation_id=trip.id, actual=5, evidence={"cleanliness": 5})
    do_due(app)
    assert given_to(member)[:3] == (0, 0, 0)
