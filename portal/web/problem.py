"""How a no is said to machines: `application/problem+json` (RFC 9457) with a code that stays the same for good."""

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, json, request

from core.refusal import Refusal
from portal.web.page import trace_id

HTTP_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "not_json",
              429: "too_many_requests"}


def is_for_machines() -> bool:
    """Whether a machine is asking: everything under /api but its page for people."""
    return request.path.startswith("/api/") and request.path != "/api/docs"


def problem(status: int, code: str, says: str, remedy: str, beside: Mapping[str, Any] | None = None) -> Response:
    """The answer. `code` is for programs, `title` and `detail` are for whoever reads their logs; `beside` adds members."""
    said = {"type": f"/api/docs#{code}", "title": says, "status": status, "code": code, "detail": remedy,
            "request_id": trace_id(), **(beside or {})}
    made = Response(json.dumps(said), status, mimetype="application/problem+json")
    if status == 401:
        made.headers["WWW-Authenticate"] = "Bearer"
    return made


def refused(refusal: Refusal) -> Response:
    """A refusal as a problem: its faults by field, and whatever else it brings along for machines (`beside`). Where its words
    speak of our pages, `app.extensions["machine_words"]` has others: what is said, and what to do, by code."""
    beside = dict(getattr(refusal, "beside", {}))
    faults = getattr(refusal, "errors", None)
    if faults:
        beside["errors"] = [{"field": field, "says": str(says)} for field, says in faults.items()]
    says, remedy = (words.get(refusal.code) for words in current_app.extensions["machine_words"])
    return problem(refusal.status, refusal.code, str(says or refusal.says), str(remedy or refusal.remedy), beside)
