"""The headers on every answer, and the hosts we answer to."""

from flask import Flask, Response, current_app, request
from flask_babel import gettext as _

from portal.web.page import trace_id

POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    "connect-src 'self'", "worker-src 'self'", "manifest-src 'self'", "form-action 'self'", "base-uri 'none'",
    "frame-ancestors 'none'",
))


def install(app: Flask) -> None:
    """Check the host first and set the headers last."""
    app.before_request(_check_host)
    app.after_request(_set_headers)


def _check_host() -> Response | None:
    """Plain words for a name that is not ours: a page would need links, and links need a name."""
    if request.host.rsplit(":", 1)[0] in current_app.config["SERVER_NAMES"]:
        return None
    return Response(_("This site does not answer to that name. Use the address you were given for Roundtrip."), 400,
                    mimetype="text/plain")


def _set_headers(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "geolocation=(self), camera=(self), microphone=()"
    headers["X-Request-Id"] = trace_id()
    if current_app.config["APP_ENV"] == "production":
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    return response
