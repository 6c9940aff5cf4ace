"""Words kept encrypted at rest: what members tell us, and the PINs of the cards in the cars."""

from cryptography.fernet import Fernet, InvalidToken

from core.card_numbers import mask_cards


class Unreadable(ValueError):
    """Sealed with another key, or damaged."""


class Seal:
    """Seals and opens short texts with the site's key (32 bytes in URL-safe base64)."""

    def __init__(self, key: str) -> None:
        self._fernet = Fernet(key)

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

    def read(self, sealed: str | None) -> str | None:
        """The words again: empty when there are none, None when they were sealed with a key we no longer have."""
        try:
            return self.open(sealed) if sealed else ""
        except Unreadable:
            return None
