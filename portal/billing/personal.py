"""What the books have of a person. Amounts stay, under a number; words, cards and the processor's customer go."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, or_, select

from core.database import db, hold_nothing_open
from core.outbox import TryLater
from core.personal import NOTHING, Because, Fate, Held, Holder, Person
from portal.billing.payers.models import Invitation, Payer
from portal.billing.payments.port import PaymentsDown, PaymentsRefused

PAYERS = ("payer_id",)


def erase_customer(person: Person, outside: Any) -> None:
    """Have the processor forget who they are. Raises TryLater when it does not answer, or says no."""
    customer = db.session.scalar(select(Payer.customer).where(Payer.member_id == person.member_id))
    hold_nothing_open()
    if customer is not None:
        try:
            outside.payments.forget_customer(customer)
        except (PaymentsDown, PaymentsRefused) as trouble:
            raise TryLater(f"payments: {trouble.code}") from trouble


def _invitations(person: Person) -> ColumnElement[bool]:
    """To them, and from them onto what they pay for themselves."""
    return or_(Invitation.email == person.email, Invitation.used_by_id == person.user_id, Invitation.payer_id.in_(
        select(Payer.id).where(Payer.member_id == person.member_id)))


def _emptied(table: str, by: tuple[str, ...], **empties: Any) -> Held:
    return Held(table, by, Fate.EMPTIED, Because.BOOKS, empties)


def _kept(table: str, by: tuple[str, ...], **more: Any) -> Held:
    return Held(table, by, Fate.KEPT, Because.BOOKS, **more)


PERSONAL = Holder(
    "billing", _l("Your part in accounts of businesses, your cards, the processor’s record of you, and every word about your "
                  "bills"),
    (_emptied("payers", ("member_id",), name=None, email=None, customer=None),
     Held("payer_drivers", ("member_id", "payer_id")), Held("account_admins", ("user_id",)), Held("invitations", _invitations),
     Held("cards", PAYERS, secret=frozenset({"processor_id"})),
     _kept("ledger", ("payer_id", "member_id"), secret=frozenset({"actor_id"})),
     _emptied("payments", PAYERS, card_id=None), _kept("refunds", ("payment_id",)),
     _emptied("chargebacks", ("payment_id",), evidence={}),
     Held("payment_pages", PAYERS, secret=frozenset({"url", "processor_id"})), Held("payment_calls", PAYERS, shown=False),
     Held("referral_codes", ("member_id",)), _kept("referrals", ("friend_id",), others=frozenset({"by_member_id"})),
     _kept("referrals", ("by_member_id",), shown=False),  # that would tell who joined when, and why it brought nothing
     _kept("credits", PAYERS), _kept("invoices", PAYERS), _kept("adjustments", PAYERS),
     _emptied("disputes", ("member_id",), words_sealed=NOTHING, reply_sealed=None),
     _emptied("notices", ("member_id",), facts={}, words_sealed=None), _kept("remedies", ("member_id",)),
     _emptied("taxi_receipts", ("member_id",), company="")),
    before=erase_customer)
