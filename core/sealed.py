"""Words and files kept encrypted at rest: what members tell and show us, and the PINs of the cards in the cars."""

import hmac
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from core.card_numbers import mask_cards


class Unreadable(ValueError):
    """Sealed with another key, or damaged."""


class Seal:
    """Seals short texts and files with the newest of the site's keys (each 32 bytes in URL-safe base64); any of them opens."""

    def __init__(self, keys: str) -> None:
        """`keys`: the newest first, parted by commas; blanks around them are no part of a key. Raises ValueError for one that
        is none."""
        each = [key.strip() for key in keys.split(",")]
        self._fernet = MultiFernet([Fernet(key) for key in each])
        self._marking = each[-1].encode()

    def close(self, words: str) -> str:
        """The sealed text to store."""
        return self._fernet.encrypt(words.encode()).decode()

    def close_words(self, words: str) -> str:
        """The sealed text to store of what somebody wrote freely: numbers of cards are masked before."""
        return self.close(mask_cards(words))

    def open(self, sealed: str) -> str:
        """The words again. Raises Unreadable."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise Unreadable("this text was sealed with another WORDS_KEY") from error

    def close_bytes(self, data: bytes) -> bytes:
        """The sealed file to store: a third longer."""
        return self._fernet.encrypt(data)

    def open_bytes(self, sealed: bytes) -> bytes:
        """The file again. Raises Unreadable."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise Unreadable("this file was sealed with another WORDS_KEY, or is damaged") from error

    def mark(self, kind: str, words: str) -> str:
        """A mark by which the same words are found again, and nobody without the key finds the words (64 hex digits).

        Made with the oldest key, so that what was marked before there was a newer one is found too.
        """
        return hmac.new(self._marking, f"mark of {kind}: {words}".encode(), sha256).hexdigest()

    def read(self, sealed: str | None) -> str | None:
        """The words again: empty when there are none, None when they were sealed with a key we no longer have."""
        try:
            return self.open(sealed) if sealed else ""
        except Unreadable:
            return None
