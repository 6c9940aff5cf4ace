"""Real counterparts for tests: a provider of texts over HTTP, and a push service over TLS that reads as a browser does."""

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import http_ece
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from py_vapid import Vapid02

from portal.messages.push import Device


@dataclass
class Provider:
    """What a provider of text messages remembers: what it was asked under which key, and what it sent."""

    asked: list[str] = field(default_factory=list)
    sent: dict[str, dict[str, str]] = field(default_factory=dict)  # by key: real ones answer a known key as before
    answers: list[int] = field(default_factory=list)  # statuses for the next requests, before it works again
    token: str = "right"
    url: str = ""

    @property
    def texts(self) -> list[tuple[str, str]]:
        return [(one["to"], one["text"]) for one in self.sent.values()]

    def take(self, headers: Any, body: bytes) -> tuple[int, dict[str, str]]:
        self.asked.append(headers["Idempotency-Key"])
        if self.answers:
            return self.answers.pop(0), {}
        if headers["Authorization"] != f"Bearer {self.token}":
            return 401, {}
        said = json.loads(body)
        if not said["to"].startswith("+") or len(said["to"]) < 8:
            return 400, {}
        self.sent.setdefault(headers["Idempotency-Key"], said)
        return 202, {"id": f"sms-{list(self.sent).index(headers['Idempotency-Key'])}"}


@dataclass
class PushService:
    """What a push service keeps for browsers that are away: one message a topic, and what it was told beside it."""

    browsers: dict[str, tuple[ec.EllipticCurvePrivateKey, bytes]] = field(default_factory=dict)
    kept: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    url: str = ""

    def browser(self, name: str = "one") -> Device:
        """A browser subscribes."""
        key, secret = ec.generate_private_key(ec.SECP256R1()), b"sixteen bytes !!"
        self.browsers[f"/{name}"] = (key, secret)
        point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        return Device(f"{self.url}/{name}", _base64(point), _base64(secret))

    @property
    def shown(self) -> list[dict[str, str]]:
        """What the browsers show: a later one under a tag takes the earlier one's place."""
        return list({said["tag"]: said for said in self.kept.values()}.values())

    def take(self, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, str]]:
        self.headers.append({key.lower(): value for key, value in headers.items()})
        if self.answers:
            return self.answers.pop(0), {}
        if path not in self.browsers:
            return 410, {}
        if not Vapid02.verify(headers["Authorization"]) or headers["Content-Encoding"] != "aes128gcm":
            return 403, {}
        key, secret = self.browsers[path]
        said = json.loads(http_ece.decrypt(body, private_key=key, auth_secret=secret, version="aes128gcm"))
        self.kept[path, headers["Topic"]] = said
        return 201, {}


@contextmanager
def serving(counterpart: Provider | PushService, folder: Path | None = None) -> Iterator[Any]:
    """Let it answer at an address of its own; with a folder over TLS, with a certificate kept there."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = (counterpart.take(self.headers, body) if isinstance(counterpart, Provider)
                              else counterpart.take(self.path, self.headers, body))
            self.send_response(status)
            self.send_header("Location", f"https://push.example/kept/{len(body)}")
            content = json.dumps(answer).encode()
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    if folder is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_certificate(folder))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    counterpart.url = f"http{'s' if folder else ''}://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield counterpart
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def _certificate(folder: Path) -> Path:
    """A certificate for localhost that signs itself, with its key in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                   .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
                   .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
                   .sign(key, hashes.SHA256()))
    path = folder / "localhost.pem"
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                       serialization.NoEncryption()) + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
