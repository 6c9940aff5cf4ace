"""Who handles which kind of outbox job."""

from collections.abc import Mapping
from datetime import timedelta

from flask import current_app

from core.outbox import Handler
from experience.asks.handle import handle_mail, handle_wish
from experience.asks.mailing import handle_mailing
from experience.cases.close import ask_how_it_was
from experience.cases.digest import digest_letter, mail_the_week
from experience.cases.letters import case_closed, case_overdue, you_said
from experience.cases.open import handle_open_case
from experience.cases.remedy import note_agreed
from experience.journey import Step
from portal import letter_facts as letter
from portal.account.contact.rules import Purpose
from portal.adapters import Adapters
from portal.api.letter import token_facts
from portal.api.own_tokens import end_tokens_since
from portal.billing.handle import money_handlers
from portal.help.door import door_of
from portal.licence.judge import handle_check
from portal.licence.timers import handle_recheck
from portal.membership.letters import back_facts, pause_facts, plan_facts, resumed_facts
from portal.messages.account_mail import mail_email_changed, mail_email_code, mail_reset, security_facts
from portal.messages.alarm import alarm_owner
from portal.messages.carriers import Carriers
from portal.messages.colleagues import mail_colleague
from portal.messages.deliver import Kind, deliver_later_with, deliver_with
from portal.messages.help_mail import answer_facts, mail_bounce, mail_visitor, remark_facts, suggestion_facts
from portal.messages.invoice import mail_invoice
from portal.messages.join_mail import application_facts, mail_sign_up
from portal.messages.on_account import mail_invitation, on_account_facts
from portal.messages.phone_code import send_code
from portal.privacy.ask_to_erase import cancel_waiting
from portal.privacy.erase import AT_PROCESSOR, LAST, begin_erasure, erase_part
from portal.privacy.export import build_export
from portal.privacy.letters import data_ready, erasure_asked, erasure_waits
from portal.signup.by_rule import handle_decision
from reservations.booking.change.refund import refund_rebooked
from reservations.booking.hold_price import follow_change, hold_price, try_new_card
from reservations.booking.moves.end import lapse_move
from reservations.booking.no_show import release_no_show
from reservations.feed.start import renew_feed
from reservations.fob.tap import handle_tap
from reservations.trip.car_answers import carry_out
from reservations.trip.decline import clean_declined, pay_unless_declined
from reservations.waitlist.answer import lapse
from reservations.waitlist.leave import end_wait
from reservations.waitlist.offer import hear_of_free_time, look_for


