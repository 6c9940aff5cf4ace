"""An ask is about to be seen: the gate is asked once more, because time has passed since it was offered."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from core.database import db, transaction
from core.outbox import post
from experience.asks.around import situation_of
from experience.asks.gate import Situation, Wish, judge
from experience.asks.history import hold_member, past_of
from experience.asks.in_force import rules_at
from experience.asks.log import log_of, log_suppressed
from experience.asks.models import AskRow, AskState, Logged
from experience.asks.solicitations import MAIL, SOLICITATIONS
from experience.journey import Step

LEAST_WAIT = timedelta(hours=1)


def show_ask(*, ask_id: UUID, channel: str, now: datetime) -> bool:
    """Whether the member may see it now; if so, it counts as shown from now on. One that was shown before was decided then.

    By mail an ask goes out once, and only when nobody has seen it on a page; a mail that must wait is posted again.
    """
    with transaction():
        member_id = db.session.scalar(select(AskRow.member_id).where(AskRow.id == ask_id))
        if member_id is None:
            return False
        hold_member(member_id, now)
        ask = db.session.get_one(AskRow, ask_id, populate_existing=True)
        if ask.state == AskState.SHOWN:
            return channel != MAIL and now < ask.expires_at
        if ask.state != AskState.OFFERED or now >= ask.expires_at:
            return False
        rules = rules_at(now)
        wish = Wish(SOLICITATIONS[ask.solicitation], ask.reservation_id)  # it was drawn when it was offered
        verdict = judge(wish, past_of(member_id, but=ask_id), _situation(ask, now), rules, now)
        if not verdict.allowed:
            log_suppressed(member_id=member_id, solicitation=ask.solicitation, verdict=verdict, at=now, ask_id=ask_id,
                           once=f"{ask_id}-{channel}-{verdict.why}", reservation_id=ask.reservation_id)
            if channel == MAIL and verdict.again_at is not None:
                _mail_later(ask, max(verdict.again_at, now + LEAST_WAIT))
            return False
        ask.state, ask.shown_at, ask.shown_by = AskState.SHOWN, now, channel
        db.session.flush()
        log_of(ask, Logged.SHOWN, now, channel)
    return True


def _situation(ask: AskRow, now: datetime) -> Situation:
    return situation_of(ask.member_id, now, done=Step(ask.step))


def _mail_later(ask: AskRow, due: datetime) -> None:
    if due < ask.expires_at:
        post("ask_by_mail", member_id=ask.member_id, due=due, once=f"{ask.id}-mail-{due:%Y%m%d%H%M%S}", ask_id=str(ask.id))
