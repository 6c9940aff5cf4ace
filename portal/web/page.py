"""`@page`: what every route declares - which step it is and who may open it - and the hooks that act on it.

A route that declares nothing is refused to everyone: a forgotten guard locks a door, it does not open one.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, g, redirect, request, session, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from core.audit import Staff, act_as
from core.database import transaction
from core.refusal import NotFound, Refusal
from core.time import now
from experience.journey import Phase, Step
from experience.record.observe import Scene, Seen, record, set_scene
from experience.record.page_views import PageView
from portal.web.step_up import ask_again, needs_second_factor

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Who:
    """Who may open a page: anyone, anyone signed in, or those with one of the roles."""

    anyone: bool = False
    roles: frozenset[str] = frozenset()


ANYONE = Who(anyone=True)
SIGNED_IN = Who()
MEMBERS = Who(roles=frozenset({"member"}))
FLEET = Who(roles=frozenset({"fleet", "admin"}))
CX = Who(roles=frozenset({"cx", "admin"}))
FINANCE = Who(roles=frozenset({"finance", "admin"}))
SUPPORT = Who(roles=frozenset({"support", "cx", "admin"}))
REVIEWER = Who(roles=frozenset({"reviewer", "admin"}))
LOOKS_AT_PICTURES = Who(roles=frozenset({"reviewer"}))  # of licences and benefits: nobody else, whatever they run


@dataclass(frozen=True, slots=True)
class Declared:
    """What a route said of itself. `whole`: seeing the page is the whole step, so shown is succeeded.

    `fresh`: only for whoever has proved within minutes who they are (`portal/web/step_up.py`).
    `by_token` says what the token of a machine must be good for ("" for none): such a door knows no cookies, and who
    comes through it is decided by `app.extensions["token_door"]`.
    """

    who: Who
    step: Step | None
    exempt: str
    whole: bool
    by_token: str | None = None
    fresh: bool = False


def page(step: Step | None = None, *, who: Who, whole: bool = False, exempt: str = "",
         fresh: bool = False) -> Callable[[View], View]:
    """Declare a route's step, or why it has none, and who may open it."""
    if (step is None) == (not exempt):
        raise ValueError("a page names its step, or says in `exempt` why it has none")

    def declare(view: View) -> View:
        view.declared = Declared(who, step, exempt, whole, fresh=fresh)  # type: ignore[attr-defined]  # read by the hooks below
        return view

    return declare


def declared_of(app: Flask, endpoint: str) -> Declared | None:
    """What the route behind an endpoint declared, if anything."""
    found: Declared | None = getattr(app.view_functions[endpoint], "declared", None)
    return found


def may_open(endpoint: str) -> bool:
    """Whether whoever is signed in has a role for a page that is not everybody's."""
    declared = declared_of(current_app, endpoint)
    return declared is not None and not declared.who.roles.isdisjoint(current_user.roles)


class MembersOnly(Refusal):
    code, status = "not_allowed", 403
    says = _l("This page is for other people’s work.")
    remedy = _l("Go to the home page, or sign in with the account that has this role.")


class NotText(Refusal):
    code, status = "not_text", 400
    says = _l("That holds a character that is not text.")
    remedy = _l("Go back, take it out and send it again. Nothing was changed.")


def _holds_nul() -> bool:
    """No keyboard types a NUL, and PostgreSQL stores none."""
    typed = [text for _, text in (*request.args.items(multi=True), *request.form.items(multi=True))]
    return any("\0" in text for text in (request.path, *typed))


def trace_id() -> str:
    """This request's number, on its page when something went wrong and in the log. Made on first use."""
    made: str = g.setdefault("trace_id", secrets.token_hex(8))
    return made


def install(app: Flask) -> None:
    """Hang the hooks into the app."""
    app.before_request(_open_page)
    app.after_request(_note_page)
    app.teardown_request(_leave_page)


def _open_page() -> Any:
    g.began, g.opened = perf_counter(), now()
    g.trace_id = secrets.token_hex(8)
    set_scene(Scene())
    act_as(None)
    if request.endpoint is None:
        return None  # no such address: the 404 page answers
    if _holds_nul():
        raise NotText()
    declared = declared_of(current_app, request.endpoint)
    if declared is None:
        abort(403)
    g.declared = declared
    if declared.by_token is not None:
        set_scene(Scene(trace_id=g.trace_id, actor="member", channel="api",
                        keep_look=current_app.extensions["page_views"].look))
        current_app.extensions["token_door"](declared.by_token)
        return None
    _set_scene()
    if declared.who.anyone:
        return None
    if not current_user.is_authenticated:
        return _to_sign_in()
    if declared.who.roles and not declared.who.roles & current_user.roles:
        raise MembersOnly(endpoint=request.endpoint)
    if is_at_work():
        act_as(Staff(current_user.id, current_user.email, f"{request.method} {request.path}"))
    if at_desk(declared.who) and needs_second_factor():
        return redirect(url_for("security.set_up"))
    return ask_again() if declared.fresh else None