def handlers(outside: Adapters, site_url: str) -> Mapping[str, Handler]:
    """Every kind of job and what handles it, given the outside world."""
    carriers = Carriers(outside.mail, outside.push, outside.sms, site_url, outside.seal)
    messages = {
        "booking_confirmed": Kind(lambda job: letter.confirmed(job, site_url), Step.BOOK_CONFIRMATION, timedelta(seconds=60)),
        "series_confirmed": Kind(lambda job: letter.recurring(job, site_url), Step.BOOK_CONFIRMATION, timedelta(seconds=60)),
        "series_cancelled": Kind(lambda job: letter.recurring(job, site_url), None),
        "wait_offer": Kind(lambda job: letter.offered(job, site_url), Step.BOOK_WAITLIST, timedelta(seconds=60),
                           urgent=letter.wanted_soon),
        "wait_lapsed": Kind(lambda job: letter.waiting(job, site_url), None),
        "wait_ended": Kind(lambda job: letter.waiting(job, site_url), None),
        "move_offered": Kind(lambda job: letter.move_offered(job, site_url), None, urgent=letter.soon),
        "booked_for": Kind(letter.booked_for, None, urgent=letter.cannot_wait),
        "booking_changed": Kind(letter.changed, None, urgent=letter.soon),
        "trip_reminder": Kind(letter.reminded, Step.BOOK_REMINDER, timedelta(minutes=5)),
        "booking_cancelled": Kind(letter.booking, None),
        "no_show_released": Kind(letter.booking, None, urgent=True),
        "trip_at_risk": Kind(letter.at_risk, None, urgent=letter.soon),
        "trip_safe_again": Kind(letter.still_booked, None),
        "receipt": Kind(letter.receipt, Step.RETURN_RECEIPT, timedelta(minutes=15)),
        "note_reply": Kind(lambda job: letter.note_replied(job, outside.seal), None, purpose=Purpose.CARE),
        "ask_mail": Kind(lambda job: letter.asked(job, site_url), None, purpose=letter.asked_for),
        "case_closed": Kind(lambda job: case_closed(job, outside.seal, site_url), None, purpose=Purpose.CARE),
        "you_said": Kind(lambda job: you_said(job, site_url), None, purpose=Purpose.NEWS),
        "help_reply": Kind(lambda job: answer_facts(job, outside.seal, site_url), None, purpose=Purpose.CARE),
        "suggestion_answered": Kind(lambda job: suggestion_facts(job, site_url), None, purpose=Purpose.CARE),
        "remark_hidden": Kind(lambda job: remark_facts(job, site_url), None, purpose=Purpose.CARE),
        "help_now_reply": Kind(lambda job: answer_facts(job, outside.seal, site_url), None, urgent=True),
        "payment_needed": Kind(letter.card_needed, None, urgent=letter.soon),
        "payment_confirm": Kind(lambda job: letter.to_confirm(job, site_url), None),
        "payment_failed": Kind(lambda job: letter.unpaid(job, site_url), None),
        "booking_stopped": Kind(lambda job: letter.unpaid(job, site_url), None),
        "refund_sent": Kind(letter.refunded, None),
        "remedy_paid": Kind(lambda job: letter.remedied(job, site_url), None),
        "promise_broken": Kind(lambda job: letter.broken(job, outside.seal, site_url), None),
        "credit_given": Kind(letter.credited, None),
        "news": Kind(lambda job: letter.news(job, site_url), None, purpose=Purpose.NEWS),
        "application_decided": Kind(lambda job: application_facts(job, outside.seal, site_url), None),
        "application_sent_back": Kind(lambda job: application_facts(job, outside.seal, site_url), None),
        "plan_changes": Kind(lambda job: plan_facts(job, site_url), None),
        "pause_begins": Kind(lambda job: pause_facts(job, site_url), None),
        "pause_ends": Kind(lambda job: pause_facts(job, site_url), None),
        "pause_ended": Kind(lambda job: resumed_facts(job, site_url), None),
        "on_account": Kind(lambda job: on_account_facts(job, site_url), None),
        "came_back": Kind(lambda job: back_facts(job, site_url), None),
        **(to_all := {"data_ready": Kind(lambda job: data_ready(job, site_url), None),
                      "erasure_asked": Kind(lambda job: erasure_asked(job, site_url), None),
                      "erasure_waits": Kind(lambda job: erasure_waits(job, site_url), None)}),
        "membership_ended": Kind(lambda job: letter.departed(job, site_url), None),
        "dispute_decided": Kind(lambda job: letter.disputed(job, outside.seal), None),
        "notice": Kind(lambda job: letter.noticed(job, site_url), None),
        "licence_decided": Kind(lambda job: letter.licence_decided(job, outside.seal, site_url), None),
        "licence_ends": Kind(lambda job: letter.licence_ends(job, outside.seal, site_url), Step.STAY_RENEWAL),
        "licence_ended": Kind(lambda job: letter.licence_decided(job, outside.seal, site_url), None),
        "fob_issued": Kind(lambda job: letter.of_fob(job, site_url), None),
        "fob_blocked": Kind(lambda job: letter.of_fob(job, site_url), None, urgent=True),
        "tier_decided": Kind(lambda job: letter.tier_decided(job, outside.seal, site_url), None),
        "tier_ends": Kind(lambda job: letter.tier_ends(job, site_url), None),
        "notice_dropped": Kind(lambda job: letter.noticed(job, site_url), None),
    }
    return {
        "car_command": lambda job: carry_out(job, outside.cars),
        "fob_tap": handle_tap,
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
        "email_code": lambda job: mail_email_code(job, outside.mail, site_url=site_url,
                                                  secret=current_app.config["SECRET_KEY"]),
        "email_changed": lambda job: mail_email_changed(job, outside.mail, site_url=site_url,
                                                        secret=current_app.config["SECRET_KEY"]),
        "tokens_end": end_tokens_since,
        "feed_renew": lambda job: renew_feed(job, outside.seal),
        "token_made": mail_colleague(lambda job: token_facts(job, site_url), outside.mail),
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
        "data_export": lambda job: build_export(job, outside.files, outside.seal),
        "erase": begin_erasure,
        "erasure_off": cancel_waiting,
        **dict.fromkeys(("erase_part", AT_PROCESSOR, LAST), lambda job: erase_part(job, outside)),
        "phone_code": lambda job: send_code(job, outside.sms),
        "invitation_mail": lambda job: mail_invitation(job, outside.mail, site_url),
        "sign_up_mail": lambda job: mail_sign_up(job, outside.mail, site_url),
        "decide_application": lambda job: handle_decision(job, outside.licences, outside.files, outside.seal),
        "licence_check": lambda job: handle_check(job, outside.licences, outside.files, outside.seal),
        "licence_recheck": lambda job: handle_recheck(job, outside.licences, outside.files, outside.seal),
        "deliver_later": deliver_later_with(messages, carriers),
        **{kind: deliver_with(how, carriers) for kind, how in messages.items()},
        **{kind: _member_or_not(deliver_with(how, carriers), mail_colleague(how.gather, outside.mail))
           for kind, how in to_all.items()},
    }


def _member_or_not(deliver: Handler, mail: Handler) -> Handler:
    """A member's letter goes the ways of members; whoever has an account alone gets mail."""
    return lambda job: (mail if job.member_id is None else deliver)(job)
