"""The way to help from wherever somebody is: the address of the contact page with what this page knows filled in."""

from typing import Any

from flask import Flask, g, request, url_for
from flask_login import current_user


def install(app: Flask) -> None:
    """Make it known to templates."""
    app.jinja_env.globals["help_here"] = help_here
    app.jinja_env.globals["may_ask_for_help"] = may_ask_for_help


def may_ask_for_help() -> bool:
    """Everybody but staff at work: they are the ones who answer."""
    at_work = bool(current_user) and current_user.is_authenticated and current_user.member is None
    return not at_work and request.endpoint not in ("help.contact", "help.visitor")


def help_here(endpoint: str = "help.contact", **known: Any) -> str:
    """The address, with page, step, trip, car, lot and the code of what went wrong; `known` overrules."""
    declared, facts = g.get("declared"), g.get("page_facts", {})
    about = {
        "page": request.path, "step": str(declared.step) if declared and declared.step else None,
        "trip": g.get("note_trip") or (f"id-{g.trip_id}" if g.get("trip_id") else None),
        "car": facts.get("car_id"), "lot": facts.get("lot_id"), "code": g.get("refused"),
    }
    if request.endpoint and request.endpoint.startswith("help"):
        about = {name: request.values.get(name) for name in about}  # what was filled in on the way here stays filled in
    return url_for(endpoint, **{name: value for name, value in (about | known).items() if value})
