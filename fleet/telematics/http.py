"""Telematics over HTTP, as the car player speaks it."""

from collections.abc import Sequence
from typing import Any

import httpx

from fleet.telematics.port import (
    PATIENCE_SECONDS,
    UNIT,
    Ack,
    Action,
    CarRefused,
    CarSilent,
    Reading,
    Setup,
    TelematicsDown,
    check_once,
)
from fleet.telematics.wire import Record, pack, unpack

BATCH = 500  # cars in one install request


class HttpTelematics:
    """The port over one pooled, thread-safe HTTP client. `timeout` is in seconds, at most 8."""

    def __init__(self, base_url: str, token: str, timeout: float = PATIENCE_SECONDS) -> None:
        if not 0 < timeout <= PATIENCE_SECONDS:
            raise ValueError(f"a time-out is more than 0 and at most {PATIENCE_SECONDS:g} seconds")
        self._client = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
            trust_env=False,  # never through a proxy that the environment names
        )

    def send(self, unit: str, action: Action, *, once: str) -> Ack:
        check_once(once)
        answer = self._ask_car(
            "POST", f"{_path(unit)}/actions", json={"action": action}, headers={"Idempotency-Key": once}
        )
        return _understood(Ack, answer)

    def read(self, unit: str) -> Reading:
        return _understood(Reading, self._ask_car("GET", _path(unit)))

    def changes(self, since: int, limit: int = 500) -> list[Reading]:
        answer = self._ask("GET", "/v1/changes", params={"since": since, "limit": limit})
        items = answer.get("items")
        if not isinstance(items, list):
            raise TelematicsDown("nonsense")
        return [_understood(Reading, item) for item in items]

    def install(self, setups: Sequence[Setup]) -> None:
        for first in range(0, len(setups), BATCH):
            units = [pack(setup) for setup in setups[first : first + BATCH]]
            self._ask("PUT", "/v1/units", json={"units": units})

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _ask_car(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        """Ask what waits for a car: running out of time means that the car was silent."""
        try:
            return self._ask(method, path, **sent)
        except TelematicsDown as trouble:
            if isinstance(trouble.__cause__, httpx.ReadTimeout):
                raise CarSilent("timeout") from trouble.__cause__
            raise

    def _ask(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        try:
            response = self._client.request(method, path, **sent)
        except httpx.TimeoutException as late:
            raise TelematicsDown("timeout") from late
        except httpx.HTTPError as gone:
            raise TelematicsDown("unreachable") from gone
        if response.status_code == httpx.codes.NO_CONTENT:
            return {}
        answer = _json_object(response)
        if response.is_success:
            return answer
        # Only an answer that gives its reason is the car's; any other 404 or 504 is the network's.
        match response.status_code, answer.get("reason"):
            case 404 | 409, str() as reason:
                raise CarRefused(reason)
            case 504, str() as reason:
                raise CarSilent(reason)
            case status, _:
                raise TelematicsDown(f"http_{status}")


def _path(unit: str) -> str:
    if not UNIT.fullmatch(unit):
        raise CarRefused("unknown_unit")  # no car is called that, and it must not become another path
    return f"/v1/units/{unit}"


def _json_object(response: httpx.Response) -> dict[str, Any]:
    try:
        document = response.json()
    except ValueError:
        document = None
    if isinstance(document, dict):
        return document
    raise TelematicsDown("nonsense" if response.is_success else f"http_{response.status_code}")


def _understood(kind: type[Record], document: object) -> Record:
    try:
        return unpack(kind, document)
    except ValueError as unclear:
        raise TelematicsDown("nonsense") from unclear
