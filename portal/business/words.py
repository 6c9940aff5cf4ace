"""What the pages of accounts call things, shared by their templates."""

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fleet.cars.words import class_name
from portal.billing.payers.terms import Terms
from portal.business.forms import COVERS
from portal.web import say
from reservations.booking.models import Status, Waiver

STATES = {Status.BOOKED: _l("Booked"), Status.DRIVING: _l("On the way"), Status.RETURNED: _l("Returned"),
          Status.CANCELLED: _l("Cancelled"), Status.NO_SHOW: _l("Not begun")}


def limits_in_words(terms: Terms) -> list[str]:
    """The cover and the limits of a driver, each in a few words; empty where nothing is set."""
    found = []
    if terms.cover:
        found.append(_("Cover: %(cover)s", cover=COVERS[Waiver(terms.cover)]))
    if terms.monthly is not None:
        found.append(_("%(amount)s a month at most", amount=say.money(terms.monthly)))
    if terms.classes is not None:
        found.append(_("Only %(classes)s", classes=_listed(terms.classes)))
    if terms.hours is not None:
        first, last = terms.hours
        found.append(_("Between %(first)s and %(last)s of one day", first=say.hour(first), last=say.hour(last)))
    return found


def _listed(classes: Sequence[str]) -> str:
    return ", ".join(class_name(each) for each in classes)
