"""Mail as a port: SMTP by setting, and by default a Maildir that the demo's mail page reads."""

import mailbox
import smtplib
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from core.outbox import TryLater


class Mail(Protocol):
    """Whoever carries mail. Delivery is at least once: the Message-ID stays the same over retries."""

    def send(self, message: EmailMessage) -> None:
        """Hand the message over. Raises TryLater when nobody takes it."""

    def forget(self, address: str) -> None:
        """Keep nothing here of what went to this address. What was handed on is in other hands."""


class MaildirMail:
    """Mail into a folder, in the format every mail program reads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: EmailMessage) -> None:
        """Add the message to the folder."""
        self.box.add(message)

    def forget(self, address: str) -> None:
        """Delete every message to or from the address."""
        box = self.box
        for key, letter in box.items():
            named = [str(value) for head in ("To", "From", "Reply-To") for value in letter.get_all(head, [])]
            if address in {one.lower() for _name, one in getaddresses(named)}:
                box.discard(key)

    @property
    def box(self) -> "mailbox.Maildir":
        return mailbox.Maildir(self._folder, create=True)


class SmtpMail:
    """Mail through a server: `smtp://user:password@host:587` (STARTTLS) or `smtps://…:465`."""

    def __init__(self, url: str, timeout_seconds: float = 8.0) -> None:
        self._url = urlsplit(url)
        if self._url.scheme not in ("smtp", "smtps") or not self._url.hostname:
            raise ValueError("SMTP_URL looks like smtp://user:password@host:587 or smtps://user:password@host:465")
        self._timeout = timeout_seconds

    def send(self, message: EmailMessage) -> None:
        """Send through the server. Raises TryLater when it does not answer or does not take it."""
        url = self._url
        host = url.hostname or ""
        connect = smtplib.SMTP_SSL if url.scheme == "smtps" else smtplib.SMTP
        try:
            with connect(host, url.port or 0, timeout=self._timeout) as server:
                if url.scheme == "smtp" and url.username:
                    server.starttls()
                if url.username:
                    server.login(unquote(url.username), unquote(url.password or ""))
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise TryLater(f"mail server: {type(error).__name__}") from error

    def forget(self, address: str) -> None:
        """Nothing of it is here: the server has passed it on."""
