"""The worker: hands out what is due in the outbox, listens to the cars, and looks at the timers."""

import signal
import threading
from collections.abc import Callable, Mapping
from datetime import datetime

import httpx
import structlog
from flask import Flask

from core.database import hold_nothing_open
from core.outbox import Handler, deliver
from core.time import now, wall_now
from experience.asks.pulse import wish_pulses
from experience.cases.alarm import alarm_overdue
from experience.cases.digest import plan_digest
from experience.cases.find_failures import find_failures
from experience.cases.hear import hear_members
from experience.insight.count_days import count_days
from experience.insight.reconcile import reconcile_tonight
from experience.insight.signals import scan_when_due
from experience.promises.overdue import watch_dates
from experience.record.abandon import note_abandoned
from experience.record.forget import forget_old
from experience.record.observe import Scene, scene
from experience.record.partitions import keep_ahead
from fleet.desk.overdue import warn_ahead
from fleet.service.extend import extend_overdue
from fleet.telematics.listen import setups, take_readings
from fleet.telematics.port import TelematicsDown
from portal.account.member_facts import active_since
from portal.account.profile.change_email import forget_email_changes
from portal.account.security.password_tries import forget_old_tries
from portal.account.tier.timers import look_after_tiers
from portal.api.once import forget_answers
from portal.billing.handle import OUTSIDE
from portal.billing.payers.invite import forget_invitations
from portal.billing.timers import look_after_payments, reconcile_nightly
from portal.handlers import handlers
from portal.licence.timers import look_after_licences
from portal.membership.timers import look_after_memberships
from portal.privacy.export import let_exports_go
from portal.privacy.go_on import go_on_with_erasures
from portal.privacy.retention import let_receipts_go
from portal.signup.look_after import look_after_applications
from reservations.booking.store_quote import forget_quotes
from reservations.trip.drive_away import note_driven_off
from reservations.trip.watch_promises import watch_trips

log = structlog.get_logger()

HANDS = 4  # jobs at once: a silent car must not keep the mail waiting
MONEY_HANDS = 2  # and these ask the processor, so that one that hangs keeps neither cars nor mail waiting
IDLE_SECONDS = 0.5  # each hand looks twice a second, and there are six of them
LISTEN_SECONDS = 1.0
TIMER_SECONDS = 30.0
TELL_SECONDS = 300.0  # a car that was imported is known to the cars' service after this at the latest
LOOK_SECONDS = 600.0  # how soon the hour for the look over everything is noticed
DAY_SECONDS = 86_400.0
NIGHT_SECONDS = 600.0  # how soon after two in the morning the night's work begins


