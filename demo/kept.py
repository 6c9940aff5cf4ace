"""Where the demo city stopped, in a small file beside the data: which city it is, and up to when it has been lived."""

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

BUILDING, LIVING = "building", "living"


@dataclass(frozen=True, slots=True)
class Kept:
    """The city's recipe and how far it has come. While it is being built, a new start begins again."""

    state: str
    seed: int
    days: int
    members: int
    until: datetime

    def save(self, home: Path) -> None:
        """Write it down, whole or not at all."""
        path = home / "demo.json"
        unfinished = path.with_suffix(".json.new")
        unfinished.write_text(json.dumps({**asdict(self), "until": self.until.isoformat()}) + "\n")
        os.replace(unfinished, path)


def load_kept(home: Path) -> Kept | None:
    """What was written down, if anything."""
    path = home / "demo.json"
    if not path.exists():
        return None
    words = json.loads(path.read_text())
    return Kept(**{**words, "until": datetime.fromisoformat(words["until"])})
