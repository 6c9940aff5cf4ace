"""Routes that take files: how large a form they take. Others take `MAX_CONTENT_LENGTH`, as does theirs from strangers."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from core.pictures import Label

View = TypeVar("View", bound=Callable[..., Any])
MB = 1_000_000


def takes_files(most_bytes: Callable[[], int]) -> Callable[[View], View]:
    """Declare that a route's form may be as large as `most_bytes` says at that moment, for whoever is signed in."""
    def declare(view: View) -> View:
        view.most_bytes = most_bytes  # type: ignore[attr-defined]  # read by the hook below
        return view

    return declare


def install(app: Flask) -> None:
    """Set the cap before anybody reads the form: the guard against forgery already does, so this comes before it."""
    app.before_request(_open_wider)


def _open_wider() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    most: Callable[[], int] | None = getattr(view, "most_bytes", None)
    if request.method == "POST" and most is not None and current_user.is_authenticated:
        request.max_content_length = most()
        g.takes_files = True


def label_of(sent: FileStorage) -> Label:
    """What a file was sent as: looked at, and kept nowhere."""
    return Label(sent.filename or "", sent.mimetype or "")


def too_large() -> tuple[str, str]:
    """What is said of a form that is over the cap: in words, and what to do."""
    most = request.max_content_length or 0
    if "takes_files" not in g:
        return _("That is too large to send."), _("Send less than 1 MB at once.")
    return (_("These files are larger than %(most)d MB together, so none of them was kept.", most=most // MB),
            _("Go back and send one photo at a time: each is kept until you send it all. Or choose smaller ones."))
