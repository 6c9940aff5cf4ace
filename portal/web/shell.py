"""What every page has around it: navigation, the drawings it uses, the running app's adapters."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from core.time import now
from experience.journey import STEPS
from portal.web.assets import symbol
from portal.web.help_here import help_here


@dataclass(frozen=True, slots=True)
class Link:
    """One way to go in the header. `wide`: on phones it lives in the menu."""

    label: str
    href: str
    current: bool
    wide: bool


def install(app: Flask) -> None:
    """Make the shell's words and functions known to templates."""
    app.context_processor(_shell)
    app.jinja_env.globals.update(sprite=sprite, sprites=sprites)


def adapters() -> Any:
    """The outside world of the running app (portal.adapters.Adapters)."""
    return current_app.extensions["adapters"]


def sprite(name: str) -> str:
    """Remember that this page uses a drawing; the layout puts each used one into the page once."""
    g.setdefault("sprites", {})[name] = True
    return ""


def sprites() -> Markup:
    """The drawings this page has used."""
    return Markup("").join(symbol(name) for name in g.get("sprites", {}))


def _shell() -> dict[str, Any]:
    declared = g.get("declared")
    step = declared.step if declared else None
    return {
        "navigation": _navigation(),
        "home_href": home_href(),
        "scheme": request.args.get("scheme") if request.args.get("scheme") in ("light", "dark") else None,
        "request_id": g.get("trace_id", ""),
        "note_trip": g.get("note_trip", ""),
        "now": now(),
        "step": step,
        "step_label": STEPS[step].label if step else None,
        "demo_city": current_app.config["DEMO_CITY"],
    }


def home_href() -> str:
    """Where this person starts: staff at their desk, everyone else at the home page."""
    roles = current_user.roles if current_user and current_user.is_authenticated else frozenset()
    if "member" not in roles and "fleet" in roles:
        return url_for("fleet_desk.board")
    if "member" not in roles and "cx" in roles:
        return url_for("cx_desk.today")
    if "member" not in roles and "finance" in roles:
        return url_for("office.start")
    if "member" not in roles and "support" in roles:
        return url_for("help_desk.queue")
    if "member" not in roles and "reviewer" in roles:
        return url_for("reviews.queue")
    return url_for("business.start" if current_user and current_user.is_authenticated and not roles else "site.home")


def _navigation() -> list[Link]:
    """Members see their trips first; staff their desk; visitors the way in."""
    roles = current_user.roles if current_user and current_user.is_authenticated else frozenset()
    links: list[tuple[str, str, bool]] = []
    if not roles and current_user and current_user.is_authenticated:  # who runs a business's account, and does not drive
        return [Link(_("Business"), url_for("business.start"), request.blueprint == "business", wide=False),
                Link(_("Account"), url_for("account.show"), request.endpoint == "account.show", wide=True),
                Link(_("Help"), help_here("help.index"), request.endpoint == "help.index", wide=True)]
    if not roles or "member" in roles:
        links.append((_("Find a car"), "search.cars", True))
    if not roles:
        links += [(_("How it works"), "site.how_it_works", True), (_("Prices"), "site.pricing", True),
                  (_("Where cars are"), "site.coverage", True)]
    if "member" in roles:
        links += [(_("Trips"), "booking.trips", False), (_("Drive"), "trips.drive", True),
                  (_("Inbox"), "messages.inbox", True), (_("Account"), "account.show", True)]
    links += _desks(roles)
    if roles and "member" not in roles:
        links.append((_("Account"), "account.show", True))  # of our staff, who may run a business besides
    if not roles:
        links += [(_("Join"), "join.start", True), (_("Sign in"), "account.sign_in", False)]
    found = [Link(label, url_for(endpoint), request.endpoint == endpoint, wide) for label, endpoint, wide in links]
    if not roles or "member" in roles:
        help_link = Link(_("Help"), help_here("help.index"), request.endpoint == "help.index", wide=True)
        found.insert(len(found) if roles else -1, help_link)
    return found


def _desks(roles: frozenset[str]) -> list[tuple[str, str, bool]]:
    """The desks of staff, by their roles."""
    links: list[tuple[str, str, bool]] = []
    if roles & {"fleet", "admin"}:
        links += [(_("Board"), "fleet_desk.board", True), (_("Out of service"), "fleet_desk.blocks", True),
                  (_("Fobs"), "fleet_fobs.fobs", True)]
    if roles & {"cx", "admin"}:
        links += [(_("Today"), "cx_desk.today", True), (_("Journey"), "cx_desk.journey", True),
                  (_("Feedback"), "cx_desk.inbox", True)]
    if roles & {"finance", "admin"}:
        links += [(_("Office"), "office.start", True), (_("Payers"), "office.payers", True),
                  (_("Disputes"), "office.disputes", True)]
    if roles & {"support", "cx", "admin"}:
        links.append((_("Help desk"), "help_desk.queue", True))
    if roles & {"reviewer", "admin"}:
        links.append((_("Applications"), "reviews.queue", True))
    return links
