"""Cases from opening to outcome: one for each member and trip, in one pair of hands, with a clock, and never without an end."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from core.audit import AuditRow, Staff, acting_staff
from core.database import db, transaction
from core.money import Money
from core.outbox import deliver, post
from core.refusal import NotFound
from experience.cases.alarm import alarm_overdue
from experience.cases.clock import Face, clock_of
from experience.cases.close import ask_how_it_was
from experience.cases.errors import (
    AlreadyClosed,
    AnotherIsOpen,
    ChangedMeanwhile,
    InOtherHands,
    NobodyToOwn,
    NotTheirLine,
    TooOldToReopen,
)
from experience.cases.hear import _new_words, hear_members
from experience.cases.models import Act, Case, CaseReason, Outcome, Rule, Severity, State
from experience.cases.open import handle_open_case, has_open_case, open_by_hand
from experience.cases.promise import promise_in_case
from experience.cases.remedy import give_case_credit, give_case_refund
from experience.cases.reopen import reopen
from experience.cases.take import hand_over, take
from experience.cases.who import face_of
from experience.cases.write_note import write_note
from experience.insight.models import Lookup
from experience.journey import Phase, Step
from experience.promises.models import Promise
from portal.account.models import Member, Role
from portal.billing.adjustments.models import Adjustment, AdjustmentState
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.payers.payer_of import own_payer
from portal.help.merge import merge
from portal.help.models import Conversation, Entry, Status
from portal.help.solve import solve
from portal.help.start import start_conversation_with
from portal.help.write import write_entry
from tests.experience.cases.given import a_case, a_hit, acts, again, answered, closed, jobs, key, seal_of, taken
from tests.experience.given import phases
from tests.factories import NOON, Clock, People, hours
from tests.reservations.made import booked

HOUR = timedelta(hours=1)


@pytest.fixture
def ada(people: People) -> Member:
    return people.member()


@pytest.fixture
def mara(people: People) -> int:
    return people.staff(Role.CX, "Mara Lind").id


@pytest.fixture
def ines(people: People) -> int:
    return people.staff(Role.CX, "Ines Vogt").id


# Opening.

def test_one_open_case_of_a_member_and_trip_takes_in_whatever_else_goes_wrong(app: Flask, ada: Member) -> None:
    trip, other = booked(ada), booked(ada, once="other", span=hours(72, 75))
    case = a_case(ada.id, hit=a_hit(severity=Severity.MINOR), reservation_id=trip.id)
    worse = a_case(ada.id, hit=a_hit(Rule.FAILED, severity=Severity.SEVERE), reservation_id=trip.id, at=NOON + HOUR)
    assert worse.id == case.id
    assert (case.severity, case.due_at) == (Severity.SEVERE, NOON + 5 * HOUR)
    assert acts(case) == [Act.OPENED, Act.REASON]
    assert a_case(ada.id, reservation_id=other.id).id != case.id
    assert a_case(ada.id).id not in (case.id, None)
    assert db.session.scalar(select(func.count()).select_from(CaseReason)) == 4


def test_the_same_hit_opens_nothing_twice_not_even_after_its_case_was_closed(app: Flask, ada: Member, mara: int) -> None:
    hit = a_hit()
    case = a_case(ada.id, hit=hit)
    assert a_case(ada.id, hit=hit).version == case.version
    closed(app, taken(app, case, mara), mara)
    assert a_case(ada.id, hit=hit).id == case.id
    assert again(case).state == State.CLOSED
    assert not has_open_case(ada.id)


def test_a_job_opens_a_case_whose_clock_runs_from_when_it_happened(app: Flask, ada: Member, clock: Clock) -> None:
    with transaction():
        post("open_case", member_id=ada.id, once="case-detractor-answer:1", rule="detractor", step="return.receipt",
             reservation_id=None, about="answer:1")
        post("open_case", member_id=None, once="case-help-x", rule="help", step="help.contact", about="conversation:x")
    clock.forward(hours=3)
    assert deliver({"open_case": handle_open_case}) == 2
    case = db.session.scalars(select(Case)).one()
    assert (case.opened_at, case.due_at, case.rule, case.step) == (NOON, NOON + 24 * HOUR, "detractor", "return.receipt")
    assert has_open_case(ada.id)


def test_a_case_is_never_about_somebody_elses_trip(app: Flask, people: People, ada: Member) -> None:
    with pytest.raises(NotFound):
        a_case(ada.id, reservation_id=booked(people.member("Bo Lindqvist")).id)
    assert db.session.scalar(select(func.count()).select_from(Case)) == 0


def test_a_case_opened_by_hand_is_the_openers_and_its_words_are_sealed(app: Flask, ada: Member, mara: int) -> None:
    case = open_by_hand(member_id=ada.id, step=Step.PICKUP_CHECK, severity=Severity.MINOR, about="note:7",
                        words="Sand everywhere", by_user_id=mara, seal=seal_of(app), now=NOON)
    assert (case.owner_id, case.state, case.rule) == (mara, State.OPEN, Rule.NOTE)
    assert "Sand" not in repr(db.session.execute(text("SELECT * FROM case_entries")).all())
    again_ = open_by_hand(member_id=ada.id, step=Step.PICKUP_CHECK, severity=Severity.MINOR, about="note:7", words="",
                          by_user_id=mara, seal=seal_of(app), now=NOON)
    assert again_.id == case.id


# Whose it is.

def test_taking_a_case_shows_whose_it_is_and_is_written_down_as_a_look(app: Flask, ada: Member, mara: int, ines: int) -> None:
    case = a_case(ada.id)
    assert face_of(case, mara).member is None
    with acting_staff(Staff(mara, "mara@example.com", "POST /experience/cases")):
        taken(app, case, mara)
    assert face_of(case, mara).member.name == "Ada Okafor"
    assert face_of(case, ines).member is None
    look = db.session.scalars(select(Lookup)).one()
    assert (look.by_user_id, look.found) == (mara, True)
    assert any(row.object == f"cases/{case.id}" and row.after.get("owner_id") == mara
               for row in db.session.scalars(select(AuditRow)))


def test_of_two_who_take_a_case_the_second_is_told_and_may_take_it_over(app: Flask, ada: Member, mara: int, ines: int) -> None:
    case = taken(app, a_case(ada.id), mara)
    with pytest.raises(InOtherHands):
        take(case_id=case.id, by_user_id=ines, seal=seal_of(app), now=NOON)
    take(case_id=case.id, by_user_id=ines, instead_of=mara, seal=seal_of(app), now=NOON)
    assert again(case).owner_id == ines
    hand_over(case_id=case.id, to_user_id=mara, by_user_id=ines, seal=seal_of(app), now=NOON)
    assert again(case).owner_id == mara


def test_only_the_team_has_cases(app: Flask, people: People, ada: Member, mara: int) -> None:
    fleet = people.staff(Role.FLEET).id
    case = a_case(ada.id)
    with pytest.raises(NobodyToOwn):
        take(case_id=case.id, by_user_id=fleet, seal=seal_of(app), now=NOON)
    with pytest.raises(NobodyToOwn):
        hand_over(case_id=case.id, to_user_id=fleet, by_user_id=mara, seal=seal_of(app), now=NOON)


def test_who_acts_on_what_they_no_longer_see_is_told_before_anything_happens(app: Flask, ada: Member, mara: int,
                                                                          ines: int) -> None:
    case = taken(app, a_case(ada.id), mara)
    seen = case.version
    write_note(case_id=case.id, words="Look at the lock", by_user_id=ines, once=key(), seal=seal_of(app), now=NOON)
    with pytest.raises(ChangedMeanwhile):
        answered(app, case, mara, seen=seen)
    with pytest.raises(InOtherHands):
        answered(app, case, ines)
    assert db.session.scalar(select(func.count()).select_from(Entry)) == 0
    answered(app, case, mara)
    assert acts(case)[-2:] == [Act.NOTE, Act.REPLY]


# Answering.

def test_an_answer_begins_a_conversation_and_the_clock_follows_who_has_the_word(app: Flask, ada: Member, mara: int) -> None:
    case = taken(app, a_case(ada.id), mara)
    answered(app, case, mara, waits=False, at=NOON + HOUR)
    case = again(case)
    assert (case.state, case.first_reply_at, case.due_at) == (State.OPEN, NOON + HOUR, NOON + timedelta(days=5))
    answered(app, case, mara, at=NOON + 2 * HOUR, once="the-same-form")
    answered(app, case, mara, at=NOON + 2 * HOUR, once="the-same-form")
    case = again(case)
    assert (case.state, clock_of(case, NOON + 3 * HOUR).face) == (State.WAITING, Face.WAITING)
    assert case.due_at == NOON + 2 * HOUR + timedelta(days=4)
    said = db.session.scalars(select(Entry).where(Entry.conversation_id == case.conversation_id, Entry.author == "staff")).all()
    assert len(said) == 2
    assert len(jobs("help_reply")) == 2


def test_the_members_next_word_makes_the_case_ours_again(app: Flask, ada: Member, mara: int) -> None:
    case = answered(app, taken(app, a_case(ada.id), mara), mara)
    write_entry(conversation_id=case.conversation_id, member=ada, words="Still broken", seal=seal_of(app), now=NOON + HOUR)
    assert hear_members(NOON + HOUR) == 1
    assert hear_members(NOON + HOUR) == 0
    case = again(case)
    assert (case.state, case.due_at, acts(case)[-1]) == (State.OPEN, NOON + 25 * HOUR, Act.MEMBER_WROTE)


def test_words_in_two_conversations_of_a_case_are_heard_as_one_and_the_newest_is_gone_on_in(app: Flask, ada: Member,
                                                                                            mara: int) -> None:
    case = answered(app, taken(app, a_case(ada.id), mara), mara)
    first, later = again(case).conversation_id, NOON + timedelta(days=20)
    write_entry(conversation_id=first, member=ada, words="Still broken", seal=seal_of(app), now=NOON + HOUR)
    solve(conversation_id=first, by_user_id=mara, now=NOON + 2 * HOUR)
    second = write_entry(conversation_id=first, member=ada, words="And again", seal=seal_of(app), now=later).id
    assert second != first
    assert hear_members(later) == 1
    case = again(case)
    assert (case.conversation_id, case.heard_at, acts(case).count(Act.MEMBER_WROTE)) == (second, later, 1)
    assert hear_members(later) == 0


def test_words_are_heard_where_their_conversation_was_merged_into(app: Flask, ada: Member, mara: int) -> None:
    case = answered(app, taken(app, a_case(ada.id), mara), mara)
    into = start_conversation_with(member_id=ada.id, words="Hello", by_user_id=mara, seal=seal_of(app), now=NOON, once=key())
    into_id = into.id
    merge(conversation_id=again(case).conversation_id, into_id=into_id, by_user_id=mara, now=NOON)
    write_entry(conversation_id=into_id, member=ada, words="Still broken", seal=seal_of(app), now=NOON + HOUR)
    assert hear_members(NOON + HOUR) == 1
    assert again(case).conversation_id == into_id


@pytest.mark.one_database
def test_hearing_reads_no_table_from_end_to_end_but_the_cases(app: Flask) -> None:
    query = _new_words(NOON).compile(db.engine, compile_kwargs={"literal_binds": True})
    plan = [row.detail for row in db.session.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
    assert not {"SCAN conversations", "SCAN conversations_1", "SCAN conversation_entries"} & set(plan), plan
    assert any("ix_conversations_follows" in step for step in plan), "\n".join(plan)


def test_a_case_goes_on_in_the_conversation_it_came_from_whoever_had_that(app: Flask, people: People, ada: Member,
                                                                       mara: int) -> None:
    support = people.staff(Role.SUPPORT).id
    begun = start_conversation_with(member_id=ada.id, words="Hello", by_user_id=support, seal=seal_of(app), now=NOON,
                                    once=key())
    case = taken(app, a_case(ada.id, hit=a_hit(Rule.HELP, f"conversation:{begun.id}")), mara)
    answered(app, case, mara)
    assert again(case).conversation_id == begun.id
    assert db.session.get_one(Conversation, begun.id, populate_existing=True).owner_id == mara


# Making it good.

def test_credit_within_the_limit_is_given_once_and_more_waits_for_a_second_person(app: Flask, ada: Member, mara: int) -> None:
    case, once = taken(app, a_case(ada.id), mara), key()
    for _ in range(2):
        give_case_credit(case_id=case.id, amount=Money(1500), why="goodwill", by_user_id=mara,
                         seen=again(case).version, once=once, now=NOON + HOUR)
    assert own_payer(ada.id).credit_cents == 1500
    more = give_case_credit(case_id=case.id, amount=Money(9000), why="goodwill", by_user_id=mara, seen=again(case).version,
                            once=key(), now=NOON + HOUR)
    assert more.state == AdjustmentState.WAITING
    assert acts(case)[-2:] == [Act.CREDIT, Act.CREDIT]
    assert phases(Step.HELP_RECOVERY) == [Phase.SUCCEEDED]  # what waits has made nobody whole


def test_a_refund_is_of_the_members_own_line(app: Flask, people: People, ada: Member, mara: int) -> None:
    bo = people.member("Bo Lindqvist")
    with transaction():
        enter([Transfer(Account.RECEIVABLE, Account.FEES, Money(1000), Origin.AFTER, "late_fee", "late_fee", 1,
                        f"fee-{each.id}", NOON, payer_id=own_payer(each.id).id, member_id=each.id, facts={})
               for each in (ada, bo)])
    hers, his = db.session.scalars(select(LedgerRow).order_by(LedgerRow.id)).all()
    case = taken(app, a_case(ada.id), mara)
    with pytest.raises(NotTheirLine):
        give_case_refund(case_id=case.id, line_id=his.id, amount=Money(500), why="our_mistake", by_user_id=mara,
                         seen=case.version, once=key(), now=NOON)
    give_case_refund(case_id=case.id, line_id=hers.id, amount=Money(500), why="our_mistake", by_user_id=mara,
                     seen=again(case).version, once=key(), now=NOON)
    assert db.session.scalars(select(Adjustment)).one().amount == Money(500)
    assert acts(case)[-1] == Act.REFUND


def test_a_promise_made_in_a_case_is_in_the_ledger_once_with_its_owner_and_date(app: Flask, ada: Member, mara: int) -> None:
    case, once = taken(app, a_case(ada.id), mara), key()
    for _ in range(2):
        promise_in_case(case_id=case.id, words="A new lock by Friday", due_at=NOON + 48 * HOUR, by_user_id=mara,
                        seen=again(case).version, once=once, seal=seal_of(app), now=NOON)
    promise = db.session.scalars(select(Promise).where(Promise.by_user_id.is_not(None))).one()
    assert (promise.member_id, promise.owner_id, promise.due_at) == (ada.id, mara, NOON + 48 * HOUR)
    assert acts(case).count(Act.PROMISE) == 1


# Ending.

def test_a_closed_case_tells_the_member_its_outcome_and_asks_a_day_later(app: Flask, ada: Member, mara: int,
                                                                      clock: Clock) -> None:
    case, once = answered(app, taken(app, a_case(ada.id), mara), mara), key()
    seen = again(case).version
    closed(app, case, mara, outcome=Outcome.MADE_GOOD, seen=seen, once=once)
    closed(app, case, mara, outcome=Outcome.MADE_GOOD, seen=seen, once=once)
    case = again(case)
    assert (case.state, case.outcome, case.closed_at) == (State.CLOSED, Outcome.MADE_GOOD, NOON)
    assert db.session.get_one(Conversation, case.conversation_id).status == Status.SOLVED
    assert phases(Step.HELP_RESOLVE) == [Phase.SUCCEEDED]
    assert len(jobs("case_closed")) == 1
    assert [job.due_at for job in jobs("case_closing")] == [NOON + 24 * HOUR]
    deliver({"case_closing": ask_how_it_was})
    assert [job.facts["solicitation"] for job in jobs("ask")] == ["help_ease"]  # the conversation's own, due an hour later
    clock.forward(hours=24)
    deliver({"case_closing": ask_how_it_was})
    asked = [job for job in jobs("ask") if job.facts["solicitation"] != "help_ease"]
    assert [(job.member_id, job.facts["solicitation"]) for job in asked] == [(ada.id, "case_closing")]
    with pytest.raises(AlreadyClosed):
        answered(app, case, mara)


def test_the_closing_ask_of_a_case_that_was_opened_again_is_not_asked(app: Flask, ada: Member, mara: int, clock: Clock) -> None:
    case = closed(app, taken(app, a_case(ada.id), mara), mara)
    reopen(case_id=case.id, by_user_id=mara, seal=seal_of(app), now=NOON + HOUR)
    clock.forward(hours=30)
    deliver({"case_closing": ask_how_it_was})
    assert jobs("ask") == []
    assert phases(Step.HELP_RESOLVE) == [Phase.SUCCEEDED, Phase.UNDONE]


def test_a_bad_answer_to_the_closing_ask_opens_the_same_case_again(app: Flask, ada: Member, mara: int) -> None:
    trip = booked(ada)
    case = closed(app, answered(app, taken(app, a_case(ada.id, reservation_id=trip.id), mara), mara), mara)
    later = NOON + 26 * HOUR
    assert a_case(ada.id, hit=a_hit(Rule.HARD, step=Step.HELP_RESOLVE), at=later, reservation_id=trip.id).id == case.id
    case = again(case)
    assert (case.state, case.owner_id, case.reopened, case.due_at) == (State.OPEN, mara, 1, later + 24 * HOUR)
    assert acts(case)[-2:] == [Act.REOPENED, Act.REASON]
    assert phases(Step.HELP_RESOLVE) == [Phase.SUCCEEDED, Phase.UNDONE]
    closed(app, case, mara, at=later)
    assert len(jobs("case_closed")) == 2


def test_a_closed_case_is_opened_by_the_members_word_for_thirty_days(app: Flask, ada: Member, mara: int) -> None:
    case = closed(app, answered(app, taken(app, a_case(ada.id), mara), mara), mara)
    soon, late = NOON + timedelta(days=9), NOON + timedelta(days=45)
    write_entry(conversation_id=case.conversation_id, member=ada, words="It broke again", seal=seal_of(app), now=soon)
    hear_members(soon)
    assert again(case).state == State.OPEN
    assert phases(Step.HELP_RESOLVE).count(Phase.UNDONE) == 1
    closed(app, case, mara, at=soon)
    with pytest.raises(TooOldToReopen):
        reopen(case_id=case.id, by_user_id=mara, seal=seal_of(app), now=late)
    a_case(ada.id, at=soon)
    with pytest.raises(AnotherIsOpen):
        reopen(case_id=case.id, by_user_id=mara, seal=seal_of(app), now=soon + HOUR)


def test_a_case_past_its_clock_alarms_its_owner_once_and_nobodys_the_whole_team(app: Flask, people: People, ada: Member,
                                                                             mara: int, ines: int) -> None:
    taken(app, a_case(ada.id), mara)
    a_case(people.member("Bo Lindqvist").id)
    assert alarm_overdue(NOON + 23 * HOUR) == 0
    assert alarm_overdue(NOON + 25 * HOUR) == 2
    assert alarm_overdue(NOON + 26 * HOUR) == 0
    assert sorted(job.facts["user_id"] for job in jobs("case_overdue")) == sorted([mara, mara, ines])
