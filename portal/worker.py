"""The worker: hands out what is due in the outbox, listens to the cars, and looks at the timers."""

import signal
import threading
from collections.abc import Callable

import structlog
from flask import Flask

from core.database import hold_nothing_open
from core.outbox import deliver
from core.time import now
from experience.record.abandon import note_abandoned
from experience.record.observe import Scene, scene
from experience.record.partitions import keep_ahead
from fleet.service.extend import extend_overdue
from fleet.telematics.listen import setups, take_readings
from fleet.telematics.port import TelematicsDown
from portal.handlers import handlers

log = structlog.get_logger()

HANDS = 4  # jobs at once: a silent car must not keep the mail waiting
IDLE_SECONDS = 0.5  # each hand looks twice a second, and there are four of them
LISTEN_SECONDS = 1.0
TIMER_SECONDS = 30.0
DAY_SECONDS = 86_400.0


def work(app: Flask) -> None:
    """Work until SIGTERM or SIGINT. Jobs under way are finished first; one that is cut off is leased again."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    work_until(app, stop)


def work_until(app: Flask, stop: threading.Event) -> None:
    """Work in threads until `stop` is set."""
    threads = [threading.Thread(target=_loop, args=(app, stop, hand_out, IDLE_SECONDS), daemon=True)
               for _ in range(HANDS)]
    threads.append(threading.Thread(target=_hear, args=(app, stop), daemon=True))
    threads.append(threading.Thread(target=_loop, args=(app, stop, look_at_timers, TIMER_SECONDS), daemon=True))
    threads.append(threading.Thread(target=_loop, args=(app, stop, once_a_day, DAY_SECONDS), daemon=True))
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(timeout=10)


def _hear(app: Flask, stop: threading.Event) -> None:
    """Tell the cars' service which cars there are, as soon as it answers; then listen."""
    while not stop.is_set():
        try:
            tell_cars(app)
        except TelematicsDown as down:
            log.warning("cars unreachable", reason=down.reason)
            stop.wait(LISTEN_SECONDS)
        else:
            _loop(app, stop, listen, LISTEN_SECONDS)


def _loop(app: Flask, stop: threading.Event, turn: Callable[[Flask], bool], idle_seconds: float) -> None:
    while not stop.is_set():
        try:
            with app.app_context(), scene(Scene(actor="system")):
                busy = turn(app)
        except Exception:  # the loop outlives a broken turn (a database restarting, say); the fault is logged
            log.exception("worker turn failed", turn=turn.__name__)
            busy = False
        if not busy:
            stop.wait(idle_seconds)


def hand_out(app: Flask) -> bool:
    """Handle what is due; whether there was anything."""
    return deliver(handlers(app.extensions["adapters"]), limit=1) > 0


def listen(app: Flask) -> bool:
    """Take in what the cars said. A service that is down is asked again in a second."""
    try:
        take_readings(app.extensions["adapters"].cars)
    except TelematicsDown as down:
        log.warning("cars unreachable", reason=down.reason)
    return False


def look_at_timers(_app: Flask) -> bool:
    """Note the steps that somebody entered and left, and keep overdue cars out of everybody's hands."""
    note_abandoned(now())
    extend_overdue(now())
    return False


def once_a_day(_app: Flask) -> bool:
    """Make room in the event log for the months to come; also when the worker starts."""
    keep_ahead(now())
    return False


def tell_cars(app: Flask) -> None:
    """Tell the telematics service which cars there are; those it knows keep their state."""
    with app.app_context():
        known = setups()
        hold_nothing_open()
        app.extensions["adapters"].cars.install(known)


def do_due(app: Flask) -> int:
    """Do everything that is due now, once, and return how many jobs that was (`flask jobs due`)."""
    done, table = 0, handlers(app.extensions["adapters"])
    while handled := deliver(table, limit=50):
        done += handled
    look_at_timers(app)
    return done
