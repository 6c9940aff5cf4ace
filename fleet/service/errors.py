"""How taking a car out of service, or putting it back, is refused."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class CarIsRetired(Refusal):
    code = "car_is_retired"
    says = _l("This car is retired: it is no longer booked by anyone.")
    remedy = _l("Go back to the board and choose another car.")


class AlreadyOut(Refusal):
    code = "already_out"
    says = _l("This car is out of service already.")
    remedy = _l("Put it back in service first. Then take it out with the new reason and time.")


class EndsTooSoon(Refusal):
    code, status = "ends_too_soon", 422
    says = _l("That time has passed, or lies before the end of the trip that is on now.")
    remedy = _l("Pick a time that lies ahead.")


class NotOut(Refusal):
    code = "not_out"
    says = _l("This car is not out of service.")
    remedy = _l("Nothing was changed. Look at the board for how it is now.")
