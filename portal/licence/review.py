"""A reviewer and a licence that no application brings: on whose desk it is, and what they say of it, each with a letter."""

from collections.abc import Collection
from datetime import datetime

from core.database import db, transaction
from portal.account.errors import ReviewersOnly
from portal.account.models import Role, User
from portal.licence.decide import accept_licence, refuse_licence, reopen_licence
from portal.licence.errors import NotPending, OnAnotherDesk, OwnLicence
from portal.licence.judge import tell_decided
from portal.licence.models import Licence, LicenceStatus, Side


def take(*, licence: Licence, reviewer: User, instead_of: int | None = None) -> None:
    """Have it on the desk; `instead_of` is the colleague it is taken from. Raises NotPending, OnAnotherDesk, OwnLicence and
    ReviewersOnly."""
    with transaction():
        held = _waiting(licence)
        if held.member.user_id == reviewer.id:
            raise OwnLicence()
        if Role.REVIEWER not in reviewer.roles:
            raise ReviewersOnly()
        if held.taken_by_id not in (None, reviewer.id, instead_of):
            raise OnAnotherDesk()
        held.taken_by_id = reviewer.id


def put_back(*, licence: Licence, reviewer: User) -> None:
    """Back into the queue. Raises NotPending and OnAnotherDesk."""
    with transaction():
        held = _waiting(licence)
        if held.taken_by_id not in (None, reviewer.id):
            raise OnAnotherDesk()
        held.taken_by_id = None


def accept(*, licence: Licence, reviewer: User, now: datetime, answer: str | None = None) -> None:
    """It counts from now on. `answer` is a sentence to its member, sealed. Raises as `take` does, and NumberIsTaken."""
    with transaction():
        take(licence=licence, reviewer=reviewer)
        accept_licence(licence=licence, by_id=reviewer.id, now=now)
        _told(licence, answer, None, now)


def turn_down(*, licence: Licence, reasons: Collection[str], reviewer: User, now: datetime, answer: str | None = None) -> None:
    """It does not count; the one before goes on until its last day. Raises as `take` does."""
    with transaction():
        take(licence=licence, reviewer=reviewer)
        refuse_licence(licence=licence, reasons=reasons, by_id=reviewer.id, now=now)
        _told(licence, answer, None, now)


def ask_again(*, licence: Licence, reason: str, retake: Side, reviewer: User, now: datetime, answer: str | None = None) -> None:
    """Have one picture of it taken anew; the rest stays as it was sent. Raises as `take` does."""
    with transaction():
        take(licence=licence, reviewer=reviewer)
        reopen_licence(licence=licence, reasons=[reason])
        _told(licence, answer, retake, now)


def _waiting(licence: Licence) -> Licence:
    held = db.session.get_one(Licence, licence.id, with_for_update={"of": Licence}, populate_existing=True)
    if held.status != LicenceStatus.PENDING:
        raise NotPending()
    return held


def _told(licence: Licence, answer: str | None, retake: Side | None, now: datetime) -> None:
    licence.answer_sealed, licence.retake, licence.taken_by_id = answer, retake, None
    tell_decided(licence, now)
