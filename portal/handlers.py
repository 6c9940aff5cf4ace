"""Who handles which kind of outbox job."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from core.database import db
from core.outbox import Handler, Job
from core.sealed import Seal
from experience.asks.models import Note, NoteReply
from experience.journey import Step
from portal.account.models import Member
from portal.adapters import Adapters
from portal.billing.disputes.models import Dispute
from portal.billing.handle import money_handlers
from portal.billing.notices.models import Notice
from portal.billing.payers.models import Payer
from portal.billing.payments.models import Payment, Refund, State
from portal.messages.deliver import Facts, Kind, deliver_with
from portal.messages.invoice import mail_invoice
from reservations.booking.billing import receipt_lines
from reservations.booking.hold_price import hold_price, try_new_card
from reservations.booking.models import Reservation, Status
from reservations.booking.no_show import release_no_show
from reservations.trip.car_answers import carry_out
from reservations.trip.queries import trip_of


def handlers(outside: Adapters, site_url: str) -> Mapping[str, Handler]:
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
        "payment_needed": Kind(_still_booked, None),
        "payment_confirm": Kind(lambda job: _to_confirm(job, site_url), None),
        "payment_failed": Kind(lambda job: _unpaid(job, site_url), None),
        "booking_stopped": Kind(lambda job: _unpaid(job, site_url), None),
        "refund_sent": Kind(_refund, None),
        "dispute_decided": Kind(lambda job: _dispute(job, outside.seal), None),
        "notice": Kind(lambda job: _notice(job, site_url), None),
        "notice_dropped": Kind(lambda job: _notice(job, site_url), None),
    }
    return {
        "car_command": lambda job: carry_out(job, outside.cars),
        "no_show": release_no_show,
        "trip_hold": hold_price,
        "card_added": try_new_card,
        "invoice": lambda job: mail_invoice(job, outside.mail),
        **money_handlers(outside.payments, site_url),
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
    return facts | {"trip": trip_of(reservation), "lines": receipt_lines(reservation)}


def _to_confirm(job: Job, site_url: str) -> Facts | None:
    payment = db.session.get_one(Payment, UUID(job.facts["payment_id"]))
    if payment.state != State.CONFIRM:
        return None
    return {"payment": payment, "member": db.session.get_one(Member, job.member_id), "link": f"{site_url}/account/payments"}


def _unpaid(job: Job, site_url: str) -> Facts | None:
    payer = db.session.get_one(Payer, job.facts["payer_id"])
    if payer.owing_since is None:
        return None
    return {"payer": payer, "member": db.session.get_one(Member, job.member_id), "step": job.facts["step"],
            "link": f"{site_url}/account/payments"}


def _refund(job: Job) -> Facts:
    return {"refund": db.session.get_one(Refund, UUID(job.facts["refund_id"])),
            "member": db.session.get_one(Member, job.member_id)}


def _dispute(job: Job, seal: Seal) -> Facts:
    dispute = db.session.get_one(Dispute, UUID(job.facts["dispute_id"]))
    return {"dispute": dispute, "member": db.session.get_one(Member, job.member_id),
            "reply": seal.open(dispute.reply_sealed) if dispute.reply_sealed else ""}


def _notice(job: Job, site_url: str) -> Facts:
    notice = db.session.get_one(Notice, UUID(job.facts["notice_id"]))
    return {"notice": notice, "member": db.session.get_one(Member, job.member_id),
            "link": f"{site_url}/account/notices/{notice.id}"}


def _note_reply(job: Job, seal: Seal) -> Facts:
    note = db.session.get_one(Note, job.facts["note_id"])
    reply = db.session.get_one(NoteReply, job.facts["reply_id"])
    return {"note": note, "reply": seal.open(reply.words_sealed),
            "said": seal.open(note.words_sealed) if note.words_sealed else ""}
