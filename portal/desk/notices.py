"""Notices of costs that are passed on, as the desk lists them: the contested first."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from core.database import db
from core.refusal import NotFound
from portal.billing.notices.models import Notice, NoticeState
from portal.billing.payers.models import Payer
from portal.desk.who import payer_name, with_payer
from portal.web.listing import Asked, number_of
from reservations.booking.billing import payer_of_trip
from reservations.booking.models import Reservation, Status


@dataclass(frozen=True)
class Notices(Asked):
    """Notices with their payer and trip; the contested ones unless asked otherwise."""

    show: str = "contested"
    payer: str = ""

    SHOWS: ClassVar = {
        **{str(state): lambda asked, state=state: Notice.state == state
           for state in (NoticeState.CONTESTED, NoticeState.OPEN, NoticeState.CHARGED, NoticeState.DROPPED)},
        "all": lambda asked: Notice.id.is_not(None),
    }
    USUAL: ClassVar = "until"
    SORTS: ClassVar = {
        "until": [Notice.answer_until, Notice.id], "sent": [Notice.sent_at, Notice.id],
        "amount": [Notice.amount_cents, Notice.id], "payer": [payer_name, Notice.id],
    }

    def rows(self) -> Select[Any]:
        query = select(Notice, payer_name, Reservation.reference).join(Reservation, Reservation.id == Notice.reservation_id)
        return with_payer(query, Notice.payer_id)

    def wanted(self) -> list[ColumnElement[bool]]:
        found = super().wanted()
        if self.q:
            found.append(payer_name.icontains(self.q, autoescape=True) | (Reservation.reference == self.q.lower()))
        if (payer := number_of(self.payer)) is not None:
            found.append(Payer.id == payer)
        return found


def the_notice(notice_id: UUID) -> Notice:
    """A notice, for staff. Raises NotFound."""
    found = db.session.get(Notice, notice_id)
    if found is None:
        raise NotFound()
    return found


def trip_to_charge(payer: Payer, reference: str) -> Reservation | None:
    """A trip whose later costs come to this payer, by its reference."""
    found = db.session.scalar(select(Reservation).where(Reservation.reference == reference.strip().lower()))
    return found if found is not None and payer_of_trip(found).id == payer.id else None


def latest_trips(payer: Payer, most: int = 20) -> list[Reservation]:
    """The trips that a notice is likely to be about: those that have begun, newest first."""
    return list(db.session.scalars(
        select(Reservation).where(Reservation.payer_id == payer.id, Reservation.status.in_((Status.DRIVING, Status.RETURNED)))
        .order_by(Reservation.starts_at.desc()).limit(most)))
