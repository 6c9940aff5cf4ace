"""The acts of the city in order of time, lived with a clock that jumps from one to the next."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush

from core.database import after_end, before_commit, in_transaction, transaction
from core.time import service_clock
from experience.record.observe import Scene, scene, set_scene

SYSTEM = Scene(actor="system", is_demo=True)
STAFF = Scene(actor="staff", is_demo=True)
BATCH = timedelta(hours=8)  # acts within this are kept by one COMMIT: one each would take minutes

Do = Callable[[], None]


@dataclass(order=True)
class _Act:
    at: datetime
    number: int
    do: Do = field(compare=False)
    here: Scene = field(compare=False)
    alone: bool = field(compare=False)


class Life:
    """What is going to happen, and the clock that stands at what happens now."""

    def __init__(self, at: datetime) -> None:
        self.now, self.here = at, SYSTEM
        self._acts: list[_Act] = []
        self._count = 0
        self._batch_is_over = False

    def clock(self) -> datetime:
        """The service's clock while this life is lived."""
        return self.now

    def plan(self, at: datetime, do: Do, here: Scene = SYSTEM, *, alone: bool = False) -> None:
        """Let something happen at a moment, or at once when that has passed; `alone`: what it changes is kept at once."""
        self._count += 1
        heappush(self._acts, _Act(max(at, self.now), self._count, do, here, alone))

    def later(self, seconds: float, do: Do, here: Scene = SYSTEM) -> None:
        """Let something happen so many seconds from now."""
        self.plan(self.now + timedelta(seconds=seconds), do, here)

    def move_to(self, moment: datetime, here: Scene) -> None:
        """Set clock and scene, now and again when the steps observed from here on are written at the end of the batch."""
        def set_both() -> None:
            self.now, self.here = moment, here
            set_scene(here)

        set_both()
        if in_transaction():
            before_commit(set_both)
            after_end(set_both)

    def end_batch(self) -> None:
        """Keep what has happened before the next act: a refusal is written after its batch and counts in later tries."""
        self._batch_is_over = True

    @contextmanager
    def lived(self) -> Iterator[None]:
        """Inside the block the service's clock is this life's. Garbage is collected seldom: that saves a tenth."""
        often = gc.get_threshold()
        gc.set_threshold(200_000, 20, 100)
        try:
            with service_clock(self.clock), scene(SYSTEM):
                yield
        finally:
            gc.set_threshold(*often)

    def live(self, until: datetime, *, passed: Callable[[datetime], None], stop: Callable[[], bool],
             closing: Do | None = None) -> bool:
        """Live until the moment, or until asked to stop; whether it came to the moment. What is kept is whole batches.

        `closing` is done at the end of each batch and kept with it; `passed` hears of it once it is kept.
        """
        while self._acts and self._acts[0].at <= until:
            if stop():
                return False
            if self._acts[0].alone:
                self._live_next()
            else:
                with transaction():
                    self._live_batch(min(until, self._acts[0].at + BATCH))
                    if closing is not None:
                        closing()
            passed(self.now)
        self.now = max(self.now, until)
        passed(self.now)
        return True

    def _live_batch(self, until: datetime) -> None:
        self._batch_is_over = False
        while self._acts and self._acts[0].at <= until and not self._acts[0].alone and not self._batch_is_over:
            self._live_next()

    def _live_next(self) -> None:
        act = heappop(self._acts)
        self.move_to(act.at, act.here)
        act.do()
