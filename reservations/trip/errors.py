"""How a car or a trip says no."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class TooEarly(Refusal):
    code = "too_early"
    says = _l("It is too early to open the car.")

    def __init__(self, early_minutes: int) -> None:
        super().__init__(early_minutes=early_minutes)
        self.remedy = _l("You can go in %(minutes)d minutes before the start, when nobody is before you.",
                         minutes=early_minutes)


class TripOver(Refusal):
    code = "trip_over"
    says = _l("This trip is over, so the car no longer listens to you.")
    remedy = _l("Left something in it? Say what it is under “How is this step going?”, below.")


class TimeOver(Refusal):
    code = "time_over"
    says = _l("The time you booked is over, and the car was not opened in it.")
    remedy = _l("It may be somebody else’s by now. Book it again from the trip’s page, or find another car nearby.")


class LicenceOver(Refusal):
    code, status = "licence_over", 403
    says = _l("The driver’s licence that we have does not count to the end of this trip, so the car does not open.")
    remedy = _l("Show us the new one under Account, Licence: the car opens once we have looked at it. Or move the trip to days "
                "on which yours counts, or cancel it.")


class MembershipOver(Refusal):
    code, status = "membership_over", 403
    says = _l("Your membership is not active any more, so the car does not open.")
    remedy = _l("Your account page says how it stands. Ask us if you think that is wrong.")


class CheckStands(Refusal):
    code, status = "check_stands", 409
    says = _l("What you said of the inside stands by now.")
    remedy = _l("Tell us below what else you found; a person reads it.")


class CheckFirst(Refusal):
    code = "check_first"
    says = _l("Look round the car first.")
    remedy = _l("It takes under a minute and protects you: say whether anything is new, or skip it.")


class StillOutWithAnother(Refusal):
    code = "still_out"
    says = _l("The driver before you has not brought this car back.")
    remedy = _l("Take another car nearby, or wait: we are after it.")


class OutOfService(Refusal):
    code = "out_of_service"
    says = _l("We have taken this car out of service, so it stays shut.")
    remedy = _l("Take another car nearby. Cancelling this booking costs nothing.")


class NotDriving(Refusal):
    code = "not_driving"
    says = _l("You have not opened this car yet, so there is nothing to do here.")
    remedy = _l("Open the trip’s page and unlock the car first.")


class UnderWay(Refusal):
    code = "under_way"
    says = _l("You have opened the car already, so the look round it is closed.")
    remedy = _l("Found something now? Tell us from the trip’s page, or when you return the car.")


class AlreadyReturned(Refusal):
    code = "already_returned"
    says = _l("This trip has been returned already.")
    remedy = _l("Its receipt is on the trip’s page.")


class NotInItsBay(Refusal):
    code = "not_in_its_bay"

    def __init__(self, metres: int, distance: str) -> None:
        super().__init__(metres=metres)
        self.says = _("The car’s box says it stands %(distance)s from its bay.", distance=distance)
        self.remedy = _("The next member looks for it there: drive it back. Is the box wrong? Then say so below.")


class OdometerFell(Refusal):
    code, status = "odometer_fell", 422
    says = _l("That odometer reading is lower than at the start of the trip.")
    remedy = _l("Look at the dashboard again: it only ever grows.")


class OdometerLeapt(Refusal):
    code, status = "odometer_leapt", 422
    says = _l("That odometer reading is further than a car can go in the time of this trip.")
    remedy = _l("Look at the dashboard again: is there a digit too many? Nothing else you typed is lost.")
