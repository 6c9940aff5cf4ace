"""Who somebody is in a list: the name and address of a payer or of a colleague, in the same statement as the row."""

from typing import Any

from sqlalchemy import Select, func
from sqlalchemy.orm import aliased

from portal.account.models import Member, User
from portal.billing.payers.models import Payer

PayerUser = aliased(User)
PayerMember = aliased(Member)
payer_name = func.coalesce(Payer.name, PayerUser.name).label("payer_name")
payer_email = func.coalesce(Payer.email, PayerUser.email).label("payer_email")


def with_payer(query: Select[Any], payer_id: Any) -> Select[Any]:
    """The query with its payer beside it, by the column that names it."""
    return with_name(query.join(Payer, Payer.id == payer_id))


def with_name(query: Select[Any]) -> Select[Any]:
    """A query that has the payer already, with who that is."""
    return (query.outerjoin(PayerMember, PayerMember.id == Payer.member_id)
            .outerjoin(PayerUser, PayerUser.id == PayerMember.user_id))
