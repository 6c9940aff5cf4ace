"""One place where a no becomes an answer: a page for people, a problem for machines; words and a way on in every one."""

from typing import Any

import structlog
from flask import Flask, Response, g, render_template, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from core.logs import set_up_logs
from core.refusal import Refusal
from portal.web.page import trace_id
from portal.web.problem import HTTP_CODES, is_for_machines, problem
from portal.web.problem import refused as refused_problem
from portal.web.shell import home_href
from portal.web.uploads import too_large

log = structlog.get_logger()


def install(app: Flask) -> None:
    """Answer refusals, HTTP errors and failures with pages, and machines with problems."""
    set_up_logs()
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _failed)


def _refused(refusal: Refusal) -> Response | tuple[str, int]:
    g.refused = refusal.code
    if is_for_machines():
        return refused_problem(refusal)
    return _page(refusal.status, str(refusal.says), str(refusal.remedy), refusal.code)


def _forged(_error: CSRFError) -> tuple[str, int]:
    return _page(400, _("The form was open for too long, or came from another site."),
                 _("Go back, reload the page and send it again. Nothing was changed."), "csrf")


def _http(error: HTTPException) -> Any:
    status = error.code or 500
    says, remedy = _words(status)
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    if is_for_machines():
        return problem(status, HTTP_CODES.get(status, f"http_{status}"), says, _for_programs(status) or remedy), headers
    html, status = _page(status, says, remedy, f"http_{status}")
    return html, status, headers  # which methods are allowed, which range there is


def _failed(error: Exception) -> Response | tuple[str, int]:
    log.exception("request failed", request_id=trace_id(), error=type(error).__name__)
    said = _("Something broke on our side."), _("Nothing you entered was charged or changed. Try again in a minute.")
    return problem(500, "failed", *said) if is_for_machines() else _page(500, *said, "failed")


def _for_programs(status: int) -> str | None:
    """What whoever wrote the program does about it, where a button or another page would not help them."""
    return {404: _("Compare the address with the document at /api/v1/openapi.json."),
            405: _("The Allow header names the methods that this address takes."),
            413: _("Send less than 1 MB at once."),
            415: _("Send JSON, with the header Content-Type: application/json."),
            429: _("Wait for as many seconds as the header Retry-After says.")}.get(status)


def _words(status: int) -> tuple[str, str]:
    words = {
        400: (_("We could not read that request."), _("Go back, reload the page and try again.")),
        403: (_("This page is not open to you."), _("Go to the home page, or sign in with another account.")),
        404: (_("There is nothing at this address."), _("Check the address, or start again from the home page.")),
        405: (_("This address does not work that way."), _("Go back and use the button on the page.")),
        413: too_large(),
        429: (_("That was too often in a short time."), _("Wait a minute and try again.")),
    }
    return words.get(status, (_("That did not work."), _("Go back and try another way.")))


def _page(status: int, says: str, remedy: str, code: str) -> tuple[str, int]:
    html = render_template("error.html", title=says, text=remedy, code=code, request_id=trace_id(),
                           actions=_ways_on(code))
    return html, status


def _ways_on(code: str) -> list[dict[str, str]]:
    """Where to go from an error: home, which for staff is their desk; first to what a refusal asks for, where it is a page."""
    home = home_href()
    asked_for = {"may_not_drive": (_("See what is missing"), "join.start"),
                 "reset_is_over": (_("Ask for a new link"), "security.forgot")}.get(code)
    if asked_for:
        return [{"label": asked_for[0], "href": url_for(asked_for[1])}, {"label": _("Home"), "href": home}]
    if home != url_for("site.home"):
        return [{"label": _("Back to your desk"), "href": home}]
    return [{"label": _("Find a car"), "href": url_for("search.cars")}, {"label": _("Home"), "href": home}]
