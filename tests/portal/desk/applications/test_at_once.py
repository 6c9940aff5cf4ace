"""Two reviewers decide in the same moment: one decision stands with its letter, the other is told."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from core.database import db
from core.outbox import OutboxRow
from core.refusal import Refusal
from core.time import service_clock
from portal.account.models import MemberStatus, User
from portal.desk.applications.decide import approve, refuse
from portal.signup.models import Application
from portal.signup.reasons import Reason
from tests.factories import Clock

ROUNDS = 5


def _press(site: Flask, clock: Clock, barrier: Barrier, matter_id: UUID, user_id: int, *, yes: bool) -> str:
    with site.app_context(), service_clock(clock):
        reviewer, seal = db.session.get_one(User, user_id), site.extensions["adapters"].seal
        barrier.wait()
        try:
            if yes:
                approve(matter_id=matter_id, words="Welcome.", reviewer=reviewer, seal=seal, now=clock())
            else:
                refuse(matter_id=matter_id, reasons=[Reason.UNREADABLE], words="No.", reviewer=reviewer, seal=seal, now=clock())
        except Refusal as refusal:
            return refusal.code
        finally:
            db.session.remove()
        return "approved" if yes else "refused"


def test_of_two_decisions_in_one_moment_exactly_one_stands(reviews, site):
    applied = [reviews.applied(f"Joiner {'ABCDE'[n]}").id for n in range(ROUNDS)]
    ines, otto = reviews.ines.id, reviews.otto.id
    db.session.rollback()
    told = []
    with ThreadPoolExecutor(2) as pool:
        for one in applied:
            barrier = Barrier(2)
            ends = [pool.submit(_press, site, reviews.clock, barrier, one, user, yes=yes) for user, yes in (
                (ines, True), (otto, False))]
            told.append([end.result() for end in ends])
    db.session.rollback()
    for one, (yes, no) in zip(applied, told, strict=True):
        found = db.session.get_one(Application, one)
        assert (yes, no) in {("approved", "not_waiting"), ("not_waiting", "refused")}
        assert found.state == (yes if yes == "approved" else no)
        assert (found.member.status == MemberStatus.ACTIVE) == (yes == "approved")
        assert found.decided_by_id == (ines if yes == "approved" else otto)
    assert db.session.scalar(
        select(func.count()).select_from(OutboxRow).where(OutboxRow.kind == "application_decided")) == ROUNDS
