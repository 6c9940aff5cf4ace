"""What becomes of applications that nobody goes on with: one reminder, and after a while they are forgotten."""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, select

from core.database import db, rows_changed, transaction
from core.outbox import post
from experience.asks.mailing import subject_of
from experience.asks.wording import wording_of
from fleet.tariffs.in_force import policies_at
from portal.signup.models import Application, State
from portal.signup.sign_up import forget_sign_ups

AT_ONCE, REMINDER = 100, "join_reminder"


def look_after_applications(now: datetime) -> None:
    """Once a day: remind, forget, and forget details whose code was never typed in."""
    remind(now)
    forget_abandoned(now)
    forget_sign_ups(now)


def remind(now: datetime) -> int:
    """Wish to remind, once, whoever has not sent theirs for the policy's days; the ask gate says whether that may be."""
    since = now - timedelta(days=policies_at(now)["join_remind"].value)
    version = wording_of(REMINDER, current_app.config["BABEL_DEFAULT_LOCALE"], now).version
    with transaction():
        left = db.session.scalars(select(Application).where(
            Application.state == State.OPEN, Application.reminded_at.is_(None), Application.started_at < since)
            .with_for_update(of=Application, skip_locked=True).limit(AT_ONCE)).all()
        for application in left:
            application.reminded_at = now
            post("ask", member_id=application.member_id, due=now, once=f"application_waits-{application.id}",
                 solicitation=REMINDER, subject=subject_of(version), message="news", version=version)
    return len(left)


def forget_abandoned(now: datetime) -> int:
    """Open applications that nobody has sent for the policy's days are deleted; the account stays until its owner ends it."""
    before = now - timedelta(days=policies_at(now)["join_forget"].value)
    with transaction():
        return rows_changed(delete(Application).where(
            Application.state == State.OPEN, Application.started_at < before))
