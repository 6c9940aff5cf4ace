"""What becomes of neighbours' memberships: paused and taken up again, changed, ended, begun anew, and who brought whom."""

from datetime import datetime, timedelta

from flask import current_app

from core.database import transaction
from demo.city import City
from demo.neighbours import ADA, JONAS, LENA, MINA, SAMUEL, THEO, VERA
from demo.people import JOINING, person
from experience.asks.models import Hope, Means
from experience.asks.once import wish_once
from fleet.tariffs.in_force import policies_at
from portal.account.contact.code import code_for
from portal.account.contact.confirm_number import ask_for_code, confirm_number
from portal.account.leave.leave import Instead, leave
from portal.account.leave.models import Reason
from portal.account.models import Member, Plan
from portal.billing.referrals.code import make_code
from portal.billing.referrals.join import join_with
from portal.membership.change_plan import change_plan
from portal.membership.pause import pause, resume
from portal.membership.rejoin import rejoin

BRINGS_THEO = 9  # the rider whose code he came with; his first trip is paid while we look, so both get credit
HOUR = timedelta(hours=1)


def plan_memberships(city: City, begins: datetime, ends: datetime) -> None:
    """Everything, so that a city of three days has it too."""
    city.have(begins + 3 * HOUR, lambda: _change(city, MINA))
    city.have(begins + 6 * HOUR, lambda: _pause(city, JONAS, 20))
    city.have(begins + 8 * HOUR, lambda: _leave(city, SAMUEL, Reason.MOVED, "A year in another city, perhaps two.",
                                                Means.TRANSIT, Hope.CHEAPER))
    city.have(begins + 20 * HOUR, lambda: _leave(city, VERA, Reason.OWN_CAR, "My parents gave us their old car.",
                                                 Means.OWN_CAR, Hope.NEAR))
    city.have(ends - 30 * HOUR, lambda: _pause(city, LENA, 40))
    city.have(ends - 20 * HOUR, lambda: resume(member=city.members[JONAS], now=city.life.now))
    city.have(ends - 10 * HOUR, lambda: _change(city, JONAS))
    city.have(ends - 9 * HOUR, lambda: _come_back(city, SAMUEL))


def plan_codes(city: City, begins: datetime, ends: datetime) -> None:
    """Theo has come with a rider's code, and whoever has just joined with Ada's."""
    newest = person(list(JOINING)[-1]).member
    assert newest is not None
    if BRINGS_THEO in city.members:
        city.have(begins + HOUR / 3, lambda: _bring(city, city.members[BRINGS_THEO], city.members[THEO]))
    city.have(ends - 10 * HOUR, lambda: _bring(city, city.members[ADA], newest))


def _bring(city: City, by: Member, friend: Member) -> None:
    code = make_code(member=by, now=city.life.now)
    with transaction():
        join_with(code, friend=friend, now=city.life.now)


def _change(city: City, number: int) -> None:
    """To the other plan, at the fee that the page shows: that of the day on which it counts."""
    now, plan = city.life.now, Plan.REGULAR
    change_plan(member=city.members[number], plan=plan, fee_cents=policies_at(now)[f"membership_{plan}"].value, now=now)


def _come_back(city: City, number: int) -> None:
    """Once the number is confirmed."""
    member, now, secret = city.members[number], city.life.now, current_app.config["SECRET_KEY"]
    assert member.phone is not None
    row = ask_for_code(member=member, number=member.phone.replace(" ", ""), now=now)
    confirm_number(member=member, code=code_for(row.id, secret), secret=secret, now=now)
    rejoin(member=member, texts=True, now=now)


def _pause(city: City, number: int, days: int) -> None:
    until = city.life.now.astimezone(city.zone).date() + timedelta(days=days)
    pause(member=city.members[number], until=until, now=city.life.now)


def _leave(city: City, number: int, reason: Reason, words: str, means: Means, hope: Hope) -> None:
    """They look at the page, which asks what they will use instead, and say."""
    member, now = city.members[number], city.life.now
    ask = wish_once(solicitation="leaving_instead", member_id=member.id, reservation_id=None, now=now)
    leave(member=member, reason=reason, words=words, instead=Instead(ask.id, means, hope) if ask else None,
          seal=city.outside.seal, now=now)
