"""Failures in the event log open cases: the declared ones, once, whenever the timer looked and however often it was cut off."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from core.database import db, transaction
from core.ids import seeded_ids
from core.outbox import OutboxRow, deliver
from core.time import service_clock
from experience.cases.close import close
from experience.cases.find_failures import counts, find_failures
from experience.cases.models import Case, CaseEntry, CaseReason, CaseWatch, CauseCode, Outcome, Severity
from experience.cases.open import handle_open_case, open_by_hand
from experience.cases.rules import FAILURES, Failure
from experience.journey import Phase, Step
from experience.record.models import Event
from experience.record.pids import pid_of
from portal.account.models import Member, Role
from reservations.booking.models import Reservation
from tests.experience.cases.given import jobs
from tests.experience.given import happened, write
from tests.factories import NOON, Clock, People, hours
from tests.reservations.made import booked

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ada(people: People, clock: Clock) -> Member:
    return people.member()


def on_trip(trip: Reservation, step: Step, phase: Phase, at: datetime, code: str | None = "CarDidNotAnswer") -> None:
    """An event of the trip's member, written at its moment."""
    with service_clock(lambda: at):
        write(happened(step, phase, at, journey=str(pid_of("trip", trip.id)), member_pid=pid_of("member", trip.member_id),
                       error_code=code))


def open_all() -> list[Case]:
    """Hand out what the timer posted, a day later."""
    with service_clock(lambda: NOON + timedelta(days=1)):
        deliver({"open_case": handle_open_case}, limit=200)
    db.session.rollback()
    return list(db.session.scalars(select(Case).order_by(Case.opened_at)))


def test_the_third_unlock_that_fails_on_a_trip_opens_one_severe_case(app: Flask, ada: Member) -> None:
    trip = booked(ada)
    for minute in (1, 2):
        on_trip(trip, Step.PICKUP_UNLOCK, Phase.FAILED, NOON + minute * MINUTE)
    assert find_failures(NOON + 3 * MINUTE) == 0
    for minute in (4, 5):
        on_trip(trip, Step.PICKUP_UNLOCK, Phase.REFUSED, NOON + minute * MINUTE, "car_busy")
    find_failures(NOON + 6 * MINUTE)
    find_failures(NOON + 7 * MINUTE)
    case, = open_all()
    assert (case.member_id, case.reservation_id) == (ada.id, trip.id)
    assert (case.severity, case.step) == (Severity.SEVERE, "pickup.unlock")
    assert case.opened_at == NOON + 4 * MINUTE


@pytest.mark.one_database
@pytest.mark.parametrize(("closed", "cases"), [(5, 1), (3, 2)])
def test_a_failure_from_before_its_trips_case_was_closed_opens_no_other(app: Flask, people: People, ada: Member,
                                                                        closed: int, cases: int) -> None:
    trip = booked(ada)
    by, seal = people.staff(Role.CX).id, app.extensions["adapters"].seal
    case = open_by_hand(member_id=ada.id, step=Step.PICKUP_UNLOCK, severity=Severity.SERIOUS, about="note:7",
                        words="", by_user_id=by, reservation_id=trip.id, seal=seal, now=NOON)
    for minute in (1, 2, 4):
        on_trip(trip, Step.PICKUP_UNLOCK, Phase.FAILED, NOON + minute * MINUTE)
    close(case_id=case.id, outcome=Outcome.SOLVED, cause=CauseCode.CAR_TECHNIQUE, words="", by_user_id=by, seen=case.version,
          once="x", seal=seal, now=NOON + closed * MINUTE)
    find_failures(NOON + 6 * MINUTE)
    assert len(open_all()) == cases
    assert {reason.about for reason in db.session.scalars(select(CaseReason))} >= {
        f"failure:{pid_of('trip', trip.id)}/unlock"}


@pytest.mark.one_database
@pytest.mark.parametrize(("step", "severity"), [(Step.DRIVE_LOCK, Severity.SEVERE), (Step.RETURN_LOCK, Severity.SERIOUS)])
def test_who_is_shut_out_on_the_way_is_as_badly_off_as_who_never_got_in(app: Flask, ada: Member, step: Step,
                                                                        severity: Severity) -> None:
    trip = booked(ada)
    for minute in range(3):
        on_trip(trip, step, Phase.REFUSED, NOON + minute * MINUTE, "car_relay_stuck")
    find_failures(NOON + 5 * MINUTE)
    assert [case.severity for case in open_all()] == [severity]


@pytest.mark.one_database
def test_what_members_put_right_themselves_counts_for_nothing(app: Flask, ada: Member) -> None:
    trip = booked(ada)
    for minute in range(6):
        on_trip(trip, Step.PICKUP_UNLOCK, Phase.REFUSED, NOON + minute * MINUTE, "car_check_first")
    assert find_failures(NOON + 10 * MINUTE) == 0


@pytest.mark.one_database
def test_who_brought_the_car_back_late_has_no_case_for_what_that_did_to_the_next(app: Flask, people: People,
                                                                                  ada: Member) -> None:
    late = booked(people.member("Bo Lindqvist"), once="late")
    on_trip(late, Step.RETURN_LATE_CHAIN, Phase.FAILED, NOON, "broke_car_there")
    assert find_failures(NOON + MINUTE) == 0
    on_trip(booked(ada, span=hours(72, 75)), Step.RETURN_LATE_CHAIN, Phase.FAILED, NOON + MINUTE, "no_other_car")
    find_failures(NOON + 2 * MINUTE)
    assert [case.member_id for case in open_all()] == [ada.id]


