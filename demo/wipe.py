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
    (home / "demo.json").unlink(missing_ok=True)
    for service in ("services.sqlite", "stripe.sqlite"):
        for end in ("", "-wal", "-shm"):
            (home / f"{service}{end}").unlink(missing_ok=True)
