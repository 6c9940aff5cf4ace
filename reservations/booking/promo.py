"""Promo codes: taken into a price when it is offered, used up by its booking, given back when that costs nothing."""

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from core.database import db
from core.refusal import Refusal
from fleet.tariffs.in_force import promotion_at
from fleet.tariffs.models import Promotion, Redemption
from fleet.tariffs.quote import Promo


class BadPromoCode(Refusal):
    """`why` is unknown, plan, car_class, used_before or used_up: each has its words."""

    code, status = "bad_promo_code", 422
    remedy = _l("Take the code out of the field, or type another.")
    WORDS = {
        "unknown": _l("We do not know this code, or its time is over. Check how it is written."),
        "plan": _l("This code is not for your plan."),
        "car_class": _l("This code is not for a car of this class."),
        "used_before": _l("You have used this code already."),
        "used_up": _l("This code has been used up."),
    }

    def __init__(self, why: str) -> None:
        super().__init__(why=why)
        self.why, self.says = why, self.WORDS[why]


def promo_for(typed: str, *, plan: str, car_class: str, member_id: int | None, now: datetime) -> Promo | None:
    """What a typed code takes off a trip that is priced now; None when nothing was typed. Raises BadPromoCode.

    Whether the code is used up is looked at here so that it is told early; the database decides when it is booked.
    """
    if not typed.strip():
        return None
    found = promotion_at(typed, now)
    if found is None:
        raise BadPromoCode("unknown")
    if found.plans and plan not in found.plans.split():
        raise BadPromoCode("plan")
    if found.classes and car_class not in found.classes.split():
        raise BadPromoCode("car_class")
    if member_id is not None and _free_use(found, member_id) is None:
        raise BadPromoCode("used_before")
    if found.overall is not None and found.redeemed >= found.overall:
        raise BadPromoCode("used_up")
    return Promo(found.code, found.version, found.percent, found.cents)


def redeem(code: str, *, member_id: int, reservation_id: int, now: datetime) -> None:
    """Use a code up for a booking within the open transaction. Raises BadPromoCode when others were faster.

    Whoever redeems or gives back holds the code's row from here to the commit, after the car's calendar: always that order.
    """
    taken = update(Promotion).where(Promotion.code == code).values(redeemed=Promotion.redeemed + 1)
    try:
        with db.session.begin_nested():
            db.session.execute(taken.execution_options(synchronize_session=False))
    except IntegrityError as full:
        raise BadPromoCode("used_up") from full
    promotion = db.session.scalars(select(Promotion).where(Promotion.code == code).execution_options(
        populate_existing=True)).one()
    nth = _free_use(promotion, member_id)
    if nth is None:
        raise BadPromoCode("used_before")
    db.session.add(Redemption(promotion_id=promotion.id, member_id=member_id, reservation_id=reservation_id, nth=nth,
                              allowed=promotion.per_member, redeemed_at=now))
    db.session.flush()


def give_back(reservation_id: int, now: datetime) -> None:
    """Give the use of a code back, because its booking costs nothing, within the open transaction; twice changes nothing."""
    used = db.session.execute(
        update(Redemption).where(Redemption.reservation_id == reservation_id, Redemption.nth.is_not(None))
        .values(nth=None, given_back_at=now).returning(Redemption.promotion_id)
        .execution_options(synchronize_session=False)).scalar()
    if used is not None:
        db.session.execute(update(Promotion).where(Promotion.id == used).values(redeemed=Promotion.redeemed - 1)
                           .execution_options(synchronize_session=False))


def hand_over(from_reservation_id: int, to_reservation_id: int) -> None:
    """A car that stands in is another booking at the same price: the use of the code goes on to it."""
    db.session.execute(update(Redemption).where(Redemption.reservation_id == from_reservation_id)
                       .values(reservation_id=to_reservation_id).execution_options(synchronize_session=False))


def _free_use(promotion: Promotion, member_id: int) -> int | None:
    """The first of the member's allowed uses that is free."""
    used = set(db.session.scalars(select(Redemption.nth).where(
        Redemption.promotion_id == promotion.id, Redemption.member_id == member_id, Redemption.nth.is_not(None))))
    return next((nth for nth in range(1, promotion.per_member + 1) if nth not in used), None)
