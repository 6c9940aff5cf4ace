"""What the figures were measured on: nobody can read them without."""

import os
import platform
import sqlite3
import statistics
import tempfile
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.places import bench_home


def machine() -> dict[str, Any]:
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}", "sqlite": sqlite3.sqlite_version,
        "sqlalchemy": version("sqlalchemy"), "flask": version("flask"), "psycopg": version("psycopg"),
        "granian": version("granian"), "system": f"{platform.system()} {platform.machine()}", "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "fsync_ms": round(fsync_ms(bench_home()), 3), "load": [round(each, 1) for each in os.getloadavg()],
    }


def fsync_ms(folder: Path) -> float:
    """Milliseconds that a small write takes to be safe, the median of 30."""
    took = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(30):
            began = perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            took.append(perf_counter() - began)
    return statistics.median(took) * 1000
