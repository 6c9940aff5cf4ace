"""The gap matrix: what was promised and became of it, against how it was compared with what people expected."""

from datetime import timedelta
from uuid import UUID

import pytest

from core.database import db, transaction
from experience.asks.models import Answer, AskRow, Expectation, Means
from experience.insight.gap import Felt, GapAnswers, Kept, gap_matrix, rate_of
from experience.insight.switched import Switch, reasons_to_leave, switched
from experience.insight.wilson import wilson
from experience.insight.window import Window
from experience.promises.models import Promise
from portal.account.leave.models import Departure, Reason
from portal.account.models import Plan, Role
from tests.factories import NOON, a_car, hours
from tests.reservations.made import booked
from tests.reservations.pages import browser_of, words_of

DAY = timedelta(days=1)


def trip(member, number: int, value: int, *states: str):
    """A trip with its settled promises and the answer about it."""
    reservation = booked(member, a_car(name="Acorn"), hours(24 * number, 24 * number + 2))
    with transaction():
        db.session.query(Promise).filter(Promise.reservation_id == reservation.id).delete()
        for place, state in enumerate(states):
            db.session.add(Promise(
                id=UUID(int=number * 10 + place), kind=f"kind{place}", step="return.receipt", member_id=member.id,
                reservation_id=reservation.id, minted_at=NOON, state=state, settled_at=NOON,
                cause=None if state == "kept" else "car", evidence={}))
        ask = AskRow(id=UUID(int=number), member_id=member.id, solicitation="receipt_expectation", metric="expectation",
                     exempt=False, step="return.receipt", reservation_id=reservation.id, state="answered", shown_by="page",
                     offered_at=NOON, shown_at=NOON, closed_at=NOON, expires_at=NOON + DAY, rules_version=1, probability=1.0,
                     facts={}, once=f"ask-{number}")
        db.session.add(ask)
        db.session.flush()
        db.session.add(Answer(
            id=UUID(int=number), ask_id=ask.id, event_id=UUID(int=number), at=NOON, member_id=member.id,
            solicitation="receipt_expectation", metric="expectation", step="return.receipt", value=value,
            reservation_id=reservation.id, locale="en", wording_version=1, probability=1.0, channel="page"))


def counts(cells) -> dict[Felt, int]:
    return {cell.felt: round(cell.rate.share * cell.rate.n) for cell in cells}


def test_one_broken_promise_makes_the_trip_a_broken_one_and_waived_ones_say_nothing(app, people, clock):
    ada, bo = people.member("Ada Okafor"), people.member("Bo Lindqvist")
    trip(ada, 1, 2, "kept", "broken")
    trip(ada, 2, 4, "kept", "waived")
    trip(bo, 3, 1, "kept")  # kept, and disappointed
    trip(bo, 4, 5, "waived")  # nothing was promised that counts
    with transaction():
        db.session.add(Expectation(id=UUID(int=1), at=NOON, stage="joining", member_id=ada.id, means="transit"))
    matrix = gap_matrix(GapAnswers(Window(NOON - DAY)))
    assert counts(matrix[Kept.KEPT]) == {Felt.WORSE: 1, Felt.AS_EXPECTED: 0, Felt.BETTER: 1}
    assert counts(matrix[Kept.BROKEN]) == {Felt.WORSE: 1, Felt.AS_EXPECTED: 0, Felt.BETTER: 0}
    of_transit = gap_matrix(GapAnswers(Window(NOON - DAY), means=Means.TRANSIT))
    assert counts(of_transit[Kept.KEPT]) == {Felt.WORSE: 0, Felt.AS_EXPECTED: 0, Felt.BETTER: 1}
    assert gap_matrix(GapAnswers(Window(NOON + DAY)))[Kept.KEPT] == []


def test_the_gap_is_read_by_what_people_left_for_and_who_left_says_why(app, people, clock):
    ada, bo = people.member("Ada Okafor", plan=Plan.PAY_AS_YOU_GO), people.member("Bo Lindqvist")
    trip(ada, 1, 2, "kept", "broken")
    trip(bo, 2, 4, "kept")
    with transaction():
        db.session.add_all([
            Expectation(id=UUID(int=1), at=NOON, stage="joining", member_id=ada.id, means="transit"),
            Expectation(id=UUID(int=2), at=NOON, stage="leaving", member_id=ada.id, means="own_car"),
            Departure(id=UUID(int=1), member_id=ada.id, at=NOON, reason="own_car"),
            Departure(id=UUID(int=2), member_id=bo.id, at=NOON)])
    of_those = gap_matrix(GapAnswers(Window(NOON - DAY), instead=Means.OWN_CAR))
    assert (counts(of_those[Kept.BROKEN])[Felt.WORSE], of_those[Kept.KEPT]) == (1, [])
    assert gap_matrix(GapAnswers(Window(NOON - DAY), instead=Means.TRANSIT))[Kept.BROKEN] == []
    assert switched(Window(NOON - DAY)) == [Switch(Means.TRANSIT, Means.OWN_CAR, 1)]
    assert set(reasons_to_leave(Window(NOON - DAY))) == {(None, 1), (Reason.OWN_CAR, 1)}
    assert switched(Window(NOON + DAY)) == reasons_to_leave(Window(NOON + DAY)) == []
    cx = browser_of(app, people.staff(Role.CX), clock)
    page = words_of(cx.get("/experience/gap", instead="own_car"))
    assert "I have a car now 1" in page
    assert "Buses and trains → My own car 1" in page


@pytest.mark.one_database
def test_answers_of_strangers_have_wilsons_interval_and_those_of_the_same_people_a_wider_one():
    strangers = rate_of({member: (member < 20, 1) for member in range(100)})
    plain = wilson(20, 100)
    assert (strangers.low, strangers.high) == (pytest.approx(plain.low, abs=0.001), pytest.approx(plain.high, abs=0.001))
    friends = rate_of({member: (5 * (member < 4), 5) for member in range(20)})
    assert (friends.n, friends.members, friends.share) == (100, 20, 0.2)
    assert friends.high - friends.low > 1.8 * (strangers.high - strangers.low)
    alone = rate_of({7: (30, 30)})
    assert alone.low < 0.3
