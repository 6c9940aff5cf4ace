"""The ledger of promises: the first settlement stands, whoever else comes; dates alarm and break; the database holds it."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from core.database import db, transaction
from core.outbox import OutboxRow
from core.sealed import Seal
from experience.promises.by_hand import AlreadySettled, DateHasPassed, ReasonMissing, promise_by_hand, settle_by_hand
from experience.promises.kinds import KINDS, Cause, Outcome, PromiseKind, State
from experience.promises.mint import Promised, mint
from experience.promises.models import Promise
from experience.promises.overdue import watch_dates
from experience.promises.queries import KeptByKind
from experience.promises.settle import settle
from portal.account.models import Role
from tests.factories import NOON

K = PromiseKind
LATER = NOON + timedelta(hours=4)


def answer_promised(member, subject="conversation:1", due=LATER) -> None:
    with transaction():
        mint(member_id=member.id, promised=[Promised(K.ANSWER, due)], subject=subject, at=NOON)


def the_promise() -> Promise:
    db.session.rollback()
    return db.session.scalars(select(Promise).execution_options(populate_existing=True)).one()


def posted(kind: str) -> list[dict]:
    return list(db.session.scalars(select(OutboxRow.facts).where(OutboxRow.kind == kind)))


def test_of_many_who_settle_at_once_one_wins_and_its_word_stands(app, people):
    member = people.member()
    for number in range(12):
        subject = f"conversation:{number}"
        answer_promised(member, subject)
        won, start = [], threading.Barrier(6)

        def judge(mine, subject=subject, won=won, start=start):
            outcome = Outcome.KEPT if mine % 2 else Outcome.BROKEN
            with app.app_context():
                start.wait()
                done = settle(kind=K.ANSWER, outcome=outcome, at=NOON, subject=subject, actual=mine,
                              cause=None if outcome is Outcome.KEPT else Cause.STAFF, evidence={"by": mine})
                won += [(outcome.value, float(mine))] if done is not None else []

        threads = [threading.Thread(target=judge, args=(mine,)) for mine in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        db.session.rollback()
        settled = db.session.scalars(select(Promise).where(Promise.subject == subject)).one()
        assert [(settled.state, settled.actual)] == won
    broken = db.session.scalar(select(func.count()).where(Promise.state == State.BROKEN.value))
    assert len(posted("remedy")) == broken


def test_a_settled_promise_never_changes_but_its_words_may_be_taken_away(app, people):
    answer_promised(people.member())
    settle(kind=K.ANSWER, outcome=Outcome.BROKEN, at=NOON, subject="conversation:1", cause=Cause.STAFF, evidence={})
    for change in ({"state": "kept", "cause": None}, {"settled_at": LATER}, {"expected": 1.0}, {"due_at": LATER + timedelta(1)},
                   {"evidence": {"better": True}}):
        with pytest.raises(DBAPIError, match="settled_for_good"), transaction():
            db.session.execute(update(Promise).values(**change))
    with transaction():
        db.session.execute(update(Promise).values(words_sealed=None, alarmed_at=NOON))
    assert the_promise().state == State.BROKEN


def test_a_subject_has_one_open_promise_of_a_kind_and_another_one_after_it_is_settled(app, people):
    member = people.member()
    answer_promised(member)
    answer_promised(member, due=LATER + timedelta(hours=9))
    assert the_promise().due_at == LATER
    settle(kind=K.ANSWER, outcome=Outcome.KEPT, at=NOON, subject="conversation:1", evidence={})
    answer_promised(member)
    assert sorted(db.session.scalars(select(Promise.state))) == ["kept", "open"]


def test_a_promise_whose_date_passes_is_broken_alarmed_and_compensated_once(app, people):
    answer_promised(people.member())
    assert watch_dates(LATER - timedelta(seconds=1)) == 0
    watch_dates(LATER)
    assert watch_dates(LATER + timedelta(days=9)) == 0
    broken = the_promise()
    assert (broken.state, broken.cause, broken.settled_at, broken.alarmed_at) == ("broken", "staff", LATER, LATER)
    assert [fact["promise_id"] for fact in posted("remedy")] == [str(broken.id)]
    assert [(fact["rule"], fact["about"], fact["step"]) for fact in posted("open_case")] == [
        ("promise_overdue", f"promise:{broken.id}", "help.contact")]


def by_hand(people, **more) -> Promise:
    cx = people.staff(Role.CX)
    return promise_by_hand(**{"member_id": people.member().id, "words": "I send the glove after you by Friday.",
                              "due_at": LATER, "by_user_id": cx.id, "owner_id": cx.id, "seal": Seal(SEAL_KEY),
                              "now": NOON, **more})


SEAL_KEY = "c2VhbC1rZXktb2YtdGVzdHMtMzItYnl0ZXMtbG9uZyE="


def test_what_a_person_promised_is_sealed_written_once_and_alarms_its_owner_when_it_is_late(app, people):
    made = by_hand(people, once="form-1")
    assert by_hand(people, once="form-1").id == made.id
    assert "glove" not in (made.words_sealed or "")
    assert "glove" in Seal(SEAL_KEY).open(made.words_sealed)
    watch_dates(LATER)
    assert the_promise().state == State.OPEN
    assert [fact["promise_id"] for fact in posted("promise_overdue")] == [str(made.id)]
    watch_dates(LATER + KINDS[K.BY_HAND].patience)
    assert (the_promise().state, the_promise().cause) == ("broken", "staff")


def test_what_was_done_after_its_date_is_broken_whatever_is_said(app, people):
    made = by_hand(people)
    words = {"evidence": "Sent it.", "by_user_id": made.owner_id, "seal": Seal(SEAL_KEY)}
    with pytest.raises(ReasonMissing):
        settle_by_hand(promise_id=made.id, kept=True, now=LATER + timedelta(minutes=1), **words)
    assert the_promise().state == State.OPEN
    words["told"] = "The post was on strike."
    late = settle_by_hand(promise_id=made.id, kept=True, now=LATER + timedelta(minutes=1), **words)
    assert (late.state, late.evidence["done"]) == ("broken", True)
    assert "strike" not in str(late.evidence)
    assert Seal(SEAL_KEY).open(late.evidence["told_sealed"]) == "The post was on strike."
    with pytest.raises(AlreadySettled):
        settle_by_hand(promise_id=made.id, kept=True, now=NOON, **words)
    with pytest.raises(DateHasPassed):
        by_hand(people, due_at=NOON)


def test_the_kept_rate_counts_what_evidence_decided_and_keeps_the_waived_beside_it(app, people):
    member = people.member()
    for outcome, cause in ((Outcome.KEPT, None), (Outcome.KEPT, None), (Outcome.BROKEN, Cause.STAFF),
                           (Outcome.WAIVED, Cause.NO_EVIDENCE)):
        subject = f"conversation:{uuid4()}"
        answer_promised(member, subject)
        settle(kind=K.ANSWER, outcome=outcome, at=NOON, subject=subject, cause=cause, evidence={})
    found = {one.kind: one for one in KeptByKind(NOON, LATER).counts()}
    assert (found[K.ANSWER].kept, found[K.ANSWER].broken, found[K.ANSWER].waived, found[K.ANSWER].n) == (2, 1, 1, 3)
    assert found[K.CLEAN].n == 0
    assert {one.n for one in KeptByKind(NOON - timedelta(1), NOON).counts()} == {0}
