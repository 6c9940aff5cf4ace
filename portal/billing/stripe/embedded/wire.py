"""What travels: a request taken apart, and an answer with its status and headers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from portal.billing.stripe.embedded.refusals import StripeRefusal

KEY_PREFIX = "sk_test_"


class Headers(dict[str, str]):
    """Names in small letters, asked for in any."""

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


HttpAnswer = tuple[str, int, Headers]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came: the method in small letters, the form still encoded."""

    id: str
    method: str
    path: str
    form: str
    key: str | None

    @property
    def asked(self) -> str:
        """Tells requests apart that share an idempotency key."""
        return blake2b(f"{self.path}?{self.form}".encode(), digest_size=16).hexdigest()

    def answer(self, status: int, body: str, **more: str) -> HttpAnswer:
        return body, status, Headers({"content-type": "application/json", "request-id": self.id} | more)

    def refusal(self, no: StripeRefusal, **more: str) -> HttpAnswer:
        log = f"https://dashboard.stripe.com/test/logs/{self.id}"
        return self.answer(no.status, dump({"error": no.error | {"request_log_url": log}}), **more)


def read(request_id: str, method: str, url: str, headers: Mapping[str, str], post_data: Any) -> Request:
    """Take a request of the SDK apart; its addresses are whole and have no fragment."""
    _, _, address = url.partition("://")
    _, _, place = address.partition("/")
    path, _, query = place.partition("?")
    key = headers.get("Idempotency-Key") if method == "post" else None
    form = post_data if method == "post" else query
    return Request(request_id, method, f"/{path}", form or "", key)


def check_api_key(headers: Mapping[str, str]) -> None:
    said = headers.get("Authorization", "").removeprefix("Bearer ")
    if not said.startswith(KEY_PREFIX):
        shown = f"{said[:8]}{'*' * 8}"
        raise StripeRefusal(401, "invalid_request_error", f"Invalid API Key provided: {shown}")


dump = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
