"""Where somebody goes after signing in: to a page of this site, whatever an address asked for."""

from urllib.parse import urlsplit

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from portal.web.shell import home_href


def safe_next(target: str | None) -> str:
    """The address of a page on this site, whatever was asked for."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return home_href()
    parts = urlsplit(target.replace("\\", "/"))
    if parts.scheme or parts.netloc or any(ord(letter) < 32 for letter in target):
        return home_href()
    try:
        current_app.url_map.bind("").match(parts.path, method="GET")
    except RequestRedirect:  # the same page under its other spelling
        return target
    except HTTPException:  # no page, or a button's address
        return home_href()
    return target
