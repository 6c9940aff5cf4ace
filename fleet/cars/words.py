"""Cars in words: their class, paint, body and features, for cards, mails and those who do not see the drawing."""

from flask_babel import gettext as _
from flask_babel import ngettext

from fleet.cars.models import Car


def class_name(car_class: str) -> str:
    return {"economy": _("Economy"), "compact": _("Compact"), "wagon": _("Wagon"), "suv": _("SUV"), "van": _("Van"),
            "premium": _("Premium"), "ev": _("Electric"), "accessible": _("Wheelchair-accessible")}[car_class]


def body_name(body: str) -> str:
    return {"hatch": _("hatchback"), "sedan": _("sedan"), "wagon": _("wagon"), "suv": _("SUV"), "van": _("van"),
            "minivan": _("minivan"), "pickup": _("pickup"), "ev": _("small electric car")}[body]


def paint_name(paint: str) -> str:
    return {"red": _("red"), "orange": _("orange"), "yellow": _("yellow"), "green": _("green"), "mint": _("mint"),
            "teal": _("teal"), "sky": _("sky blue"), "blue": _("blue"), "maroon": _("maroon"), "brown": _("brown"),
            "sand": _("sand"), "white": _("white"), "silver": _("silver"), "grey": _("grey"),
            "black": _("black")}[paint]


def view_name(view: str) -> str:
    """Where a mark is; what members wrote of it is for those who stand at the car."""
    return {"front": _("Front"), "left": _("Left side"), "right": _("Right side"), "rear": _("Rear")}[view]


def fuel_name(fuel: str) -> str:
    return {"gasoline": _("gasoline, fuel included"), "hybrid": _("hybrid, fuel included"),
            "electric": _("electric, charging included")}[fuel]


def feature_name(feature: str) -> str:
    return {"bike-rack": _("bike rack"), "child-seat": _("child seat"), "dog-friendly": _("dogs welcome"),
            "carplay": _("phone on the screen"), "folding-seats": _("folding rear seats"), "awd": _("all-wheel drive"),
            "tow-hitch": _("tow hitch"), "cargo-straps": _("cargo straps"), "ramp": _("wheelchair ramp"),
            "hand-controls": _("hand controls"), "toll-pass": _("toll pass"),
            "heated-seats": _("heated seats")}[feature]


def access_name(access: str) -> str:
    return {"street": _("on the street"), "garage": _("in a garage"), "gated": _("behind a gate"),
            "keybox": _("with a key box")}[access]


def level_name(level: str) -> str:
    return _("street level") if level == "street" else _("level %(level)s", level=level)


def seats(count: int) -> str:
    return str(ngettext("%(num)d seat", "%(num)d seats", count))


def in_words(car: Car) -> str:
    """"green wagon"."""
    return _("%(paint)s %(body)s", paint=paint_name(car.paint), body=body_name(car.body))
