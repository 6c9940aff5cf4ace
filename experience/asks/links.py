"""The links of a mailed question: signed, for one ask, as long as it lives. Whoever has one sees that question, the car
and day that it is about, and what was answered."""

from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer

from experience.asks.errors import LinkUnreadable


def sign_link(ask_id: UUID, key: str) -> str:
    """The token of an ask's links. It is spent by answering and ends with its ask: both stand on the ask itself."""
    return str(_signer(key).dumps(ask_id.hex))


def read_link(token: str, key: str) -> UUID:
    """The ask behind a token. Raises LinkUnreadable for one that we did not sign."""
    try:
        return UUID(hex=_signer(key).loads(token))
    except (BadSignature, ValueError, TypeError, AttributeError) as error:
        raise LinkUnreadable() from error


def _signer(key: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt="ask")
