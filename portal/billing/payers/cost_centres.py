"""A business's cost centres: what its trips are booked on, and whether each booking has to name one."""

from datetime import datetime

from sqlalchemy import select

from core.database import db, transaction
from core.refusal import NotFound
from portal.billing.payers.errors import CodeInUse, CostCentreFirst
from portal.billing.payers.models import CostCentre, Payer
from portal.billing.payers.payer_of import locked


def cost_centres_of(payer_id: int, *, active: bool = False) -> list[CostCentre]:
    """Those of a business by their codes; all, or the `active` ones."""
    asked = select(CostCentre).where(CostCentre.payer_id == payer_id).order_by(CostCentre.code)
    return list(db.session.scalars(asked.where(CostCentre.active) if active else asked))


def my_cost_centre(payer_id: int, cost_centre_id: int) -> CostCentre:
    """One of this business's. Raises NotFound, also for another's."""
    found = db.session.get(CostCentre, cost_centre_id)
    if found is None or found.payer_id != payer_id:
        raise NotFound()
    return found


def add_cost_centre(*, payer_id: int, name: str, code: str) -> CostCentre:
    """Another one. Raises CodeInUse."""
    with transaction():
        locked(payer_id)
        _check_code(payer_id, code)
        made = CostCentre(payer_id=payer_id, name=name, code=code, active=True)
        db.session.add(made)
        db.session.flush()
    return made


def change_cost_centre(*, payer_id: int, cost_centre_id: int, name: str, code: str, active: bool) -> None:
    """Rename it, or let it take no more trips; those it has stay. Raises CodeInUse, and NotFound for another's."""
    with transaction():
        locked(payer_id)
        found = my_cost_centre(payer_id, cost_centre_id)
        _check_code(payer_id, code, but_id=found.id)
        found.name, found.code, found.active = name, code, active
        db.session.flush()


def _check_code(payer_id: int, code: str, but_id: int = 0) -> None:
    if any(one.code.casefold() == code.casefold() and one.id != but_id for one in cost_centres_of(payer_id)):
        raise CodeInUse()


def demand_cost_centre(*, payer_id: int, demand: bool, at: datetime) -> None:
    """Have each booking name a cost centre from now on, or no longer."""
    with transaction():
        payer = locked(payer_id)
        payer.cost_centre_since = (payer.cost_centre_since or at) if demand else None
        db.session.flush()


def cost_centre_for(payer_id: int, chosen: int | None, usual: int | None) -> int | None:
    """What a trip is booked on: what was chosen, else what is usual for its driver while it takes trips.

    Raises CostCentreFirst when the business demands one and there is none, and NotFound for one that is not to be had.
    """
    if chosen is not None:
        if not my_cost_centre(payer_id, chosen).active:
            raise NotFound()
        return chosen
    found = db.session.get(CostCentre, usual) if usual is not None else None
    if found is not None and found.active and found.payer_id == payer_id:
        return found.id
    if db.session.get_one(Payer, payer_id).cost_centre_since is not None:
        raise CostCentreFirst()
    return None
