"""From a wish to a booking: searching, looking at a car, reading the price, and booking it or not."""

from dataclasses import replace
from datetime import datetime, timedelta

from core.time import Span
from demo.asking import look_at_first_booking
from demo.city import City, browser
from demo.neighbours import ADA, THEO
from demo.outing import Outing
from demo.saying import say
from demo.wishes import Wish
from experience.asks.models import Mood
from experience.journey import Step
from fleet.calendar.hold import CarTaken
from fleet.tariffs.quote import Promo
from portal.account.models import Member
from reservations.booking.book import book
from reservations.booking.models import Reservation, Waiver
from reservations.booking.offer import FrozenOffer
from reservations.booking.promo import BadPromoCode, promo_for
from reservations.search.availability import State
from reservations.search.find import Offer, find_cars, loaded
from reservations.search.nearby import Filters

RADII = (900.0, 1600.0, 2800.0)  # metres; people look further when there is nothing
CODE, TRIES_IT = "WELCOME10", 0.08  # of the bookings of those who may have it still
BETWEEN_TRIPS = timedelta(minutes=15)


class Looking:
    """Somebody looks for a car. `wants` is a car they have set their heart on; slow ones read everything first."""

    def __init__(self, city: City, wish: Wish, *, wants: int | None = None, slow: bool = False) -> None:
        self._city, self._wish, self._wants, self._slow = city, wish, wants, slow
        self._dice = city.dice(f"looking/{wish.key}")
        self._visit = browser(self._dice)
        self._searches = 0
        self._fitting: list[Offer] = []
        self._determined = wish.rider.number <= ADA

    def plan(self) -> None:
        """Have it happen."""
        self.plan_at(self._wish.looks_at)

    def plan_at(self, moment: datetime) -> None:
        """Have it happen at this moment instead."""
        self._city.life.plan(moment, self._search, self._visit)

    @property
    def _member(self) -> Member:
        return self._city.members[self._wish.rider.number]

    def _leaves(self, likely: float) -> bool:
        return self._dice.random() < likely and not self._determined

    def _search(self) -> None:
        city, wish = self._city, self._wish
        if self._busy(wish.span) or wish.span.start < city.life.now - timedelta(minutes=10):
            return
        city.opened(Step.FIND_SEARCH, self._member)
        insists = self._dice.random() < wish.habit.insists
        offers = loaded(find_cars(
            member=self._member, lat=wish.near.lat, lng=wish.near.lng, span=wish.span, radius_m=RADII[self._searches],
            plan=self._member.plan, now=city.life.now, view=self._dice.choice(("list", "list", "map", "times")),
            filters=Filters(car_classes=wish.habit.classes) if insists else Filters(),
            confidence=self._dice.choice((1.0, 1.0, 0.9, 0.8))).offers)
        self._fitting = self._choose(offers)
        if not self._fitting:
            self._look_further()
        elif not self._leaves(0.06):
            self._meet_a_rival()
            city.life.later(self._dice.uniform(15, 70), self._look_at_car, self._visit)

    def _busy(self, span: Span) -> bool:
        around = Span(span.start - BETWEEN_TRIPS, span.end + BETWEEN_TRIPS)
        return any(around.overlaps(other) for other in self._city.plans.setdefault(self._wish.rider.number, []))

    def _choose(self, offers: list[Offer]) -> list[Offer]:
        """The cars that would do, best first: the right class and near, and not an hour later when it matters."""
        classes = self._wish.habit.classes
        shifts = self._dice.random() < 0.6
        fits = [offer for offer in offers
                if offer.availability.state is State.FREE or (shifts and offer.availability.state is State.ALMOST)]
        only = ("van" in classes and len(classes) == 1) or "accessible" in classes
        fits = [offer for offer in fits if (offer.car.car_class in classes) or not only]
        if not only:
            fits = [offer for offer in fits if offer.car.car_class != "accessible"]
        worth = {str(cls): number for number, cls in enumerate(classes)}
        return sorted(fits, key=lambda offer: (
            offer.car.id != self._wants, worth.get(offer.car.car_class, 5) * 220 + offer.metres, offer.car.id))[:4]

    def _look_further(self) -> None:
        self._searches += 1
        if self._searches < len(RADII) and (self._searches == 1 or not self._leaves(0.3)):
            self._city.life.later(self._dice.uniform(8, 45), self._search, self._visit)
        elif self._leaves(0.35):
            say(self._city, self._member, Step.FIND_SEARCH, Mood.BAD, self._dice, writes=0.5)

    def _meet_a_rival(self) -> None:
        """Now and then somebody else has just found the same car, and reads on while we book it."""
        if self._slow or self._determined or self._dice.random() > 0.035:
            return
        city, rival = self._city, self._dice.choice(self._city.riders)
        if rival.number != self._wish.rider.number and rival.number != ADA:
            wish = replace(self._wish, key=f"{self._wish.key}/rival", rider=rival,
                           looks_at=city.life.now + timedelta(seconds=10))
            Looking(city, wish, wants=self._fitting[0].car.id, slow=True).plan()

    def _look_at_car(self) -> None:
        offer = self._fitting[0]
        if self._dice.random() < 0.55:
            self._city.opened(Step.FIND_CAR, self._member, whole=True, took_ms=self._dice.randrange(25, 140),
                              car_id=offer.car.id, car_class=offer.car.car_class, lot_id=offer.car.lot_id)
        if not self._leaves(0.05):
            self._city.life.later(self._dice.uniform(10, 60), self._read_price, self._visit)

    def _read_price(self) -> None:
        offer, seconds = self._fitting[0], self._dice.uniform(20, 150)
        self._city.opened(Step.BOOK_CONFIRM, self._member, car_id=offer.car.id, car_class=offer.car.car_class,
                          lot_id=offer.car.lot_id, plan=self._member.plan)
        if self._leaves(0.06):
            if self._leaves(0.12):
                say(self._city, self._member, Step.BOOK_CONFIRM, Mood.SO_SO, self._dice)
            return
        frozen = FrozenOffer(offer.car.id, offer.availability.span or self._wish.span, self._member.plan,
                             self._city.life.now, self._promo(offer))
        self._city.life.later(400 if self._slow else seconds, lambda: self._book(offer, frozen), self._visit)

    def _promo(self, offer: Offer) -> Promo | None:
        """Some have seen a code somewhere, and type it in."""
        number = self._wish.rider.number
        likely = 1.0 if number == THEO else TRIES_IT if number > ADA else 0.0
        if self._city.dice(f"code/{self._wish.key}").random() >= likely:
            return None
        try:
            return promo_for(CODE, plan=self._member.plan, car_class=offer.car.car_class, member_id=self._member.id,
                             now=self._city.life.now)
        except BadPromoCode:  # used already
            return None

    def _book(self, offer: Offer, frozen: FrozenOffer) -> None:
        if self._busy(frozen.span):
            return
        made: list[Reservation] = []
        waiver = self._dice.choices(list(Waiver), weights=(62, 28, 10))[0]
        refusal = self._city.refused(lambda: made.append(book(
            member=self._member, car=offer.car, offer=frozen, waiver=waiver,
            once=f"demo/{self._wish.key}/{offer.car.id}", now=self._city.life.now)))
        if refusal is None:
            self._city.plans[self._wish.rider.number].append(frozen.span)
            Outing(self._city, self._wish.rider, made[0]).plan()
            self._look_at_what_was_booked(made[0])
            if self._dice.random() < 0.05 * self._wish.rider.talks:
                say(self._city, self._member, Step.BOOK_CONFIRM, Mood.GOOD, self._dice)
            return
        if isinstance(refusal, CarTaken) and self._leaves(0.25):
            say(self._city, self._member, Step.BOOK_CONFIRM, Mood.BAD, self._dice, writes=0.5)
        self._fitting = self._fitting[1:]
        if self._fitting and not self._leaves(0.25):
            self._city.life.later(self._dice.uniform(15, 60), self._read_price, self._visit)

    def _look_at_what_was_booked(self, reservation: Reservation) -> None:
        if len(self._city.plans[self._wish.rider.number]) == 1:
            self._city.life.later(self._dice.uniform(3, 40), lambda: look_at_first_booking(
                self._city, self._member, self._dice, reservation), self._visit)
