"""What a member was asked before, and the row that whoever decides about them holds."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from core.database import db
from experience.asks.gate import Past
from experience.asks.mailing import SUBJECT
from experience.asks.models import AskedMember, AskRow, AskState
from experience.asks.rules import Rules
from experience.asks.solicitations import SOLICITATIONS
from experience.journey import Ask

LONGEST_LIFE = max(each.lives for each in SOLICITATIONS.values())
_COLUMNS = select(AskRow.member_id, AskRow.solicitation, AskRow.metric, AskRow.exempt, AskRow.offered_at, AskRow.expires_at,
                  AskRow.shown_at, AskRow.closed_at, AskRow.state, AskRow.reservation_id, AskRow.subject)
_LEAVE = {"postgresql": postgresql.insert(AskedMember).on_conflict_do_nothing(),
          "sqlite": sqlite.insert(AskedMember).on_conflict_do_nothing()}
_HOLD = select(AskedMember.member_id).where(AskedMember.member_id == bindparam("member")).with_for_update()


def hold_member(member_id: int, now: datetime) -> None:
    """Keep everybody else from deciding about this member until the open transaction ends."""
    if db.session.scalar(_HOLD, {"member": member_id}) is None:
        db.session.execute(_LEAVE[db.engine.dialect.name], {"member_id": member_id, "since": now})
        db.session.scalar(_HOLD, {"member": member_id})


def past_of(member_id: int, *, but: UUID | None = None) -> list[Past]:
    """Every ask of the member, oldest first, but one."""
    rows = db.session.scalars(select(AskRow).where(AskRow.member_id == member_id).order_by(AskRow.offered_at, AskRow.id))
    return pasts(row for row in rows if row.id != but)


def pasts_of(member_ids: Collection[int], rules: Rules, now: datetime) -> dict[int, list[Past]]:
    """What the gate needs of many members' pasts, oldest first: what may still count, every recommendation, and every news."""
    oldest = now - LONGEST_LIFE - max(
        rules.days("dismissed_within") + rules.days("silence"), rules.days("window"), rules.days("gap"),
        rules.days("clock_ease"), rules.days("clock_satisfaction"))
    found: dict[int, list[Past]] = defaultdict(list)
    for row in db.session.execute(_COLUMNS.where(
            AskRow.member_id.in_(member_ids),
            (AskRow.offered_at >= oldest) | (AskRow.metric == str(Ask.RECOMMEND)) | AskRow.subject.startswith(SUBJECT))
            .order_by(AskRow.offered_at, AskRow.id)):
        found[row.member_id] += pasts([row])
    return found


def pasts(rows: Iterable[Any]) -> list[Past]:
    """Rows as the gate reads them."""
    return [Past(row.solicitation, Ask(row.metric) if row.metric else None, row.exempt, row.offered_at, row.expires_at,
                 row.shown_at, row.closed_at if row.state == AskState.DISMISSED else None, row.reservation_id, row.subject)
            for row in rows]
