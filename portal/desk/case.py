"""Gathering what the evidence against a chargeback is made of."""

from datetime import datetime

from sqlalchemy import select

from core.database import db
from core.money import total
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Line, Policies
from portal.billing.ledger.models import CHARGES, LedgerRow
from portal.billing.payments.models import Chargeback, Payment, State
from portal.billing.words import card_name
from portal.desk.evidence import Access, Case, LineSaid, TripSaid, signed
from portal.desk.payers import name_of
from portal.desk.trip import TripFacts, trip_facts
from portal.desk.words import explained, line_words
from portal.web.say import CITY_ZONE
from reservations.booking.billing import bill_of, lines_of_quote
from reservations.booking.cancel import free_to_cancel_until

EARLIER, LINES = 50, 60
LETTERS = {"booking_confirmed": "confirmation of the booking", "booking_cancelled": "confirmation of the cancellation",
           "no_show_released": "note that the booking was released", "receipt": "receipt with every line"}
OUTCOMES = {"waiting": "no answer yet", "done": "done by the car", "refused": "refused by the car",
            "silent": "the car did not answer"}


def the_case(chargeback: Chargeback) -> Case:
    """Everything we know of the payment behind a chargeback."""
    payment = chargeback.payment
    name, email = name_of(payment.payer_id)
    facts = trip_facts(payment.reservation_id) if payment.reservation_id else None
    policies = policies_at(facts.reservation.booked_at if facts else payment.asked_at)
    bill = bill_of(facts.reservation) if facts else _lines_before(payment)
    return Case(
        name=facts.reservation.member.name if facts else name,
        email=facts.reservation.member.user.email if facts else email,
        amount=signed(payment.captured), card=_card(payment), paid_at=payment.settled_at or payment.asked_at,
        zone=facts.reservation.car.lot.zone if facts else CITY_ZONE, bill=tuple(_said(line) for line in bill),
        trip=_trip(facts, policies) if facts else None, earlier=_earlier(payment), policies=policies)


def _trip(facts: TripFacts, policies: Policies) -> TripSaid:
    booking, trip, quoted = facts.reservation, facts.trip, lines_of_quote(facts.reservation.quote)
    model = booking.car.model
    return TripSaid(
        reference=booking.reference, car=f"{booking.car.name} ({model.make} {model.model})", plate=booking.car.plate,
        place=booking.car.lot.name, booked_at=booking.booked_at, starts_at=booking.starts_at, ends_at=booking.ends_at,
        status=booking.status.replace("_", " "), free_until=free_to_cancel_until(booking.span, booking.booked_at, policies),
        quote=tuple(LineSaid(line_words(line), signed(line.amount)) for line in quoted),
        quote_total=signed(total([line.amount for line in quoted], booking.currency)),
        began_at=trip.started_at if trip else None, ended_at=trip.ended_at if trip else None,
        odometer=(trip.start_odometer, trip.end_odometer) if trip else None,
        access=tuple(Access(one.action, OUTCOMES[one.state], one.asked_at, one.answered_at) for one in facts.commands),
        letters=tuple((LETTERS[kind], at) for kind, at in facts.letters))


def _said(line: LedgerRow | Line) -> LineSaid:
    why = explained(line, CITY_ZONE) if isinstance(line, LedgerRow) else None
    words = " ".join(part if part.endswith(".") else f"{part}." for part in (
        (why.sentence, why.sum, why.evidence, f"Rule: {why.rule}") if why else ()) if part)
    return LineSaid(line_words(line), signed(line.amount), words)


def _lines_before(payment: Payment) -> list[LedgerRow]:
    """What a payment that is for no single trip was for: the newest charges of the account before it."""
    found = db.session.scalars(
        select(LedgerRow).where(LedgerRow.payer_id == payment.payer_id, LedgerRow.origin.in_(CHARGES),
                                LedgerRow.at <= payment.asked_at).order_by(LedgerRow.id.desc()).limit(LINES)).all()
    return list(reversed(found))


def _earlier(payment: Payment) -> tuple[tuple[datetime, str, str], ...]:
    """The newest payments before this one that were taken and that no bank took back."""
    disputed = select(Chargeback.payment_id)
    found = db.session.scalars(
        select(Payment)
        .where(Payment.payer_id == payment.payer_id, Payment.id != payment.id, Payment.state == State.CAPTURED,
               Payment.asked_at < payment.asked_at, Payment.id.not_in(disputed))
        .order_by(Payment.asked_at.desc()).limit(EARLIER))
    return tuple((one.settled_at or one.asked_at, signed(one.captured), _card(one)) for one in found)


def _card(payment: Payment) -> str:
    return card_name(payment.card.brand, payment.card.last_four) if payment.card else "a card"
