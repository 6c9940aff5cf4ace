"""What must be right after every race: no car is held twice, no booking has lost its time, and the money adds up."""

from collections import Counter, defaultdict
from itertools import pairwise

from sqlalchemy import select

from core.database import db
from core.outbox import OutboxRow
from experience.promises.models import Promise
from fleet.calendar.models import Kind, Occupancy
from portal.billing.ledger.check import differences
from reservations.booking.change.models import ReservationChange
from reservations.booking.models import Reservation, Status
from reservations.waitlist.models import OfferState, WaitOffer
from tests.races.track import Track, faults, steps_without

LIVE = (Status.BOOKED, Status.DRIVING)


def double_bookings(track: Track, car: int) -> int:
    """How often two live bookings of a car, or two stretches of its calendar, are over each other, since the guard was last
    off."""
    db.session.rollback()
    booked = db.session.execute(select(Reservation.starts_at, Reservation.ends_at).where(
        Reservation.car_id == car, Reservation.status.in_(LIVE), Reservation.id > track.spoiled)).all()
    held = db.session.execute(select(Occupancy.starts_at, Occupancy.ends_at).where(Occupancy.car_id == car)).all()
    return _overlaps(list(booked)) + _overlaps(list(held))


def _overlaps(spans: list) -> int:
    return sum(one_end > next_start for (_start, one_end), (next_start, _end) in pairwise(sorted(spans)))


def the_house_is_right(track: Track) -> None:
    """Raise AssertionError for whatever is not as it must be, of what was booked since the guard was last off."""
    db.session.rollback()
    db.session.expire_all()
    made = db.session.scalars(select(Reservation).where(Reservation.id > track.spoiled)).all()
    calendar = {row.id: row for row in db.session.scalars(select(Occupancy))}
    assert [car for car in {one.car_id for one in made} if double_bookings(track, car)] == []
    for one in made:
        assert (one.occupancy_id is not None) == (one.status in LIVE), f"{one.id} is {one.status}"
        if one.status in LIVE:
            held = calendar.pop(one.occupancy_id)
            whole = track.whole(one.car_id, one.span)
            assert (held.car_id, held.span, held.kind) == (one.car_id, whole, Kind.TRIP)
    offered = set(db.session.scalars(select(WaitOffer.occupancy_id).where(WaitOffer.state == OfferState.OPEN)))
    assert [row.id for row in calendar.values() if row.id not in offered] == []  # time that is held for nobody
    _the_money_adds_up(made)
    _everybody_hears_of_it(made)
    assert (steps_without(), faults()) == (track.steps_without, track.faults)


def _the_money_adds_up(made: list[Reservation]) -> None:
    for one in made:
        assert sum(line["amount_cents"] for line in one.quote["lines"]) == one.price_cents
    promised = dict(db.session.execute(select(Promise.reservation_id, Promise.expected).where(
        Promise.kind == "price", Promise.state == "open")).all())
    assert {one.id: promised.get(one.id) for one in made if one.status in LIVE} == {
        one.id: one.price_cents for one in made if one.status in LIVE}
    changes: dict[int, list[ReservationChange]] = defaultdict(list)
    for change in db.session.scalars(select(ReservationChange).order_by(ReservationChange.id)):
        changes[change.reservation_id].append(change)
    for one in made:
        prices = [change.after_price_cents for change in changes[one.id]]
        assert [change.before_price_cents for change in changes[one.id][1:]] == prices[:-1]  # each goes on from the last
        assert prices[-1:] in ([], [one.price_cents])
    assert differences() == []


def _everybody_hears_of_it(made: list[Reservation]) -> None:
    """One letter, one step and at least one hold of the price for each booking; none for what was refused."""
    ids = {one.id for one in made}
    jobs = Counter((kind, facts["reservation_id"]) for kind, facts in db.session.execute(
        select(OutboxRow.kind, OutboxRow.facts)) if facts.get("reservation_id") in ids)
    assert all(jobs["booking_confirmed", number] == 1 and jobs["trip_hold", number] >= 1 for number in ids)
    changed = Counter(db.session.scalars(select(ReservationChange.reservation_id)))
    assert all(jobs["booking_changed", number] == changed[number] for number in ids)
    assert all(jobs["booking_cancelled", one.id] == (one.status == Status.CANCELLED) for one in made)
