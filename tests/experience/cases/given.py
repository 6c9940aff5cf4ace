"""What tests of cases start from: a member with a case, colleagues, and forms with keys of their own."""

from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from core.database import db
from core.outbox import OutboxRow
from core.sealed import Seal
from experience.cases.close import close
from experience.cases.models import Act, Case, CaseEntry, CauseCode, Outcome, Rule, Severity
from experience.cases.open import Hit, open_case
from experience.cases.reply import reply
from experience.cases.take import take
from experience.journey import Step
from tests.factories import NOON

_keys = count(1)


def key() -> str:
    """The key of a new form."""
    return f"form-{next(_keys):08d}"


def seal_of(app: Flask) -> Seal:
    return app.extensions["adapters"].seal


def a_hit(rule: Rule = Rule.DETRACTOR, about: str = "", step: Step = Step.PICKUP_UNLOCK,
          severity: Severity = Severity.SERIOUS) -> Hit:
    """A rule that was hit, each time by something else."""
    return Hit(rule, about or f"answer:{next(_keys)}", step, severity)


def a_case(member_id: int, *, hit: Hit | None = None, at: datetime = NOON, reservation_id: int | None = None) -> Case:
    return open_case(member_id=member_id, hit=hit or a_hit(), reservation_id=reservation_id, now=at)


def taken(app: Flask, case: Case, user_id: int, at: datetime = NOON) -> Case:
    return take(case_id=case.id, by_user_id=user_id, instead_of=case.owner_id, seal=seal_of(app), now=at)


def answered(app: Flask, case: Case, user_id: int, *, words: str = "We are sorry.", waits: bool = True, at: datetime = NOON,
             seen: int | None = None, once: str | None = None, **more: Any) -> Case:
    return reply(case_id=case.id, words=words, waits=waits, by_user_id=user_id, seen=seen or again(case).version,
                 once=once or key(), seal=seal_of(app), now=at, **more)


def closed(app: Flask, case: Case, user_id: int, *, outcome: Outcome = Outcome.SOLVED, at: datetime = NOON,
           words: str = "The lock was changed.", seen: int | None = None, once: str | None = None, **more: Any) -> Case:
    return close(case_id=case.id, outcome=outcome, cause=CauseCode.CAR_TECHNIQUE, words=words, by_user_id=user_id,
                 seen=seen or again(case).version, once=once or key(), seal=seal_of(app), now=at, **more)


def again(case: Case | UUID) -> Case:
    """The case as it stands now."""
    db.session.rollback()
    return db.session.get_one(Case, case if isinstance(case, UUID) else case.id, populate_existing=True)


def acts(case: Case) -> list[Act]:
    """What was done, in order."""
    db.session.rollback()
    return [Act(act) for act in db.session.scalars(
        select(CaseEntry.act).where(CaseEntry.case_id == case.id).order_by(CaseEntry.id))]


def jobs(kind: str) -> list[OutboxRow]:
    """The jobs of a kind, oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(OutboxRow).where(OutboxRow.kind == kind).order_by(OutboxRow.id)))
