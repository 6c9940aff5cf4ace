"""Who handles which kind of outbox job."""

from collections.abc import Mapping
from datetime import timedelta

from core.database import db
from core.outbox import Handler, Job
from core.sealed import Seal
from experience.asks.models import Note, NoteReply
from experience.journey import Step
from portal.adapters import Adapters
from portal.messages.deliver import Facts, Kind, deliver_with
from reservations.booking.models import Reservation, Status
from reservations.booking.no_show import release_no_show
from reservations.trip.car_answers import carry_out
from reservations.trip.queries import bill_of, trip_of


def handlers(outside: Adapters) -> Mapping[str, Handler]:
    """Every kind of job and what handles it, given the outside world."""
    messages = {
        "booking_confirmed": Kind(_reservation, Step.BOOK_CONFIRMATION, timedelta(seconds=60)),
        "trip_reminder": Kind(_still_booked, Step.BOOK_REMINDER, timedelta(minutes=5)),
        "booking_cancelled": Kind(_reservation, None),
        "no_show_released": Kind(_reservation, None),
        "trip_at_risk": Kind(_still_booked, None),
        "trip_safe_again": Kind(_still_booked, None),
        "receipt": Kind(_receipt, Step.RETURN_RECEIPT, timedelta(minutes=15)),
        "note_reply": Kind(lambda job: _note_reply(job, outside.seal), None),
    }
    return {
        "car_command": lambda job: carry_out(job, outside.cars),
        "no_show": release_no_show,
        **{kind: deliver_with(how, lambda: outside.mail) for kind, how in messages.items()},
    }


def _reservation(job: Job) -> Facts:
    reservation = db.session.get_one(Reservation, job.facts["reservation_id"])
    return {"reservation": reservation, "car": reservation.car, "lot": reservation.car.lot,
            "zone": reservation.car.lot.zone, "fee_cents": job.facts.get("fee_cents", 0)}


def _still_booked(job: Job) -> Facts | None:
    facts = _reservation(job)
    reservation = facts["reservation"]
    assert isinstance(reservation, Reservation)
    return facts if reservation.status == Status.BOOKED else None


def _receipt(job: Job) -> Facts:
    facts = _reservation(job)
    reservation = facts["reservation"]
    assert isinstance(reservation, Reservation)
    return facts | {"trip": trip_of(reservation), "lines": bill_of(reservation)}


def _note_reply(job: Job, seal: Seal) -> Facts:
    note = db.session.get_one(Note, job.facts["note_id"])
    reply = db.session.get_one(NoteReply, job.facts["reply_id"])
    return {"note": note, "reply": seal.open(reply.words_sealed),
            "said": seal.open(note.words_sealed) if note.words_sealed else ""}
