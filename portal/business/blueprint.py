"""The blueprint of `/business/…`, and the business that somebody runs, loaded through who is asking."""

from typing import Any

from flask import Blueprint, request
from flask_login import current_user

from core.audit import Staff, act_as
from portal.billing.payers.admins import businesses_of, my_business
from portal.billing.payers.models import Payer

bp = Blueprint("business", __name__, url_prefix="/business")
WHY = "an account admin’s pages: running a business’s account is not on a member’s journey"
ID = "int(max=2147483647)"


def mine(payer_id: int) -> Payer:
    """A business that whoever is signed in runs; what they change of it from here on leaves audit rows.

    Raises NotFound, also for another's.
    """
    found = my_business(current_user.id, payer_id)
    act_as(Staff(current_user.id, current_user.email, f"{request.method} {request.path}"))
    return found


@bp.context_processor
def _others() -> dict[str, Any]:
    """The other businesses that they run, for the way between them."""
    return {"businesses": businesses_of(current_user.id) if current_user.is_authenticated else []}
