"""Two of us press send in the same moment: one answer goes out, the other is told; nothing is sent twice."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from core.database import db
from core.outbox import OutboxRow
from core.refusal import Refusal
from core.time import service_clock
from portal.help.models import Author, Conversation, Entry
from portal.help.reply import reply_to
from tests.factories import Clock

ROUNDS = 8


def _press(site: Flask, clock: Clock, barrier: Barrier, conversation_id: UUID, user_id: int, seen: int) -> str:
    with site.app_context(), service_clock(clock):
        barrier.wait()
        try:
            reply_to(conversation_id=conversation_id, words="Mine", by_user_id=user_id, seen=seen, now=clock(),
                     seal=site.extensions["adapters"].seal)
        except Refusal as refusal:
            return refusal.code
        finally:
            db.session.remove()
        return "sent"


def test_of_two_answers_in_one_moment_exactly_one_is_sent(site, clock, desk, people):
    members = [people.member() for _ in range(ROUNDS)]
    asked = [desk.asked(member) for member in members]
    seen = {one.id: desk.said(one)[-1].id for one in asked}
    ids, users = [one.id for one in asked], (desk.ana.id, desk.ben.id)
    db.session.rollback()
    with ThreadPoolExecutor(2) as pool:
        for one in ids:
            barrier = Barrier(2)
            ends = [pool.submit(_press, site, clock, barrier, one, user, seen[one]) for user in users]
            assert sorted(end.result() for end in ends) == ["sent", "wrote_meanwhile"]
    answers = select(func.count()).select_from(Entry).where(Entry.author == Author.STAFF)
    assert db.session.scalar(answers) == ROUNDS
    assert db.session.scalar(select(func.count()).select_from(OutboxRow).where(OutboxRow.kind == "help_reply")) == ROUNDS
    assert db.session.scalar(select(func.count()).select_from(Conversation).where(Conversation.status == "waiting")) == ROUNDS
