"""What the fleet's desk does about fobs: issues one with its number, blocks it, takes it back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from core.database import db, transaction
from core.money import Money
from core.outbox import post
from core.refusal import NotFound
from core.sealed import Seal
from fleet.telematics.fobs import fob_mark
from portal.account.models import Member
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, Origin
from portal.billing.payers.payer_of import locked, own_payer
from reservations.fob.ask import block
from reservations.fob.errors import FobNumberTaken, FobOfNobodyDriving, NoSuchFob
from reservations.fob.models import Fob, FobState, FobWhy
from reservations.fob.queries import why_before


def issue_fob(*, fob_id: UUID, number: str, by_user_id: int, seal: Seal, now: datetime) -> Fob:
    """Hand it out: it opens its member's booked car from now on. What was shown for another one is charged, once. `number`: as
    `fob_number` gives it. Raises NotFound, NoSuchFob, FobOfNobodyDriving and FobNumberTaken."""
    with transaction():
        drives = _keep_member(fob_id).may_drive
        fob = _held(fob_id, FobState.WANTED)
        if not drives:
            raise FobOfNobodyDriving()
        try:
            with db.session.begin_nested():
                fob.state, fob.number_mark, fob.last_four = FobState.ISSUED, fob_mark(number, seal), number[-4:]
                fob.issued_at, fob.issued_by_id = now, by_user_id
                db.session.flush()
        except IntegrityError as error:  # the mark is one fob's
            raise FobNumberTaken() from error
        if fob.fee_cents:
            _charge(fob, now)
        post("fob_issued", member_id=fob.member_id, due=now, once=f"fob_issued-{fob.id}", fob_id=str(fob.id))
    return fob


def block_fob(*, fob_id: UUID, why: FobWhy, by_user_id: int, now: datetime) -> Fob:
    """Have it open nothing any more. Raises NotFound and NoSuchFob."""
    with transaction():
        fob = _held(fob_id, FobState.ISSUED)
        block(fob, why, by_user_id=by_user_id, now=now)
    return fob


def hand_in_fob(*, fob_id: UUID, now: datetime) -> Fob:
    """It is back in our hands, and opens nothing: also one that was blocked and found again. Raises NotFound and NoSuchFob."""
    with transaction():
        fob = _held(fob_id, FobState.ISSUED, FobState.BLOCKED)
        fob.state, fob.handed_in_at = FobState.HANDED_IN, now
    return fob


def _keep_member(fob_id: UUID) -> Member:
    """Whose it is, kept from leaving meanwhile: who leaves takes the member first and then the fob, and so do we."""
    fob = db.session.get(Fob, fob_id)
    if fob is None:
        raise NotFound(fob_id=str(fob_id))
    return db.session.get_one(Member, fob.member_id, with_for_update={"of": Member, "key_share": True}, populate_existing=True)


def _held(fob_id: UUID, *states: FobState) -> Fob:
    held = db.session.get(Fob, fob_id, with_for_update={"of": Fob}, populate_existing=True)
    if held is None:
        raise NotFound(fob_id=str(fob_id))
    if held.state not in states:
        raise NoSuchFob()
    return held


def _charge(fob: Fob, now: datetime) -> None:
    payer = locked(own_payer(fob.member_id).id)  # theirs, also when a business pays for their trips
    enter([Transfer(Account.RECEIVABLE, Account.FEES, Money(fob.fee_cents), Origin.MEMBERSHIP, "fob_fee", "fob_replace",
                    fob.fee_version, f"fob-{fob.id}", now, payer_id=payer.id, member_id=fob.member_id,
                    facts={"last_four": fob.last_four, "asked_at": fob.wanted_at.isoformat(), "instead_of": why_before(fob)})])
    post("settle", member_id=payer.member_id, due=now, once=f"settle-fob-{fob.id}", payer_id=payer.id, reservation_id=None)
