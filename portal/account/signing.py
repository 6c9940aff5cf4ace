"""Flask-Login over our server-side sessions: what is signed into the cookie is the session's token."""

from typing import Any

from flask import Flask, request, session
from flask_login import LoginManager, login_user, logout_user

from portal.account.models import STAFF_ROLES, Member, Role, SignedIn, User
from portal.account.security.known_devices import device_of_cookie, greet_device
from portal.account.security.password_tries import Place
from portal.account.sessions import end_session, find_session, renew_session


class CurrentUser:
    """The signed-in user as pages see them. Flask-Login's id is the session's token, not the user's number."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, token: str, signed_in: SignedIn, user: User) -> None:
        self.token = token
        self.session_id, self.remembered = signed_in.id, signed_in.remembered
        self.proved_at = signed_in.proved_at  # when they last proved who they are, by the wall's clock
        self.two_factors = signed_in.two_factors  # whether they came in with a second factor
        self._user = user

    def get_id(self) -> str:
        return self.token

    @property
    def id(self) -> int:
        return self._user.id

    @property
    def user(self) -> User:
        return self._user

    @property
    def email(self) -> str:
        return self._user.email

    @property
    def name(self) -> str:
        return self._user.name

    @property
    def hour24(self) -> bool:
        return self._user.hour24

    @property
    def roles(self) -> frozenset[Role]:
        return self._user.roles

    @property
    def is_staff(self) -> bool:
        return bool(self.roles & STAFF_ROLES)

    @property
    def member(self) -> Member | None:
        return self._user.member


def install(app: Flask) -> None:
    """Let Flask-Login find people by their session."""
    manager = LoginManager(app)
    manager.session_protection = None  # our sessions rotate at sign-in and die on the server
    manager.user_loader(_load)


def _load(token: str) -> CurrentUser | None:
    found = find_session(token)
    return CurrentUser(token, *found) if found else None


def enter(token: str, *, remember: bool) -> None:
    """Sign the browser in with a fresh session: nothing of the visitor's old cookie survives but the visit."""
    visit: Any = session.get("visit")
    session.clear()
    if visit:
        session["visit"] = visit
    current = _load(token)
    if current is not None:
        login_user(current, remember=remember)
        greet_device(current.user)


def enter_again(current: CurrentUser, *, two_factors: bool = False) -> None:
    """Give the browser another token after a fresh proof; what else it carries stays: forms in other tabs still work."""
    renewed = _load(renew_session(current.token, two_factors=two_factors))
    if renewed is not None:
        login_user(renewed, remember=current.remembered)


def leave(current: CurrentUser) -> None:
    """Sign out here and kill the session on the server."""
    end_session(current.token)
    session.clear()
    logout_user()  # last, because it leaves word in the session that the remember cookie is to be cleared


def device() -> str:
    """What the browser calls itself, for the list of sessions."""
    return str(request.user_agent)


def place() -> Place:
    """Where this request comes from, as far as tries at a password are counted by it."""
    return Place(address=request.remote_addr or "", device=device_of_cookie())
