"""A conversation from its first word to its last: clocks, owners, what two people do at once, and what a member never sees."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.database import db
from core.outbox import OutboxRow
from core.refusal import NotFound
from experience.journey import Step
from experience.record.models import Event
from portal.account.models import Member, Role
from portal.help.call import called
from portal.help.context import About
from portal.help.errors import InOtherHands, NoSuchNumber, NotOpen, OfSomebodyElse, TooManyOpen, WroteMeanwhile
from portal.help.merge import merge
from portal.help.models import Conversation, Entry, Kind, Status
from portal.help.note import add_note
from portal.help.queries import is_unread, my_conversation, my_conversations, unread_count
from portal.help.reply import reply_to
from portal.help.solve import solve, take_up_again
from portal.help.start import Call, start_conversation, start_conversation_with
from portal.help.take import hand_over, take
from portal.help.write import write_entry
from tests.factories import NOON
from tests.portal.help.made import link_in, promises
from tests.reservations.made import booked, steps


def _write(desk, conversation, words="Not there either.", **more):
    member = db.session.get(Member, conversation.member_id)
    return write_entry(conversation_id=conversation.id, member=member, words=words, seal=desk.seal, now=desk.clock(), **more)


def test_a_question_is_promised_an_answer_and_the_answer_keeps_it(desk, people):
    bo = people.member("Bo Lindqvist")
    asked = desk.asked(bo)
    due = NOON + timedelta(hours=4)
    assert asked.answer_due_at == due
    assert promises() == [("open", None, due)]
    desk.clock.forward(hours=1)
    _write(desk, asked)  # a second word wins us no time
    assert desk.again(asked).answer_due_at == due
    desk.answered(asked)
    after = desk.again(asked)
    assert (after.status, after.answer_due_at, after.owner_id) == (Status.WAITING, None, desk.ana.id)
    assert promises() == [("kept", None, due)]


def test_an_answer_after_its_time_is_late_and_the_next_question_has_a_new_time(desk, people):
    asked = desk.asked(people.member())
    desk.clock.forward(hours=4, minutes=1)
    desk.answered(asked)
    desk.clock.forward(days=1)
    _write(desk, asked)
    again = desk.clock() + timedelta(hours=4)
    assert promises() == [("broken", "staff", NOON + timedelta(hours=4)), ("open", None, again)]
    assert desk.again(asked).answer_due_at == again


def test_praise_is_promised_no_answer(desk, people):
    praised = desk.asked(people.member(), "The car smelled of nothing at all!", kind=Kind.COMPLIMENT)
    assert (praised.answer_due_at, promises()) == (None, [])


def test_what_is_urgent_without_a_trip_is_a_question(desk, people):
    asked = desk.asked(people.member(), kind=Kind.URGENT)
    assert (asked.kind, asked.answer_due_at) == (Kind.QUESTION, NOON + timedelta(hours=4))
    cases = select(func.count()).select_from(OutboxRow).where(OutboxRow.kind == "open_case")
    assert db.session.scalar(cases) == 0


def test_urgent_help_is_promised_sooner_asked_once_a_trip_and_opens_a_case(desk, people):
    bo = people.member()
    trip = booked(bo)
    about = About(step=Step.PICKUP_UNLOCK, reservation=trip, car=trip.car, lot=trip.car.lot)
    first = desk.asked(bo, kind=Kind.URGENT, about=about)
    assert first.answer_due_at == NOON + timedelta(minutes=15)
    assert desk.asked(bo, kind=Kind.URGENT, about=about).id == first.id
    cases = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "open_case")).all()
    assert [(job.facts["rule"], job.facts["about"], job.facts["reservation_id"]) for job in cases] == [
        ("help", f"conversation:{first.id}", trip.id)]
    solve(conversation_id=first.id, by_user_id=desk.ana.id, now=desk.clock())
    assert desk.asked(bo, kind=Kind.URGENT, about=about).id != first.id


def test_the_same_form_sent_twice_asks_once(desk, people):
    bo = people.member()
    given = {"who": bo, "kind": Kind.QUESTION, "words": "Hello?", "about": About(), "once": "a-form", "seal": desk.seal,
             "now": NOON}
    assert start_conversation(**given).id == start_conversation(**given).id
    assert [step for step, _phase, _code in steps("succeeded")].count("help.contact") == 1
    asked = my_conversations(bo)[0]
    _write(desk, asked, once="another")
    _write(desk, asked, once="another")
    assert len(desk.said(asked)) == 2


def test_words_are_sealed_and_events_have_none(desk, people):
    asked = desk.asked(people.member(), "My name is Zebedee Quux")
    kept = db.session.scalars(select(Entry.words_sealed)).one()
    assert "Zebedee" not in kept
    assert desk.said(asked)[0].words == "My name is Zebedee Quux"
    event = db.session.scalars(select(Event).where(Event.step == "help.contact", Event.phase == "succeeded")).one()
    assert event.facts == {"kind": "question"}


def test_an_internal_note_is_in_no_page_and_no_mail_of_a_member(desk, people):
    asked = desk.asked(people.member())
    add_note(conversation_id=asked.id, words="He was rude on the phone", by_user_id=desk.ben.id, seal=desk.seal,
             now=desk.clock())
    hand_over(conversation_id=asked.id, by_user_id=desk.ben.id, to_user_id=desk.ana.id, note="Careful with this one",
              seal=desk.seal, now=desk.clock())
    desk.answered(asked)
    assert [each.words for each in desk.said(asked)] == ["Where is the ice scraper?", "In the trunk, on the left."]
    assert "Careful with this one" in [each.words for each in desk.said(asked, internal=True)]
    letters = " ".join(letter.get_content() for letter in desk.letters())
    assert "In the trunk" in letters
    assert "rude" not in letters
    assert "Careful" not in letters


def test_an_answer_is_mailed_with_the_exchange_before_it_and_the_way_back(desk, people):
    bo = people.member("Bo Lindqvist")
    asked = desk.asked(bo, "Where is the scraper?\nIt snows.")
    desk.answered(asked, "In the trunk.")
    assert len(desk.letters()) == 1
    desk.clock.forward(hours=1)
    _write(desk, asked, "Not there.")
    desk.answered(asked, "Then under the seat.")
    letter = desk.letters()[-1]
    said = letter.get_content()
    assert "Then under the seat." in said
    assert "> Not there." in said
    assert "In the trunk." not in said  # that was in the mail before
    assert link_in(letter, "/inbox/conversations/") == f"/inbox/conversations/{asked.id}"
    assert desk.door.conversation_of(str(letter["Reply-To"])) == asked.id
    assert letter["To"] == bo.user.email


def test_of_two_who_answer_the_second_is_told_what_the_first_said(desk, people):
    asked = desk.asked(people.member())
    seen = desk.said(asked)[-1].id
    desk.answered(asked, by=desk.ana)
    desk.clock.forward(minutes=2)
    given = {"conversation_id": asked.id, "words": "Look in the trunk!", "by_user_id": desk.ben.id, "seal": desk.seal,
             "now": desk.clock()}
    with pytest.raises(WroteMeanwhile) as refused:
        reply_to(**given, seen=seen)
    assert str(refused.value.says) == "Ana answered 2 min ago."
    with pytest.raises(InOtherHands):
        reply_to(**given, seen=desk.said(asked)[-1].id)
    with pytest.raises(WroteMeanwhile):
        solve(conversation_id=asked.id, by_user_id=desk.ben.id, now=desk.clock(), seen=seen)


def test_taking_says_from_whom(desk, people):
    asked = desk.asked(people.member())
    take(conversation_id=asked.id, by_user_id=desk.ana.id, now=desk.clock())
    with pytest.raises(InOtherHands):
        take(conversation_id=asked.id, by_user_id=desk.ben.id, now=desk.clock())
    take(conversation_id=asked.id, by_user_id=desk.ben.id, now=desk.clock(), instead_of=desk.ana.id)
    assert desk.again(asked).owner_id == desk.ben.id
    with pytest.raises(NotFound):
        hand_over(conversation_id=asked.id, by_user_id=desk.ben.id, to_user_id=people.staff(Role.FLEET).id, note="",
                  seal=desk.seal, now=desk.clock())


def test_what_was_solved_opens_again_with_the_next_word_within_two_weeks(desk, people):
    asked = desk.asked(people.member())
    desk.answered(asked)
    solve(conversation_id=asked.id, by_user_id=desk.ana.id, now=desk.clock())
    desk.clock.forward(days=14)
    _write(desk, asked)
    again = desk.again(asked)
    assert (again.status, again.reopened, again.solved_at) == (Status.OPEN, 1, None)
    assert [phase for step, phase, _code in steps() if step == "help.resolve"] == ["succeeded", "undone"]


def test_a_word_after_that_begins_another_that_follows_it(desk, people):
    asked = desk.asked(people.member())
    solve(conversation_id=asked.id, by_user_id=desk.ana.id, now=desk.clock())
    desk.clock.forward(days=14, minutes=1)
    went = _write(desk, asked)
    assert (went.follows_id, went.status, went.member_id) == (asked.id, Status.NEW, asked.member_id)
    assert desk.again(asked).status == Status.SOLVED


def test_solving_counts_the_contacts_it_took_and_needs_no_answer_any_more(desk, people):
    asked = desk.asked(people.member())
    _write(desk, asked)
    solve(conversation_id=asked.id, by_user_id=desk.ana.id, now=desk.clock())
    resolved = db.session.scalars(select(Event).where(Event.step == "help.resolve")).one()
    assert (resolved.facts["contacts"], resolved.actual, resolved.expected) == (2, 2, 1)
    assert promises() == [("waived", "not_needed", NOON + timedelta(hours=4))]
    with pytest.raises(NotOpen):
        solve(conversation_id=asked.id, by_user_id=desk.ana.id, now=desk.clock())
    take_up_again(conversation_id=asked.id, by_user_id=desk.ana.id, now=desk.clock())
    assert desk.again(asked).status == Status.OPEN


def test_merging_keeps_every_word_and_the_earlier_time_and_one_answer_settles_both(desk, people):
    bo = people.member()
    one = desk.asked(bo, "First")
    desk.clock.forward(hours=1)
    other = desk.asked(bo, "Second")
    merge(conversation_id=one.id, into_id=other.id, by_user_id=desk.ana.id, now=desk.clock())
    assert [each.words for each in desk.said(other) if each.words] == ["First", "Second"]
    assert desk.again(other).answer_due_at == NOON + timedelta(hours=4)
    assert my_conversation(bo, one.id).id == other.id  # old links lead on
    desk.clock.forward(hours=3, minutes=30)
    desk.answered(one)
    assert [(state, due) for state, _cause, due in promises()] == [
        ("broken", NOON + timedelta(hours=4)), ("kept", NOON + timedelta(hours=5))]
    with pytest.raises(OfSomebodyElse):
        merge(conversation_id=other.id, into_id=desk.asked(people.member()).id, by_user_id=desk.ana.id, now=desk.clock())


def test_a_call_is_asked_for_and_reaching_them_is_an_answer(desk, people):
    asked = desk.asked(people.member(), kind=Kind.CALLBACK, call=Call("+13125550123"))
    called(conversation_id=asked.id, reached=False, by_user_id=desk.ana.id, now=desk.clock())
    assert (desk.again(asked).call_state, desk.again(asked).status) == ("not_reached", Status.OPEN)
    assert desk.said(asked)[-1].happened == "Ana called and did not reach you"
    called(conversation_id=asked.id, reached=True, by_user_id=desk.ana.id, now=desk.clock())
    assert promises() == [("kept", None, NOON + timedelta(hours=4))]
    with pytest.raises(NoSuchNumber):
        called(conversation_id=asked.id, reached=True, by_user_id=desk.ana.id, now=desk.clock())


def test_we_may_write_first_and_the_member_answers_there(desk, people):
    bo = people.member()
    begun = start_conversation_with(member_id=bo.id, words="Sorry about the smell.", by_user_id=desk.ana.id, seal=desk.seal,
                                    now=desk.clock(), once="case-1")
    assert (begun.status, is_unread(begun), unread_count(bo), promises()) == (Status.WAITING, True, 1, [])
    assert "Sorry about the smell." in desk.letters()[-1].get_content()
    _write(desk, begun, "Thank you.")
    assert desk.again(begun).answer_due_at is not None


def test_a_visitor_gets_a_link_and_no_address_is_flooded(desk):
    asked = desk.visitor_asked()
    letter = desk.letters()[-1]
    assert letter["To"] == "leila@example.net"
    token = link_in(letter, "/help/visitor/").rsplit("/", 1)[1]
    assert desk.door.visitor_conversation(token) == asked.id
    assert desk.door.visitor_conversation(token[:-2] + "xx") is None
    assert "leila" not in (asked.visitor_sealed or "") + (asked.visitor_hash or "")
    desk.visitor_asked("LEILA@example.net ")
    desk.visitor_asked()
    with pytest.raises(TooManyOpen):
        desk.visitor_asked()
    assert db.session.scalar(select(func.count()).select_from(Conversation)) == 3
