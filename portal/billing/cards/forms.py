"""The forms of the payments page: buttons, each with the page of ours that one comes back to."""

from urllib.parse import urlsplit

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from wtforms import HiddenField
from wtforms.validators import Length

from portal.web.forms import RELOAD, Form


def page_of_ours(target: str | None) -> str | None:
    """The address of a page on this site; None for anything else, and for what only a button may ask."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target or not target.isprintable():
        return None
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    try:
        current_app.url_map.bind("").match(parts.path, method="GET")
    except RequestRedirect:  # the same page under its other spelling
        return target
    except HTTPException:
        return None
    return target


class BackForm(Form):
    """A button that leads over the processor's page, and back."""

    back_to = HiddenField(validators=[Length(max=500, message=RELOAD)])

    def back(self, otherwise: str) -> str:
        """Where to go on afterwards: the page of ours that was named, or another."""
        return page_of_ours(self.back_to.data) or otherwise
