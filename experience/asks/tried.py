"""Trying changed rules on the log before they are switched on."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from core.database import db
from experience.asks.gate import Past, Situation
from experience.asks.history import pasts_of
from experience.asks.in_force import rules_at
from experience.asks.models import AskLog, AskRow, AskState, Logged
from experience.asks.replay import OldWish, Tried, replay
from experience.asks.rules import Rules
from experience.asks.solicitations import SOLICITATIONS

AT_ONCE = 5000  # members in one read


def try_rules(changes: Mapping[str, int], since: datetime, now: datetime) -> Tried:
    """What today's rules with these changes would have done to every wish since then."""
    rules = rules_at(now).changed(changes)
    return replay(old_wishes(since), _before(since, rules), rules)


def old_wishes(since: datetime) -> list[OldWish]:
    """Every wish that was logged since then; what was decided again as an ask was about to be shown is none."""
    rows = db.session.execute(
        select(AskLog.at, AskLog.member_id, AskLog.solicitation, AskLog.what, AskLog.why, AskLog.situation,
               AskRow.shown_at, AskRow.closed_at, AskRow.state)
        .outerjoin(AskRow, AskRow.id == AskLog.ask_id)
        .where(AskLog.at >= since, (AskLog.what == str(Logged.OFFERED))
               | ((AskLog.what == str(Logged.SUPPRESSED)) & AskLog.ask_id.is_(None))).order_by(AskLog.at, AskLog.id))
    return [_wish(row) for row in rows if row.solicitation in SOLICITATIONS]


def _wish(row: Any) -> OldWish:
    knew = row.situation
    situation = Situation(row.member_id, datetime.fromisoformat(knew["since"]).astimezone(UTC), knew["driving"],
                          knew["mid_task"], knew["open_case"], knew["pulse"], knew.get("wants_news", True),
                          datetime.fromisoformat(knew["quiet_until"]) if knew.get("quiet_until") else None)
    return OldWish(row.at, SOLICITATIONS[row.solicitation], situation, knew["number"], knew["trip"], knew["sensor_missing"],
                   row.why, row.shown_at, row.closed_at if row.state == AskState.DISMISSED else None)


def _before(since: datetime, rules: Rules) -> dict[int, list[Past]]:
    ids = [member_id for member_id, in db.session.execute(select(AskLog.member_id).where(AskLog.at >= since).distinct())]
    found: dict[int, list[Past]] = {}
    for start in range(0, len(ids), AT_ONCE):
        for member_id, past in pasts_of(ids[start:start + AT_ONCE], rules, since).items():
            found[member_id] = [each for each in past if each.offered_at < since]
    return found
