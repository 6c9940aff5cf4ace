"""The code that is texted to a number or mailed to an address: made from the row's id and the site's secret, so that it is kept
nowhere."""

import hmac
from hashlib import sha256
from uuid import UUID

DIGITS = 6


def code_for(row_id: UUID, secret: str, what: str = "phone code") -> str:
    """The six digits for this row; `what` keeps the codes of two kinds of rows apart."""
    mixed = hmac.new(secret.encode(), f"{what} {row_id}".encode(), sha256).digest()
    return f"{int.from_bytes(mixed[:8]) % 10**DIGITS:0{DIGITS}d}"


def is_code(typed: str, row_id: UUID, secret: str, what: str = "phone code") -> bool:
    """Whether this is the row's code, found out in the same time whatever was typed."""
    return hmac.compare_digest(typed.encode(), code_for(row_id, secret, what).encode())
