"""Twice a year each member is asked whether they would recommend us: on a day of their own, so that every day has some."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from core.database import db, transaction
from core.outbox import post
from experience.asks.gate import Past, Situation, recommend_due
from experience.asks.history import pasts
from experience.asks.in_force import rules_at
from experience.asks.models import AskRow
from experience.journey import Ask


def wish_pulses(members: Mapping[int, datetime], now: datetime) -> int:
    """Post the wish for every member whose day has come, until they were asked or their slot lapsed; returns how many are due.

    `members`: since when each has been one. Whether they are asked then is the gate's to say.
    """
    rules, asked = rules_at(now), defaultdict[int, list[Past]](list)
    if not rules["active_stay_pulse"]:
        return 0
    for row in db.session.scalars(select(AskRow).where(AskRow.metric == str(Ask.RECOMMEND))):
        asked[row.member_id] += pasts([row])
    due = [member_id for member_id, since in members.items()
           if recommend_due(asked[member_id], Situation(member_id, since), rules, now)[0] <= now]
    if due:
        with transaction():
            for member_id in due:
                post("ask", member_id=member_id, once=f"pulse-{member_id}-{now:%Y%m}", solicitation="stay_pulse")
    return len(due)
