"""What somebody waits for, in words."""

from typing import Protocol

from flask_babel import gettext as _

from fleet.cars import words
from fleet.cars.models import Car, CarClass
from portal.web import say
from reservations.waitlist.models import Wait, WaitOffer
from reservations.waitlist.queries import open_offer_of, waits_of


class Wished(Protocol):
    """A wish, or the wait that it became."""

    @property
    def car(self) -> Car | None: ...
    @property
    def car_class(self) -> str | None: ...
    @property
    def within_m(self) -> int | None: ...


def what_in_words(wish: Wished) -> str:
    """"Acorn", "any car within 1.2 mi", "any car of the class Van within 1.2 mi"."""
    if wish.car is not None:
        return str(wish.car.name)
    within = say.miles(float(wish.within_m or 0))
    if wish.car_class is None:
        return _("any car within %(distance)s", distance=within)
    return _("any car of the class %(kind)s within %(distance)s", kind=words.class_name(CarClass(wish.car_class)),
             distance=within)


def waits_in_words(member_id: int) -> list[tuple[Wait, str, WaitOffer | None]]:
    """What a member waits for, in words, and what of it is held for them."""
    return [(wait, what_in_words(wait), open_offer_of(wait)) for wait in waits_of(member_id)]
