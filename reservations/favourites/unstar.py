"""Taking a star away again."""

from core.database import db, transaction
from experience.journey import Step
from experience.record.observe import observe
from fleet.cars.models import Car
from fleet.lots.models import Lot
from portal.account.models import Member
from reservations.favourites.models import FavouriteCar, FavouriteLot


def unstar(*, member: Member, thing: Car | Lot) -> None:
    """Keep it among the favourites no longer; what is none stays none."""
    with observe(Step.MANAGE_DETAILS, member=member) as seen, transaction():
        kept = db.session.get(FavouriteCar if isinstance(thing, Car) else FavouriteLot, (member.id, thing.id))
        if kept is None:
            seen.was_repeated()
            return
        db.session.delete(kept)
