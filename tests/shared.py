"""What all processes of a test run share: the first one makes it, the others wait and find it."""

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path


def made_once(folder: Path, name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` in the folder that the processes share, filled by `make` in one of them."""
    made = folder / name
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            unfinished = folder / f"{name}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)  # another process may have failed to fill it
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(made)
    return made
