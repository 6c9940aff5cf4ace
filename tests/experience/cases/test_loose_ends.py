"""No case is closed in silence over a promise that is open or money that waits: what becomes of each is said with it."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from core.database import db
from core.money import Money
from experience.cases.errors import LooseEnds
from experience.cases.models import Case, End, State
from experience.cases.promise import promise_in_case
from experience.cases.remedy import give_case_credit
from experience.promises.models import Promise
from portal.account.models import Member, Role, User
from portal.billing.adjustments.models import Adjustment
from portal.worker import do_due
from tests.experience.cases.given import a_case, again, closed, jobs, key, seal_of, taken
from tests.factories import NOON, Clock, People, hidden
from tests.reservations.pages import browser_of, words_of

pytestmark = pytest.mark.one_database


@pytest.fixture
def ada(people: People, clock: Clock) -> Member:
    return people.member()


@pytest.fixture
def mara(people: People) -> User:
    return people.staff(Role.CX, "Mara Lind")


@pytest.fixture
def case(app: Flask, ada: Member, mara: User) -> Case:
    """A case with a promise that is open and credit that waits for a second person."""
    found = taken(app, a_case(ada.id), mara.id)
    promise_in_case(case_id=found.id, words="A new lock by Friday", due_at=NOON + timedelta(hours=2), by_user_id=mara.id,
                    seen=again(found).version, once=key(), seal=seal_of(app), now=NOON)
    give_case_credit(case_id=found.id, amount=Money(9000), why="goodwill", by_user_id=mara.id, seen=again(found).version,
                     once=key(), now=NOON)
    return again(found)


def the_two() -> tuple[Promise, Adjustment]:
    db.session.rollback()
    return (db.session.scalars(select(Promise).execution_options(populate_existing=True)).one(),
            db.session.scalars(select(Adjustment).execution_options(populate_existing=True)).one())


def test_a_case_is_not_closed_over_what_is_open_in_it(app: Flask, case: Case, mara: User) -> None:
    promise, credit = the_two()
    for ends in ({}, {promise.id: End.STAYS}, {credit.id: End.STAYS}):
        with pytest.raises(LooseEnds):
            closed(app, case, mara.id, ends=ends)
    assert again(case).state == State.OPEN
    closed(app, case, mara.id, ends={promise.id: End.STAYS, credit.id: End.STAYS})
    assert [one.state for one in the_two()] == ["open", "waiting"]
    assert again(case).state == State.CLOSED


def test_its_form_names_them_and_settles_them_with_the_outcome(app: Flask, clock: Clock, ada: Member, case: Case,
                                                               mara: User) -> None:
    clock.forward(hours=3)
    path, desk = f"/experience/cases/{case.id}", browser_of(app, mara, clock)
    page = desk.get(path)
    assert "We promised: A new lock by Friday" in words_of(page)
    assert "Waits for a second person: $90.00" in words_of(page)
    promise, credit = the_two()
    form = {name: hidden(page.text, name) for name in ("close-once", "close-seen")}
    form |= {"close-outcome": "solved", "close-cause": "lot", "close-words": "The lock came a day late."}
    no = desk.post(f"{path}/close", **form)
    assert no.status_code == 422
    assert no.text.count("Say what becomes of it.") >= 2
    assert jobs("case_closed") == []
    form |= {f"close-end_{promise.id.hex}": "done", f"close-end_{credit.id.hex}": "withdrawn"}
    assert desk.post(f"{path}/close", **form).status_code == 302
    promise, credit = the_two()
    assert (promise.state, promise.evidence["done"], credit.state) == ("broken", True, "turned_down")  # done, but too late
    do_due(app)
    mine = words_of(browser_of(app, ada.user, clock).get("/account/promises"))
    assert "A new lock by Friday" in mine
    assert "The lock came a day late." in mine
