"""Files that members send us, as a port: kept under keys of our own making, never under a name that somebody sent."""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

KEY = re.compile(r"[a-z]{1,20}/[0-9a-f]{32}", re.ASCII)


class FileGone(LookupError):
    """There is no file under this key."""


class BadKey(ValueError):
    """A key that `new_key()` did not make."""


class Files(Protocol):
    """Where files lie. Keys are `new_key()`'s; every method raises BadKey for any other."""

    def put(self, key: str, data: bytes) -> None:
        """Keep the whole file or nothing under the key. Raises FileExistsError for a key that is taken."""

    def get(self, key: str) -> bytes:
        """The file. Raises FileGone."""

    def delete(self, key: str) -> None:
        """Let it go; one that is gone already is fine."""

    def keys(self, kind: str, *, before: datetime) -> Iterator[str]:
        """The keys of a kind whose files were put before that moment of the wall's clock, in any order."""


def new_key(kind: str) -> str:
    """A key nobody can guess, of a kind in small letters."""
    return f"{kind}/{secrets.token_hex(16)}"


class DiskFiles:
    """Files in a folder that only this service may read, a subfolder for each kind and each first two letters."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, data: bytes) -> None:
        """Write it aside, bring it to the disk, and show it under its name in one moment."""
        path = self._path(key)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = path.parent / f".{secrets.token_hex(8)}"
        written = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(written, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                raise FileExistsError(key)
            aside.rename(path)
        finally:
            aside.unlink(missing_ok=True)

    def get(self, key: str) -> bytes:
        """What was put there. Raises FileGone."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise FileGone(key) from error

    def delete(self, key: str) -> None:
        """Let it go."""
        self._path(key).unlink(missing_ok=True)

    def keys(self, kind: str, *, before: datetime) -> Iterator[str]:
        """By the time of their writing. What a power cut left half written is thrown away on the way."""
        for path in (self._folder / kind).glob("??/*"):
            with suppress(FileNotFoundError):  # gone while we looked
                if path.stat().st_mtime >= before.timestamp():
                    continue
                if path.name.startswith("."):
                    path.unlink()
                else:
                    yield f"{kind}/{path.name}"

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise BadKey(key)
        kind, name = key.split("/")
        return self._folder / kind / name[:2] / name
