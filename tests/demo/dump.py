"""Everything in a database that a seed decides, as text: without secrets, wall-clock times and what hangs on them."""

import re
from typing import Any

from sqlalchemy import Row, select

from core.database import db

LEFT_OUT = {
    "users": {"password_hash"},
    "energy_cards": {"last_four"},  # dealt when the city's cars are imported
    "authenticators": {"last_step", "added_at"},  # by the wall's clock
    "events": {"duration_ms"},  # how long our own code took
    "audit": {"id", "at", "hash", "previous_hash"},  # one act may touch several things, in any order
    "messages": {"body"},  # sealed, and each seal is new
    "rules_stamp": {"stamp"},  # drawn at random
    "phone_numbers": {"id", "asked_at", "code_until", "verified_at", "sent_at"},  # nobody can guess it; by the wall's clock
    "licence_pictures": {"file_key"},  # drawn at random
    "tier_requests": {"file_key"},  # the same
    "data_exports": {"file_key", "stored_bytes"},  # packed anew, it is as long as the moments in it
    "invitations": {"asked_at", "ends_at", "used_at"},  # by the wall's clock
    "email_changes": {"asked_at", "code_until", "confirmed_at", "undo_until"},  # the same
    "api_tokens": {"begins", "token_hash", "created_at", "ends_at"},  # drawn at random, by the wall's clock
    "calendar_feeds": {"secret_hash"},  # drawn at random
    "referral_codes": {"code"},  # the same
}
BY_THE_WALL = re.compile(r"""['"](asked|ends|used)_at['"]: ['"][^'"]*['"]""")  # of an invitation, in what the audit says of it


def dump() -> dict[str, list[str]]:
    """The rows of every table, sorted."""
    return {table.name: sorted(_row(table.name, row) for row in db.session.execute(select(*(
        column for column in table.columns
        if column.name not in LEFT_OUT.get(table.name, ()) and not column.name.endswith("_sealed")))))  # each seal is new
        for table in db.metadata.sorted_tables}


def _row(table: str, row: Row[Any]) -> str:
    text = repr(tuple(row))
    return BY_THE_WALL.sub("", text) if table == "audit" else text
