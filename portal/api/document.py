"""The document at /api/v1/openapi.json: made by flask-smorest from the routes, with every refusal by its code."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeVar

from flask import Flask
from flask_smorest import Api, Blueprint

from core.refusal import NotFound, Refusal
from portal.api.door import TokenFirst, TokenMayNot, TokenUnknown
from portal.api.errors import DoesNotHold, NotJson, UnreadableJson
from portal.api.models import Scope
from portal.api.parts import Problem
from portal.api.read import Reader
from portal.web.page import NotText

View = TypeVar("View", bound=Callable[..., Any])
PROBLEM = "application/problem+json"
ABOUT = """For a member's own machines: finding a car and its price; booking, changing and cancelling it; what is done at
the car, with fuel and reports; and the statement. The rest is on the pages alone: joining, cards and payments, promo codes,
the waitlist, bookings that recur or are for another driver, favorites, disputes and messages. The calendar has an address
of its own.

Times are RFC 3339 with an offset. Money is in cents. Ids are opaque. Lists are `{"items": […], "next": …}`; `next` is sent as
`after` for the page that follows, and null at the end. What is not written down here is not taken: an unknown field is a 422.

A token goes into `Authorization: Bearer …`; members get one from us. What creates or changes something takes an
`Idempotency-Key`: the same key with the same request within two days has the same answer, and happens once.

Every no is `application/problem+json` with a `code` that stays. Whoever asks too often is answered 429 with `Retry-After`."""


class MachineDoor(Blueprint):
    """A blueprint whose bodies and addresses are read by our words."""

    ARGUMENTS_PARSER = Reader()


class Document(Api):
    """flask-smorest's, without its own error pages: `portal/web/errors.py` answers."""

    ERROR_SCHEMA = Problem
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """None: there is one place where a no becomes an answer."""


def document_of(app: Flask) -> Document:
    """The document of an app, empty as yet."""
    made = Document(app, spec_kwargs={"title": "Roundtrip", "version": "v1", "openapi_version": "3.1.0",
                                      "info": {"description": ABOUT}})
    made.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer", "description": (
        "A member's token, with the scopes " + ", ".join(f"`{scope}`" for scope in Scope) + ".")})
    return made


def refuses(*refusals: type[Refusal], body: bool = False, query: bool = False, scope: Scope | None = None,
            about: bool = False, optional_token: bool = False) -> Callable[[View], View]:
    """Write down every no of a route. `body`: it takes one; `about`: its address names a thing; `scope`: as its token's."""
    every: list[tuple[int, str]] = [(one.status, one.code) for one in refusals]
    every += [(400, NotText.code), (429, "too_many_requests")]
    if scope is not None:
        every += [(one.status, one.code) for one in (TokenFirst, TokenUnknown, TokenMayNot)]
    if optional_token:
        every.append((TokenUnknown.status, TokenUnknown.code))
    if about:
        every.append((NotFound.status, NotFound.code))
    if query or body:
        every.append((DoesNotHold.status, DoesNotHold.code))
    if body:
        every += [(NotJson.status, NotJson.code), (UnreadableJson.status, UnreadableJson.code), (413, "too_large")]
    by_status: dict[int, list[str]] = {}
    for status, code in every:
        by_status.setdefault(status, [])
        if code not in by_status[status]:
            by_status[status].append(code)
    responses = {str(status): _no(codes) for status, codes in sorted(by_status.items())}
    security: list[dict[str, list[str]]] = [{"token": []}] if scope else [{}, {"token": []}] if optional_token else [{}]
    more = {"x-scope": str(scope)} if scope else {}

    def document(view: View) -> View:
        documented: View = Blueprint.doc(responses=deepcopy(responses), security=security, **more)(view)
        return documented

    return document


def _no(codes: list[str]) -> dict[str, Any]:
    return {"description": "No: " + ", ".join(f"`{code}`" for code in codes) + ".", "content": {PROBLEM: {"schema": {
        "allOf": [{"$ref": "#/components/schemas/Problem"}, {"properties": {"code": {"enum": codes}}}]}}},
        **({"headers": {"Retry-After": {"description": "Seconds to wait.", "required": True, "schema": {"type": "string"}}}}
           if "too_many_requests" in codes else {})}
