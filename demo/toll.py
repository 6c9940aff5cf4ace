"""Days after a trip the toll road's bill for the plate comes in, and is passed on."""

from datetime import timedelta

from core.audit import Staff, acting_staff
from core.money import Money
from demo.city import City
from demo.words import TOLLS
from portal.account.by_email import users_by_email
from portal.billing.notices.models import NoticeKind
from portal.billing.notices.send import send_notice
from reservations.booking.billing import payer_of_trip
from reservations.booking.models import Reservation

FINANCE = "finance@example.com"


def pass_on_toll(city: City, reservation: Reservation) -> None:
    """Days later the toll road's bill for the plate comes in."""
    dice, finance = city.dice(f"toll/{reservation.reference}"), users_by_email([FINANCE])[FINANCE].id
    place, cents = dice.choice(TOLLS)
    with acting_staff(Staff(finance, FINANCE, "POST /office/payers")):
        send_notice(payer_id=payer_of_trip(reservation).id, member_id=reservation.member_id, reservation_id=reservation.id,
                    kind=NoticeKind.TOLL, amount=Money(cents),
                    facts={"plate": reservation.car.plate, "place": place, "number": f"IL-{dice.randrange(10**6):06d}",
                           "when": (reservation.starts_at + timedelta(minutes=dice.randrange(5, 50))).isoformat()},
                    by_user_id=finance, once=f"demo-toll-{reservation.id}", now=city.life.now)
