"""When cars that cannot be had can be had next: one read for all of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Table, bindparam, select

from core.database import db
from core.time import Span, quarter_at_or_after
from fleet.calendar.models import Occupancy
from fleet.tariffs.in_force import policies_at
from reservations.search.find import LATE_HIDES, Offer
from reservations.search.first_gap import first_gap
from reservations.trip.out_late import cars_out_late

_spans: Table = Occupancy.__table__
_TAKEN = select(_spans.c.car_id, _spans.c.starts_at, _spans.c.ends_at).where(
    _spans.c.car_id.in_(bindparam("cars", expanding=True)), _spans.c.ends_at > bindparam("since")).order_by(
    _spans.c.car_id, _spans.c.starts_at)


def next_free(offers: Sequence[Offer], wish: Span, now: datetime) -> dict[int, Span]:
    """By car, the first span as long as the wish from its start on, for each offer that cannot be had.

    A car that is not free for so long in all the days for which we take bookings is not in it. Nothing is read when every
    offer can be had; else one read, and a second for a start within the hour: a car that is out late may be later yet.
    """
    wanting = {offer.car.id: offer for offer in offers if not offer.can_be_had}
    if not wanting:
        return {}
    until = now + timedelta(days=policies_at(now)["booking_ahead"].value)
    late = cars_out_late(now, list(wanting)) if wish.start < now + LATE_HIDES else set()
    not_late = Span(after := quarter_at_or_after(now + LATE_HIDES), after + wish.length)
    taken = _taken(list(wanting), wish.start)
    found = {car_id: first_gap(taken.get(car_id, ()), not_late if car_id in late else wish, turnaround=offer.turnaround,
                               until=until) for car_id, offer in wanting.items()}
    return {car_id: span for car_id, span in found.items() if span is not None}


def _taken(car_ids: list[int], since: datetime) -> dict[int, list[Span]]:
    spans: dict[int, list[Span]] = {}
    for car_id, starts_at, ends_at in db.session.execute(_TAKEN, {"cars": car_ids, "since": since}):
        spans.setdefault(car_id, []).append(Span(starts_at, ends_at))
    return spans
