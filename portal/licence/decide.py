"""What becomes of a licence that waits: it counts, is refused, or is opened again to be mended."""

from collections.abc import Collection
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.database import db, transaction
from experience.promises.kinds import KINDS, Cause, Outcome, PromiseKind
from experience.promises.mint import Promised, mint
from experience.promises.settle import settle
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member
from portal.licence.errors import LicenceHasEnded, NotPending, NumberIsTaken
from portal.licence.models import Licence, LicenceStatus
from portal.web.say import CITY_ZONE


def accept_licence(*, licence: Licence, by_id: int | None, now: datetime) -> None:
    """It counts from now on, in place of the one before, and is looked at again after the policy's days. `by_id` is the user of
    the reviewer; none: the rules. What the check had against it stays written. Raises NotPending, LicenceHasEnded after its
    last day, and NumberIsTaken when another member's with this number counts."""
    today = now.astimezone(CITY_ZONE).date()
    with transaction():
        held = _pending(licence)
        assert held.expires_on is not None  # what was sent is whole: a CHECK
        if held.expires_on < today:
            raise LicenceHasEnded(held.expires_on)
        for before in db.session.scalars(select(Licence).where(
                Licence.member_id == held.member_id, Licence.status == LicenceStatus.VERIFIED)):
            before.status = LicenceStatus.SUPERSEDED
            settle(kind=PromiseKind.RENEWAL, outcome=Outcome.WAIVED, at=now, subject=f"licence:{before.id}",
                   cause=Cause.NOT_NEEDED, evidence={"licence": str(held.id)})
        db.session.flush()
        try:
            with db.session.begin_nested():
                held.status, held.decided_at, held.decided_by_id = LicenceStatus.VERIFIED, now, by_id
                held.recheck_on = today + timedelta(days=policies_at(now)["licence_recheck"].value)
                db.session.flush()
        except IntegrityError as error:  # one_member_of_a_licence
            raise NumberIsTaken() from error
        db.session.get_one(Member, held.member_id).licence_until = held.expires_on
        _promise_to_tell(held, now)


def _promise_to_tell(licence: Licence, now: datetime) -> None:
    """That its member hears in time before it ends, unless it ends so soon already."""
    assert licence.expires_on is not None  # what was sent is whole: a CHECK
    ahead = timedelta(days=KINDS[PromiseKind.RENEWAL].expected or 0)
    due_at = datetime.combine(licence.expires_on - ahead + timedelta(days=1), time(), CITY_ZONE)
    if due_at > now:
        mint(member_id=licence.member_id, subject=f"licence:{licence.id}", at=now,
             promised=[Promised(PromiseKind.RENEWAL, due_at)])


def refuse_licence(*, licence: Licence, reasons: Collection[str], by_id: int | None, now: datetime) -> None:
    """It does not count; the one before still does. Raises NotPending."""
    with transaction():
        held = _pending(licence)
        held.status, held.decided_at, held.decided_by_id = LicenceStatus.REFUSED, now, by_id
        held.reasons = sorted(map(str, reasons))


def reopen_licence(*, licence: Licence, reasons: Collection[str] = ()) -> None:
    """Its owner may mend it: details and pictures are kept, and may change again. Raises NotPending."""
    with transaction():
        held = _pending(licence)
        held.status, held.reasons = LicenceStatus.DRAFT, sorted(map(str, reasons))


def hear_licence_again(*, licence: Licence) -> None:
    """One that was refused waits again, with the appeal of its owner. Raises NotPending for any other."""
    with transaction():
        held = _loaded(licence)
        if held.status != LicenceStatus.REFUSED:
            raise NotPending()
        held.status, held.decided_at, held.decided_by_id = LicenceStatus.PENDING, None, None


def _pending(licence: Licence) -> Licence:
    held = _loaded(licence)
    if held.status != LicenceStatus.PENDING:
        raise NotPending()
    return held


def _loaded(licence: Licence) -> Licence:
    return db.session.get_one(Licence, licence.id, with_for_update={"of": Licence}, populate_existing=True)
