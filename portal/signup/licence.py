"""The licence of an application: which one was shown, and what its own room does with it when we decide."""

from collections.abc import Sequence
from datetime import datetime

from portal.account.models import Member
from portal.licence.decide import accept_licence, refuse_licence, reopen_licence
from portal.licence.decide import hear_licence_again as wait_again
from portal.licence.models import Licence, LicenceStatus
from portal.licence.queries import last_refused_of, licence_of, open_licence_of


def shown(member_id: int) -> Licence | None:
    """The licence that was sent to us, waiting or found good; None while there is only a draft."""
    found = open_licence_of(member_id)
    return found if found is not None and found.status == LicenceStatus.PENDING else licence_of(member_id)


def _waiting(member_id: int) -> Licence | None:
    found = open_licence_of(member_id)
    return found if found is not None and found.status == LicenceStatus.PENDING else None


def take_licence(member: Member, by_id: int | None, now: datetime) -> None:
    """It was found good: it counts from now on. Raises NumberIsTaken when another member's with its number does."""
    waiting, counts = _waiting(member.id), licence_of(member.id)
    if waiting is not None:
        accept_licence(licence=waiting, by_id=by_id, now=now)
    elif counts is not None:
        member.licence_until = member.licence_until or counts.expires_on


def let_licence_go(member: Member, by_id: int | None, reasons: Sequence[str], now: datetime) -> None:
    """It was refused with its application; another one can be shown."""
    waiting = _waiting(member.id)
    if waiting is not None:
        refuse_licence(licence=waiting, reasons=reasons, by_id=by_id, now=now)


def open_licence_again(member_id: int, reasons: Sequence[str] = ()) -> None:
    """Its details and pictures may be changed again."""
    waiting = _waiting(member_id)
    if waiting is not None:
        reopen_licence(licence=waiting, reasons=reasons)


def hear_licence_again(member_id: int) -> None:
    """The one that was refused last waits again with the appeal."""
    refused = last_refused_of(member_id)
    if refused is not None:
        wait_again(licence=refused)
