"""The addresses by which a conversation is reached from outside: the mail's plus-tag and the visitor's link, both signed."""

import hmac
import re
from base64 import b32decode, b32encode
from binascii import Error as BadBase
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from hashlib import sha256
from typing import Any
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer

LINK_LIVES = timedelta(days=180)  # after the last word: a link in an old mailbox tells a later reader nothing
SIGNED_BYTES = 10  # 80 bits: nobody guesses one, and the address stays below the 64 letters that a mailbox may have
TAG = re.compile(r"\+([a-z2-7]{42})@")


@dataclass(frozen=True, slots=True)
class Door:
    """Signs and reads addresses. `mailbox` takes what people write to us, like help@roundtrip.example."""

    secret: str
    mailbox: str
    site_url: str

    def mail_address(self, conversation_id: UUID) -> str:
        """Where an answer by mail finds its conversation."""
        name, _, host = self.mailbox.partition("@")
        tag = b32encode(conversation_id.bytes + self._signature(conversation_id)).decode().rstrip("=").lower()
        return f"{name}+{tag}@{host}"

    def conversation_of(self, address: str) -> UUID | None:
        """Which conversation an address belongs to; None for one that we did not sign. Case does not matter."""
        bare = parseaddr(address)[1].lower()
        found = TAG.search(bare)
        name, _, host = self.mailbox.lower().partition("@")
        if found is None or not bare.startswith(f"{name}+") or not bare.endswith(f"@{host}"):
            return None
        try:
            raw = b32decode(found[1].upper() + "=" * (-len(found[1]) % 8))
        except (BadBase, ValueError):
            return None
        conversation_id = UUID(bytes=raw[:16])
        return conversation_id if hmac.compare_digest(raw[16:], self._signature(conversation_id)) else None

    def visitor_link(self, conversation_id: UUID) -> str:
        """The page on which somebody without an account reads and writes."""
        return f"{self.site_url}/help/visitor/{self.visitor_token(conversation_id)}"

    def visitor_token(self, conversation_id: UUID) -> str:
        token = self._serializer().dumps(conversation_id.hex)
        return token.decode() if isinstance(token, bytes) else token

    def visitor_conversation(self, token: str) -> UUID | None:
        """Which conversation a visitor's link belongs to; None for one that we did not sign."""
        try:
            return UUID(hex=self._serializer().loads(token))
        except (BadSignature, ValueError, TypeError, AttributeError):
            return None

    def hash_of(self, address: str) -> str:
        """A visitor's address as a key: it finds their conversations and tells nobody who they are."""
        return hmac.new(self._key("visitor"), address.strip().lower().encode(), sha256).hexdigest()

    def _signature(self, conversation_id: UUID) -> bytes:
        return hmac.new(self._key("mail"), conversation_id.bytes, sha256).digest()[:SIGNED_BYTES]

    def _key(self, what: str) -> bytes:
        return sha256(f"help/{what}/{self.secret}".encode()).digest()

    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self.secret, salt="help-visitor")


def door_of(config: Mapping[str, Any]) -> Door:
    """The door of a site with these settings."""
    return Door(config["SECRET_KEY"], config["HELP_MAIL"], config["SITE_URL"])
