"""What was searched for, read from the address: shape only, with words for what does not fit."""

from dataclasses import dataclass, field, replace

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from fleet.cars.models import FEATURES, CarClass, Fuel
from reservations.search.nearby import Filters

RADIUS_M = 3000.0
WIDEST_M = 20_000.0
VIEWS = ("list", "map", "times")
SORTS = ("near", "cheap")


@dataclass
class Search:
    """A search as typed, and what is wrong with it by field."""

    near: str = ""
    lat: float | None = None
    lng: float | None = None
    start: str = ""
    end: str = ""
    start_fold: str = ""
    end_fold: str = ""
    radius_m: float = RADIUS_M
    filters: Filters = field(default_factory=Filters)
    max_price_cents: int | None = None
    view: str = "list"
    sort: str = "near"
    needs_seen: bool = False  # the page has shown what the member needs as ticks, so that what is ticked now is chosen
    equipment: tuple[str, ...] = ()  # features that the member has told us they need
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def asked(self) -> bool:
        """Whether a place was given at all."""
        return bool(self.near) or self.lat is not None

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the form does not show and must not lose: the position, the circle, the view and the order."""
        kept = [(name, value) for name, value, usual in (
            ("view", self.view, VIEWS[0]), ("sort", self.sort, SORTS[0]), ("radius", f"{self.radius_m:g}", f"{RADIUS_M:g}"))
            if value != usual]
        if self.lat is not None and self.lng is not None:
            kept += [("lat", f"{self.lat}"), ("lng", f"{self.lng}")]
        return kept + ([("needs", "seen")] if self.equipment else [])

    @property
    def equipped(self) -> bool:
        """Whether only cars with all that the member needs are looked for."""
        return bool(self.equipment) and set(self.equipment) <= set(self.filters.features)

    def equip(self, equipment: tuple[str, ...]) -> None:
        """Look for cars with these features, until the member has chosen otherwise."""
        self.equipment = equipment
        if not self.needs_seen:
            self.filters = replace(self.filters, features=tuple(dict.fromkeys((*self.filters.features, *equipment))))

    @property
    def filter_count(self) -> int:
        chosen = (*self.filters.car_classes, *self.filters.fuels, *self.filters.features, *self.filters.access)
        return len(chosen) + bool(self.filters.seats) + (self.max_price_cents is not None)


def read_search(args: "MultiDict[str, str]") -> Search:
    """Read the address parameters of /cars."""
    search = Search(
        near=args.get("near", "").strip()[:200], start=args.get("start", "")[:40], end=args.get("end", "")[:40],
        start_fold=args.get("start_fold", ""), end_fold=args.get("end_fold", ""),
        view=_one_of(args.get("view"), VIEWS), sort=_one_of(args.get("sort"), SORTS), needs_seen=args.get("needs") == "seen")
    _read_position(search, args)
    radius = _number(search, "radius", args, 100, WIDEST_M, _("The radius is 100 to 20,000 metres."))
    search.radius_m = radius if radius is not None else RADIUS_M
    seats = _number(search, "seats", args, 1, 15, _("Seats are a number from 1 to 15."))
    price = _number(search, "max_price", args, 1, 10_000, _("The highest price is a number of dollars from 1 to 10,000."))
    search.max_price_cents = round(price * 100) if price is not None else None
    search.filters = Filters(
        car_classes=_several(args.getlist("class"), tuple(CarClass)), fuels=_several(args.getlist("fuel"), tuple(Fuel)),
        seats=int(seats or 0), features=_several(args.getlist("feature"), FEATURES),
        access=_several(args.getlist("access"), ("street", "garage", "gated", "keybox")))
    return search


def _read_position(search: Search, args: "MultiDict[str, str]") -> None:
    if search.near or not (args.get("lat") or args.get("lng")):
        return  # a place that was typed counts more than where one stands
    words = _("That position is not on earth: latitude runs from -90 to 90, longitude from -180 to 180.")
    lat = _number(search, "lat", args, -90, 90, words)
    lng = _number(search, "lng", args, -180, 180, words)
    if lat is not None and lng is not None:
        search.lat, search.lng = lat, lng
    else:
        search.errors.setdefault("lat", words)
        search.errors.pop("lng", None)


def _number(search: Search, name: str, args: "MultiDict[str, str]", least: float, most: float,
            words: str) -> float | None:
    text = args.get(name, "").strip()
    if not text:
        return None
    try:
        value = float(text[:20])
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        search.errors[name] = words
        return None
    return value


def _one_of(given: str | None, allowed: tuple[str, ...]) -> str:
    return given if given in allowed else allowed[0]


def _several(given: list[str], allowed: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value for value in given if value in allowed)
