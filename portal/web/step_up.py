"""Step-up: pages that change who gets in, or where money goes, want a proof of who is there that is some minutes old at most.

A route says so with `@page(…, fresh=True)`; where it depends on what is asked, the view calls `ask_again()`. Whoever proved it
too long ago is led to `/sign-in/again` and back; a form that was sent too late is held there, signed, and sent on afterwards.
"""

from datetime import timedelta
from typing import Any

from flask import Flask, current_app, g, redirect, render_template, request, url_for
from flask_login import current_user
from itsdangerous import BadData, URLSafeTimedSerializer

from core.time import wall_now

HELD_FOR = timedelta(hours=1)
NEVER_HELD = ("csrf_token", "password", "code")  # what is not kept between two pages, by how a field's name begins or ends


def is_fresh() -> bool:
    """Whether whoever is signed in here has proved it within the setting `STEP_UP_MINUTES`, by the wall's clock."""
    age: timedelta = wall_now() - current_user.proved_at
    return age <= timedelta(minutes=current_app.config["STEP_UP_MINUTES"])


def ask_again() -> Any:
    """None when the proof is fresh; else the answer: the way to `/sign-in/again`, or for a form the page that holds it."""
    if is_fresh():
        return None
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("security.again", next=request.full_path.rstrip("?")))
    g.refused = "prove_again"
    return render_template("portal/account/security/held.html", held=_hold(), back=request.path,
                           files=any(file.filename for file in request.files.values())), 403


def needs_second_factor() -> bool:
    """Whether whoever is here came in without a second factor, and no desk opens to them before they have one."""
    return bool(current_app.config["STAFF_SECOND_FACTOR"]) and not current_user.two_factors


def _hold() -> str:
    """What was sent, signed, for this user alone; without passwords, codes and files."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if not _is_secret(name)]
    return _signer(current_app).dumps([current_user.id, request.full_path.rstrip("?"), fields])


def _is_secret(name: str) -> bool:
    return any(name.startswith(secret) or name.endswith(secret) for secret in NEVER_HELD)


def read_held(held: str) -> tuple[str, list[tuple[str, str]]] | None:
    """The address and the fields of a form that was held for this user; None when it is too old or nobody's."""
    try:
        user_id, address, fields = _signer(current_app).loads(held, max_age=int(HELD_FOR.total_seconds()))
    except BadData:
        return None
    return (address, [(name, value) for name, value in fields]) if user_id == current_user.id else None


def _signer(app: Flask) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="held form")
