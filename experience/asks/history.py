"""What a member was asked before, and the row that whoever decides about them holds."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from core.database import db
from experience.asks.gate import Past
from experience.asks.models import AskedMember, AskRow, AskState
from experience.journey import Ask

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


def pasts(rows: Iterable[AskRow]) -> list[Past]:
    """Rows as the gate reads them."""
    return [Past(row.solicitation, Ask(row.metric) if row.metric else None, row.exempt, row.offered_at, row.expires_at,
                 row.shown_at, row.closed_at if row.state == AskState.DISMISSED else None, row.reservation_id)
            for row in rows]
