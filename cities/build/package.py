"""Fetches the npm package that holds the source tiles, or takes one that is already on disk."""

import subprocess
import tarfile
from pathlib import Path

PACKAGE = "@mapbox/mvt-fixtures@4.0.0"
PATIENCE = 90  # seconds that a download may take
FOLDER = "package/real-world/chicago"


def tiles_folder(workspace: Path, given: Path | None = None) -> Path:
    """Return a folder of `z-x-y.mvt` files: of the archive or folder given, or of a download by npm."""
    if given is not None and given.is_dir():
        inner = given / FOLDER
        return inner if inner.is_dir() else given
    archive = given or _download(workspace)
    with tarfile.open(archive) as packed:
        members = [m for m in packed.getmembers() if m.isfile() and m.name.startswith(FOLDER + "/")]
        packed.extractall(workspace, members=members, filter="data")
    return workspace / FOLDER


def _download(workspace: Path) -> Path:
    # The words are fixed, and the npm is whichever the builder has.
    command = ["npm", "pack", PACKAGE, "--silent", "--prefer-offline", "--fetch-retries=0"]
    answer = subprocess.run(  # noqa: S603 - npm itself, with our own arguments
        command,
        cwd=workspace,
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    return workspace / answer.stdout.strip().splitlines()[-1]
