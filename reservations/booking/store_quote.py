"""Quotes that are stored: for whoever asks for a price first and books later, by its id."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from core.database import db, rows_changed, transaction
from core.ids import new_reference
from core.time import Span
from experience.journey import Step
from experience.record.observe import observe
from fleet.cars.models import Car
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import promo_of
from portal.account.models import Member
from portal.signup.activate import was_shown_a_price
from reservations.booking.errors import BadSpan, OfferExpired, QuoteUnknown
from reservations.booking.models import StoredQuote, Waiver
from reservations.booking.offer import FrozenOffer, offer_now
from reservations.booking.promo import promo_for
from reservations.search.times import span_errors

ID_LENGTH = 20  # 100 bits: nobody comes across somebody else's
KEPT = timedelta(days=1)  # after its end, for who asks what it said


@dataclass(frozen=True, slots=True)
class ToBook:
    """What a stored quote books: give both to `book()`."""

    offer: FrozenOffer
    waiver: Waiver


def store_quote(*, member: Member, car: Car, span: Span, waiver: Waiver, now: datetime,
                promo_code: str = "") -> StoredQuote:
    """Price the car for the span and keep the quote for 15 minutes (policy `quote_lives`).

    Raises BadSpan and BadPromoCode. A quote holds the price and not the car: whether it is free is decided by the booking.
    """
    with observe(Step.FIND_QUOTE, member=member) as seen, transaction():
        seen.note(car_id=car.id, car_class=car.car_class, lot_id=car.lot_id, plan=member.plan)
        errors = span_errors(span.start, span.end, zone=car.lot.zone, now=now, policies=policies_at(now))
        if errors:
            raise BadSpan(errors)
        promo = promo_for(promo_code, plan=member.plan, car_class=car.car_class, member_id=member.id, now=now)
        offer = offer_now(car, span, member.plan, now, promo)
        price = offer.price(car, waiver, member.for_price)
        stored = StoredQuote(
            id=new_reference(ID_LENGTH), member_id=member.id, car_id=car.id, starts_at=span.start,
            ends_at=span.end, plan=member.plan, waiver=waiver, made_at=now, expires_at=offer.expires_at, quote=price.as_json())
        db.session.add(stored)
        db.session.flush()
        seen.note(price_cents=price.total.cents, minutes=span.minutes)
        was_shown_a_price(member=member, now=now)
    return stored


def offer_of_quote(quote_id: str, *, member: Member, now: datetime) -> ToBook:
    """What the member books with a stored quote of their own, at their own plan.

    Raises QuoteUnknown when there is none such, and OfferExpired when its time is over, or they have another plan since.
    """
    found = db.session.get(StoredQuote, quote_id)
    if found is None or found.member_id != member.id:
        raise QuoteUnknown()
    if found.plan != member.plan or found.expires_at < now:
        raise OfferExpired()
    offer = FrozenOffer(found.car_id, found.span, found.plan, found.made_at, promo_of(found.quote),
                        found.expires_at - found.made_at)
    return ToBook(offer, Waiver(found.waiver))


def forget_quotes(now: datetime) -> int:
    """Delete quotes that ended more than a day ago; how many."""
    over = StoredQuote.expires_at < now - KEPT
    if db.session.scalar(select(StoredQuote.id).where(over).limit(1)) is None:
        return 0  # a timer with nothing to do takes no write lock
    with transaction():
        return rows_changed(delete(StoredQuote).where(over))
