"""What the letter of a job says, looked up when its turn comes; None when that no longer holds, and nobody is written to."""

from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from core.database import db
from core.outbox import Job
from core.sealed import Seal
from core.time import now
from experience.asks.letter import letter_of
from experience.asks.models import AskRow, Note, NoteReply
from experience.asks.news_letter import news_of
from experience.journey import Ask
from experience.promises.models import Promise
from fleet.tariffs.in_force import policies_at
from portal.account.contact.rules import Purpose
from portal.account.leave.at_leaving import least_time_to_answer
from portal.account.leave.models import Departure
from portal.account.models import Member
from portal.account.tier.models import TierRequest
from portal.account.tier.words import REASONS as TIER_REASONS
from portal.billing.credits.models import Credit
from portal.billing.disputes.models import Dispute
from portal.billing.notices.models import Notice
from portal.billing.payers.models import Payer
from portal.billing.payments.models import Payment, Refund, State
from portal.billing.remedies.models import Remedy
from portal.licence.models import Licence, LicenceStatus
from portal.licence.reasons import WORDS as LICENCE_WORDS
from portal.licence.reasons import LicenceReason
from portal.messages.deliver import Facts
from portal.web.say import CITY_ZONE
from portal.web.shell import adapters
from reservations.booking.billing import receipt_lines
from reservations.booking.booked_by import Told
from reservations.booking.cancel import free_until_of
from reservations.booking.change.queries import last_change_of, was_before
from reservations.booking.models import Reservation, Status
from reservations.booking.moves.end import open_move_of
from reservations.booking.moves.models import Move, MoveState
from reservations.booking.paid_by import paid_by
from reservations.booking.queries import is_for_its_start
from reservations.fob.models import Fob
from reservations.series.models import Series
from reservations.trip.queries import trip_of
from reservations.waitlist.models import OfferState, Wait, WaitOffer


def booking(job: Job) -> Facts:
    """The booking that the job names, with its car, its lot and the zone its times are told in."""
    reservation = db.session.get_one(Reservation, job.facts["reservation_id"])
    return {"reservation": reservation, "car": reservation.car, "lot": reservation.car.lot,
            "zone": reservation.car.lot.zone, "fee_cents": job.facts.get("fee_cents", 0)}


def confirmed(job: Job, site_url: str) -> Facts:
    """A booking, where its page is, and until when it may be cancelled for nothing."""
    facts = booking(job)
    booked = facts["reservation"]
    return facts | {"link": f"{site_url}/trips/{booked.reference}",
                    "free_until": free_until_of(booked, policies_at(booked.booked_at))}


def still_booked(job: Job) -> Facts | None:
    facts = booking(job)
    reservation = facts["reservation"]
    assert isinstance(reservation, Reservation)
    return facts if reservation.status == Status.BOOKED else None


def card_needed(job: Job) -> Facts | None:
    """The same for whoever pays: the driver, or the member on whose account they drive."""
    facts = still_booked(job)
    return facts | {"member": db.session.get_one(Member, job.member_id)} if facts is not None else None


def at_risk(job: Job) -> Facts | None:
    """The letter that offers another car says all of it."""
    facts = still_booked(job)
    return None if open_move_of(db.session.get_one(Reservation, job.facts["reservation_id"])) else facts


def booked_for(job: Job) -> Facts | None:
    """What whoever booked for another driver is told; of a car at risk, what the driver is told too."""
    told = Told(job.facts["told"])
    facts = {Told.AT_RISK: at_risk, Told.SAFE: still_booked}.get(told, booking)(job)
    return facts | {"told": told} if facts is not None else None


def cannot_wait(facts: Facts) -> bool:
    """Whether whoever booked may still do something for a driver who has to go soon."""
    return facts["told"] is Told.AT_RISK and soon(facts)


def move_offered(job: Job, site_url: str) -> Facts | None:
    move = db.session.get_one(Move, UUID(job.facts["move_id"]))
    if move.state != MoveState.OPEN:
        return None
    facts = booking(job)
    reservation = db.session.get_one(Reservation, move.reservation_id)
    return facts | {"move": move, "other": move.car, "link": f"{site_url}/trips/{reservation.reference}/move"}


def reminded(job: Job) -> Facts | None:
    facts = still_booked(job)
    reservation = db.session.get_one(Reservation, job.facts["reservation_id"])
    return facts if is_for_its_start(reservation, job.facts) else None


