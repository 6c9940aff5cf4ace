"""The gap matrix: what was promised and became of it, against how it was compared with what people expected."""

from datetime import timedelta
from uuid import UUID

import pytest

from core.database import db, transaction
from experience.asks.models import Answer, AskRow, Expectation, Means
from experience.insight.gap import Felt, GapAnswers, Kept, gap_matrix, rate_of
from experience.insight.wilson import wilson
from experience.insight.window import Window
from experience.promises.models import Promise
from tests.factories import NOON, a_car, hours
from tests.reservations.made import booked

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
