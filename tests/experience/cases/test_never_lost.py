"""No case is lost: whatever is done in whatever order, each is listed as open or has told its member an outcome."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from core.database import db, transaction
from core.outbox import Job, OutboxRow, deliver, post
from core.refusal import Refusal
from experience.cases.alarm import team
from experience.cases.hear import hear_members
from experience.cases.models import Case, CaseEntry, CaseReason, State
from experience.cases.open import handle_open_case, has_open_case
from experience.cases.queries import Cases
from experience.cases.reopen import reopen
from experience.cases.take import hand_over
from portal.account.models import Member, Role, User
from portal.help.write import write_entry
from tests.experience.cases.given import a_case, again, answered, closed, jobs, key, seal_of, taken
from tests.factories import NOON, Clock, People

DEEDS = ("open", "take", "reply", "close", "reopen", "member_writes", "hand_over", "hear")


@pytest.mark.one_database
@given(deeds=st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 1)), max_size=14))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_case_is_listed_as_open_or_has_told_its_member_an_outcome(app: Flask, people: People,
                                                                        deeds: list[tuple[str, int]]) -> None:
    with transaction():
        for table in (CaseEntry, CaseReason, Case, OutboxRow):
            db.session.execute(delete(table))
    ada, users = _once(people), [user.id for user in _team(people)]
    at = NOON
    for deed, who in deeds:
        at += timedelta(minutes=10)
        try:
            _do(app, deed, ada, users[who], users[1 - who], at)
        except Refusal:
            db.session.rollback()
    hear_members(at + timedelta(minutes=1))
    db.session.rollback()
    listed = {row.Case.id for row in db.session.execute(Cases(show="open", now=at).select())}
    told = {(job.facts["case_id"], job.facts["reopened"]) for job in jobs("case_closed")}
    for case in db.session.scalars(select(Case)):
        assert (case.id in listed) != ((str(case.id), case.reopened) in told), (case.state, case.reopened)
    assert has_open_case(ada.id) == bool(listed)
    assert len(listed) <= 1


def _do(app: Flask, deed: str, ada: Member, me: int, other: int, at: datetime) -> None:
    newest = db.session.scalars(select(Case).order_by(Case.opened_at.desc(), Case.id.desc())).first()
    if deed == "open" or newest is None:
        a_case(ada.id, at=at)
        return
    {"take": lambda: taken(app, newest, me, at), "reply": lambda: answered(app, newest, me, at=at),
     "close": lambda: closed(app, newest, me, at=at),
     "reopen": lambda: reopen(case_id=newest.id, by_user_id=me, seal=seal_of(app), now=at),
     "hand_over": lambda: hand_over(case_id=newest.id, to_user_id=other, by_user_id=me, seal=seal_of(app), now=at),
     "hear": lambda: hear_members(at),
     "member_writes": lambda: newest.conversation_id and write_entry(
         conversation_id=newest.conversation_id, member=ada, words="And?", seal=seal_of(app), now=at, once=key())}[deed]()


def _once(people: People) -> Member:
    return db.session.scalars(select(Member).order_by(Member.id)).first() or people.member()


def _team(people: People) -> list[User]:
    if not team():
        people.staff(Role.CX, "Mara Lind")
        people.staff(Role.CX, "Ines Vogt")
    return [db.session.get_one(User, user_id) for user_id in team()]


def test_a_handler_that_is_cut_off_before_or_after_its_work_leaves_one_case(app: Flask, people: People, clock: Clock) -> None:
    ada, calls = people.member(), []

    def cut_off(job: Job) -> None:
        calls.append(job.attempt)
        if len(calls) > 1:
            handle_open_case(job)  # the work was committed
        if len(calls) < 4:
            raise RuntimeError("killed")

    with transaction():
        post("open_case", member_id=ada.id, once="case-hard-answer:7", rule="hard", step="drive.refuel", about="answer:7")
    for _ in range(4):
        deliver({"open_case": cut_off})
        clock.forward(hours=1)
    db.session.rollback()
    case = db.session.scalars(select(Case)).one()
    assert calls == [1, 2, 3, 4]
    assert (again(case).state, len(db.session.scalars(select(CaseReason)).all())) == (State.NEW, 1)
