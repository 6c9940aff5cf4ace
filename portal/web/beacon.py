"""`POST /beacon`: what browsers tell of our pages, and the signed page that they tell it of.

A browser sends a beacon when a page is left and can set no header then, so the token against forgery is the page itself:
signed with our key, for the visit to which we sent it. Another site has none for this visit, and the session says who it is;
a body can name neither a person nor a journey. Where the browser asks not to be followed (Sec-GPC or DNT), a page carries
no token, its script is not started, and a beacon that comes all the same is not read.
"""

import re
from typing import Any

from flask import Blueprint, current_app, g, request, session
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from itsdangerous import BadData, URLSafeSerializer

from core.refusal import Refusal
from experience.journey import Step
from experience.record.take_beacon import PageTold, take_beacon
from portal.web.limits import limiter
from portal.web.page import ANYONE, is_at_work, page, trace_id

bp = Blueprint("beacon", __name__)
bp.add_app_template_global(lambda: signed_page(), "signed_page")
MOST_BYTES = 8_000  # twenty events are 4,000
_TOKEN = re.compile(r'"page":"([A-Za-z0-9_.-]{1,400})"')


class TooMuchTold(Refusal):
    code, status = "too_large", 413
    says = _l("That is more than a page can tell.")
    remedy = _l("There is nothing to do: your page works without it.")


def asks_for_quiet() -> bool:
    """Whether the browser asks not to be followed: Global Privacy Control, or Do Not Track."""
    return request.headers.get("Sec-GPC") == "1" or request.headers.get("DNT") == "1"


def signed_page() -> str | None:
    """This page for its beacon; None for pages that are no step, for staff at work, and where quiet is asked for."""
    declared = g.get("declared")
    if declared is None or declared.step is None or "visit" not in session or is_at_work() or asks_for_quiet():
        return None
    return _serializer().dumps([str(declared.step), session["visit"], trace_id(), g.get("note_trip", "")])


def _serializer() -> Any:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="beacon")


@bp.post("/beacon")
@page(who=ANYONE, exempt="what browsers tell of pages is about the step of each page, which its signed token names")
@limiter.limit("60/minute")
def tell() -> Any:
    """Take in what a browser told. Answers nothing: nobody waits for it."""
    if (request.content_length or 0) > MOST_BYTES:
        raise TooMuchTold()
    request.max_content_length = MOST_BYTES  # also of a body that did not say its length
    body = request.get_data(cache=False, as_text=True)
    told, reference = _page_of(body)
    if not asks_for_quiet() and not is_at_work():
        member = current_user.member if current_user.is_authenticated else None
        take_beacon(page=told, visit=session.get("visit"), member_id=member.id if member else None,
                    trip_id=_trip_id(member, reference), body=body, is_demo=False)
    return "", 204


def _page_of(body: str) -> tuple[PageTold, str]:
    """The page that the body is about. Raises CSRFError for one that we did not sign."""
    found = _TOKEN.search(body)
    try:
        step, visit, trace, reference = _serializer().loads(found[1] if found else "")
        return PageTold(Step(step), visit, trace), reference
    except (BadData, ValueError, TypeError) as forged:
        raise CSRFError("no page of ours") from forged


def _trip_id(member: Any, reference: str) -> int | None:
    """The trip of the page, if it is the member's own."""
    look_up = current_app.extensions.get("trip_facts")
    facts = look_up(member.id, reference) if look_up and member and reference else None
    return facts.id if facts else None
