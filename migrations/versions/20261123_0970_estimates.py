"""What the estimator said on every plan, kept with the sign-up and the application instead of in a visitor's cookie alone."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0970"
down_revision = "20261123_0969"
branch_labels = None
depends_on = None

KEPT = ("estimate_cents", "estimate_trips", "estimate_minutes")
APPLICATIONS = sa.table("applications", sa.column("id", sa.Uuid()), sa.column("plan", sa.String()),
                        sa.column("started_at", UtcDateTime()), sa.column("estimate", sa.JSON(none_as_null=True)),
                        *(sa.column(name, sa.Integer()) for name in KEPT))


def upgrade() -> None:
    op.add_column("sign_ups", sa.Column("estimate", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("applications", sa.Column("estimate", sa.JSON(none_as_null=True), nullable=True))
    rows = op.get_bind().execute(sa.select(APPLICATIONS).where(APPLICATIONS.c.estimate_cents.is_not(None))).all()
    for row in rows:
        _write(row.id, estimate={"trips": row.estimate_trips, "minutes": row.estimate_minutes,
                                 "cents": {row.plan: row.estimate_cents}, "at": row.started_at.timestamp()})
    with op.batch_alter_table("applications") as table:
        table.drop_constraint("an_estimate_is_whole", type_="check")
        for name in KEPT:
            table.drop_column(name)


def downgrade() -> None:
    with op.batch_alter_table("applications") as table:
        for name in KEPT:
            table.add_column(sa.Column(name, sa.Integer(), nullable=True))
        table.create_check_constraint("an_estimate_is_whole", "(estimate_cents IS NULL) = (estimate_trips IS NULL) AND "
                                      "(estimate_cents IS NULL) = (estimate_minutes IS NULL)")
    rows = op.get_bind().execute(sa.select(APPLICATIONS).where(APPLICATIONS.c.estimate.is_not(None))).all()
    for row in rows:
        said = row.estimate
        if row.plan in said["cents"]:
            _write(row.id, estimate_cents=said["cents"][row.plan], estimate_trips=said["trips"],
                   estimate_minutes=said["minutes"])
    op.drop_column("applications", "estimate")
    op.drop_column("sign_ups", "estimate")


def _write(application_id: object, **values: object) -> None:
    op.execute(APPLICATIONS.update().where(APPLICATIONS.c.id == application_id).values(**values))
