"""Nobody books without a licence that was found good. Who was a member before licences were shown may for a year from here on,
and whoever left, or came back, without ever having been approved is an applicant again."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0973"
down_revision = "20261123_0972"
branch_labels = None
depends_on = None

YEAR = timedelta(days=365)
MEMBERS = sa.table("members", sa.column("id", sa.Integer()), sa.column("status", sa.String()),
                   sa.column("licence_until", sa.Date()))
APPLICATIONS = sa.table("applications", sa.column("member_id", sa.Integer()), sa.column("state", sa.String()))
LICENCES = sa.table("licences", sa.column("member_id", sa.Integer()))
DEPARTURES = sa.table("departures", sa.column("member_id", sa.Integer()), sa.column("came_back_at", UtcDateTime()),
                      sa.column("at", UtcDateTime()))


def _some(rows: sa.TableClause, *also: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists(sa.select(sa.literal(1)).select_from(rows).where(rows.c.member_id == MEMBERS.c.id, *also))


def upgrade() -> None:
    now = datetime.now(UTC)
    approved = _some(APPLICATIONS, APPLICATIONS.c.state == "approved")
    never = sa.and_(_some(APPLICATIONS), sa.not_(approved), _some(DEPARTURES), MEMBERS.c.status != "applicant")
    op.execute(DEPARTURES.update().where(DEPARTURES.c.came_back_at.is_(None), DEPARTURES.c.member_id.in_(
        sa.select(MEMBERS.c.id).where(never))).values(came_back_at=DEPARTURES.c.at))  # there was nothing to leave
    op.execute(MEMBERS.update().where(never).values(status="applicant"))
    op.execute(MEMBERS.update().where(
        MEMBERS.c.licence_until.is_(None), sa.or_(MEMBERS.c.status.in_(["active", "paused"]), sa.and_(
            MEMBERS.c.status == "closed", _some(DEPARTURES, DEPARTURES.c.came_back_at.is_(None)))), sa.not_(_some(LICENCES)),
        sa.or_(sa.not_(_some(APPLICATIONS)), approved)).values(licence_until=(now + YEAR).date()))


def downgrade() -> None:
    """Of whoever showed no licence no day was known."""
    op.execute(MEMBERS.update().where(sa.not_(_some(LICENCES))).values(licence_until=None))
