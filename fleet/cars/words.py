"""Cars in words: their class, paint, body and features, for cards, mails and those who do not see the drawing."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from fleet.cars.models import Car

# Said in the reader's language only when one of them is asked for.
CLASSES = {
    "economy": _l("Economy"), "compact": _l("Compact"), "wagon": _l("Wagon"), "suv": _l("SUV"), "van": _l("Van"),
    "premium": _l("Premium"), "ev": _l("Electric"), "accessible": _l("Wheelchair-accessible"),
}
BODIES = {
    "hatch": _l("hatchback"), "sedan": _l("sedan"), "wagon": _l("wagon"), "suv": _l("SUV"), "van": _l("van"),
    "minivan": _l("minivan"), "pickup": _l("pickup"), "ev": _l("small electric car"),
}
PAINTS = {
    "red": _l("red"), "orange": _l("orange"), "yellow": _l("yellow"), "green": _l("green"), "mint": _l("mint"),
    "teal": _l("teal"), "sky": _l("sky blue"), "blue": _l("blue"), "maroon": _l("maroon"), "brown": _l("brown"),
    "sand": _l("sand"), "white": _l("white"), "silver": _l("silver"), "grey": _l("grey"), "black": _l("black"),
}
VIEWS = {"front": _l("Front"), "left": _l("Left side"), "right": _l("Right side"), "rear": _l("Rear")}
FUELS = {
    "gasoline": _l("gasoline, fuel included"), "hybrid": _l("hybrid, fuel included"),
    "electric": _l("electric, charging included"),
}
FEATURES = {
    "bike-rack": _l("bike rack"), "child-seat": _l("child seat"), "dog-friendly": _l("dogs welcome"),
    "carplay": _l("phone on the screen"), "folding-seats": _l("folding rear seats"), "awd": _l("all-wheel drive"),
    "tow-hitch": _l("tow hitch"), "cargo-straps": _l("cargo straps"), "ramp": _l("wheelchair ramp"),
    "hand-controls": _l("hand controls"), "left-foot": _l("left-foot accelerator"),
    "toll-pass": _l("toll pass"), "heated-seats": _l("heated seats"),
}
ACCESS = {
    "street": _l("on the street"), "garage": _l("in a garage"), "gated": _l("behind a gate"),
    "keybox": _l("with a key box"),
}


def class_name(car_class: str) -> str:
    return str(CLASSES[car_class])


def body_name(body: str) -> str:
    return str(BODIES[body])


def paint_name(paint: str) -> str:
    return str(PAINTS[paint])


def view_name(view: str) -> str:
    """Where a mark is; what members wrote of it is for those who stand at the car."""
    return str(VIEWS[view])


def fuel_name(fuel: str) -> str:
    return str(FUELS[fuel])


def feature_name(feature: str) -> str:
    return str(FEATURES[feature])


def access_name(access: str) -> str:
    return str(ACCESS[access])


def level_name(level: str) -> str:
    return _("street level") if level == "street" else _("level %(level)s", level=level)


def seats(count: int) -> str:
    return str(ngettext("%(num)d seat", "%(num)d seats", count))


def in_words(car: Car) -> str:
    """"green wagon"."""
    return _("%(paint)s %(body)s", paint=paint_name(car.paint), body=body_name(car.body))
