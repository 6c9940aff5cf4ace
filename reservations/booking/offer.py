"""A quote on a page is a signed token: frozen for 15 minutes, and no row is written for looking at it."""

from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from core.time import Span
from fleet.cars.models import Car
from fleet.tariffs.in_force import policies_at, rates_for
from fleet.tariffs.quote import NOBODY, Driver, Promo, Quote, quote
from reservations.booking.errors import OfferExpired

LIVES = timedelta(minutes=15)  # unless the policy `quote_lives` said otherwise when it was made


@dataclass(frozen=True, slots=True)
class FrozenOffer:
    """A car, a span, a plan and a promo code at the rates of one moment. Priced again from those, it costs the same."""

    car_id: int
    span: Span
    plan: str
    at: datetime
    promo: Promo | None = None
    lives: timedelta = LIVES

    @property
    def expires_at(self) -> datetime:
        return self.at + self.lives

    def holds(self, now: datetime) -> bool:
        """Whether it was made before and has not run out."""
        return self.at <= now <= self.expires_at

    def price(self, car: Car, waiver: str, driver: Driver = NOBODY) -> Quote:
        """The full price with the chosen waiver, at the frozen rates, for this driver."""
        return quote(rates_for(car.car_class, self.plan, self.at), policies_at(self.at, car.lot.city), self.span, car.lot.zone,
                     waiver, driver=driver, promo=self.promo)


def offer_now(car: Car, span: Span, plan: str, now: datetime, promo: Promo | None = None) -> FrozenOffer:
    """An offer at the rates of now, for as long as a quote lives."""
    return FrozenOffer(car.id, span, plan, now, promo, timedelta(minutes=policies_at(now)["quote_lives"].value))


def freeze(offer: FrozenOffer, key: str) -> str:
    """The token that goes into the form."""
    span = offer.span
    return str(_signer(key).dumps([offer.car_id, span.start.timestamp(), span.end.timestamp(), offer.plan,
                                   offer.at.timestamp(), offer.lives.total_seconds(),
                                   list(astuple(offer.promo)) if offer.promo else None]))


def thaw(token: str, key: str, *, car_id: int, plan: str, now: datetime) -> FrozenOffer:
    """The offer behind a token. Raises OfferExpired when it is too old, forged, or about another car or plan."""
    try:
        kept_car, start, end, kept_plan, at, lives, promo = _signer(key).loads(token)
    except (BadSignature, ValueError) as error:
        raise OfferExpired() from error
    offer = FrozenOffer(kept_car, Span(_at(start), _at(end)), kept_plan, _at(at), Promo(*promo) if promo else None,
                        timedelta(seconds=lives))
    if offer.car_id != car_id or offer.plan != plan or not offer.holds(now):
        raise OfferExpired()
    return offer


def _at(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)


def _signer(key: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt="offer")
