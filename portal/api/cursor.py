"""Where a page of a list ends: an opaque word that leads to the next one, and that nobody can make up."""

from typing import Any

from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer

from portal.api.errors import DoesNotHold


def next_of(kind: str, place: Any) -> str:
    """The word for a place in a list of this kind."""
    return str(_signer(kind).dumps(place))


def place_of(kind: str, word: str | None) -> Any:
    """The place behind a word; None for the beginning. Raises DoesNotHold for a word that is none of ours for such a list."""
    if word is None:
        return None
    try:
        return _signer(kind).loads(word)
    except (BadSignature, ValueError) as error:
        raise DoesNotHold({"after": _("Send the “next” of the page before, as it was.")}) from error


def _signer(kind: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"api-cursor-{kind}")
