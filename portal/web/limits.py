"""Limits by address. Limits by account live in the database, where every process sees them."""

from flask import Flask, Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address, default_limits=["600/minute"], headers_enabled=True)
WAITS = (429, 503)


def install(app: Flask) -> None:
    """Count, and say how long to wait to whoever has to."""
    app.after_request(_only_who_waits)  # hooks run in reverse: after the limiter's own
    limiter.init_app(app)


def _only_who_waits(answer: Response) -> Response:
    """The library says when to come back in every answer, as if nobody might ask again before."""
    if answer.status_code not in WAITS:
        for name in [name for name, _value in answer.headers if name.startswith("X-RateLimit-") or name == "Retry-After"]:
            del answer.headers[name]
    return answer
