"""One place where a no becomes an answer: a page for people, words and a way on in every one."""

import structlog
from flask import Flask, g, render_template, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from core.logs import set_up_logs
from core.refusal import Refusal
from portal.web.page import trace_id
from portal.web.shell import home_href

log = structlog.get_logger()


def install(app: Flask) -> None:
    """Answer refusals, HTTP errors and failures with pages."""
    set_up_logs()
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _failed)


def _refused(refusal: Refusal) -> tuple[str, int]:
    g.refused = refusal.code
    return _page(refusal.status, str(refusal.says), str(refusal.remedy), refusal.code)


def _forged(_error: CSRFError) -> tuple[str, int]:
    return _page(400, _("The form was open for too long, or came from another site."),
                 _("Go back, reload the page and send it again. Nothing was changed."), "csrf")


def _http(error: HTTPException) -> tuple[str, int, dict[str, str]]:
    says, remedy = _words(error.code or 500)
    html, status = _page(error.code or 500, says, remedy, f"http_{error.code}")
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    return html, status, headers  # which methods are allowed, which range there is


def _failed(error: Exception) -> tuple[str, int]:
    log.exception("request failed", request_id=trace_id(), error=type(error).__name__)
    return _page(500, _("Something broke on our side."),
                 _("Nothing you entered was charged or changed. Try again in a minute."), "failed")


def _words(status: int) -> tuple[str, str]:
    words = {
        400: (_("We could not read that request."), _("Go back, reload the page and try again.")),
        403: (_("This page is not open to you."), _("Go to the home page, or sign in with another account.")),
        404: (_("There is nothing at this address."), _("Check the address, or start again from the home page.")),
        405: (_("This address does not work that way."), _("Go back and use the button on the page.")),
        413: (_("That is too large to send."), _("Send less than 1 MB at once.")),
        429: (_("That was too often in a short time."), _("Wait a minute and try again.")),
    }
    return words.get(status, (_("That did not work."), _("Go back and try another way.")))


def _page(status: int, says: str, remedy: str, code: str) -> tuple[str, int]:
    html = render_template("error.html", title=says, text=remedy, code=code, request_id=trace_id(),
                           actions=_ways_on())
    return html, status


def _ways_on() -> list[dict[str, str]]:
    """Where to go from an error: home, which for staff is their desk."""
    home = home_href()
    if home != url_for("site.home"):
        return [{"label": _("Back to your desk"), "href": home}]
    return [{"label": _("Find a car"), "href": url_for("search.cars")}, {"label": _("Home"), "href": home}]
