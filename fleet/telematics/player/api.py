"""The player's API: the port's words over HTTP with a bearer token, and two of its own, faults and play."""

import hmac
import time

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from core.time import wall_now
from fleet.telematics.player.cars import Faults
from fleet.telematics.player.play import happening
from fleet.telematics.player.running import player
from fleet.telematics.port import Action, CarRefused, CarSilent, Setup
from fleet.telematics.wire import pack, unpack

SILENCE_SECONDS = 10.0  # how long a silent car's request is held: longer than anyone's patience
MOST_CHANGES = 1_000

bp = Blueprint("api", __name__, url_prefix="/v1")


@bp.before_request
def only_with_the_token() -> ResponseReturnValue | None:
    given = request.headers.get("Authorization", "")
    if hmac.compare_digest(given.encode(), f"Bearer {player().token}".encode()):
        return None
    return {"detail": "This is not the player's token."}, 401, {"WWW-Authenticate": "Bearer"}


@bp.put("/units")
def install() -> ResponseReturnValue:
    match request.get_json():
        case {"units": list() as documents}:
            player().garage.install([unpack(Setup, document) for document in documents], at=wall_now())
            return "", 204
    raise ValueError("units is a list of setups")


@bp.get("/units/<unit>")
def read(unit: str) -> ResponseReturnValue:
    _wait_for(unit)
    return pack(player().garage.read(unit, at=wall_now()))


@bp.post("/units/<unit>/actions")
def send(unit: str) -> ResponseReturnValue:
    match request.get_json():
        case {"action": str() as word}:
            action = Action(word)
        case _:
            raise ValueError("an action is flash, horn, unlock or lock")
    once, garage = request.headers.get("Idempotency-Key", ""), player().garage
    if garage.acknowledged(unit, action, once=once) is None:
        _wait_for(unit)
    return pack(garage.send(unit, action, once=once, at=wall_now()))


@bp.get("/changes")
def changes() -> ResponseReturnValue:
    since, limit = int(request.args.get("since", "0")), int(request.args.get("limit", "500"))
    return {"items": [pack(reading) for reading in player().garage.changes(since, min(limit, MOST_CHANGES))]}


@bp.put("/units/<unit>/faults")
def set_faults(unit: str) -> ResponseReturnValue:
    """The faults that are not named are mended."""
    faults = unpack(Faults, request.get_json())
    return pack(player().garage.set_faults(unit, faults, at=wall_now()))


@bp.post("/units/<unit>/play")
def play(unit: str) -> ResponseReturnValue:
    return pack(happening(request.get_json())(player().garage, unit, wall_now()))


@bp.errorhandler(CarRefused)
def refused(no: CarRefused) -> ResponseReturnValue:
    return {"reason": no.reason}, 404 if no.reason == "unknown_unit" else 409


@bp.errorhandler(CarSilent)
def silent(trouble: CarSilent) -> ResponseReturnValue:
    return {"reason": trouble.reason}, 504


@bp.errorhandler(ValueError)
def malformed(error: ValueError) -> ResponseReturnValue:
    return {"detail": str(error)}, 400


@bp.errorhandler(HTTPException)
def nothing_here(error: HTTPException) -> ResponseReturnValue:
    """No `reason`: reasons are the cars' own."""
    return {"detail": error.description}, error.code or 500


def _wait_for(unit: str) -> None:
    """Take the car's time, outside every lock, so that no other car waits with it. Raises CarSilent."""
    faults = player().garage.faults(unit)
    if faults.offline:
        return
    if faults.silent:
        time.sleep(SILENCE_SECONDS)
        raise CarSilent("silent")
    time.sleep(faults.delay_seconds)
