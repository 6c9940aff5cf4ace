"""Questions about lookups: every one, and how many by whom."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from core.database import db
from experience.insight.models import Lookup
from portal.account.models import User


@dataclass(frozen=True, slots=True)
class Lookups:
    """Lookups with the name of whoever asked, the newest first."""

    def select(self) -> Select[Any]:
        return (select(Lookup, User.name.label("by")).join(User, User.id == Lookup.by_user_id)
                .order_by(Lookup.at.desc(), Lookup.id.desc()))

    def count(self) -> Select[int]:
        return select(func.count()).select_from(Lookup)


def lookups_by() -> list[tuple[str, int, datetime]]:
    """How often each member of staff looked somebody up, and when last."""
    rows = db.session.execute(select(User.name, func.count(), func.max(Lookup.at)).join(User, User.id == Lookup.by_user_id)
                              .group_by(User.id, User.name).order_by(func.count().desc(), User.name))
    return [(name, n, last) for name, n, last in rows]