def at_desk(who: Who) -> bool:
    """Whether such a page is for staff alone."""
    return bool(who.roles) and "member" not in who.roles


def _to_sign_in() -> Response:
    back = request.full_path if request.method == "GET" else "/"
    return redirect(url_for("account.sign_in", next=back.rstrip("?")))  # type: ignore[return-value]  # werkzeug's Response


def _set_scene() -> None:
    if g.declared.exempt and g.declared.who.anyone and "visit" not in session:
        return  # style sheets, health checks and the like start no visit
    session.setdefault("visit", secrets.token_hex(8))
    set_scene(Scene(session_id=session["visit"], trace_id=g.trace_id, actor="staff" if is_at_work() else "member",
                    keep_look=None if is_at_work() else current_app.extensions["page_views"].look))


def _note_page(response: Response) -> Response:
    """Buffer the page view: entered, and with `whole`, or when it was refused, also what became of it."""
    declared: Declared | None = g.get("declared")
    if declared is None or declared.step is None or request.method != "GET" or is_at_work():
        return response
    if response.status_code == 404:
        return response  # nothing is there, so nobody stood at its step
    if g.get("fragment"):
        return response  # a live part of a page asking for news is no visit
    machine = declared.by_token is not None  # which visits nothing: it asks, and is answered
    phases = [] if machine else [(declared.step, Phase.ENTERED, g.get("page_facts", {}))]
    if declared.whole or "refused" in g:
        phases.append((declared.step, _phase_of(response.status_code), g.get("page_facts", {})))
    for step, facts in g.get("also_seen", ()):
        phases += [(step, Phase.ENTERED, facts), (step, _phase_of(response.status_code), facts)]
    took = round((perf_counter() - g.began) * 1000)
    for step, phase, facts in phases:
        current_app.extensions["page_views"].add(PageView(
            step=step, phase=phase, session_id=None if machine else session.get("visit"), trace_id=g.trace_id,
            member_id=_member_id(), trip_id=g.get("trip_id"), facts=facts,
            duration_ms=took if phase is not Phase.ENTERED else None,
            error_code=None if response.status_code < 400 else g.get("refused", str(response.status_code)),
            at=g.opened if phase is Phase.ENTERED else now(),  # one enters before the step can succeed
            journey=g.get("journey"), channel="api" if machine else None,
        ))
    return response


def _phase_of(status: int) -> Phase:
    if status < 400:
        return Phase.SUCCEEDED
    return Phase.REFUSED if status < 500 else Phase.FAILED


def is_at_work() -> bool:
    """Whether somebody of the staff is here as such: on a desk's page, and anywhere without a membership."""
    if not (current_user and current_user.is_authenticated and current_user.is_staff):
        return False
    declared: Declared | None = g.get("declared")
    return current_user.member is None or (declared is not None and "member" not in declared.who.roles
                                           and bool(declared.who.roles))


def _member_id() -> int | None:
    member = current_user.member if current_user and current_user.is_authenticated else None
    return member.id if member else None


def _leave_page(_error: BaseException | None) -> None:
    set_scene(Scene())
    act_as(None)


def page_facts(**facts: Any) -> None:
    """Stamp facts on this page's view: ids and numbers, as declared for its step."""
    g.page_facts = {**g.get("page_facts", {}), **facts}


def this_is(step: Step | None, *, whole: bool = False) -> None:
    """Say at which step this page stands now, when that depends on what it shows; None: at none, so its view is not noted."""
    g.declared = replace(g.declared, step=step, whole=whole)


def also_seen(step: Step, **facts: Any) -> None:
    """Say that this page is the whole of another step besides its own: who sees it has seen that too."""
    g.setdefault("also_seen", []).append((step, facts))


def of_trip(trip_id: int) -> None:
    """Say that this page is about a trip, so that its view joins the trip's journey."""
    g.trip_id = trip_id


def of_journey(name: str) -> None:
    """Say what this page's step belongs to when that is no trip: what ends it may come from outside of the visit."""
    g.journey = name


def stopped_by_fields(fields: list[str], code: str = "fields") -> None:
    """Record that what was typed stopped someone at this page's step."""
    step = g.declared.step
    if step is None:
        return
    seen = Seen(step, _member_id(), g.get("trip_id"))
    seen.note(**g.get("page_facts", {}), fields=",".join(fields)[:80])
    with transaction():
        record(seen, Phase.REFUSED, round((perf_counter() - g.began) * 1000), code)


def me() -> Any:
    """The member who is asking. Raises NotFound for staff without a membership."""
    if current_user.member is None:
        raise NotFound()
    return current_user.member
