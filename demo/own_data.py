"""What people do about what we know of them: a download, a consent withdrawn, another address, an erasure; needs and keys."""

from datetime import datetime, timedelta
from functools import partial

from flask import current_app

from core.time import service_clock
from demo.city import City
from demo.neighbours import ADA, GRACE, HANA, HANA_AFTER, LENA, PETER
from demo.riders import Persona
from fleet.tariffs.in_force import policies_at
from portal.account.contact.choose import choose
from portal.account.contact.code import code_for
from portal.account.contact.rules import FIRST, Purpose
from portal.account.models import Member
from portal.account.needs.kinds import Need
from portal.account.needs.tell import tell_needs
from portal.account.profile.change_email import CODE, ask_to_change_email, confirm_email
from portal.api.models import Scope
from portal.api.own_tokens import make_own_token
from portal.privacy.ask_to_erase import ask_to_erase
from portal.privacy.consents import withdraw_consent
from portal.privacy.export import ask_for_export
from reservations.feed.start import start_feed

HOUR = timedelta(hours=1)
QUIET = (22 * 60, 7 * 60)  # minutes after midnight


def plan_own_data(city: City, begins: datetime, ends: datetime) -> None:
    """Everything, so that a city of three days has it too."""
    ada, hana, life = city.members[ADA], city.members[HANA], city.life
    _plan_erasure(city, city.members[PETER], begins, ends)
    _plan_needs(city, begins)
    city.have(begins + 2 * HOUR, lambda: choose(member=hana, ways=FIRST, quiet_from=QUIET[0], quiet_until=QUIET[1],
                                                zone=city.zone, now=life.now))
    city.have(begins + 19 * HOUR, lambda: withdraw_consent(member=hana, purpose=Purpose.NEWS, now=life.now))
    city.have(begins + 22 * HOUR, lambda: _move_mail(city, hana))
    city.have(ends - 7 * HOUR, lambda: start_feed(member=ada, seal=city.outside.seal, now=life.now))
    city.have(ends - 6.5 * HOUR, lambda: make_own_token(
        member=ada, name="Kitchen display", scopes=(Scope.READ, Scope.BOOK), days=90, now=life.now))
    city.have(ends - 4 * HOUR, lambda: ask_for_export(user=ada.user, now=life.now))


def _plan_erasure(city: City, member: Member, begins: datetime, ends: datetime) -> None:
    """Asked for so long ago that it is done some hours before the end, also before the first day that we look at."""
    grace = timedelta(days=policies_at(begins)["erase_grace"].value)
    asked = ends - grace - 20 * HOUR

    def ask() -> None:
        with service_clock(lambda: asked):
            ask_to_erase(user=member.user, now=asked)

    if policies_at(asked):
        city.have(asked, ask)


def _plan_needs(city: City, begins: datetime) -> None:
    told = {LENA: (Need.HAND_CONTROLS,), GRACE: (Need.MORE_TIME, Need.NO_CALLS)} | {
        rider.number: (Need.WHEELCHAIR,) for rider in city.riders if rider.persona is Persona.WHEELCHAIR}
    for number, needs in told.items():
        city.have(begins + 2.5 * HOUR, partial(_tell, city, city.members[number], needs))


def _tell(city: City, member: Member, needs: tuple[Need, ...]) -> None:
    words = "I come with an assistant, who loads the chair." if Need.WHEELCHAIR in needs else ""
    tell_needs(member=member, needs=needs, words=words, seal=city.outside.seal, now=city.life.now)


def _move_mail(city: City, member: Member) -> None:
    """The code of the mail to the new address is typed in."""
    user, now, secret = member.user, city.life.now, current_app.config["SECRET_KEY"]
    row = ask_to_change_email(user=user, email=HANA_AFTER, now=now)
    confirm_email(user=user, code=code_for(row.id, secret, CODE), secret=secret, token="", now=now)
