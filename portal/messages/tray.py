"""A folder that stands in for what is outside: each thing that was handed over is one file, named by its `once`."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from core.time import now


@dataclass(frozen=True, slots=True)
class Item:
    """What was handed over, to whom, and when."""

    id: str
    to: str
    words: str
    at: datetime


class Tray:
    """Several processes put into it and look at it; what carries the same `once` is there once, whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, to: str, words: str, *, once: str) -> str:
        """Put it in and return its id."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = sha256(once.encode()).hexdigest()[:32]
        place = self._folder / f"{name}.json"
        if place.exists():
            return name
        with NamedTemporaryFile("w", dir=self._folder, prefix=".", delete=False) as file:
            json.dump({"to": to, "words": words, "at": now().isoformat()}, file)
            file.flush()
        try:
            os.link(file.name, place)
        except FileExistsError:
            pass  # another one was as fast
        except OSError:  # no hard links here
            Path(file.name).replace(place)
        with suppress(FileNotFoundError):
            Path(file.name).unlink()
        return name

    def items(self) -> list[Item]:
        """Everything in it, newest first."""
        found = [(path.stem, json.loads(path.read_text())) for path in self._folder.glob("*.json")]
        items = [Item(name, kept["to"], kept["words"], datetime.fromisoformat(kept["at"])) for name, kept in found]
        return sorted(items, key=lambda item: (item.at, item.id), reverse=True)

    def forget(self, to: str) -> None:
        """Take everything out that was for somebody."""
        for item in self.items():
            if item.to == to:
                (self._folder / f"{item.id}.json").unlink(missing_ok=True)

    def empty(self) -> None:
        """Take everything out."""
        for path in self._folder.glob("*.json"):
            path.unlink(missing_ok=True)
