"""Who handles which kind of outbox job."""

from collections.abc import Mapping
from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from flask import current_app

from core.database import db
from core.outbox import Handler, Job
from core.sealed import Seal
from core.time import now
from experience.asks.handle import handle_mail, handle_wish
from experience.asks.letter import letter_of
from experience.asks.mailing import handle_mailing
from experience.asks.models import AskRow, Note, NoteReply
from experience.asks.news_letter import news_of
from experience.cases.close import ask_how_it_was
from experience.cases.digest import digest_letter, mail_the_week
from experience.cases.letters import case_closed, case_overdue, you_said
from experience.cases.open import handle_open_case
from experience.cases.remedy import note_agreed
from experience.journey import Ask, Step
from experience.promises.models import Promise
from fleet.tariffs.in_force import policies_at
from portal.account.contact.rules import Purpose
from portal.account.leave.models import Departure
from portal.account.models import Member
from portal.adapters import Adapters
from portal.billing.credits.models import Credit
from portal.billing.disputes.models import Dispute
from portal.billing.handle import money_handlers
from portal.billing.notices.models import Notice
from portal.billing.payers.models import Payer
from portal.billing.payments.models import Payment, Refund, State
from portal.billing.remedies.models import Remedy
from portal.help.door import door_of
from portal.licence.judge import handle_check
from portal.licence.models import Licence, LicenceStatus
from portal.licence.reasons import WORDS as LICENCE_WORDS
from portal.licence.reasons import LicenceReason
from portal.licence.timers import handle_recheck
from portal.messages.account_mail import mail_reset, security_facts
from portal.messages.alarm import alarm_owner
from portal.messages.carriers import Carriers
from portal.messages.colleagues import mail_colleague
from portal.messages.deliver import Facts, Kind, deliver_later_with, deliver_with
from portal.messages.help_mail import answer_facts, mail_bounce, mail_visitor, remark_facts, suggestion_facts
from portal.messages.invoice import mail_invoice
from portal.messages.join_mail import application_facts, mail_sign_up
from portal.messages.phone_code import send_code
from portal.signup.by_rule import handle_decision
from portal.web.say import CITY_ZONE
from reservations.booking.billing import receipt_lines
from reservations.booking.booked_by import Told
from reservations.booking.cancel import free_until_of
from reservations.booking.change.queries import last_change_of, was_before
from reservations.booking.change.refund import refund_rebooked
from reservations.booking.hold_price import follow_change, hold_price, try_new_card
from reservations.booking.models import Reservation, Status
from reservations.booking.moves.end import lapse_move, open_move_of
from reservations.booking.moves.models import Move, MoveState
from reservations.booking.no_show import release_no_show
from reservations.booking.paid_by import paid_by
from reservations.booking.queries import is_for_its_start
from reservations.series.models import Series
from reservations.trip.car_answers import carry_out
from reservations.trip.decline import clean_declined, pay_unless_declined
from reservations.trip.queries import trip_of
from reservations.waitlist.answer import lapse
from reservations.waitlist.leave import end_wait
from reservations.waitlist.models import OfferState, Wait, WaitOffer
from reservations.waitlist.offer import hear_of_free_time, look_for


