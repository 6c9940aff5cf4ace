"""Starring a car or a lot, so that it comes first."""

from datetime import datetime

from sqlalchemy import func, select

from core.database import db, transaction
from experience.journey import Step
from experience.record.observe import observe
from fleet.cars.models import Car
from fleet.lots.models import Lot
from portal.account.models import Member
from reservations.favourites.errors import TooManyStars
from reservations.favourites.models import FavouriteCar, FavouriteLot

MOST = 50  # of cars, and of lots: who stars everything has starred nothing


def star(*, member: Member, thing: Car | Lot, now: datetime) -> None:
    """Keep it among the member's favourites; again changes nothing. Raises TooManyStars."""
    with observe(Step.MANAGE_DETAILS, member=member) as seen, transaction():
        db.session.execute(select(Member.id).where(Member.id == member.id).with_for_update(of=Member)).one()
        kind = FavouriteCar if isinstance(thing, Car) else FavouriteLot
        if db.session.get(kind, (member.id, thing.id)) is not None:
            seen.was_repeated()
            return
        have = db.session.scalar(select(func.count()).select_from(kind).where(kind.member_id == member.id)) or 0
        if have >= MOST:
            raise TooManyStars()
        db.session.add(FavouriteCar(member_id=member.id, car_id=thing.id, since=now) if isinstance(thing, Car)
                       else FavouriteLot(member_id=member.id, lot_id=thing.id, since=now))
