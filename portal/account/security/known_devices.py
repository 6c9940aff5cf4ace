"""Browsers from which somebody has signed in before, each with a signed cookie; a new one is told to them by mail, once."""

import hashlib
import secrets

from flask import Flask, Response, after_this_request, current_app, request
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import select

from core.database import db, take_turns, transaction
from core.outbox import post
from core.time import wall_now
from portal.account.device_name import device_name
from portal.account.models import User
from portal.account.security.models import KnownDevice

KEPT_SECONDS = 400 * 24 * 3600  # the longest that browsers keep a cookie


def greet_device(user: User) -> None:
    """Remember the browser that signs in with this request, and write to its user when it is new beside others."""
    device = device_of_cookie() or secrets.token_urlsafe(24)
    meet_device(user, device, name=device_name(request.user_agent.string))

    @after_this_request
    def _keep(response: Response) -> Response:
        settings = current_app.config
        response.set_cookie(cookie_name(current_app), _signer(current_app).dumps(device), max_age=KEPT_SECONDS, httponly=True,
                            secure=settings["SESSION_COOKIE_SECURE"], samesite="Lax")
        return response


def meet_device(user: User, device: str, *, name: str) -> None:
    """Keep the device for this user. The very first one is no news: there is nobody it could be new to."""
    hashed = hash_of(device)
    with transaction():
        take_turns(f"devices of {user.id}")
        known = set(db.session.scalars(select(KnownDevice.device_hash).where(KnownDevice.user_id == user.id)))
        if hashed in known:
            return
        db.session.add(KnownDevice(user_id=user.id, device_hash=hashed, since=wall_now()))
        if known:
            post("new_device", user_id=user.id, device=name)


def is_known(email: str, device: str) -> bool:
    """Whether whoever has this address has signed in from this browser before; "" is none that anybody knows."""
    return db.session.scalar(select(KnownDevice.id).join(User, User.id == KnownDevice.user_id).where(
        User.email == email, KnownDevice.device_hash == hash_of(device))) is not None


def hash_of(device: str) -> str:
    """What is kept of a browser's name."""
    return hashlib.sha256(device.encode()).hexdigest()


def cookie_name(app: Flask) -> str:
    """Beside the session's, with the same prefix."""
    return f"{app.config['SESSION_COOKIE_NAME']}_device"


def device_of_cookie() -> str:
    """What the browser's own cookie names it; "" when it has none of ours."""
    try:
        return str(_signer(current_app).loads(request.cookies.get(cookie_name(current_app), "")))
    except BadData:
        return ""


def _signer(app: Flask) -> URLSafeSerializer:
    return URLSafeSerializer(app.config["SECRET_KEY"], salt="known device")
