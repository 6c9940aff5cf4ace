"""Somebody wants to ask a member something: the gate decides, and both its answers are logged."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from core.database import db, transaction
from core.ids import new_id
from core.outbox import post
from experience.asks.around import facts_of_member, facts_of_trip, situation_of
from experience.asks.gate import Situation, Verdict, Wish, draw, judge
from experience.asks.history import hold_member, past_of
from experience.asks.in_force import rules_at
from experience.asks.log import log_of, log_suppressed
from experience.asks.models import AskLog, AskRow, AskState, Logged
from experience.asks.rules import Rules
from experience.asks.solicitations import MOMENTS, PAGE, SOLICITATIONS, Solicitation
from experience.journey import Step

LEAST_WAIT = timedelta(hours=1)


def wish_to_ask(*, member_id: int, solicitation: str, once: str, now: datetime, reservation_id: int | None = None,
                subject: str | None = None, step: Step | None = None, sensor_missing: bool = False,
                first_wished: datetime | None = None, on_page: bool = False,
                carries: Mapping[str, Any] | None = None) -> AskRow | None:
    """Offer the solicitation, or the one that is drawn of a moment's, if the gate allows it; None when it does not.

    The same `once` decides once. A wish that may be worth repeating is posted again as the job `ask`, as long as the
    solicitation waits. What is about a reservation and takes its place is of that reservation; of others it keeps facts.
    `on_page`: the member sees it at this very moment. `carries`: what else the job said, for when it is posted again.
    """
    with transaction():
        rules = rules_at(now)
        hold_member(member_id, now)
        known = db.session.scalar(select(AskRow).where(AskRow.once == once))
        if known is not None or was_decided(once):
            return known
        what, wish = _drawn(solicitation, member_id, reservation_id, subject or once, rules, sensor_missing=sensor_missing)
        wish = replace(wish, subject=subject)
        situation = situation_of(member_id, now, done=step or what.step)
        verdict = judge(wish, past_of(member_id), situation, rules, now)
        knew = _knew(wish, situation)
        if not verdict.allowed:
            log_suppressed(member_id=member_id, solicitation=what.key, verdict=verdict, at=now, once=once,
                           reservation_id=reservation_id, situation=knew)
            _wish_again(what, verdict, first_wished or now, now, member_id=member_id, reservation_id=reservation_id,
                        subject=subject, step=step, sensor_missing=sensor_missing, root=once.split("~")[0], **(carries or {}))
            return None
        trip = facts_of_trip(reservation_id, member_id)
        ask = AskRow(
            id=new_id(), member_id=member_id, solicitation=what.key, metric=str(what.metric) if what.metric else None,
            exempt=what.exempt, step=str(step or what.step), reservation_id=wish.reservation_id, subject=subject,
            state=AskState.SHOWN if on_page else AskState.OFFERED, shown_by=PAGE if on_page else None, offered_at=now,
            shown_at=now if on_page else None, expires_at=now + what.lives, rules_version=rules.version,
            probability=wish.probability, facts=trip or {"plan": facts_of_member(member_id, now).plan}, once=once)
        db.session.add(ask)
        db.session.flush()
        log_of(ask, Logged.OFFERED, now, situation=knew)
        if on_page:
            log_of(ask, Logged.SHOWN, now, PAGE)
        elif what.mail_after is not None:
            post("ask_by_mail", member_id=member_id, due=now + what.mail_after, once=f"{ask.id}-mail", ask_id=str(ask.id))
    return ask


def _drawn(solicitation: str, member_id: int, reservation_id: int | None, about: str, rules: Rules, *,
           sensor_missing: bool) -> tuple[Solicitation, Wish]:
    """Which solicitation is wished for, and its draw: of a moment the one whose part the draw falls into, else the first."""
    of_moment = MOMENTS.get(solicitation) or (SOLICITATIONS[solicitation],)
    wishes = []
    for what in of_moment:
        topic = f"trip-{reservation_id}" if reservation_id is not None and what.of_trip else about.split("~")[0]
        number, low, high = draw(what, member_id, topic, rules, sensor_missing=sensor_missing)
        wishes.append((what, Wish(what, reservation_id if what.of_trip else None, number, low, high, sensor_missing)))
    return next(((what, wish) for what, wish in wishes if wish.low <= wish.number < wish.high), wishes[0])


def was_decided(once: str) -> bool:
    """Whether the gate has said yes or no under this name."""
    return (db.session.scalar(select(AskLog.id).where(AskLog.once == once)) is not None
            or db.session.scalar(select(AskRow.id).where(AskRow.once == once)) is not None)


def _knew(wish: Wish, situation: Situation) -> dict[str, Any]:
    """What the gate knew: with it the wish can be judged again under other rules."""
    knew = asdict(situation)
    quiet = situation.quiet_until.isoformat() if situation.quiet_until else None
    return {**knew, "since": situation.since.isoformat(), "quiet_until": quiet, "number": wish.number,
            "trip": wish.reservation_id, "sensor_missing": wish.sensor_missing}


def _wish_again(what: Solicitation, verdict: Verdict, first: datetime, now: datetime, *, root: str, member_id: int,
                step: Step | None, **about: Any) -> None:
    """Post the wish again for when the rule would let it through, unless it would have waited too long by then."""
    if verdict.again_at is None or what.waits == timedelta(0):
        return
    again_at = max(verdict.again_at, now + LEAST_WAIT)
    if again_at <= first + what.waits:
        post("ask", member_id=member_id, due=again_at, once=f"ask-{root}~{again_at:%Y%m%d%H%M%S}", solicitation=what.key,
             step=str(step) if step else None, first_wished=first.isoformat(), root=root,
             **{key: value for key, value in about.items() if value})
