"""Telematics in this very process, for the demo's builder and for tests: the same cars, no waiting."""

from collections.abc import Sequence
from typing import Any

from core.time import Clock
from fleet.telematics.player.cars import Garage
from fleet.telematics.port import PATIENCE_SECONDS, Ack, Action, CarSilent, Reading, Setup


class EmbeddedTelematics:
    """The port over a garage; a car slower than anyone's patience acts late and counts as silent."""

    def __init__(self, garage: Garage, clock: Clock) -> None:
        self.garage = garage
        self._clock = clock

    def send(self, unit: str, action: Action, *, once: str) -> Ack:
        known = self.garage.acknowledged(unit, action, once=once)
        if known is not None:
            return known
        ack = self.garage.send(unit, action, once=once, at=self._clock())
        self._wait_for(unit)
        return ack

    def read(self, unit: str) -> Reading:
        reading = self.garage.read(unit, at=self._clock())
        self._wait_for(unit)
        return reading

    def changes(self, since: int, limit: int = 500) -> list[Reading]:
        return self.garage.changes(since, limit)

    def install(self, setups: Sequence[Setup]) -> None:
        self.garage.install(setups, at=self._clock())

    def export_state(self) -> dict[str, Any]:
        """All cars and acks as one JSON object."""
        return self.garage.export_state()

    def import_state(self, state: dict[str, Any]) -> None:
        """Become what `export_state` told. Raises ValueError."""
        self.garage.import_state(state)

    def _wait_for(self, unit: str) -> None:
        if self.garage.faults(unit).delay_seconds >= PATIENCE_SECONDS:
            raise CarSilent("timeout")
