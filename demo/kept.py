"""Where the demo city stopped, in a small file beside the data: which city it is, and up to when it has been lived."""

import json
import os
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

BUILDING, LIVING = "building", "living"


@dataclass(frozen=True, slots=True)
class Kept:
    """The city's recipe, its database and how far it has come. While it is being built, a new start begins again."""

    state: str
    seed: int
    days: int
    members: int
    until: datetime
    database: str
    runs: int = 0  # how often it was gone on with, to the end or not: each draws its ids from another seed

    def save(self, home: Path) -> None:
        """Write it down, whole or not at all, also when the power goes."""
        path = home / "demo.json"
        unfinished = path.with_suffix(".json.new")
        with unfinished.open("w") as file:
            file.write(json.dumps({**asdict(self), "until": self.until.isoformat()}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)


def load_kept(home: Path, database: str) -> Kept | None:
    """What was written down of the city in this database, if anything. Of another one's the notes say nothing here."""
    path = home / "demo.json"
    if not path.exists():
        return None
    words = json.loads(path.read_text())
    if words.get("database") != database:
        return None
    return Kept(**{**words, "until": datetime.fromisoformat(words["until"])})


def which_database(address: str, home: Path) -> str:
    """The same words for the same database, without user and password: its file, or its server, port and name.

    A file beside the notes is called by its name there, so that the folder may move.
    """
    scheme, _, rest = address.partition("://")
    if scheme.startswith("sqlite"):
        file, folder = Path(rest.removeprefix("/")).resolve(), home.resolve()
        return f"sqlite:{file.relative_to(folder) if file.is_relative_to(folder) else file}"
    parts = urlsplit("//" + re.sub(r"^[^:/@]*(:[^@]*)?@", "", rest))
    asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
    host = asked.get("host") or parts.hostname or os.environ.get("PGHOST") or "localhost"
    port = asked.get("port") or parts.port or os.environ.get("PGPORT") or 5432
    name = asked.get("dbname") or parts.path.strip("/") or os.environ.get("PGDATABASE", "")
    return f"postgresql://{host}:{port}/{name}"
