"""The door for machines: what a route needs of a token, and who comes through it. Cookies are not looked at."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, g, request
from flask_babel import lazy_gettext as _l
from flask_login import AnonymousUserMixin

from core.refusal import Refusal
from experience.journey import Step
from portal.account.models import Role, User
from portal.account.signing import CurrentUser
from portal.api.models import Scope
from portal.api.tokens import find_token
from portal.web.limits import limiter
from portal.web.page import ANYONE, MEMBERS, Declared

View = TypeVar("View", bound=Callable[..., Any])
MOST = "300/minute"  # of one token, from wherever it is used; addresses are limited besides


class TokenFirst(Refusal):
    code, status = "token_first", 401
    says = _l("This needs a token.")
    remedy = _l("Send the header Authorization: Bearer, followed by a token of the member.")


class TokenUnknown(Refusal):
    code, status = "token_unknown", 401
    says = _l("This token opens nothing.")
    remedy = _l("It was mistyped, revoked or is over, or its member has left. Ask the member for another one.")


class TokenMayNot(Refusal):
    code, status = "token_may_not", 403
    says = _l("This token may not do that.")

    def __init__(self, scope: str) -> None:
        super().__init__(scope=scope)
        self.remedy = _l("Ask the member for a token with the scope “%(scope)s”.", scope=scope)
        self.beside = {"scope": scope}


class TokenUser(CurrentUser):
    """The member for whom a machine acts. A member of staff has no other power here than the member they are."""

    def __init__(self, user: User) -> None:
        self.token, self._user = "", user  # no session stands behind it, so nothing of one is known

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset({Role.MEMBER})


def machine(step: Step | None = None, *, scope: Scope | None, exempt: str = "") -> Callable[[View], View]:
    """Declare a route for machines: the scope that its token needs (None: it needs no token), and its step.

    With a step, a look (GET) is recorded as the whole of it; what changes something is recorded by its use case.
    """
    if (step is None) == (not exempt):
        raise ValueError("a route names its step, or says in `exempt` why it has none")

    def declare(view: View) -> View:
        view.declared = Declared(  # type: ignore[attr-defined]  # read by the hooks of portal/web/page.py
            MEMBERS if scope else ANYONE, step, exempt, whole=step is not None and step is not Step.FIND_SEARCH,
            by_token=str(scope or ""))
        return view

    return declare


def open_door(scope: str) -> None:
    """Let the token's member in, or nobody where none is needed. Raises TokenFirst, TokenUnknown or TokenMayNot."""
    g._login_user = AnonymousUserMixin()  # whatever cookies came along: Flask-Login looks no further than here
    said = request.headers.get("Authorization", "")
    if not said:
        if scope:
            raise TokenFirst()
        return
    kind, _space, token = said.partition(" ")
    found = find_token(token.strip()) if kind.lower() == "bearer" and token.isascii() else None
    if found is None:
        raise TokenUnknown()
    row, member = found
    g.api_token_id = row.id
    if current_app.config["RATELIMIT_ENABLED"]:
        with limiter.limit(MOST, key_func=_this_token):
            pass
    g._login_user = TokenUser(member.user)
    if scope and Scope(scope) not in row.scope_set:
        raise TokenMayNot(scope)


def _this_token() -> str:
    return f"token {g.api_token_id}"
