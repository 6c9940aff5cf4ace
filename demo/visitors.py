"""People who only look: visitors without an account, and the applicant who would like to book already."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from core.time import Span, quarter_at_or_after
from demo.city import City, browser
from demo.people import APPLICANT_EMAIL, person
from demo.riders import near
from demo.saying import say
from experience.asks.models import Mood
from experience.journey import Step
from portal.account.models import Member, Plan
from reservations.booking.book import book
from reservations.booking.models import Waiver
from reservations.booking.offer import FrozenOffer
from reservations.search.find import Offer, find_cars, loaded

A_DAY = 9


def plan_visitors(city: City, day: date) -> None:
    """Have a local day's visitors come by."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=city.zone)
    for number in range(A_DAY):
        dice = city.dice(f"visitor/{day}/{number}")
        at = (midnight + timedelta(hours=min(max(dice.gauss(15.5, 4), 6.5), 23.5))).astimezone(UTC)
        if at > city.life.now:
            city.life.plan(at, _Visitor(city, f"{day}/{number}").come, browser(dice))


class _Visitor:
    def __init__(self, city: City, key: str) -> None:
        self._city, self._dice = city, city.dice(f"visit/{key}")
        self._visit = browser(self._dice)

    def come(self) -> None:
        self._city.life.move_to(self._city.life.now, self._visit)
        self._city.opened(Step.LEARN_HOME, None, whole=True, took_ms=self._dice.randrange(15, 90))
        if self._dice.random() < 0.04:
            say(self._city, None, Step.LEARN_HOME, self._dice.choice((Mood.GOOD, Mood.SO_SO)), self._dice, writes=0.7)
        if self._dice.random() < 0.5:
            self._city.life.later(self._dice.uniform(15, 90), self._search, self._visit)

    def _search(self) -> None:
        self._city.opened(Step.FIND_SEARCH, None)
        _search_near(self._city, None, self._dice)


class Applicant:
    """Somebody whose application is still being looked at tries to book, and is told so."""

    def __init__(self, city: City, days_ago: int) -> None:
        self._city, self._dice = city, city.dice(f"applicant/{days_ago}")
        self._visit, self._user = browser(self._dice), person(APPLICANT_EMAIL)

    @property
    def _member(self) -> Member:
        assert self._user.member is not None
        return self._user.member

    def plan(self, at: datetime) -> None:
        """Have it happen."""
        self._city.life.plan(at, self._search, self._visit)

    def _search(self) -> None:
        self._city.opened(Step.FIND_SEARCH, self._member)
        offers = [offer for offer in _search_near(self._city, self._member, self._dice)
                  if offer.can_be_had]
        if offers:
            self._city.life.later(70, lambda: self._book(offers[0]), self._visit)

    def _book(self, offer: Offer) -> None:
        now, car = self._city.life.now, offer.car
        self._city.opened(Step.BOOK_CONFIRM, self._member, car_id=car.id, car_class=car.car_class, lot_id=car.lot_id,
                          plan=Plan.PAY_AS_YOU_GO)
        assert offer.availability.span is not None
        frozen = FrozenOffer(car.id, offer.availability.span, Plan.PAY_AS_YOU_GO, now)
        self._city.refused(lambda: book(member=self._member, car=car, offer=frozen, waiver=Waiver.INCLUDED,
                                        once=f"demo/applicant/{now.isoformat()}", now=now))


def _search_near(city: City, member: Member | None, dice: Random) -> list[Offer]:
    place, now = near(dice, dice.choice(city.lots), 0.008), city.life.now
    start = quarter_at_or_after(now + timedelta(hours=dice.choice((0, 1, 3, 24, 70))))
    span = Span(start, start + timedelta(hours=dice.choice((1, 2, 3, 6))))
    return loaded(find_cars(member=member, lat=place.lat, lng=place.lng, span=span, radius_m=1200,
                            plan=Plan.PAY_AS_YOU_GO, now=now).offers)