@pytest.mark.one_database
def test_leaving_a_booking_twice_in_a_day_opens_a_minor_case_unless_it_came_right(app: Flask, people: People,
                                                                                  ada: Member) -> None:
    bo = people.member("Bo Lindqvist")
    for member in (ada, bo):
        for minute in (0, 90):
            at = NOON + minute * MINUTE
            with service_clock(lambda at=at: at), seeded_ids(minute + member.id):
                write(happened(Step.BOOK_CONFIRM, Phase.ABANDONED, at, session="s", member_pid=pid_of("member", member.id)))
    with service_clock(lambda: NOON + 95 * MINUTE), seeded_ids(95):
        write(happened(Step.BOOK_CONFIRM, Phase.SUCCEEDED, NOON + 95 * MINUTE, session="s", member_pid=pid_of("member", bo.id)))
    assert find_failures(NOON + 100 * MINUTE) == 0
    find_failures(NOON + 150 * MINUTE)
    case, = open_all()
    assert (case.member_id, case.severity, case.reservation_id) == (ada.id, Severity.MINOR, None)


@pytest.mark.one_database
@pytest.mark.parametrize(("succeeded", "found"), [(-30, 1), (4, 0), (70, 1), (None, 1)])
def test_a_booking_that_failed_three_times_is_judged_an_hour_later_by_what_came_after(
        app: Flask, ada: Member, succeeded: int | None, found: int) -> None:
    def booking(phase: Phase, minute: int) -> None:
        at = NOON + minute * MINUTE
        with service_clock(lambda: at), seeded_ids(minute):  # whose ids are of that clock
            write(happened(Step.BOOK_CONFIRM, phase, at, session="s", member_pid=pid_of("member", ada.id)))

    for minute in range(-40, 80):
        if minute == succeeded:
            booking(Phase.SUCCEEDED, minute)
        if minute in (0, 1, 2):
            booking(Phase.FAILED, minute)
        find_failures(NOON + minute * MINUTE)
        assert minute >= 62 or jobs("open_case") == []
    assert len(jobs("open_case")) == found


@pytest.mark.one_database
def test_nobodys_events_open_nothing(app: Flask, ada: Member) -> None:
    trip = booked(ada)
    for minute in range(3):
        on_trip(trip, Step.PICKUP_UNLOCK, Phase.FAILED, NOON + minute * MINUTE)
    with transaction():
        db.session.execute(db.text("DELETE FROM identities WHERE kind = 'member'"))
    find_failures(NOON + 10 * MINUTE)
    assert jobs("open_case") == []


def test_every_declared_failure_names_steps_phases_and_a_count() -> None:
    assert len({failure.name for failure in FAILURES}) == len(FAILURES)
    for failure in FAILURES:
        assert failure.steps
        assert failure.phases
        assert failure.count >= 1


# What the timer finds does not depend on when it looked.

_TRIP = [failure for failure in FAILURES if failure.on_trip]
Happening = tuple[int, Step, Phase, str | None]
happenings = st.lists(st.tuples(
    st.integers(0, 600), st.sampled_from([Step.PICKUP_UNLOCK, Step.RETURN_LOCK, Step.PAY_PAYMENT, Step.PICKUP_ARRIVE]),
    st.sampled_from([Phase.FAILED, Phase.REFUSED, Phase.SUCCEEDED]),
    st.sampled_from(["CarDidNotAnswer", "car_check_first", "car_still_out", None])), max_size=7)


def expected(events: list[Happening]) -> set[str]:
    """By the declaration alone: which failures a trip with these events has."""
    def many(failure: Failure) -> int:
        return sum(counts(failure, str(step), str(phase), code) for _minute, step, phase, code in events)

    return {failure.name for failure in _TRIP if many(failure) >= failure.count}


@pytest.mark.one_database
@given(events=happenings, looks=st.lists(st.integers(0, 620), max_size=5), killed=st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whenever_the_timer_looks_it_finds_what_happened_and_nothing_twice(app: Flask, ada: Member, events: list[Happening],
                                                                           looks: list[int], killed: bool) -> None:
    with transaction():
        for table in (CaseEntry, CaseReason, Case, CaseWatch, Event):
            db.session.execute(delete(table))
        db.session.execute(delete(OutboxRow).where(OutboxRow.kind == "open_case"))
    trip = db.session.scalars(select(Reservation)).first() or booked(ada)
    for moment in sorted({*looks, *(minute for minute, *_rest in events), 700}):
        for minute, step, phase, code in events:
            if minute == moment:
                on_trip(trip, step, phase, NOON + minute * MINUTE, code)
        if moment in looks or moment == 700:
            find_failures(NOON + moment * MINUTE + MINUTE)
            if killed:  # the worker died after the work and before it could say so
                with transaction():
                    db.session.execute(delete(CaseWatch))
    cases = open_all()
    hits = {job.facts["about"].split("/")[-1] for job in jobs("open_case")}
    assert hits == expected(events)
    assert len(cases) == min(1, len(hits))
