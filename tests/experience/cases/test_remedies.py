"""Making it good with money: whole is who has it, one case has a bound, and large sums are asked about twice."""

import pytest
from flask import Flask
from sqlalchemy import select

from core.database import db
from core.money import Money
from experience.cases.errors import MoreThanACaseGives
from experience.cases.models import Act, Case
from experience.cases.remedy import give_case_credit
from experience.journey import Step
from experience.record.models import Event
from portal.account.models import Member, Role, User
from portal.billing.adjustments.give import decide_adjustment
from portal.billing.adjustments.models import Adjustment
from portal.billing.payers.payer_of import own_payer
from portal.worker import do_due
from tests.experience.cases.given import a_case, acts, again, key, taken
from tests.factories import NOON, Clock, People, hidden
from tests.reservations.made import booked
from tests.reservations.pages import browser_of, words_of

pytestmark = pytest.mark.one_database


@pytest.fixture
def ada(people: People, clock: Clock) -> Member:
    return people.member()


@pytest.fixture
def mara(people: People) -> User:
    return people.staff(Role.CX, "Mara Lind")


def given(case: Case, cents: int, by: User) -> Adjustment:
    return give_case_credit(case_id=case.id, amount=Money(cents), why="goodwill", by_user_id=by.id, seen=again(case).version,
                            once=key(), now=NOON)


def made_whole() -> list[int]:
    db.session.rollback()
    return [facts["amount_cents"] for facts in db.session.scalars(
        select(Event.facts).where(Event.step == Step.HELP_RECOVERY, Event.phase == "succeeded"))]


@pytest.mark.parametrize("agree", [True, False])
def test_credit_that_waits_makes_nobody_whole_before_a_second_person_agreed(app: Flask, people: People, ada: Member, mara: User,
                                                                          agree: bool) -> None:
    case = taken(app, a_case(ada.id), mara.id)
    waits = given(case, 25_000, mara)
    assert made_whole() == []
    decide_adjustment(adjustment=waits, agree=agree, by_user_id=people.staff(Role.FINANCE).id, now=NOON)
    for _twice in range(2):
        do_due(app)
    assert made_whole() == ([25_000] if agree else [])
    assert acts(case).count(Act.CREDIT) == (2 if agree else 1)


def test_one_case_gives_no_more_goodwill_than_its_bound_with_what_waits(app: Flask, people: People, ada: Member,
                                                                        mara: User) -> None:
    case = taken(app, a_case(ada.id), mara.id)
    waits = given(case, 45_000, mara)
    with pytest.raises(MoreThanACaseGives) as no:
        given(case, 5_001, mara)
    assert "$500.00" in str(no.value.says)
    assert "$50.00 of that is left" in str(no.value.remedy)
    decide_adjustment(adjustment=waits, agree=False, by_user_id=people.staff(Role.FINANCE).id, now=NOON)
    given(case, 50_000, mara)  # what was turned down counts no more
    assert own_payer(ada.id).credit_cents == 0


def test_a_large_sum_is_given_with_the_second_press_and_names_its_case_and_trip_to_finance(
        app: Flask, people: People, clock: Clock, ada: Member, mara: User) -> None:
    trip = booked(ada)
    case = taken(app, a_case(ada.id, reservation_id=trip.id), mara.id)
    path, desk = f"/experience/cases/{case.id}", browser_of(app, mara, clock)
    page = desk.get(path).text
    form = {name: hidden(page, name) for name in ("remedy-once", "remedy-seen")}
    form |= {"remedy-line": "0", "remedy-amount": "99999.00", "remedy-why": "goodwill"}
    asked = desk.post(f"{path}/remedy", **form)
    assert asked.status_code == 422
    assert "Are you sure? $99,999.00, for: Goodwill." in words_of(asked)
    form["remedy-sure"] = hidden(asked.text, "remedy-sure")
    assert "One case gives at most $500.00 of goodwill." in words_of(desk.post(f"{path}/remedy", **form))
    form["remedy-amount"] = "300.00"
    asked = desk.post(f"{path}/remedy", **form)
    assert "Yes, ask for $300.00" in words_of(asked)  # another sum is asked about anew
    assert db.session.scalars(select(Adjustment)).all() == []
    form["remedy-sure"] = hidden(asked.text, "remedy-sure")
    assert desk.post(f"{path}/remedy", **form).status_code == 302
    waits = db.session.scalars(select(Adjustment)).one()
    office = browser_of(app, people.staff(Role.FINANCE), clock).get(f"/office/adjustments/{waits.id}").text
    assert "looked after by Mara Lind" in office
    assert f"trip={trip.reference}" in office
    assert path not in office  # a door that would not open for them
    assert f'href="{path}"' in browser_of(app, people.staff(Role.ADMIN), clock).get(f"/office/adjustments/{waits.id}").text


def test_a_small_sum_is_given_with_one_press(app: Flask, clock: Clock, ada: Member, mara: User) -> None:
    case = taken(app, a_case(ada.id), mara.id)
    path, desk = f"/experience/cases/{case.id}", browser_of(app, mara, clock)
    page = desk.get(path).text
    form = {name: hidden(page, name) for name in ("remedy-once", "remedy-seen")}
    assert desk.post(f"{path}/remedy", **form | {"remedy-line": "0", "remedy-amount": "25.00",
                                                 "remedy-why": "goodwill"}).status_code == 302
    assert made_whole() == [2500]
