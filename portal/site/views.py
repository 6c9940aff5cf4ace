"""Pages that stand by themselves: the style guide while developing, and what machines ask."""

from typing import Any

from flask import current_app, render_template, url_for
from sqlalchemy import text

from core.database import db
from core.refusal import NotFound
from portal.site import coverage, estimate_views, home, how, papers
from portal.site.blueprint import bp
from portal.site.forms import sample_form
from portal.web.page import ANYONE, page

__all__ = ["bp", "coverage", "estimate_views", "home", "how", "papers"]  # importing this hangs all of them into the blueprint


@bp.get("/styleguide")
@page(who=ANYONE, exempt="for the people who build the site, and not open in production")
def styleguide() -> Any:
    """Every macro in every state. Not in production."""
    if current_app.config["APP_ENV"] == "production":
        raise NotFound()
    return render_template("styleguide.html", form=sample_form())


@bp.get("/healthz")
@page(who=ANYONE, exempt="machines ask whether the site answers, and nobody sees it")
def healthz() -> Any:
    """The process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
@page(who=ANYONE, exempt="machines ask whether the site answers, and nobody sees it")
def readyz() -> Any:
    """The process answers and so does its database."""
    db.session.execute(text("SELECT 1"))
    return {"status": "ready"}


@bp.get("/favicon.ico")
@page(who=ANYONE, exempt="browsers ask for the icon by themselves")
def favicon() -> Any:
    """Where browsers look first."""
    return "", 302, {"Location": url_for("assets.file", version=current_app.extensions["assets"]["version"],
                                         path="img/favicon.svg")}
