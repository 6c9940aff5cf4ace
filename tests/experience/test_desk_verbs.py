"""The team takes notes on, tags them and answers: one of two at a time."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text

from core.audit import AuditRow, Staff, acting_staff
from core.database import db
from core.outbox import OutboxRow
from core.refusal import NotFound
from core.sealed import Seal
from core.time import now
from experience.asks.models import Mood, Note, NoteReply, NoteStatus, Tag
from experience.desk.errors import InOtherHands, NobodyToAnswer
from experience.desk.notes import next_note, open_note
from experience.desk.reply import reply
from experience.desk.set_status import set_status
from experience.desk.tag import tag_note
from experience.desk.take import take
from portal.account.models import Role
from tests.experience.given import a_note
from tests.factories import NOON, People

ANSWER = "The bikes are gone, and the sign hangs higher now."


@pytest.fixture
def seal(app: Flask) -> Seal:
    return app.extensions["adapters"].seal


@pytest.fixture
def mara(people: People) -> int:
    return people.staff(Role.CX, "Mara Lind").id


@pytest.fixture
def ines(people: People) -> int:
    return people.staff(Role.CX, "Ines Vogt").id


def test_an_answer_is_sealed_and_on_its_way_to_the_member(app: Flask, people: People, seal: Seal, mara: int) -> None:
    member = people.member()
    note = a_note(app, member=member, words="No car!")
    sent = reply(note_id=note.id, by_user_id=mara, words=ANSWER, seal=seal, now=NOON)
    job = db.session.scalars(select(OutboxRow)).one()
    assert (job.kind, job.member_id, job.facts) == ("note_reply", member.id, {"note_id": note.id, "reply_id": sent.id})
    assert (note.status, note.owner_id, note.answered_at) == ("answered", mara, NOON)
    assert "bikes" not in repr(db.session.execute(text("SELECT * FROM note_replies")).all())
    assert [words for _at, _who, words in open_note(note.id, seal).replies] == [ANSWER]


def test_next_goes_round_all_that_wait(app: Flask, seal: Seal, mara: int) -> None:
    calm, first, second = a_note(app, mood=Mood.GOOD), a_note(app), a_note(app, at=NOON + timedelta(minutes=5))
    mine = a_note(app, mood=Mood.GOOD, at=NOON + timedelta(hours=1))
    take(note_id=mine.id, by_user_id=mara, instead_of=None)
    line = [mine.id, first.id, second.id, calm.id]
    assert [next_note(mara, after=each) for each in (None, *line)] == [*line, mine.id]
    set_status(note_id=first.id, by_user_id=mara, status=NoteStatus.CLOSED, now=NOON)
    assert next_note(mara, after=first.id) == mine.id


def test_a_visitor_cannot_be_answered(app: Flask, seal: Seal, mara: int) -> None:
    note = a_note(app)
    with pytest.raises(NobodyToAnswer):
        reply(note_id=note.id, by_user_id=mara, words=ANSWER, seal=seal, now=NOON)
    assert db.session.scalars(select(OutboxRow)).all() == []


def test_of_two_who_answer_the_second_is_told(app: Flask, people: People, seal: Seal, mara: int, ines: int) -> None:
    note = a_note(app, member=people.member())
    reply(note_id=note.id, by_user_id=mara, words=ANSWER, seal=seal, now=NOON)
    with pytest.raises(InOtherHands):
        reply(note_id=note.id, by_user_id=ines, words="Me too", seal=seal, now=NOON)
    reply(note_id=note.id, by_user_id=mara, words="One more thing.", seal=seal, now=now())
    assert len(db.session.scalars(select(NoteReply)).all()) == 2
    assert note.answered_at == NOON


def test_two_who_press_at_the_same_moment_send_one_answer(app: Flask, people: People, seal: Seal, mara: int,
                                                          ines: int) -> None:
    for _round in range(5):
        note_id = a_note(app, member=people.member()).id
        start, told = threading.Barrier(2), []

        def answer(who: int, note_id: int = note_id, start: threading.Barrier = start, told: list[int] = told) -> None:
            with app.app_context():
                start.wait()
                try:
                    reply(note_id=note_id, by_user_id=who, words=ANSWER, seal=seal, now=NOON)
                except InOtherHands:
                    told.append(who)
                db.session.remove()

        threads = [threading.Thread(target=answer, args=(who,)) for who in (mara, ines)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(told) == 1
        assert len(db.session.scalars(select(NoteReply).where(NoteReply.note_id == note_id)).all()) == 1


def test_taking_a_note_opens_it(app: Flask, mara: int) -> None:
    note = a_note(app)
    take(note_id=note.id, by_user_id=mara)
    assert (note.owner_id, note.status) == (mara, "open")


def test_a_note_is_taken_over_only_from_whom_one_saw(app: Flask, mara: int, ines: int) -> None:
    note = a_note(app)
    take(note_id=note.id, by_user_id=mara)
    with pytest.raises(InOtherHands):
        take(note_id=note.id, by_user_id=ines)
    assert note.owner_id == mara
    take(note_id=note.id, by_user_id=ines, instead_of=mara)
    assert note.owner_id == ines


def test_a_tag_is_one_of_a_closed_list_and_can_be_cleared(app: Flask) -> None:
    note = a_note(app)
    tag_note(note_id=note.id, tag=Tag.LOT)
    assert note.tag == "lot"
    tag_note(note_id=note.id, tag=None)
    assert note.tag is None
    with pytest.raises(Exception, match="tag_is_known"):
        tag_note(note_id=note.id, tag="weather")  # type: ignore[arg-type]


def test_a_status_is_set_by_whoever_looks_after_the_note(app: Flask, mara: int, ines: int) -> None:
    note = a_note(app)
    set_status(note_id=note.id, by_user_id=ines, status=NoteStatus.ANSWERED, now=NOON)
    assert (note.status, note.answered_at) == ("answered", NOON)
    take(note_id=note.id, by_user_id=mara)
    with pytest.raises(InOtherHands):
        set_status(note_id=note.id, by_user_id=ines, status=NoteStatus.CLOSED, now=NOON)
    assert note.status == "answered"


def test_there_is_no_note_at_another_number(app: Flask, seal: Seal, mara: int) -> None:
    for act in (lambda: take(note_id=404, by_user_id=mara), lambda: tag_note(note_id=404, tag=None),
                lambda: open_note(404, seal)):
        with pytest.raises(NotFound):
            act()


def test_what_the_team_does_is_audited_without_the_words(app: Flask, people: People, seal: Seal, mara: int) -> None:
    note = a_note(app, member=people.member(), words="No car!")
    with acting_staff(Staff(mara, "mara@example.com", "a test")):
        reply(note_id=note.id, by_user_id=mara, words=ANSWER, seal=seal, now=NOON)
    rows = db.session.scalars(select(AuditRow)).all()
    assert {row.object.split("/")[0] for row in rows} == {"notes", "note_replies"}
    assert "gAAAA" not in repr([(row.before, row.after) for row in rows])


def test_words_sealed_with_a_lost_key_are_said_to_be_so(app: Flask) -> None:
    note = a_note(app, words="No car!")
    assert open_note(note.id, Seal("y" * 43 + "=")).words is None
    assert db.session.scalar(select(Note.words_sealed)).startswith("gAAAA")
