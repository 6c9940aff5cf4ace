"""Text messages as a port: a provider's HTTP door by setting, and by default a phone that the demo's page shows."""

from pathlib import Path
from typing import Protocol

import httpx

from core.outbox import TryLater
from portal.messages.tray import Item, Tray
from portal.messages.undeliverable import Undeliverable

BUSY = (408, 409, 425, 429)  # 409: the same message is being taken in just now


class Sms(Protocol):
    """Whoever carries text messages."""

    def send(self, number: str, text: str, *, once: str) -> str:
        """Hand a text for a number (E.164) over and return the carrier's id of it; the same `once` is sent once.

        Raises TryLater when nobody answers, and Undeliverable when it will never be taken.
        """

    def forget(self, number: str) -> None:
        """Keep nothing here of what went to this number. What was handed on is in other hands."""


class EmbeddedPhone:
    """Every phone of the demo city in one folder."""

    def __init__(self, folder: Path) -> None:
        self._tray = Tray(folder)

    def send(self, number: str, text: str, *, once: str) -> str:
        """Lay the text into the folder. Raises Undeliverable for what is no number."""
        if not (number.startswith("+") and number[1:].isdecimal() and len(number) > 7):
            raise Undeliverable("no number")
        return self._tray.put(number, text, once=once)

    def texts(self) -> list[Item]:
        """All texts that arrived, newest first."""
        return self._tray.items()

    def forget(self, number: str) -> None:
        """Delete every text to the number."""
        self._tray.forget(number)

    def empty(self) -> None:
        """Forget all texts."""
        self._tray.empty()


class HttpSms:
    """A provider's door: POST of `{"from", "to", "text"}` with a bearer token and an `Idempotency-Key`; it answers `{"id"}`."""

    def __init__(self, url: str, token: str, sender: str, timeout_seconds: float = 8.0) -> None:
        self._url, self._sender, self._timeout = url, sender, timeout_seconds
        self._headers = {"Authorization": f"Bearer {token}"}

    def send(self, number: str, text: str, *, once: str) -> str:
        """Post it. A provider that remembers keys sends it once however often this is tried."""
        try:
            answer = httpx.post(self._url, json={"from": self._sender, "to": number, "text": text}, timeout=self._timeout,
                                headers=self._headers | {"Idempotency-Key": once})
        except httpx.HTTPError as error:
            raise TryLater(f"text messages: {type(error).__name__}") from error
        if answer.status_code in BUSY or answer.status_code >= 500 or answer.status_code in (401, 403):
            raise TryLater(f"text messages: {answer.status_code}")  # also our token: somebody will put it right
        if not answer.is_success:
            raise Undeliverable(str(answer.status_code))
        try:
            return str(answer.json().get("id", ""))[:200]
        except (ValueError, AttributeError):
            return ""  # taken, without a name for it

    def forget(self, number: str) -> None:
        """Nothing of it is here: the provider has passed it on."""
