"""Where two meet over a case: openers, takers, a closer and the member's own word. On both databases."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.database import db
from core.refusal import Refusal
from core.time import Span
from experience.cases.hear import hear_members
from experience.cases.models import Case, CaseEntry, CaseReason, Rule, Severity, State
from experience.cases.open import Hit, open_case
from experience.cases.take import take
from experience.journey import Step
from portal.account.models import Member, Role
from portal.help.models import Entry
from portal.help.write import write_entry
from tests.experience.cases.given import a_case, again, answered, closed, seal_of, taken
from tests.factories import NOON, People, hours
from tests.reservations.made import booked

ROUNDS, THREADS = 4, 6


def all_at_once(app: Flask, *deeds: Callable[[], object]) -> Counter[str]:
    """Let every deed start at the same moment, each with a session of its own; what became of how many."""
    outcome: list[str] = []
    ready = threading.Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> None:
        with app.app_context():
            ready.wait(20)
            try:
                deed()
            except Refusal as refusal:
                outcome.append(refusal.code)
            except Exception as error:  # any other is a fault, and the counts below show it
                outcome.append(f"{type(error).__name__}: {error}"[:200])
            else:
                outcome.append("done")
            finally:
                db.session.remove()

    db.session.rollback()
    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    db.session.rollback()
    return Counter(outcome)


def apart(row: Any) -> Any:
    """The row as it stands now, of no session, so that every thread may read it."""
    db.session.rollback()
    db.session.refresh(row)
    db.session.expunge(row)
    return row


def _count(model: type, *wanted: object) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*wanted)) or 0


@pytest.mark.parametrize("with_trip", [True, False])
def test_openers_at_the_same_moment_make_one_case_with_every_reason(app: Flask, people: People, with_trip: bool) -> None:
    for number in range(ROUNDS):
        member = people.member(f"Racer {number}").id
        trip = booked(db.session.get_one(Member, member), span=_day(number)).id if with_trip else None

        def opener(which: int, member: int = member, trip: int | None = trip, number: int = number) -> Callable[[], object]:
            hit = Hit(Rule.DETRACTOR, f"answer:{with_trip}-{number}-{which // 2}", Step.PICKUP_UNLOCK, Severity.SERIOUS)
            return lambda: open_case(member_id=member, hit=hit, reservation_id=trip, now=NOON)

        assert all_at_once(app, *(opener(which) for which in range(THREADS))) == {"done": THREADS}
        case = db.session.scalars(select(Case).where(Case.member_id == member)).one()
        assert _count(CaseReason, CaseReason.case_id == case.id) == THREADS // 2  # each hit came twice
        assert _count(CaseEntry, CaseEntry.case_id == case.id) == THREADS // 2


def test_of_colleagues_who_take_or_answer_at_once_one_has_it_and_one_answer_goes_out(app: Flask, people: People) -> None:
    team = [people.staff(Role.CX, f"Colleague {n}").id for n in range(4)]
    for number in range(ROUNDS):
        case = a_case(people.member(f"Racer {number}").id)
        took = all_at_once(app, *(
            partial(take, case_id=case.id, by_user_id=user, seal=seal_of(app), now=NOON) for user in team))
        assert took == {"done": 1, "case_in_other_hands": 3}
        case = apart(case)
        said = all_at_once(app, *(
            partial(answered, app, case, case.owner_id, words=f"Answer {n}", seen=case.version, once=f"race-{number}-{n}")
            for n in range(4)))
        assert said == {"done": 1, "case_changed": 3}
        assert _count(Entry, Entry.conversation_id == again(case).conversation_id, Entry.author == "staff") == 1


def test_a_word_that_crosses_the_closing_is_heard_and_nobodys_case_is_lost(app: Flask, people: People) -> None:
    mara = people.staff(Role.CX, "Mara Lind").id
    for number in range(ROUNDS):
        ada = people.member(f"Racer {number}")
        case, later = apart(answered(app, taken(app, a_case(ada.id), mara), mara)), NOON + timedelta(minutes=5)
        ada = apart(ada)
        met = all_at_once(
            app, partial(closed, app, case, mara, at=later, seen=case.version, once=f"close-{number}-race"),
            partial(write_entry, conversation_id=case.conversation_id, member=ada, words="One more thing", seal=seal_of(app),
                    now=later),
            partial(hear_members, later + timedelta(seconds=1)))
        assert set(met) <= {"done", "case_changed"}, met
        hear_members(later + timedelta(seconds=30))
        case = again(case)
        assert case.state == State.OPEN, "the member has the last word, so it is our turn"
        assert case.heard_at == later


def _day(number: int) -> Span:
    return hours(24 * (number + 1), 24 * (number + 1) + 2)
