"""The account on which a member drives, as they and the booking page see it."""

from dataclasses import dataclass

from sqlalchemy import select

from core.database import db
from portal.billing.payers.cost_centres import cost_centres_of
from portal.billing.payers.models import CostCentre, Payer, PayerDriver
from portal.billing.payers.terms import Terms, account_name


@dataclass(frozen=True, slots=True)
class OnAccount:
    """Whose account it is, on what terms, and which cost centres of it take trips."""

    payer_id: int
    name: str
    business: bool
    terms: Terms
    cost_centres: list[CostCentre]
    demands: bool  # whether each booking has to name one


def on_account(member_id: int) -> OnAccount | None:
    """The account that pays for the member's trips; None for whoever pays for themselves."""
    found = db.session.execute(select(PayerDriver, Payer).join(Payer, Payer.id == PayerDriver.payer_id).where(
        PayerDriver.member_id == member_id)).first()
    if found is None:
        return None
    driver, payer = found
    centres = cost_centres_of(payer.id, active=True) if payer.by_invoice else []
    return OnAccount(payer.id, account_name(payer), payer.by_invoice, Terms.of(driver), centres,
                     payer.cost_centre_since is not None)
