"""A message that waited may have nothing to say any more: why it did not go."""

from alembic import op

revision = "20261122_0924"
down_revision = "20261122_0923"
branch_labels = None
depends_on = None

BEFORE = ("why IN ('not_chosen', 'not_urgent', 'quiet_hours', 'no_device', 'no_number', 'not_offered', "
          "'push_reached', 'gone', 'refused', 'no_answer')")


def upgrade() -> None:
    _know(BEFORE.replace("'no_answer'", "'no_answer', 'moot'"))


def downgrade() -> None:
    op.execute("UPDATE deliveries SET why = 'not_chosen' WHERE why = 'moot'")
    _know(BEFORE)


def _know(whys: str) -> None:
    with op.batch_alter_table("deliveries") as table:
        table.drop_constraint("why_is_known", type_="check")
        table.create_check_constraint("why_is_known", whys)
