"""Cancelling all that is left of a series: each by its own rules, in one letter."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.database import db, transaction
from core.money import Money, total
from core.outbox import post
from core.refusal import NotFound
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member
from reservations.booking.cancel import cancel, terms
from reservations.booking.errors import DearerThanShown, TooLateToCancel
from reservations.booking.models import Reservation, Status
from reservations.series.book import bookings_of
from reservations.series.models import Series


def my_series(member: Member, series_id: UUID) -> Series:
    """The member's own series. Raises NotFound, also for somebody else's."""
    found = db.session.scalar(select(Series).where(Series.id == series_id, Series.member_id == member.id))
    if found is None:
        raise NotFound()
    return found


def left_of(series: Series) -> list[Reservation]:
    """Its bookings that have not begun, the soonest first."""
    return [each for each in bookings_of(series) if each.status == Status.BOOKED]


def fees_of(bookings: Sequence[Reservation], now: datetime) -> list[Money]:
    """What cancelling each costs now."""
    return [terms(each, now, policies_at(each.booked_at)).fee for each in bookings]


def cancel_rest(*, series: Series, shown: Money, now: datetime) -> Money:
    """Cancel every booking that has not begun and return the fees' sum; twice changes nothing.

    Raises TooLateToCancel when none is left, and DearerThanShown when they cost more together than was shown: then nothing is
    cancelled.
    """
    with transaction():
        db.session.refresh(series, with_for_update={"of": Series})
        db.session.execute(  # all at once, in the order in which everybody locks them; and as they stand now
            select(Reservation).where(Reservation.series_id == series.id).order_by(Reservation.id)
            .with_for_update(of=Reservation, key_share=True).execution_options(populate_existing=True)).unique().all()
        bookings = left_of(series)
        if not bookings:
            raise TooLateToCancel()
        fees = fees_of(bookings, now)
        together = total(fees)
        if together.cents > shown.cents:
            raise DearerThanShown(fee_cents=together.cents, limit_cents=shown.cents)
        for booking, fee in zip(bookings, fees, strict=True):
            cancel(reservation=booking, now=now, shown=fee, alone=False)
        post("series_cancelled", member_id=series.member_id, series_id=str(series.id), fee_cents=together.cents,
             reservation_ids=[each.id for each in bookings])
    return together
