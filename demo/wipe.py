"""Takes the city down: every table is dropped and made anew, and its cars, letters and notes of progress go."""

from pathlib import Path

from flask_migrate import downgrade, upgrade

from demo.letters import empty
from portal.adapters import Adapters


def wipe(home: Path, outside: Adapters) -> None:
    """Empty the database, whatever is in it. The secrets stay."""
    downgrade(revision="base")
    upgrade()
    empty(outside.mail)
    for name in ("demo.json", "services.sqlite", "services.sqlite-wal", "services.sqlite-shm"):
        (home / name).unlink(missing_ok=True)