def changed(job: Job) -> Facts | None:
    """A change that another one has followed since says nothing any more: the later letter says it all."""
    facts = booking(job)
    made = last_change_of(job.facts["reservation_id"])
    assert made is not None  # the letter was posted with it
    return facts | {"change": made, "was": was_before(made)} if str(made.id) == job.facts["change_id"] else None


def soon(facts: Facts) -> bool:
    """Whether the trip is on or begins so soon that its member has to hear of it at any hour."""
    reservation = facts["reservation"]
    assert isinstance(reservation, Reservation)
    at = now()
    return reservation.starts_at <= at + timedelta(minutes=policies_at(at)["urgent_within"].value)


def waiting(job: Job, site_url: str) -> Facts:
    """What a letter about a wait says: the car of the offer it is about, else the one that was wished for."""
    wait = db.session.get_one(Wait, UUID(job.facts["wait_id"]))
    offer = db.session.get_one(WaitOffer, UUID(job.facts["offer_id"])) if "offer_id" in job.facts else None
    car = offer.car if offer else wait.car
    again = {"lat": wait.lat, "lng": wait.lng} if car is None else {"lat": car.lat, "lng": car.lng}
    link = f"{site_url}/waitlist/{wait.id}" if offer else f"{site_url}/cars?{urlencode(again)}"
    return {"wait": wait, "offer": offer, "car": car, "lot": car.lot if car else None,
            "zone": car.lot.zone if car else CITY_ZONE, "link": link}


def offered(job: Job, site_url: str) -> Facts | None:
    """While it stands: whoever has answered, or was too late, is told of it in other ways."""
    facts = waiting(job, site_url)
    offer = facts["offer"]
    assert isinstance(offer, WaitOffer)
    return facts if offer.state == OfferState.OPEN else None


def wanted_soon(facts: Facts) -> bool:
    wait, at = facts["wait"], now()
    assert isinstance(wait, Wait)
    return wait.starts_at <= at + timedelta(minutes=policies_at(at)["urgent_within"].value)


def recurring(job: Job, site_url: str) -> Facts:
    series = db.session.get_one(Series, UUID(job.facts["series_id"]))
    bookings = [db.session.get_one(Reservation, each) for each in job.facts["reservation_ids"]]
    return {"series": series, "car": series.car, "lot": series.car.lot, "zone": series.car.lot.zone, "bookings": bookings,
            "fee_cents": job.facts.get("fee_cents", 0), "link": f"{site_url}/series/{series.id}"}


def receipt(job: Job) -> Facts:
    facts = booking(job)
    reservation = facts["reservation"]
    assert isinstance(reservation, Reservation)
    return facts | {"trip": trip_of(reservation), "lines": receipt_lines(reservation), "paid": paid_by(reservation)}


def to_confirm(job: Job, site_url: str) -> Facts | None:
    payment = db.session.get_one(Payment, UUID(job.facts["payment_id"]))
    if payment.state != State.CONFIRM:
        return None
    return {"payment": payment, "member": db.session.get_one(Member, job.member_id), "link": f"{site_url}/account/payments"}


def unpaid(job: Job, site_url: str) -> Facts | None:
    payer = db.session.get_one(Payer, job.facts["payer_id"])
    if payer.owing_since is None:
        return None
    return {"payer": payer, "member": db.session.get_one(Member, job.member_id), "step": job.facts["step"],
            "link": f"{site_url}/account/payments"}


def refunded(job: Job) -> Facts:
    return {"refund": db.session.get_one(Refund, UUID(job.facts["refund_id"])),
            "member": db.session.get_one(Member, job.member_id)}


def credited(job: Job) -> Facts:
    return {"credit": db.session.get_one(Credit, UUID(job.facts["credit_id"])),
            "member": db.session.get_one(Member, job.member_id)}


def news(job: Job, site_url: str) -> Facts | None:
    said = news_of(UUID(job.facts["ask_id"]), job.facts["version"], site_url)
    return {**said, "member": db.session.get_one(Member, job.member_id)} if said is not None else None


def departed(job: Job, site_url: str) -> Facts:
    departure = db.session.get_one(Departure, UUID(job.facts["departure_id"]))
    return {"departure": departure, "member": db.session.get_one(Member, job.member_id), "link": f"{site_url}/help",
            "hear": least_time_to_answer(departure.at)}


