"""The evidence against a chargeback: what we know of a payment, in the processor's fields. It knows no database.

The field names and their limits are Stripe's: docs.stripe.com/api/disputes/evidence_object. Its words are English whoever
compiles it: a bank reads them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from core.money import Money
from fleet.tariffs.quote import Policies

LONGEST = 20_000  # characters a field
SHORT = 500  # of a field that is a name, an address or a date
CUT = "\n[The rest is left out here for its length. We have all of it and send it on request.]"


@dataclass(frozen=True, slots=True)
class LineSaid:
    """A line of a bill with its explanation: what it is, how much, why, on what evidence and by which rule."""

    what: str
    amount: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """What was asked of the car, when, and what it answered when."""

    action: str
    outcome: str
    asked_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class TripSaid:
    """The trip that was paid for."""

    reference: str
    car: str
    plate: str
    place: str
    booked_at: datetime
    starts_at: datetime
    ends_at: datetime
    status: str
    free_until: datetime
    quote: tuple[LineSaid, ...]
    quote_total: str
    began_at: datetime | None = None
    ended_at: datetime | None = None
    odometer: tuple[float, float | None] | None = None
    access: tuple[Access, ...] = ()
    letters: tuple[tuple[str, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A payment that a bank took back, and all we know of it. `earlier`: payments before it that nobody disputed."""

    name: str
    email: str
    amount: str
    card: str
    paid_at: datetime
    zone: ZoneInfo
    bill: tuple[LineSaid, ...]
    trip: TripSaid | None = None
    earlier: tuple[tuple[datetime, str, str], ...] = field(default=())  # when, how much, which card
    policies: Policies = field(default_factory=dict)


def compile_evidence(case: Case, note: str = "") -> dict[str, str]:
    """What is handed in, by the processor's field names; what there is nothing to say about is left out."""
    short = {"customer_name": case.name, "customer_email_address": case.email, "service_date": _service_date(case)}
    long = {
        "product_description": _product(case), "access_activity_log": _access(case),
        "cancellation_policy_disclosure": _cancelling(case), "refund_policy_disclosure": _refunding(case),
        "uncategorized_text": "\n\n".join(part for part in (note.strip(), _bill(case), _letters(case), _earlier(case)) if part),
    }
    said = {name: words.strip()[:SHORT] for name, words in short.items()} | {name: fit(words) for name, words in long.items()}
    return {name: words for name, words in said.items() if words}


def fit(words: str) -> str:
    """At most as long as a field may be; what is cut says so."""
    words = words.strip()
    return words if len(words) <= LONGEST else words[:LONGEST - len(CUT)] + CUT


def covering_note(case: Case) -> str:
    """What the covering note begins with; finance goes on from there."""
    said = f"{case.name} paid {case.amount} to Roundtrip, a car-sharing service, on {_at(case.paid_at, case)} with {case.card}."
    if case.trip is None:
        return f"{said} The lines that the payment was for stand below."
    used = (f" The car was unlocked from their account at {_at(case.trip.began_at, case)}"
            f"{f' and locked at the return at {_at(case.trip.ended_at, case)}' if case.trip.ended_at else ''}."
            if case.trip.began_at else "")
    return (f"{said} It is for trip {case.trip.reference} with the car {case.trip.car}, plate {case.trip.plate}, which they "
            f"booked at {_at(case.trip.booked_at, case)} for the price that they were shown.{used}")


def _service_date(case: Case) -> str:
    if case.trip is None:
        return f"{case.paid_at.astimezone(case.zone):%B %d, %Y}"
    begins, ends = (at.astimezone(case.zone) for at in (
        case.trip.began_at or case.trip.starts_at, case.trip.ended_at or case.trip.ends_at))
    return f"{begins:%B %d, %Y}" if begins.date() == ends.date() else f"{begins:%B %d, %Y} to {ends:%B %d, %Y}"