def handlers(outside: Adapters, site_url: str) -> Mapping[str, Handler]:
    """Every kind of job and what handles it, given the outside world."""
    carriers = Carriers(outside.mail, outside.push, outside.sms, site_url, outside.seal)
    messages = {
        "booking_confirmed": Kind(lambda job: _confirmed(job, site_url), Step.BOOK_CONFIRMATION, timedelta(seconds=60)),
        "series_confirmed": Kind(lambda job: _series(job, site_url), Step.BOOK_CONFIRMATION, timedelta(seconds=60)),
        "series_cancelled": Kind(lambda job: _series(job, site_url), None),
        "wait_offer": Kind(lambda job: _offer(job, site_url), Step.BOOK_WAITLIST, timedelta(seconds=60), urgent=_wanted_soon),
        "wait_lapsed": Kind(lambda job: _wait(job, site_url), None),
        "wait_ended": Kind(lambda job: _wait(job, site_url), None),
        "move_offered": Kind(lambda job: _move(job, site_url), None, urgent=_soon),
        "booked_for": Kind(_booked_for, None, urgent=_cannot_wait),
        "booking_changed": Kind(_changed, None, urgent=_soon),
        "trip_reminder": Kind(_reminded, Step.BOOK_REMINDER, timedelta(minutes=5)),
        "booking_cancelled": Kind(_reservation, None),
        "no_show_released": Kind(_reservation, None, urgent=True),
        "trip_at_risk": Kind(_at_risk, None, urgent=_soon),
        "trip_safe_again": Kind(_still_booked, None),
        "receipt": Kind(_receipt, Step.RETURN_RECEIPT, timedelta(minutes=15)),
        "note_reply": Kind(lambda job: _note_reply(job, outside.seal), None, purpose=Purpose.CARE),
        "ask_mail": Kind(lambda job: _ask(job, site_url), None, purpose=_asked_for),
        "case_closed": Kind(lambda job: case_closed(job, outside.seal, site_url), None, purpose=Purpose.CARE),
        "you_said": Kind(lambda job: you_said(job, site_url), None, purpose=Purpose.NEWS),
        "help_reply": Kind(lambda job: answer_facts(job, outside.seal, site_url), None, purpose=Purpose.CARE),
        "suggestion_answered": Kind(lambda job: suggestion_facts(job, site_url), None, purpose=Purpose.CARE),
        "remark_hidden": Kind(lambda job: remark_facts(job, site_url), None, purpose=Purpose.CARE),
        "help_now_reply": Kind(lambda job: answer_facts(job, outside.seal, site_url), None, urgent=True),
        "payment_needed": Kind(_still_booked, None, urgent=_soon),
        "payment_confirm": Kind(lambda job: _to_confirm(job, site_url), None),
        "payment_failed": Kind(lambda job: _unpaid(job, site_url), None),
        "booking_stopped": Kind(lambda job: _unpaid(job, site_url), None),
        "refund_sent": Kind(_refund, None),
        "remedy_paid": Kind(lambda job: _remedy(job, site_url), None),
        "promise_broken": Kind(lambda job: _broken(job, outside.seal, site_url), None),
        "credit_given": Kind(_credit, None),
        "news": Kind(lambda job: _news(job, site_url), None, purpose=Purpose.NEWS),
        "application_decided": Kind(lambda job: application_facts(job, outside.seal, site_url), None),
        "application_sent_back": Kind(lambda job: application_facts(job, outside.seal, site_url), None),
        "membership_ended": Kind(lambda job: _departure(job, site_url), None),
        "dispute_decided": Kind(lambda job: _dispute(job, outside.seal), None),
        "notice": Kind(lambda job: _notice(job, site_url), None),
        "licence_decided": Kind(lambda job: _licence(job, outside.seal, site_url), None),
        "licence_ends": Kind(lambda job: _licence_ends(job, outside.seal, site_url), None),
        "licence_ended": Kind(lambda job: _licence(job, outside.seal, site_url), None),
        "notice_dropped": Kind(lambda job: _notice(job, site_url), None),
    }
    return {
        "car_command": lambda job: carry_out(job, outside.cars),
        "no_show": release_no_show,
        "quarters_given_back": refund_rebooked,
        "hold_changed": follow_change,
        "move_lapse": lapse_move,
        "time_freed": hear_of_free_time,
        "wait_look": look_for,
        "wait_lapse": lapse,
        "wait_over": end_wait,
        "ask": handle_wish,
        "ask_by_mail": handle_mail,
        "mailing": handle_mailing,
        "open_case": handle_open_case,
        "case_closing": ask_how_it_was,
        "adjustment_agreed": note_agreed,
        "case_overdue": mail_colleague(lambda job: case_overdue(job, site_url), outside.mail),
        "password_reset": lambda job: mail_reset(job, outside.mail, site_url=site_url, seal=outside.seal,
                                                 secret=current_app.config["SECRET_KEY"]),
        "password_changed": mail_colleague(lambda job: security_facts(job, site_url), outside.mail),
        "new_device": mail_colleague(lambda job: security_facts(job, site_url), outside.mail),
        "cx_week": mail_the_week,
        "cx_digest": mail_colleague(lambda job: digest_letter(job, site_url), outside.mail),
        "remedy": pay_unless_declined,
        "clean_declined": clean_declined,
        "trip_hold": hold_price,
        "card_added": try_new_card,
        "invoice": lambda job: mail_invoice(job, outside.mail),
        "help_visitor_mail": lambda job: mail_visitor(job, outside.mail, outside.seal, door_of(current_app.config)),
        "help_bounce": lambda job: mail_bounce(job, outside.mail, outside.seal, site_url),
        "promise_overdue": lambda job: alarm_owner(job, outside.mail, site_url),
        **money_handlers(outside.payments, site_url),
        "phone_code": lambda job: send_code(job, outside.sms),
        "sign_up_mail": lambda job: mail_sign_up(job, outside.mail, site_url),
        "decide_application": lambda job: handle_decision(job, outside.licences, outside.files, outside.seal),
        "licence_check": lambda job: handle_check(job, outside.licences, outside.files, outside.seal),
        "licence_recheck": lambda job: handle_recheck(job, outside.licences, outside.files, outside.seal),
        "deliver_later": deliver_later_with(messages, carriers),
        **{kind: deliver_with(how, carriers) for kind, how in messages.items()},
    }


