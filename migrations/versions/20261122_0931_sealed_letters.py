"""What was written to members is sealed: answers quote what people told us."""

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "20261122_0931"
down_revision = "20261122_0930"
branch_labels = None
depends_on = None

BATCH = 500
messages = sa.table("messages", sa.column("id", sa.Uuid), sa.column("body", sa.String))


def upgrade() -> None:
    _rewrite(current_app.extensions["adapters"].seal.close)


def downgrade() -> None:
    _rewrite(current_app.extensions["adapters"].seal.open)


def _rewrite(change) -> None:  # type: ignore[no-untyped-def]  # the seal's own two verbs
    """Every body, a batch at a time by its id; what is empty stays so."""
    connection, after = op.get_bind(), None
    while True:
        batch = sa.select(messages).where(messages.c.body != "").order_by(messages.c.id).limit(BATCH)
        rows = connection.execute(batch if after is None else batch.where(messages.c.id > after)).all()
        if not rows:
            return
        connection.execute(sa.update(messages).where(messages.c.id == sa.bindparam("its_id")).values(body=sa.bindparam("words")),
                           [{"its_id": row.id, "words": change(row.body)} for row in rows])
        after = rows[-1].id