def work(app: Flask) -> None:
    """Work until SIGTERM or SIGINT. Jobs under way are finished first; one that is cut off is leased again."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    work_until(app, stop)


def work_until(app: Flask, stop: threading.Event) -> None:
    """Work in threads until `stop` is set."""
    turns = [*[(hand_out, IDLE_SECONDS)] * HANDS, *[(ask_processor, IDLE_SECONDS)] * MONEY_HANDS,
             (listen, LISTEN_SECONDS), (post_webhooks, LISTEN_SECONDS), (tell_cars, TELL_SECONDS),
             *((timer, TIMER_SECONDS) for timer in TIMERS), (once_a_day, DAY_SECONDS), (at_night, NIGHT_SECONDS),
             (look_over, LOOK_SECONDS)]
    threads = [threading.Thread(target=_loop, args=(app, stop, *turn), daemon=True) for turn in turns]
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(timeout=10)


def _loop(app: Flask, stop: threading.Event, turn: Callable[[Flask], bool], idle_seconds: float) -> None:
    while not stop.is_set():
        idle = idle_seconds
        try:
            with app.app_context(), scene(Scene(actor="system")):
                busy = turn(app)
        except TelematicsDown as down:
            log.warning("cars unreachable", turn=turn.__name__, reason=down.reason)
            busy, idle = False, LISTEN_SECONDS
        except Exception:  # the loop outlives a broken turn (a database restarting, say); the fault is logged
            log.exception("worker turn failed", turn=turn.__name__)
            busy, idle = False, min(idle_seconds, TIMER_SECONDS)
        if not busy:
            stop.wait(idle)


def _table(app: Flask) -> Mapping[str, Handler]:
    return handlers(app.extensions["adapters"], app.config["SITE_URL"])


def hand_out(app: Flask) -> bool:
    """Handle what is due, all but what asks the processor; whether there was anything."""
    return deliver({kind: handler for kind, handler in _table(app).items() if kind not in OUTSIDE}, limit=1) > 0


def ask_processor(app: Flask) -> bool:
    """Handle what is due of what asks the processor; whether there was anything."""
    return deliver({kind: handler for kind, handler in _table(app).items() if kind in OUTSIDE}, limit=1) > 0


def listen(app: Flask) -> bool:
    """Take in what the cars said. A service that is down is asked again in a second."""
    take_readings(app.extensions["adapters"].cars)
    return False


def post_webhooks(app: Flask) -> bool:
    """Be the embedded Stripe's post: what it tells of goes to our own address, as Stripe's does."""
    embedded = app.extensions["adapters"].stripe
    if embedded is None:
        return False
    hold_nothing_open()
    due = embedded.due_webhooks(limit=20)
    for event_id, body, signature in due:
        try:
            answer = httpx.post(f"{app.config['SITE_URL']}/webhooks/stripe", content=body, timeout=5,
                                headers={"Stripe-Signature": signature, "Content-Type": "application/json"})
            answer.raise_for_status()
        except httpx.HTTPError as error:
            log.info("webhook not taken", webhook=event_id, error=type(error).__name__)
            embedded.failed(event_id)
        else:
            embedded.acknowledge(event_id)
    return bool(due)


def _each(*acts: Callable[[datetime], object]) -> bool:
    """Do all of them, also when one fails. Raises an ExceptionGroup of what failed, once all had their turn."""
    faults = []
    for act in acts:
        try:
            act(now())
        except Exception as fault:  # whatever it is: the others are not to wait for its end
            faults.append(fault)
    if faults:
        raise ExceptionGroup("timers that failed", faults)
    return False


def note_left(_app: Flask) -> bool:
    """Note the cars that drove away, and the steps that somebody entered and left."""
    return _each(note_driven_off, note_abandoned)


def keep_out_of_reach(_app: Flask) -> bool:
    """Keep overdue cars out of everybody's hands, and tell those who have booked them."""
    return _each(extend_overdue, warn_ahead)


def mind_payments(_app: Flask) -> bool:
    """Leave nothing that was asked of the processor without an answer."""
    look_after_payments(now())
    return False


def mind_accounts(_app: Flask) -> bool:
    """Let credits end, pauses end and months begin, and read the processor's books once a day."""
    return _each(look_after_memberships, reconcile_nightly)


def watch_promises(_app: Flask) -> bool:
    """Break what is past its date, alarm who owes it, and settle what the evidence of trips decides."""
    return _each(watch_dates, watch_trips)


def mind_cases(_app: Flask) -> bool:
    """Open cases for failures, take in what members wrote, alarm who is late, and have the week mailed on Mondays."""
    return _each(find_failures, hear_members, alarm_overdue, plan_digest)


# Each on its own: the fault of one does not stop the other.
TIMERS = (mind_cases, watch_promises, note_left, keep_out_of_reach, mind_payments, mind_accounts)


def look_over(_app: Flask) -> bool:
    """Count the days that are over, and look over all facts and measures once an hour for what stands out on the CX desk."""
    return _each(count_days, scan_when_due)


def once_a_day(app: Flask) -> bool:
    """Make room in the event log for the months to come, look after licences, and wish to ask who is due; also when the worker
    starts."""
    files = app.extensions["adapters"].files
    return _each(keep_ahead, forget_old, forget_quotes, forget_old_tries, look_after_applications,
                 forget_email_changes, forget_invitations,
                 lambda _at: forget_answers(wall_now()), lambda at: look_after_licences(at, files),
                 lambda at: look_after_tiers(at, files), lambda at: let_exports_go(at, files), let_receipts_go,
                 go_on_with_erasures, lambda at: wish_pulses(active_since(), at))


def at_night(app: Flask) -> bool:
    """Once a night, compare the business with its step events."""
    if reconcile_tonight(now(), app.extensions["reconciled"]):
        log.info("reconciled")
    return False


def tell_cars(app: Flask) -> bool:
    """Tell the telematics service which cars there are, also when it started afresh; those it knows keep their state."""
    known = setups()
    hold_nothing_open()
    app.extensions["adapters"].cars.install(known)
    return False


def do_due(app: Flask) -> int:
    """Do everything that is due now, once, and return how many jobs that was (`flask jobs due`)."""
    done, table = 0, _table(app)
    while handled := deliver(table, limit=50):
        done += handled
    for timer in TIMERS:
        timer(app)
    return done
