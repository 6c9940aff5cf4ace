"""On what terms somebody drives on an account: their cover and their limits, which whoever runs the account sets."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core.database import db, in_transaction, transaction
from core.money import Money
from core.refusal import NotFound
from portal.account.models import Member, User
from portal.billing.payers.cost_centres import my_cost_centre
from portal.billing.payers.models import AccountAdmin, Payer, PayerDriver


@dataclass(frozen=True, slots=True)
class Terms:
    """What is set; None where nothing is: no cover chosen, no limit. Hours are whole ones of the lot's clock, until 24."""

    cover: str | None = None
    monthly: Money | None = None
    classes: tuple[str, ...] | None = None
    hours: tuple[int, int] | None = None
    cost_centre_id: int | None = None

    @classmethod
    def of(cls, row: PayerDriver) -> "Terms":
        """As the driver's row has them."""
        return cls(row.cover, None if row.monthly_cents is None else Money(row.monthly_cents),
                   tuple(row.classes) if row.classes is not None else None,
                   (row.from_hour, row.until_hour) if row.from_hour is not None and row.until_hour is not None else None,
                   row.cost_centre_id)


def driver_on(payer_id: int, member_id: int) -> PayerDriver:
    """Their place on this account. Raises NotFound."""
    found = db.session.get(PayerDriver, member_id)
    if found is None or found.payer_id != payer_id:
        raise NotFound()
    return found


def terms_of(payer_id: int, member_id: int) -> Terms | None:
    """The terms as they stand now; None for whoever is not on the account. Within a transaction the driver's row is locked,
    so that of two bookings the second counts the first, and nobody books after they were taken off."""
    found = db.session.scalar(select(PayerDriver).where(PayerDriver.member_id == member_id, PayerDriver.payer_id == payer_id)
                              .with_for_update(key_share=True).execution_options(populate_existing=True)
                              if in_transaction() else
                              select(PayerDriver).where(PayerDriver.member_id == member_id, PayerDriver.payer_id == payer_id))
    return Terms.of(found) if found is not None else None


def set_terms(*, payer_id: int, member_id: int, terms: Terms) -> None:
    """From now on these count, for what is booked or changed. Raises NotFound for whoever is not on this account, and for
    another's cost centre."""
    with transaction():
        found = db.session.get(PayerDriver, member_id, with_for_update=True, populate_existing=True)
        if found is None or found.payer_id != payer_id:
            raise NotFound()
        if terms.cost_centre_id is not None:
            my_cost_centre(payer_id, terms.cost_centre_id)
        found.cover, found.monthly_cents = terms.cover, terms.monthly.cents if terms.monthly else None
        found.classes = list(terms.classes) if terms.classes is not None else None
        found.from_hour, found.until_hour = terms.hours or (None, None)
        found.cost_centre_id = terms.cost_centre_id
        db.session.flush()


def account_name(payer: Payer) -> str:
    """What an account is called: the business, or the member whose it is."""
    if payer.name is not None:
        return payer.name
    return db.session.scalar(select(User.name).join(Member, Member.user_id == User.id).where(
        Member.id == payer.member_id)) or ""


def who_can_change(payer_id: int) -> str:
    """The names of those who set the limits on an account: its owner, its admins; a business without any goes by its name."""
    payer = db.session.get_one(Payer, payer_id)
    names: Sequence[str] = db.session.scalars(select(User.name).join(AccountAdmin, AccountAdmin.user_id == User.id).where(
        AccountAdmin.payer_id == payer_id).order_by(AccountAdmin.since, User.id).limit(3)).all()
    return ", ".join(names) or account_name(payer)
