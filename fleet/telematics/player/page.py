"""The player's pages for people: all cars as their boxes see them, and for each car what can happen to it."""

import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, Signer
from werkzeug.sansio.utils import host_is_trusted

from core.time import wall_now
from fleet.telematics.player.cars import LONGEST_DELAY_SECONDS, Faults, Garage
from fleet.telematics.player.play import happening
from fleet.telematics.player.running import player
from fleet.telematics.port import CarRefused, Reading

COOKIE = "player_form"
CARS_A_PAGE = 50
WORDS = {
    "locked": "The car is locked. Unlock it first, as a member would.",
    "door_open": "A door is open. Close it first.",
    "engine_on": "The engine is on. Stop it first.",
    "plugged_in": "The car is plugged in. Unplug it first.",
    "not_electric": "This car has a tank, nothing to plug in.",
    "energy_empty": "The car has run out. Fill it up first.",
}

bp = Blueprint("pages", __name__)


@bp.before_request
def only_under_our_names() -> None:
    """There is no login, so no other site may have its own name point here and read along."""
    if not host_is_trusted(request.host, player().hosts):
        abort(HTTPStatus.BAD_REQUEST, "This page answers only under the host names it was started with.")


@bp.before_request
def only_our_forms() -> None:
    """A form carries the signed token that its page also left in a cookie."""
    if request.method != "POST":
        return
    given, carried = request.form.get("form_token", ""), request.cookies.get(COOKIE, "")
    if not (_is_signed(given) and hmac.compare_digest(given.encode(), carried.encode())):
        abort(HTTPStatus.FORBIDDEN, "This form is too old or not from this page. Go back and load it again.")


@bp.get("/")
def cars() -> ResponseReturnValue:
    """All cars, or those that have the words searched for, a page at a time."""
    words = request.args.get("q", "").strip()
    found = player().garage.search(words)
    first = max(request.args.get("from", 0, type=int), 0)
    shown = found[first : first + CARS_A_PAGE]
    return _page("cars.html", words=words, found=found, first=first, shown=shown, step=CARS_A_PAGE)


@bp.get("/cars/<unit>")
def car(unit: str) -> ResponseReturnValue:
    """One car: what its box says, and the forms that play it."""
    return _car_page(unit)


@bp.post("/cars/<unit>")
def play(unit: str) -> ResponseReturnValue:
    """Let it happen, or say why it cannot."""
    try:
        _play(player().garage, unit, request.form, wall_now())
    except CarRefused as no:
        return _car_page(unit, HTTPStatus.CONFLICT, WORDS.get(no.reason, no.reason))
    except ValueError as unclear:
        return _car_page(unit, HTTPStatus.BAD_REQUEST, f"That does not work: {unclear}.")
    return redirect(url_for("pages.car", unit=unit), HTTPStatus.SEE_OTHER)


@bp.errorhandler(CarRefused)
def no_such_car(no: CarRefused) -> ResponseReturnValue:
    return _page("cars.html", HTTPStatus.NOT_FOUND, words="", found=[], first=1, shown=[], step=CARS_A_PAGE)


def _page(template: str, status: HTTPStatus = HTTPStatus.OK, **shown: Any) -> Response:
    carried = request.cookies.get(COOKIE, "")
    form_token = carried if _is_signed(carried) else _signer().sign(secrets.token_urlsafe(16)).decode()
    html = render_template(template, form_token=form_token, **shown)
    response = Response(html, status, mimetype="text/html")
    response.set_cookie(COOKIE, form_token, httponly=True, samesite="Strict")
    return response


def _car_page(unit: str, status: HTTPStatus = HTTPStatus.OK, trouble: str = "") -> Response:
    garage = player().garage
    return _page(
        "car.html",
        status,
        car=garage.unit(unit),
        latest=garage.latest_ack(unit),
        trouble=trouble,
        longest_delay=LONGEST_DELAY_SECONDS,
    )


def _signer() -> Signer:
    return Signer(player().token, salt="player-form")


def _is_signed(form_token: str) -> bool:
    try:
        _signer().unsign(form_token)
    except BadSignature:
        return False
    return True


def _play(garage: Garage, unit: str, form: Mapping[str, str], at: datetime) -> Reading:
    if form.get("do") == "faults":
        return garage.set_faults(unit, _faults(form), at=at)
    return happening(_document(form))(garage, unit, at)


def _faults(form: Mapping[str, str]) -> Faults:
    return Faults(
        delay_seconds=float(form.get("delay_seconds") or 0),
        silent="silent" in form,
        refuse=form.get("refuse") or None,
        offline="offline" in form,
    )


def _document(form: Mapping[str, str]) -> dict[str, Any]:
    """What a form tells, as `happening` reads it. Raises ValueError."""
    match form.get("do"):
        case "drive":
            return {"drive": {"miles": float(form["miles"]), "minutes": float(form["minutes"])}}
        case "refuel":
            return {"refuel": {"to_percent": int(form["to_percent"])}}
        case "park":
            return {"park": {"lat": float(form["lat"]), "lng": float(form["lng"])}}
        case "open" | "close" as door:
            return {"door": door}
        case "tap":
            return {"tap": form["fob"]}
        case "start" | "stop" as engine:
            return {"engine": engine}
        case "plug" | "unplug" as plug:
            return {"plug": plug == "plug"}
    raise ValueError("the form says nothing that can happen to a car")
