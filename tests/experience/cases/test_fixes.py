"""The outer loop's figures: the rank by its formula, and before and after with an honest interval."""

from datetime import timedelta
from math import isclose

import pytest
from flask import Flask

from core.database import transaction
from core.money import Money
from experience.cases.board import MOST, Rank, before_after, board, off_the_board, rank_of
from experience.cases.fix import Plan, change_fix, link_case, plan_fix
from experience.cases.models import Fix, FixState, Measure, Severity
from experience.insight.contrast import Kind, estimate, sample_of
from experience.insight.difference import difference
from experience.journey import Phase, Step
from experience.record.pids import pid_of
from portal.account.models import Role
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, Origin
from portal.billing.payers.payer_of import own_payer
from tests.experience.cases.given import a_case, a_hit
from tests.experience.given import happened, write
from tests.factories import NOON, People

DAY = timedelta(days=1)


def a_fix(user_id: int, step: Step = Step.PICKUP_UNLOCK) -> Fix:
    return plan_fix(plan=_plan(user_id, step), by_user_id=user_id, now=NOON)


def _plan(user_id: int, step: Step = Step.PICKUP_UNLOCK) -> Plan:
    return Plan("New locks", step, "They freeze.", Measure.STOPPED, user_id)


def test_the_rank_is_reach_times_severity_times_value(app: Flask, people: People) -> None:
    mara = people.staff(Role.CX).id
    fix, other = a_fix(mara), a_fix(mara, Step.FIND_SEARCH)
    ada, bo, cy, dee = (people.member(name) for name in ("Ada Okafor", "Bo Lindqvist", "Cy Twombly", "Dee Rees"))
    for member, severity in ((ada, Severity.SEVERE), (bo, Severity.MINOR)):
        link_case(case_id=a_case(member.id, hit=a_hit(severity=severity)).id, fix_id=fix.id, by_user_id=mara, now=NOON)
    write(*(happened(Step.PICKUP_UNLOCK, Phase.FAILED, NOON - DAY, session="s", member_pid=pid_of("member", member.id),
                     error_code="CarDidNotAnswer") for member in (ada, cy)),
          happened(Step.PICKUP_UNLOCK, Phase.REFUSED, NOON - DAY, session="s", member_pid=pid_of("member", dee.id),
                   error_code="car_check_first"),
          happened(Step.PICKUP_UNLOCK, Phase.FAILED, NOON - 91 * DAY, session="s", member_pid=pid_of("member", dee.id)))
    write(happened(Step.PICKUP_UNLOCK, Phase.FAILED, NOON - DAY, session="s", member_pid=pid_of("member", dee.id),
                   error_code="broke_car_there"))
    with transaction():
        enter([Transfer(Account.RECEIVABLE, Account.DRIVING, Money(cents), Origin.AFTER, "late_fee", "late_fee", 1,
                        f"t-{member.id}", NOON - DAY, payer_id=own_payer(member.id).id, member_id=member.id, facts={})
               for member, cents in ((ada, 6000), (bo, 2000), (cy, 1000), (dee, 99000))])
    rank = rank_of(fix, NOON)
    assert (rank.reach, rank.cases, rank.severity, rank.value) == (3, 2, 5, Money(3000))
    assert rank.score == 3 * 5 * 30
    assert [placed.fix.id for placed in board(NOON)] == [fix.id, other.id]
    assert off_the_board() == 0


@pytest.mark.one_database
def test_of_very_many_fixes_the_newest_are_ranked_and_the_board_says_how_many_are_not(app: Flask, people: People) -> None:
    mara = people.staff(Role.CX).id
    old = a_fix(mara)
    for number in range(MOST):
        plan_fix(plan=_plan(mara), by_user_id=mara, now=NOON + timedelta(minutes=number + 1))
    placed = board(NOON + DAY)
    assert (len(placed), old.id in [each.fix.id for each in placed], off_the_board()) == (MOST, False, 1)


def test_a_fix_that_nobody_needs_has_no_rank() -> None:
    assert Rank.of(0, 0, 0, 0) == Rank(0, 0, 1, Money(0), 0)


@pytest.mark.one_database
@pytest.mark.parametrize(("failing_after", "better"), [(2, True), (38, None), (60, False)])
def test_before_and_after_names_a_change_only_when_the_interval_leaves_none_out(app: Flask, people: People, failing_after: int,
                                                                                better: bool | None) -> None:
    mara = people.staff(Role.CX).id
    fix = a_fix(mara)
    assert before_after(fix, NOON) is None
    for number in range(80):
        pid = pid_of("member", 50_000 + number)
        write(*(happened(Step.PICKUP_UNLOCK, Phase.FAILED if number < failing else Phase.SUCCEEDED, at, session=f"s{number}",
                         member_pid=pid) for at, failing in ((NOON - 2 * DAY, 40), (NOON + 2 * DAY, failing_after))))
    change_fix(fix_id=fix.id, plan=_plan(mara), state=FixState.DONE, seen=1, now=NOON)
    change = before_after(fix, NOON + 5 * DAY)
    assert change is not None
    assert (change.before.value, change.after.value) == (0.5, failing_after / 80)
    assert change.better is better


def test_the_interval_of_a_difference_is_newcombes() -> None:
    """Newcombe 1998, table II, example (a): 56/70 less 48/80 is 0.2 with 0.0524 to 0.3339 by the score method."""
    first, second = (estimate(sample_of((n, float(n < hits)) for n in range(of)), Kind.SHARE)
                     for hits, of in ((48, 80), (56, 70)))
    found = difference(first, second)
    assert isclose(found.difference, 0.2, abs_tol=1e-9)
    assert isclose(found.low, 0.0524, abs_tol=5e-4)
    assert isclose(found.high, 0.3339, abs_tol=5e-4)
    assert found.is_certain
