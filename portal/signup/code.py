"""The code in the mail to somebody who signs up: made from the row's id and the site's secret, so that it is kept nowhere."""

import hmac
from hashlib import sha256
from uuid import UUID

DIGITS = 6


def code_for(sign_up_id: UUID, secret: str) -> str:
    """The six digits for this row."""
    mixed = hmac.new(secret.encode(), f"sign-up code {sign_up_id}".encode(), sha256).digest()
    return f"{int.from_bytes(mixed[:8]) % 10**DIGITS:0{DIGITS}d}"


def is_code(typed: str, sign_up_id: UUID, secret: str) -> bool:
    """Whether this is the row's code, found out in the same time whatever was typed."""
    return hmac.compare_digest(typed.encode(), code_for(sign_up_id, secret).encode())
