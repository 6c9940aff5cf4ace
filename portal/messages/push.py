"""Notifications as a port: Web Push by setting, and by default a tray that the demo's page shows."""

import base64
import hashlib
import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import http_ece
import httpcore
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from core.outbox import TryLater
from portal.messages.outside_only import Address, OutsideOnly, Private, is_outside
from portal.messages.tray import Item, Tray
from portal.messages.undeliverable import Gone, Undeliverable

LIVES = 4 * 3600  # seconds that a push service keeps what no device fetched: later it is in the inbox and the mail anyway
SIGNED_FOR = 12 * 3600  # seconds; a push service takes no signature that holds for more than a day
TIMEOUT = 4.0  # seconds for each of connecting, writing and reading


@dataclass(frozen=True, slots=True)
class Device:
    """Where a browser is told: its push service's address for it, and the keys that only it can read with."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class Notification:
    """What the service worker shows. `tag`: a second one under the same tag replaces the first, silently."""

    title: str
    url: str  # a path on this site
    tag: str

    def as_json(self) -> str:
        return json.dumps({"title": self.title, "url": self.url, "tag": self.tag})


class Push(Protocol):
    """Whoever carries notifications to browsers."""

    public_key: str  # what a browser subscribes with, in URL-safe base64; "": devices are the embedded ones

    def send(self, device: Device, notification: Notification, *, urgent: bool, once: str) -> str:
        """Hand it over for one device and return the carrier's id of it; the same `once` is shown once.

        Raises TryLater when nobody answers, Gone when the device has unsubscribed, Undeliverable when it is never taken.
        """

    def forget(self, endpoint: str) -> None:
        """Keep nothing here of what went to this device. What was handed on is in other hands."""


class EmbeddedPush:
    """No push service: what is sent lies in a folder."""

    public_key = ""

    def __init__(self, folder: Path) -> None:
        self._tray = Tray(folder)

    def send(self, device: Device, notification: Notification, *, urgent: bool, once: str) -> str:
        """Lay it into the folder. Raises Undeliverable for a browser's real endpoint: nothing leaves this site."""
        if not device.endpoint.startswith("embedded:"):
            raise Undeliverable("not embedded")
        return self._tray.put(device.endpoint, notification.as_json(), once=f"{once} {device.endpoint}")

    def forget(self, endpoint: str) -> None:
        """Delete every notification for the device."""
        self._tray.forget(endpoint)

    def shown(self) -> list[Item]:
        """Every notification that arrived, newest first."""
        return self._tray.items()

    def empty(self) -> None:
        """Forget all notifications."""
        self._tray.empty()


class WebPush:
    """RFC 8030 with RFC 8291 encryption (aes128gcm) and RFC 8292 signatures, to public addresses over https alone."""

    def __init__(self, private_key: str, contact: str, *, may_reach: Callable[[Address], bool] = is_outside,
                 trust: ssl.SSLContext | None = None) -> None:
        """`private_key`: 32 bytes in URL-safe base64; `contact`: mailto: or https:, for whoever runs the push service."""
        self._vapid, self._contact = Vapid02.from_string(private_key), contact
        self.public_key = _base64(self._vapid.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
        self._pool = httpcore.ConnectionPool(ssl_context=trust or ssl.create_default_context(), max_connections=8,
                                             max_keepalive_connections=2, network_backend=OutsideOnly(may_reach))
        self._signing = threading.Lock()

    def send(self, device: Device, notification: Notification, *, urgent: bool, once: str) -> str:
        """Encrypt for the device and post it; `once` becomes the topic, so that what still waits is replaced, not doubled."""
        headers = {
            **self._signed(device.endpoint), "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream",
            "TTL": str(LIVES), "Urgency": "high" if urgent else "normal", "Topic": topic(once),
        }
        try:
            answer = self._pool.request(
                "POST", device.endpoint, headers=headers, content=sealed_for(device, notification.as_json().encode()),
                extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT)})
        except Private as private:
            raise Undeliverable("private address") from private
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise TryLater(f"push service: {type(error).__name__}") from error
        return _read(answer)

    def forget(self, endpoint: str) -> None:
        """Nothing of it is here: the push service has passed it on."""

    def _signed(self, endpoint: str) -> dict[str, str]:
        there = urlsplit(endpoint)
        if there.scheme != "https":
            raise Undeliverable("not https")
        claims = {"sub": self._contact, "aud": f"https://{there.netloc}", "exp": int(time.time()) + SIGNED_FOR}
        with self._signing:
            signed: dict[str, str] = self._vapid.sign(claims)
        return signed


def _read(answer: httpcore.Response) -> str:
    if answer.status in (404, 410):
        raise Gone(str(answer.status))
    if answer.status == 429 or answer.status >= 500:
        raise TryLater(f"push service: {answer.status}")
    if not 200 <= answer.status < 300:
        raise Undeliverable(str(answer.status))
    location = dict(answer.headers).get(b"location") or dict(answer.headers).get(b"Location") or b""
    return location.decode("ascii", "replace")[-200:]


def sealed_for(device: Device, words: bytes) -> bytes:
    """Encrypted so that only this browser reads it. Raises Undeliverable when its keys are none."""
    try:
        theirs, secret = decoded(device.p256dh), decoded(device.auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        sealed: bytes = http_ece.encrypt(words, private_key=ec.generate_private_key(ec.SECP256R1()), dh=theirs,
                                         auth_secret=secret, version="aes128gcm")
    except (ValueError, http_ece.ECEException) as error:
        raise Undeliverable("keys") from error
    return sealed


def topic(once: str) -> str:
    """The name under which a push service replaces what still waits: 32 letters at most."""
    return _base64(hashlib.sha256(once.encode()).digest())[:32]


def decoded(text: str) -> bytes:
    """The bytes of URL-safe base64 with or without its padding. Raises ValueError."""
    return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
