"""One thing that happens to a car, spelled out as a JSON object."""

from collections.abc import Callable
from datetime import datetime

from fleet.telematics.player.cars import Garage
from fleet.telematics.port import Reading

Happening = Callable[[Garage, str, datetime], Reading]


def happening(document: object) -> Happening:
    """What the object tells. Raises ValueError unless it is one of the cases below and nothing else."""
    match document:
        case {"drive": {"miles": int() | float() as miles, "minutes": int() | float() as minutes}}:
            return lambda garage, unit, at: garage.drive(unit, miles=miles, minutes=minutes, at=at)
        case {"refuel": {"to_percent": int() as percent}}:
            return lambda garage, unit, at: garage.refuel(unit, to_percent=percent, at=at)
        case {"park": {"lat": int() | float() as lat, "lng": int() | float() as lng}}:
            return lambda garage, unit, at: garage.park(unit, lat=lat, lng=lng, at=at)
        case {"door": "open" | "close" as door}:
            return lambda garage, unit, at: garage.set_doors(unit, opened=int(door == "open"), at=at)
        case {"engine": "start"}:
            return lambda garage, unit, at: garage.start_engine(unit, at=at)
        case {"engine": "stop"}:
            return lambda garage, unit, at: garage.stop_engine(unit, at=at)
        case {"tap": str() as fob}:
            return lambda garage, unit, at: garage.tap(unit, fob=fob, at=at)
        case {"plug": True}:
            return lambda garage, unit, at: garage.plug_in(unit, at=at)
        case {"plug": False}:
            return lambda garage, unit, at: garage.unplug(unit, at=at)
    raise ValueError(
        'play one of {"drive": {"miles": 12, "minutes": 30}}, {"refuel": {"to_percent": 90}}, '
        '{"park": {"lat": 41.9, "lng": -87.7}}, {"door": "open" or "close"}, '
        '{"engine": "start" or "stop"}, {"plug": true or false}, {"tap": "04A1B2C3"}'
    )
