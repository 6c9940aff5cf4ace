"""Who pays for a member: the account on which they drive, else they themselves."""

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, select
from sqlalchemy.dialects import postgresql, sqlite

from core.database import db, look_up_once, transaction
from core.refusal import NotFound, Refusal
from core.time import now
from portal.account.models import Member
from portal.billing.payers.models import Payer, PayerDriver, PayerKind


class DrivesForAnother(Refusal):
    code, status = "drives_for_another", 409
    says = _l("Another account pays for this member’s trips.")
    remedy = _l("Have that one stop first; then add them here.")


_OWN = select(Payer).where(Payer.member_id == db.bindparam("member"))
_INSERT_OR_LEAVE = {
    "postgresql": postgresql.insert(Payer.__table__).on_conflict_do_nothing(index_elements=["member_id"]),
    "sqlite": sqlite.insert(Payer.__table__).on_conflict_do_nothing(index_elements=["member_id"])}


def payer_of(member_id: int) -> Payer:
    """Who pays for this member's trips; a personal payer is made on first use."""
    payer_id = look_up_once(("payer", member_id), lambda: _account_of(member_id) or own_payer(member_id).id)
    return db.session.get_one(Payer, payer_id)


def payer_to_look_at(member_id: int) -> Payer | None:
    """Who pays for this member's trips, if anybody ever did: looking makes no payer."""
    on = select(PayerDriver.payer_id).where(PayerDriver.member_id == member_id).scalar_subquery()
    return db.session.scalar(
        select(Payer).outerjoin(PayerDriver, and_(PayerDriver.payer_id == Payer.id, PayerDriver.member_id == member_id))
        .where((Payer.id == on) | (Payer.member_id == member_id)).order_by(PayerDriver.member_id.is_(None)).limit(1))


def own_payer_to_look_at(member_id: int) -> Payer | None:
    """The member as a payer for themselves, if they ever were one."""
    return db.session.scalar(_OWN, {"member": member_id})


def own_payer(member_id: int) -> Payer:
    """The member as a payer for themselves: memberships, cards and old trips, whoever pays for new ones."""
    found = db.session.scalar(_OWN, {"member": member_id})
    if found is not None:
        return found
    with transaction():  # somebody else may be first: then theirs counts
        db.session.execute(_INSERT_OR_LEAVE[db.engine.dialect.name], {
            "kind": PayerKind.PERSONAL, "member_id": member_id, "currency": "USD", "created_at": now(),
            "owed_cents": 0, "credit_cents": 0, "dunning_step": 0})
        return db.session.scalars(_OWN, {"member": member_id}).one()


def locked(payer_id: int) -> Payer:
    """The payer, loaded again and kept from other hands until the transaction ends; rows that name them may still be written.

    Who moves money comes here first, and takes its other rows afterwards. Raises NotFound.
    """
    found = db.session.get(Payer, payer_id, with_for_update={"key_share": True}, populate_existing=True)
    if found is None:
        raise NotFound()
    return found


def _account_of(member_id: int) -> int | None:
    return db.session.scalar(select(PayerDriver.payer_id).where(PayerDriver.member_id == member_id))


def add_business(*, name: str, email: str, at: datetime) -> Payer:
    """A business that pays for its drivers by monthly invoice."""
    with transaction():
        payer = Payer(kind=PayerKind.BUSINESS, name=name, email=email, currency="USD", created_at=at)
        db.session.add(payer)
        db.session.flush()
    return payer


def let_pay(*, payer_id: int, member_id: int, at: datetime) -> None:
    """From now on this business pays for what the member books; what was booked before stays with who paid then.

    Raises NotFound for a payer that is no business, and DrivesForAnother while another one pays.
    """
    with transaction():
        # As accepting an invitation does (accept.py): of two accounts at once, one pays.
        db.session.get_one(Member, member_id, with_for_update={"of": Member, "key_share": True})
        if locked(payer_id).kind != PayerKind.BUSINESS:
            raise NotFound()
        now_pays = _account_of(member_id)
        if now_pays not in (None, payer_id):
            raise DrivesForAnother()
        db.session.merge(PayerDriver(member_id=member_id, payer_id=payer_id, since=at))