def _product(case: Case) -> str:
    if case.trip is None:
        return "Roundtrip car sharing: the charges of a member's account.\n" + _lines(case.bill)
    trip = case.trip
    return "\n".join([
        f"Use of a shared car, booked online. Trip {trip.reference}: {trip.car}, plate {trip.plate}, parked at {trip.place}.",
        f"Booked at {_at(trip.booked_at, case)} for {_at(trip.starts_at, case)} to {_at(trip.ends_at, case)}.",
        "The price was shown line by line before booking and accepted by booking. It was frozen then:",
        _lines(trip.quote), f"Quoted in all: {trip.quote_total}"])


def _access(case: Case) -> str:
    trip = case.trip
    if trip is None:
        return ""
    said = [f"{_at(one.asked_at, case)}: {one.action} asked from the member's signed-in account; {one.outcome}"
            f"{f' at {_at(one.answered_at, case)}' if one.answered_at else ''}" for one in trip.access]
    if trip.began_at:
        said.append(f"Trip began at the first unlock: {_at(trip.began_at, case)}")
    if trip.ended_at:
        said.append(f"Trip ended at the return: {_at(trip.ended_at, case)}")
    if trip.odometer:
        start, end = trip.odometer
        driven = f", {end:,.1f} miles at the end: {end - start:,.1f} miles driven" if end is not None else ""
        said.append(f"Odometer, read by the car itself: {start:,.1f} miles at the start{driven}")
    return "\n".join(said)


def _cancelling(case: Case) -> str:
    rules, trip = case.policies, case.trip
    if trip is None or not rules:
        return ""
    short, long, from_hours = (_hours(rules[f"cancel_{key}"].value) for key in ("notice_short", "notice_long", "long_trip"))
    return (f"Cancelling is free until {short} before the start ({long} for trips of {from_hours} and longer), and for "
            f"{rules['cooling_off'].value} minutes after booking, until the trip begins at the latest. After that it costs the "
            "price of the trip, at most that of one day. The page on which the member booked said so beside the button, with "
            "the time for this trip: free until "
            f"{_at(trip.free_until, case)}. The booking is {trip.status}.")


def _refunding(case: Case) -> str:
    if not case.policies:
        return ""
    return ("Every line of a bill is explained on the member's receipt. A line that is not right can be disputed there; it is "
            f"decided within {_hours(case.policies['dispute_decided'].value)} with a reply, and what is given back goes to the "
            "card it came from within 5 days.")


def _bill(case: Case) -> str:
    return f"THE BILL\n{_lines(case.bill)}" if case.bill else ""


def _letters(case: Case) -> str:
    if case.trip is None or not case.trip.letters:
        return ""
    return f"SENT TO {case.email}\n" + "\n".join(f"{_at(at, case)}: {what}" for what, at in case.trip.letters)


def _earlier(case: Case) -> str:
    if not case.earlier:
        return ""
    return ("EARLIER PAYMENTS OF THE SAME CUSTOMER THAT NOBODY DISPUTED\n"
            + "\n".join(f"{_at(at, case)}: {amount}, {card}" for at, amount, card in case.earlier))


def _lines(lines: Iterable[LineSaid]) -> str:
    return "\n".join(f"- {line.what}: {line.amount}{f'. {line.why}' if line.why else ''}" for line in lines)


def _at(at: datetime, case: Case) -> str:
    return f"{at.astimezone(case.zone):%b %d, %Y, %I:%M:%S %p %Z}"


def _hours(minutes: int) -> str:
    days, rest = divmod(minutes, 1440)
    return f"{days * 24 + rest // 60} hours"


def in_all(evidence: dict[str, str]) -> int:
    """Characters of everything that is handed in; the processor takes 150,000."""
    return sum(map(len, evidence.values()))


def signed(amount: Money) -> str:
    """An amount for a bank's reader: "$12.50", "-$3.00"."""
    return f"{'-' if amount.cents < 0 else ''}${abs(amount.cents) // 100:,}.{abs(amount.cents) % 100:02d}"