def _reservation(job: Job) -> Facts:
    reservation = db.session.get_one(Reservation, job.facts["reservation_id"])
    return {"reservation": reservation, "car": reservation.car, "lot": reservation.car.lot,
            "zone": reservation.car.lot.zone, "fee_cents": job.facts.get("fee_cents", 0)}


def _confirmed(job: Job, site_url: str) -> Facts:
    """A booking, where its page is, and until when it may be cancelled for nothing."""
    facts = _reservation(job)
    booked = facts["reservation"]
    return facts | {"link": f"{site_url}/trips/{booked.reference}",
                    "free_until": free_until_of(booked, policies_at(booked.booked_at))}


def _still_booked(job: Job) -> Facts | None:
    facts = _reservation(job)
    reservation = facts["reservation"]
    assert isinstance(reservation, Reservation)
    return facts if reservation.status == Status.BOOKED else None


def _at_risk(job: Job) -> Facts | None:
    """The letter that offers another car says all of it."""
    facts = _still_booked(job)
    return None if open_move_of(db.session.get_one(Reservation, job.facts["reservation_id"])) else facts


def _booked_for(job: Job) -> Facts | None:
    """What whoever booked for another driver is told; of a car at risk, what the driver is told too."""
    told = Told(job.facts["told"])
    facts = {Told.AT_RISK: _at_risk, Told.SAFE: _still_booked}.get(told, _reservation)(job)
    return facts | {"told": told} if facts is not None else None


def _cannot_wait(facts: Facts) -> bool:
    """Whether whoever booked may still do something for a driver who has to go soon."""
    return facts["told"] is Told.AT_RISK and _soon(facts)


def _move(job: Job, site_url: str) -> Facts | None:
    move = db.session.get_one(Move, UUID(job.facts["move_id"]))
    if move.state != MoveState.OPEN:
        return None
    facts = _reservation(job)
    reservation = db.session.get_one(Reservation, move.reservation_id)
    return facts | {"move": move, "other": move.car, "link": f"{site_url}/trips/{reservation.reference}/move"}


def _reminded(job: Job) -> Facts | None:
    facts = _still_booked(job)
    reservation = db.session.get_one(Reservation, job.facts["reservation_id"])
    return facts if is_for_its_start(reservation, job.facts) else None


def _changed(job: Job) -> Facts | None:
    """A change that another one has followed since says nothing any more: the later letter says it all."""
    facts = _reservation(job)
    made = last_change_of(job.facts["reservation_id"])
    assert made is not None  # the letter was posted with it
    return facts | {"change": made, "was": was_before(made)} if str(made.id) == job.facts["change_id"] else None


def _soon(facts: Facts) -> bool:
    """Whether the trip is on or begins so soon that its member has to hear of it at any hour."""
    reservation = facts["reservation"]
    assert isinstance(reservation, Reservation)
    at = now()
    return reservation.starts_at <= at + timedelta(minutes=policies_at(at)["urgent_within"].value)


def _wait(job: Job, site_url: str) -> Facts:
    """What a letter about a wait says: the car of the offer it is about, else the one that was wished for."""
    wait = db.session.get_one(Wait, UUID(job.facts["wait_id"]))
    offer = db.session.get_one(WaitOffer, UUID(job.facts["offer_id"])) if "offer_id" in job.facts else None
    car = offer.car if offer else wait.car
    again = {"lat": wait.lat, "lng": wait.lng} if car is None else {"lat": car.lat, "lng": car.lng}
    link = f"{site_url}/waitlist/{wait.id}" if offer else f"{site_url}/cars?{urlencode(again)}"
    return {"wait": wait, "offer": offer, "car": car, "lot": car.lot if car else None,
            "zone": car.lot.zone if car else CITY_ZONE, "link": link}


def _offer(job: Job, site_url: str) -> Facts | None:
    """While it stands: whoever has answered, or was too late, is told of it in other ways."""
    facts = _wait(job, site_url)
    offer = facts["offer"]
    assert isinstance(offer, WaitOffer)
    return facts if offer.state == OfferState.OPEN else None


def _wanted_soon(facts: Facts) -> bool:
    wait, at = facts["wait"], now()
    assert isinstance(wait, Wait)
    return wait.starts_at <= at + timedelta(minutes=policies_at(at)["urgent_within"].value)


