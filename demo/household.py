"""Ada's household: Rafael drives at her cost, within what she allows, and somebody else has not answered her yet."""

from datetime import datetime, timedelta
from uuid import UUID

from core.money import Money
from demo.city import City
from demo.neighbours import ADA, RAFAEL
from portal.billing.payers.accept import accept
from portal.billing.payers.invite import invite
from portal.billing.payers.models import InvitedAs
from portal.billing.payers.payer_of import own_payer
from portal.billing.payers.terms import Terms, set_terms

INVITED = "aunt.moreno@example.com"


def plan_household(city: City, begins: datetime, ends: datetime) -> None:
    """He accepts within minutes, so that his trips are on her account in a city of three days too."""
    ada, rafael = city.members[ADA], city.members[RAFAEL]

    def join() -> None:
        asked = _invite(city, rafael.user.email)
        accept(invitation_id=asked, user=rafael.user, now=city.life.now)
        set_terms(payer_id=own_payer(ada.id).id, member_id=rafael.id, terms=Terms(monthly=Money(25_000), hours=(6, 23)))

    city.have(begins + timedelta(minutes=10), join)
    city.have(ends - timedelta(hours=28), lambda: _invite(city, INVITED))


def _invite(city: City, email: str) -> UUID:
    ada = city.members[ADA]
    return invite(payer_id=own_payer(ada.id).id, email=email, invited_as=InvitedAs.DRIVER, by=ada.user, now=city.life.now).id