def remedied(job: Job, site_url: str) -> Facts:
    promise = db.session.get_one(Promise, UUID(job.facts["promise_id"]))
    return {"promise": promise, "remedy": db.session.get_one(Remedy, promise.id),
            "member": db.session.get_one(Member, job.member_id), "link": f"{site_url}/account/promises",
            "taxi": policies_at(promise.minted_at)["remedy_taxi"].value}


def broken(job: Job, seal: Seal, site_url: str) -> Facts:
    promise = db.session.get_one(Promise, UUID(job.facts["promise_id"]))
    return {"promise": promise, "words": seal.read(promise.words_sealed),
            "reason": seal.read(promise.evidence.get("told_sealed")),
            "member": db.session.get_one(Member, job.member_id), "link": f"{site_url}/account/promises"}


def disputed(job: Job, seal: Seal) -> Facts:
    dispute = db.session.get_one(Dispute, UUID(job.facts["dispute_id"]))
    return {"dispute": dispute, "member": db.session.get_one(Member, job.member_id),
            "by_invoice": db.session.get_one(Payer, dispute.payer_id).by_invoice,
            "reply": seal.open(dispute.reply_sealed) if dispute.reply_sealed else ""}


def noticed(job: Job, site_url: str) -> Facts:
    notice = db.session.get_one(Notice, UUID(job.facts["notice_id"]))
    return {"notice": notice, "member": db.session.get_one(Member, job.member_id),
            "link": f"{site_url}/account/notices/{notice.id}"}


def licence_decided(job: Job, seal: Seal, site_url: str) -> Facts:
    """What a letter about a licence says: the reasons in words, and what a reviewer wrote beside them."""
    licence = db.session.get_one(Licence, UUID(job.facts["licence_id"]))
    return {"licence": licence, "member": db.session.get_one(Member, job.member_id), "link": f"{site_url}/account/licence",
            "reasons": [LICENCE_WORDS[LicenceReason(code)] for code in licence.reasons if code in frozenset(LicenceReason)],
            "words": seal.read(licence.answer_sealed)}


def licence_ends(job: Job, seal: Seal, site_url: str) -> Facts | None:
    """While it still is the one that counts, and ends on that day."""
    facts = licence_decided(job, seal, site_url)
    licence = facts["licence"]
    assert isinstance(licence, Licence)
    ends_on = date.fromisoformat(job.facts["ends_on"])
    stands = licence.status == LicenceStatus.VERIFIED and licence.member.licence_until == ends_on
    return facts | {"ends_on": ends_on} if stands else None


def tier_decided(job: Job, seal: Seal, site_url: str) -> Facts:
    """What became of a request for the reduced tier, and what a reviewer wrote beside it."""
    tier = db.session.get_one(TierRequest, UUID(job.facts["request_id"]))
    assert tier.decided_at is not None  # the letter was posted with it
    return {"tier": tier, "member": tier.member, "reason": TIER_REASONS[tier.reason] if tier.reason else None,
            "words": seal.read(tier.answer_sealed), "rules": policies_at(tier.decided_at), "link": f"{site_url}/account/tier"}


def tier_ends(job: Job, site_url: str) -> Facts | None:
    """While the reduced tier still ends on that day."""
    member, ends_on = db.session.get_one(Member, job.member_id), date.fromisoformat(job.facts["ends_on"])
    if member.reduced_until != ends_on:
        return None
    return {"member": member, "ends_on": ends_on, "link": f"{site_url}/account/tier"}


def of_fob(job: Job, site_url: str) -> Facts:
    fob = db.session.get_one(Fob, UUID(job.facts["fob_id"]))
    return {"fob": fob, "member": fob.member, "office": adapters().office, "link": f"{site_url}/account/fob"}


def note_replied(job: Job, seal: Seal) -> Facts:
    note = db.session.get_one(Note, job.facts["note_id"])
    reply = db.session.get_one(NoteReply, job.facts["reply_id"])
    return {"note": note, "reply": seal.open(reply.words_sealed),
            "said": seal.open(note.words_sealed) if note.words_sealed else ""}


def asked(job: Job, site_url: str) -> Facts | None:
    said = letter_of(UUID(job.facts["ask_id"]), site_url)
    return None if said is None else {**said, "member": db.session.get_one(Member, job.member_id)}


def asked_for(facts: Facts) -> Purpose:
    """The pulse twice a year is news, as the contact page says; every other question is about how something went."""
    ask = facts["ask"]
    assert isinstance(ask, AskRow)
    return Purpose.NEWS if ask.metric == Ask.RECOMMEND else Purpose.CARE
