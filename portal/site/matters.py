"""What waits for a member on the home page: the next trip and the one thing to do about it, and what is open with its link."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from core.database import db
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member, MemberStatus
from portal.account.plans.ahead import pause_of
from portal.billing.notices.answer import notices_of
from portal.billing.notices.models import NoticeState
from portal.billing.statements.queries import payer_of_pages
from portal.help.queries import is_unread, my_conversations
from portal.signup.models import State
from portal.signup.progress import LABELS, Part, done_of, next_part
from portal.signup.queries import application_of
from portal.web import say
from portal.web.shell import adapters
from reservations.booking.models import Reservation, Status
from reservations.booking.moves.models import Move, MoveState
from reservations.booking.queries import UpcomingTrips
from reservations.waitlist.queries import open_offer_of, waits_of

RUNS_OUT = timedelta(days=60)  # a licence that counts less long than this is worth a word


@dataclass(frozen=True, slots=True)
class Matter:
    """One open matter: what it is, what to do, and where. `kind` as a banner's: bad stops somebody, warn will, info waits."""

    kind: str
    says: str
    link: str
    href: str


@dataclass(frozen=True, slots=True)
class NextTrip:
    """The trip that is on, or the next one, and the one next thing to do about it."""

    trip: Reservation
    says: str
    link: str
    href: str
    icon: str


def next_trip(member: Member, at: datetime) -> NextTrip | None:
    """The trip that is out, else the soonest that is ahead; None without either."""
    trips = UpcomingTrips(member.id).all()
    driving = [trip for trip in trips if trip.status == Status.DRIVING]
    trip = next(iter(driving or [each for each in trips if each.ends_at > at]), None)
    if trip is None:
        return None
    early = timedelta(minutes=policies_at(trip.booked_at)["early_access"].value)
    drive = url_for("trips.drive")
    if trip.status == Status.DRIVING:
        return NextTrip(trip, _("Bring it back by %(time)s.", time=say.moment(trip.ends_at, trip.car.lot.zone)),
                        _("Open Drive"), drive, "key")
    if trip.starts_at - early <= at:
        return NextTrip(trip, _("Walk to the car, look round it and unlock it."), _("Open Drive"), drive, "key")
    return NextTrip(trip, _("It is yours from %(time)s.", time=say.moment(trip.starts_at, trip.car.lot.zone)),
                    _("See the trip"), url_for("trips.show", reference=trip.reference), "calendar")


def open_matters(member: Member, at: datetime) -> list[Matter]:
    """What is open, the most pressing first; nothing when nothing is."""
    return [*_offers(member, at), *_moves(member, at), *_notices(member, at), *_unpaid(member, at), *_membership(member),
            *_licence(member, at), *_letters(member)]


def _offers(member: Member, at: datetime) -> list[Matter]:
    found = [(wait, offer) for wait in waits_of(member.id) if (offer := open_offer_of(wait)) and offer.lapses_at > at]
    return [Matter("warn", _("A car that you wait for is free. We hold it for you until %(time)s.",
                             time=say.clock(offer.lapses_at)), _("Take it or leave it"),
                   url_for("waitlist.show", wait_id=wait.id)) for wait, offer in found]


def _moves(member: Member, at: datetime) -> list[Matter]:
    found = db.session.execute(
        select(Move, Reservation).join(Reservation, Reservation.id == Move.reservation_id)
        .where(Reservation.member_id == member.id, Move.state == MoveState.OPEN, Move.lapses_at > at).order_by(Move.lapses_at))
    return [Matter("warn", _("%(car)s may not be ready for your trip. We hold %(other)s for you until %(time)s.",
                             car=trip.car.name, other=move.car.name, time=say.moment(move.lapses_at, trip.car.lot.zone)),
                   _("Look at it and decide"), url_for("moves.answer", reference=trip.reference)) for move, trip in found]


def _notices(member: Member, at: datetime) -> list[Matter]:
    return [Matter("warn", _("A cost of %(amount)s is to be passed on to you. Answer by %(time)s.",
                             amount=say.money(notice.amount), time=say.moment(notice.answer_until)),
                   _("See it and answer"), url_for("notices.show", notice_id=notice.id))
            for notice in notices_of(member.id) if notice.state == NoticeState.OPEN and notice.answer_until > at]


def _unpaid(member: Member, at: datetime) -> list[Matter]:
    payer = payer_of_pages(member.id)
    if payer.owed_cents < policies_at(at)["charge_least"].value or payer.owing_since is None:
        return []  # what is on its way to the card by itself is no matter of theirs
    return [Matter("bad", _("%(amount)s is open: no card paid it.", amount=say.money(payer.owed)), _("See and pay it"),
                   url_for("cards.payments"))]


def _membership(member: Member) -> list[Matter]:
    """What keeps them from booking besides money and the licence."""
    if member.status == MemberStatus.APPLICANT:
        return [_application(member)]
    if member.status == MemberStatus.PAUSED and (pause := pause_of(member.id)) is not None:
        return [Matter("warn", _("Your membership is paused until %(day)s.", day=say.day(pause.until, year=True)),
                       _("End the pause"), url_for("membership.show"))]
    if member.status == MemberStatus.CLOSED:
        return [Matter("info", _("Your membership has ended."), _("Come back"), url_for("membership.rejoin"))]
    return []


def _application(member: Member) -> Matter:
    """To begin, to go on with where they stopped, or with us."""
    application, start = application_of(member.id), url_for("join.start")
    if application is None or application.state == State.WITHDRAWN:
        return Matter("info", _("You can book as soon as an application of yours is approved."), _("Apply now"), start)
    if application.state == State.OPEN:
        parts, part = list(Part), next_part(done_of(application, texts=adapters().sms is not None))
        on = _("Go on: step %(step)d of %(steps)d, %(part)s", step=parts.index(part) + 1, steps=len(parts), part=LABELS[part])
        return Matter("warn", _("Your application is not sent yet."), on, start)
    if application.state == State.REFUSED:
        return Matter("info", _("Your application was refused."), _("See why, and what you can do"), start)
    return Matter("info", _("You can book as soon as your application is approved."), _("Your application"), start)


def _licence(member: Member, at: datetime) -> list[Matter]:
    """By the day until which it counts."""
    until, day = member.licence_until, at.astimezone(say.CITY_ZONE).date()
    if until is None:
        return [] if member.status != MemberStatus.ACTIVE else [Matter(
            "bad", _("We have no licence of yours that counts. Booking waits for it."), _("Show us your licence"),
            url_for("licence.show"))]
    if until - day > RUNS_OUT:
        return []
    way = _("Show your new one"), url_for("licence.show")
    if until < day:
        return [Matter("bad", _("Your licence counted until %(day)s. Booking waits for a new one.", day=say.day(until)), *way)]
    return [Matter("warn", _("Your licence counts until %(day)s: trips that end later wait for a new one.",
                             day=say.day(until)), *way)]


def _letters(member: Member) -> list[Matter]:
    """Answers to what they asked."""
    unread = [each for each in my_conversations(member) if is_unread(each)]
    return [Matter("info", ngettext("An answer waits for you.", "%(num)d answers wait for you.", len(unread)), _("Read it"),
                   url_for("help.conversation", conversation_id=unread[0].id))] if unread else []
