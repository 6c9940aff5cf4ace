"""`python -m tests.demo.killed HOME UNTIL ACTS`: catch up with a city, and be killed by the system before that many acts."""

import os
import signal
import sys
from datetime import datetime
from itertools import count
from pathlib import Path

import pytest

from demo.life import Life
from tests.demo.test_city import run


def main(home: str, until: str, acts: str) -> None:
    """Start, and never come to the end."""
    live_next, counted = Life._live_next, count(1)

    def live_or_die(life: Life) -> None:
        if next(counted) == int(acts):
            os.kill(os.getpid(), signal.SIGKILL)
        live_next(life)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Life, "_live_next", live_or_die)
        patch.setattr("demo.commands.now", lambda: datetime.fromisoformat(until))
        print(run(Path(home), "catch-up").output)


if __name__ == "__main__":
    main(*sys.argv[1:])
