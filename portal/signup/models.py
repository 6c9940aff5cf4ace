"""Applications to join, and the sign-ups that wait for the code in a mail."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import UtcDateTime, db
from portal.account.models import Member, Plan
from portal.signup.eligibility import LicenceFrom


class State(StrEnum):
    """Where an application stands. An open one is the applicant's to finish, a submitted one is ours to decide."""

    OPEN = "open"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Verdict(StrEnum):
    """What is decided of an application."""

    APPROVED = "approved"
    REFUSED = "refused"


STILL_GOING = (State.OPEN, State.SUBMITTED)
GOING = text("state IN ('open', 'submitted')")
WAITING = text("state = 'submitted'")


def _one_of(column: str, values: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(repr(each.value) for each in values)})"


class Application(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One try of an applicant to become a member: what they told us, how far they are, and what was decided by whom.

    An appeal makes it submitted again: `appealed_at` says so, and `first_decided_by_id` who may not decide it.
    """

    __tablename__ = "applications"
    __table_args__ = (
        CheckConstraint(_one_of("state", State), name="application_state_is_known"),
        CheckConstraint(_one_of("licence_from", LicenceFrom), name="application_licence_from_is_known"),
        CheckConstraint(f"plan IS NULL OR {_one_of('plan', Plan)}", name="application_plan_is_known"),
        CheckConstraint("(plan IS NULL) = (fee_cents IS NULL) AND (plan IS NULL) = (fee_version IS NULL)",
                        name="a_chosen_plan_has_the_fee_that_was_shown"),
        CheckConstraint("state NOT IN ('submitted', 'approved', 'refused') OR (submitted_at IS NOT NULL AND due_at IS NOT NULL "
                        "AND plan IS NOT NULL AND terms_version IS NOT NULL)", name="what_is_submitted_is_whole"),
        CheckConstraint("(state IN ('approved', 'refused')) = (decided_at IS NOT NULL)", name="a_decision_says_when"),
        CheckConstraint("(decided_at IS NOT NULL) = (decided_by_id IS NOT NULL OR decided_by_rule IS NOT NULL) "
                        "AND (decided_by_id IS NULL OR decided_by_rule IS NULL)", name="a_person_or_a_rule_decided"),
        CheckConstraint("(appealed_at IS NULL) = (appeal_sealed IS NULL)", name="an_appeal_has_words"),
        CheckConstraint("appealed_at IS NULL OR decided_by_rule IS NULL", name="no_rule_decides_an_appeal"),
        CheckConstraint("decided_by_id IS NULL OR first_decided_by_id IS NULL OR decided_by_id <> first_decided_by_id",
                        name="somebody_else_decides_an_appeal"),
        CheckConstraint("(taken_by_id IS NULL) = (taken_at IS NULL)", name="whoever_took_it_did_so_at_a_time"),
        CheckConstraint("retake IS NULL OR retake IN ('front', 'back', 'selfie')", name="application_retake_is_a_side"),
        Index("one_application_at_a_time", "member_id", unique=True, sqlite_where=GOING, postgresql_where=GOING),
        Index("ix_applications_waiting", "due_at", sqlite_where=WAITING, postgresql_where=WAITING),
        Index("ix_applications_member", "member_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    state: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    held_since: Mapped[date]  # what they told us in the free check, with `members.born_on`
    licence_from: Mapped[str]
    violation_on: Mapped[date | None]  # the latest major one
    plan: Mapped[str | None]
    fee_cents: Mapped[int | None]  # a month on that plan, as it was shown when it was chosen, and the version of that rule
    fee_version: Mapped[int | None]
    estimate: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # `portal/signup/estimate.py`
    terms_version: Mapped[str | None]
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    doubts: Mapped[list[str]] = mapped_column(JSON)  # why no rule could decide: codes of portal/signup/reasons.py
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # the reviewer who has it on the desk
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_by_rule: Mapped[str | None]
    reasons: Mapped[list[str]] = mapped_column(JSON)  # of a refusal, or of sending it back: codes of portal/signup/reasons.py
    answer_sealed: Mapped[str | None] = mapped_column(info={"private": True})  # the reviewer's own sentence to the applicant
    retake: Mapped[str | None]  # sent back for this one picture: front, back or selfie
    reapply_on: Mapped[date | None]  # from this day on they may apply again
    first_decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # who refused what is appealed
    appealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    appeal_sealed: Mapped[str | None] = mapped_column(info={"private": True})
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    member: Mapped[Member] = relationship(lazy="joined", innerjoin=True)


class SignUp(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Somebody's details until the code in the mail to them is typed in: only then there is an account.

    Where the address has an account already, `known` says so: its mail has no code, and none opens this row.
    """

    __tablename__ = "sign_ups"
    __table_args__ = (
        CheckConstraint("tries BETWEEN 0 AND 20", name="sign_up_tries_are_counted"),
        CheckConstraint("email = lower(email)", name="sign_up_email_in_lower_case"),
        CheckConstraint(_one_of("licence_from", LicenceFrom), name="sign_up_licence_from_is_known"),
        Index("ix_sign_ups_email_asked", "email", "asked_at"),
        Index("ix_sign_ups_asked", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    email: Mapped[str] = mapped_column(info={"private": True})
    name: Mapped[str] = mapped_column(info={"private": True})
    phone: Mapped[str] = mapped_column(info={"private": True})  # E.164
    password_hash: Mapped[str] = mapped_column(info={"private": True})
    born_on: Mapped[date] = mapped_column(info={"private": True})
    held_since: Mapped[date]
    licence_from: Mapped[str]
    violation_on: Mapped[date | None]
    known: Mapped[bool]
    friend_code: Mapped[str | None]  # of the member who told them of us
    estimate: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # as in the application
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)  # by the wall's clock, as are the others
    code_until: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    place_hash: Mapped[str] = mapped_column(default="", info={"private": True})  # from where the code was asked for
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
