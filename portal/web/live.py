"""Live parts: pieces of a page that it asks for again, and that are sent only when there is something new."""

import hashlib
import re

from flask import Response, g, request, session

TOKEN = re.compile(r'(?<=name="csrf_token" value=")[^"]*')  # another one each second, and none of them is news


def part(html: str, version: str = "") -> Response:
    """A live part; nothing but its ETag when the browser has this version (by default: these very words)."""
    g.fragment = True
    response = Response(html, mimetype="text/html")
    response.set_etag(_etag_of(version or TOKEN.sub("", html)), weak=True)  # weak: compression makes it no other one
    return response.make_conditional(request)  # type: ignore[return-value]  # it answers itself


def unchanged(version: str) -> Response | None:
    """The answer to a browser that has this version already; asked before the work is done."""
    if not request.if_none_match.contains_weak(_etag_of(version)):
        return None
    return part("", version)


def _etag_of(version: str) -> str:
    """Another one for another session: a form's token is good in its own only."""
    return hashlib.sha256(f"{session.get('csrf_token', '')} {version}".encode()).hexdigest()[:24]
