"""Everything in a database that a seed decides, as text: without secrets, wall-clock times and what hangs on them."""

from sqlalchemy import select

from core.database import db

LEFT_OUT = {
    "users": {"password_hash"},
    "energy_cards": {"last_four"},  # dealt when the city's cars are imported
    "authenticators": {"last_step", "added_at"},  # by the wall's clock
    "events": {"duration_ms"},  # how long our own code took
    "audit": {"at", "hash", "previous_hash"},
    "messages": {"body"},  # sealed, and each seal is new
    "rules_stamp": {"stamp"},  # drawn at random
    "phone_numbers": {"id", "asked_at", "code_until", "verified_at", "sent_at"},  # nobody can guess it; by the wall's clock
    "licence_pictures": {"file_key"},  # drawn at random
}


def dump() -> dict[str, list[str]]:
    """The rows of every table, sorted."""
    return {
        table.name: sorted(repr(tuple(row)) for row in db.session.execute(select(*(
            column for column in table.columns
            if column.name not in LEFT_OUT.get(table.name, ()) and not column.name.endswith("_sealed")))))  # each seal is new
        for table in db.metadata.sorted_tables
    }
