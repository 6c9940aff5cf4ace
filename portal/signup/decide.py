"""Deciding an application: a reviewer takes it, approves it, refuses it with reasons, or sends it back to be mended."""

from collections.abc import Collection
from datetime import datetime

from core.database import db, transaction
from portal.account.models import User
from portal.signup.errors import NotWaiting
from portal.signup.models import Application, State, Verdict
from portal.signup.reasons import Reason


def take(*, application: Application, reviewer: User, now: datetime) -> None:
    """Have it on the reviewer's desk. Raises NotWaiting, TakenByAnother, DecidedByYou and OwnApplication."""
    raise NotImplementedError


def put_back(*, application: Application, reviewer: User) -> None:
    """Back into the queue, for whoever comes next. Raises NotWaiting and TakenByAnother."""
    raise NotImplementedError


def decide(*, application: Application, verdict: Verdict, reasons: Collection[Reason], reviewer: User, now: datetime) -> None:
    """A reviewer's decision: the applicant drives from now on, or is told why not, both by letter.

    Raises NotWaiting (decided meanwhile), NeedsReason (a refusal without one that may refuse), DecidedByYou (an appeal against
    their own decision) and OwnApplication.
    """
    raise NotImplementedError


def send_back(*, application: Application, reasons: Collection[Reason], reviewer: User, now: datetime) -> None:
    """Back to the applicant, open again, with what to mend: a reason that `sends_back`. Raises as `decide` does."""
    raise NotImplementedError


def loaded(application: Application) -> Application:
    """The application, loaded again and kept from other hands, if it waits for a decision. Raises NotWaiting."""
    with transaction():
        found = db.session.get_one(Application, application.id, with_for_update={"of": Application}, populate_existing=True)
        if found.state != State.SUBMITTED:
            raise NotWaiting()
    return found
