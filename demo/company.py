"""A firm that pays for a few members by monthly invoice: its admin, who is no member, its cost centres, drivers and limits."""

from datetime import datetime, timedelta

from core.audit import Staff, acting_staff
from core.money import Money
from demo.city import City
from demo.neighbours import IRIS
from demo.people import BUSINESS_EMAIL, person
from fleet.cars.models import CarClass
from portal.account.add_user import add_user
from portal.billing.payers.accept import accept
from portal.billing.payers.add_driver import add_driver
from portal.billing.payers.admins import businesses_of
from portal.billing.payers.cost_centres import add_cost_centre
from portal.billing.payers.invite import invite
from portal.billing.payers.models import InvitedAs, Payer
from portal.billing.payers.payer_of import add_business
from portal.billing.payers.terms import Terms, set_terms
from reservations.booking.models import Waiver

FIRM = ("Lakefront Design Co-op", "accounts@lakefront.example")
RUNS_IT = "Odile Marchand"
CENTRES = {"ST-10": "Studio", "SV-20": "Site visits", "TF-30": "Trade fairs"}
ITS_DRIVERS = {5: "SV-20", 6: "ST-10", 7: "SV-20", 8: None}  # riders, and what each usually books on
EVERYDAY = (CarClass.ECONOMY, CarClass.COMPACT, CarClass.EV, CarClass.WAGON)
FINANCE = "finance@example.com"


def found_firm(city: City, password_hash: str) -> None:
    """Finance makes it, puts its first drivers on it and invites its admin, who sets it up."""
    now, finance = city.life.now, person(FINANCE)
    with acting_staff(Staff(finance.id, FINANCE, "POST /office/businesses")):
        firm = add_business(name=FIRM[0], email=FIRM[1], at=now)
        for number in ITS_DRIVERS:
            if number in city.members:
                add_driver(payer_id=firm.id, member_id=city.members[number].id, now=now)
        asked = invite(payer_id=firm.id, email=BUSINESS_EMAIL, invited_as=InvitedAs.ADMIN, by=finance, now=now)
    admin = add_user(email=BUSINESS_EMAIL, name=RUNS_IT, password_hash=password_hash)
    accept(invitation_id=asked.id, user=admin, now=now)
    with acting_staff(Staff(admin.id, BUSINESS_EMAIL, f"POST /business/{firm.id}")):
        _set_up(city, firm, now)


def _set_up(city: City, firm: Payer, now: datetime) -> None:
    centres = {code: add_cost_centre(payer_id=firm.id, name=name, code=code).id for code, name in CENTRES.items()}
    invited = invite(payer_id=firm.id, email=city.members[IRIS].user.email, invited_as=InvitedAs.DRIVER,
                     by=person(BUSINESS_EMAIL), now=now)
    accept(invitation_id=invited.id, user=city.members[IRIS].user, now=now)
    terms = {number: Terms(cost_centre_id=centres[code]) for number, code in ITS_DRIVERS.items() if code}
    terms[5] = Terms(monthly=Money(90_000), cost_centre_id=centres["SV-20"])
    terms[IRIS] = Terms(cover=str(Waiver.PLUS), monthly=Money(50_000), classes=tuple(map(str, EVERYDAY)), hours=(6, 22),
                        cost_centre_id=centres["ST-10"])
    for number, one in terms.items():
        if number in city.members:
            set_terms(payer_id=firm.id, member_id=city.members[number].id, terms=one)


def plan_firm(city: City, ends: datetime) -> None:
    """Two invitations are open when the city opens: a driver's and a second admin's."""
    def ask() -> None:
        admin = person(BUSINESS_EMAIL)
        firm, = businesses_of(admin.id)
        with acting_staff(Staff(admin.id, BUSINESS_EMAIL, f"POST /business/{firm.id}")):
            for email, invited_as in (("draughts@lakefront.example", InvitedAs.DRIVER), (FIRM[1], InvitedAs.ADMIN)):
                invite(payer_id=firm.id, email=email, invited_as=invited_as, by=admin, now=city.life.now)

    city.have(ends - timedelta(hours=26), ask)