def _series(job: Job, site_url: str) -> Facts:
    series = db.session.get_one(Series, UUID(job.facts["series_id"]))
    bookings = [db.session.get_one(Reservation, each) for each in job.facts["reservation_ids"]]
    return {"series": series, "car": series.car, "lot": series.car.lot, "zone": series.car.lot.zone, "bookings": bookings,
            "fee_cents": job.facts.get("fee_cents", 0), "link": f"{site_url}/series/{series.id}"}


def _receipt(job: Job) -> Facts:
    facts = _reservation(job)
    reservation = facts["reservation"]
    assert isinstance(reservation, Reservation)
    return facts | {"trip": trip_of(reservation), "lines": receipt_lines(reservation), "paid": paid_by(reservation)}


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


def _credit(job: Job) -> Facts:
    return {"credit": db.session.get_one(Credit, UUID(job.facts["credit_id"])),
            "member": db.session.get_one(Member, job.member_id)}


def _news(job: Job, site_url: str) -> Facts | None:
    said = news_of(UUID(job.facts["ask_id"]), job.facts["version"], site_url)
    return {**said, "member": db.session.get_one(Member, job.member_id)} if said is not None else None


def _departure(job: Job, site_url: str) -> Facts:
    return {"departure": db.session.get_one(Departure, UUID(job.facts["departure_id"])),
            "member": db.session.get_one(Member, job.member_id), "link": f"{site_url}/help"}


def _remedy(job: Job, site_url: str) -> Facts:
    promise = db.session.get_one(Promise, UUID(job.facts["promise_id"]))
    return {"promise": promise, "remedy": db.session.get_one(Remedy, promise.id),
            "member": db.session.get_one(Member, job.member_id), "link": f"{site_url}/account/promises",
            "taxi": policies_at(promise.minted_at)["remedy_taxi"].value}


def _broken(job: Job, seal: Seal, site_url: str) -> Facts:
    promise = db.session.get_one(Promise, UUID(job.facts["promise_id"]))
    return {"promise": promise, "words": seal.read(promise.words_sealed),
            "reason": seal.read(promise.evidence.get("told_sealed")),
            "member": db.session.get_one(Member, job.member_id), "link": f"{site_url}/account/promises"}


def _dispute(job: Job, seal: Seal) -> Facts:
    dispute = db.session.get_one(Dispute, UUID(job.facts["dispute_id"]))
    return {"dispute": dispute, "member": db.session.get_one(Member, job.member_id),
            "by_invoice": db.session.get_one(Payer, dispute.payer_id).by_invoice,
            "reply": seal.open(dispute.reply_sealed) if dispute.reply_sealed else ""}


def _notice(job: Job, site_url: str) -> Facts:
    notice = db.session.get_one(Notice, UUID(job.facts["notice_id"]))
    return {"notice": notice, "member": db.session.get_one(Member, job.member_id),
            "link": f"{site_url}/account/notices/{notice.id}"}


def _licence(job: Job, seal: Seal, site_url: str) -> Facts:
    """What a letter about a licence says: the reasons in words, and what a reviewer wrote beside them."""
    licence = db.session.get_one(Licence, UUID(job.facts["licence_id"]))
    return {"licence": licence, "member": db.session.get_one(Member, job.member_id), "link": f"{site_url}/account/licence",
            "reasons": [LICENCE_WORDS[LicenceReason(code)] for code in licence.reasons if code in frozenset(LicenceReason)],
            "words": seal.read(licence.answer_sealed)}


def _licence_ends(job: Job, seal: Seal, site_url: str) -> Facts | None:
    """While it still is the one that counts, and ends on that day."""
    facts = _licence(job, seal, site_url)
    licence = facts["licence"]
    assert isinstance(licence, Licence)
    ends_on = date.fromisoformat(job.facts["ends_on"])
    stands = licence.status == LicenceStatus.VERIFIED and licence.member.licence_until == ends_on
    return facts | {"ends_on": ends_on} if stands else None


def _note_reply(job: Job, seal: Seal) -> Facts:
    note = db.session.get_one(Note, job.facts["note_id"])
    reply = db.session.get_one(NoteReply, job.facts["reply_id"])
    return {"note": note, "reply": seal.open(reply.words_sealed),
            "said": seal.open(note.words_sealed) if note.words_sealed else ""}


def _ask(job: Job, site_url: str) -> Facts | None:
    said = letter_of(UUID(job.facts["ask_id"]), site_url)
    return None if said is None else {**said, "member": db.session.get_one(Member, job.member_id)}


def _asked_for(facts: Facts) -> Purpose:
    """The pulse twice a year is news, as the contact page says; every other question is about how something went."""
    ask = facts["ask"]
    assert isinstance(ask, AskRow)
    return Purpose.NEWS if ask.metric == Ask.RECOMMEND else Purpose.CARE
