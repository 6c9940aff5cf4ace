"""Finds places without leaving the machine, from the city's own gazetteer; unsure means saying so."""

import csv
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from geopy.exc import GeocoderQueryError
from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location
from geopy.point import Point as GeopyPoint
from rapidfuzz import fuzz, process

from reservations.search.geocoding.boundary import Boundary
from reservations.search.geocoding.port import MAX_TEXT, NOTHING, Answer, Kind, Place
from reservations.search.geocoding.streets import METRES_PER_DEGREE, Street, Streets
from reservations.search.geocoding.wording import (
    StreetWords,
    crossing_parts,
    key,
    number_and_rest,
    plain,
    position,
    street_readings,
    without_city,
    without_lead,
    without_unit,
)

SUGGESTIONS = 4
SAME_PLACE = 500.0  # metres within which two places of one name need no question
FAR_FROM_AREA = 3_000.0  # metres from a neighbourhood's middle
SUGGEST_SCORE = 78.0  # of 100; below, a likeness is chance
END_OF_NUMBERS = {"n": 7800, "s": 13900, "w": 9100, "e": 4200}  # the city's outermost addresses
SIDES = "nwse"  # which side is likelier meant, where none is typed: the larger one
EVERYDAY_WORDS = {"home", "school", "park", "place", "garage", "forest", "stone", "riverside"}  # streets, too
RAIL_WORDS = {"station", "stop", "cta", "l", "el", "train", "metra", "line", "subway", "st"}
ENOUGH = ((4, 101.0), (5, 80.0), (7, 83.0), (MAX_TEXT, 87.0))  # longest length, likeness needed
ORDER: dict[Kind, int] = {"landmark": 0, "station": 1, "neighbourhood": 2, "zip": 3, "street": 4}


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate place and how well it fits."""

    place: Place
    outside: bool = False


class GazetteerFinder:
    """The offline finder: streets and numbering grid, named places and the boundary, all held in memory."""

    def __init__(self, streets: Streets, places: dict[str, list[Place]], boundary: Boundary) -> None:
        self._streets = streets
        self._places = places
        self._names = sorted(places)
        self._stations: dict[str, list[Place]] = defaultdict(list)
        for name in self._names:
            self._stations[_without_rail_words(name)] += [p for p in places[name] if p.kind == "station"]
        self._bases = sorted(streets.by_base)
        self._boundary = boundary

    @classmethod
    def load(cls, city: Path) -> "GazetteerFinder":
        """Read a city's folder: `gazetteer/*.csv` and `boundary.geojson`."""
        folder = city / "gazetteer"
        places: dict[str, list[Place]] = defaultdict(list)
        with (folder / "places.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                kind = cast(Kind, row["kind"])
                place = Place(row["name"], float(row["lat"]), float(row["lng"]), kind, 1.0)
                for name in {key(n) for n in (row["name"], *row["also"].split(";")) if key(n)}:
                    places[name].append(place)
        streets = Streets.load(folder / "streets.csv", folder / "hundreds.csv")
        return cls(streets, dict(places), Boundary.load(city / "boundary.geojson"))

    def find(self, text: str) -> Answer:
        """Look for a position, an exact name, a crossing, an address, a street, and last for a near miss."""
        typed = plain(text[:MAX_TEXT])
        if spot := position(typed):
            return self._position(*spot)
        if answer := self._exactly(typed):
            return answer
        typed, zip_code = without_city(without_lead(typed))
        if zip_code and typed in {"", "chicago", "il", "illinois"}:
            typed = zip_code
        typed, named = self._without_neighbourhood(without_unit(typed))
        if not key(typed) or (key(typed) in EVERYDAY_WORDS and not self._exactly(typed)):
            return NOTHING
        area = named or next(iter(self._places.get(zip_code, ())), None)
        answer = (
            self._exactly(typed)
            or self._crossing(typed)
            or self._address(typed, area)
            or self._street(typed)
            or self._nearly(typed)
        )
        return self._checked(answer, named) if named else answer

    def name_of(self, lat: float, lng: float) -> Place:
        """Return the crossing within a few steps, else the nearest address, else the bare position."""
        bare = Place(f"{lat:.4f}, {lng:.4f}", lat, lng, "position", 1.0)
        if not (math.isfinite(lat) and math.isfinite(lng) and abs(lat) <= 90 and abs(lng) <= 180):
            return replace(bare, confidence=0.0)
        near = self._streets.nearest(lat, lng, within=250.0)
        if not near:
            return bare
        metres, _, street = near[0]
        sure = round(max(0.3, 1 - metres / 300), 2)
        for other_metres, _, other in near[1:]:
            if other_metres <= 30 and other.words.base != street.words.base:
                return Place(f"{_short(street)} & {_short(other)}", lat, lng, "crossing", sure)
        number = self._streets.number_near(street, lat, lng)
        label = f"{number} {street.name}" if number else street.name
        return Place(label, lat, lng, "address" if number else "street", sure)

    def _position(self, lat: float, lng: float) -> Answer:
        if abs(lat) > 90 or abs(lng) > 180:
            return NOTHING
        return Answer(
            Place(f"{lat:.5f}, {lng:.5f}", lat, lng, "position", 1.0), outside=not self._ours(lat, lng)
        )

    def _without_neighbourhood(self, typed: str) -> tuple[str, Place | None]:
        """Split "2537 N Kedzie, Logan Square" into the address and the place named after it."""
        head, comma, tail = typed.rpartition(",")
        splits = [(head, tail)] if comma and head.strip() else []
        if not comma and number_and_rest(typed):
            words = typed.split()
            splits = [(" ".join(words[:cut]), " ".join(words[cut:])) for cut in range(3, len(words))]
        for address, name in splits[-3:]:
            areas = [p for p in self._places.get(key(name), ()) if p.kind == "neighbourhood"]
            if areas:
                return without_unit(address), areas[0]
        return typed, None

    def _checked(self, answer: Answer, area: Place) -> Answer:
        """Believe an address with a neighbourhood only when it lies there; else offer the neighbourhood."""
        if answer.place and not answer.outside and _metres(answer.place, area) <= FAR_FROM_AREA:
            return answer
        hit = self._hit(area, 0.4)
        return Answer(hit.place, outside=hit.outside)

    def _exactly(self, typed: str) -> Answer | None:
        words = key(typed)
        found = self._places.get(words, [])
        if not found:
            found = self._stations.get(_without_rail_words(words), []) if _is_rail(words) else []
        return self._choose([self._hit(place, 1.0) for place in found])

    def _crossing(self, typed: str) -> Answer | None:
        parts = crossing_parts(typed)
        if parts is None:
            return None
        ones, others = (self._streets_like(part) for part in parts)
        hits = []
        for one, score in ones[:8]:
            for other, other_score in others[:8]:
                if one.words.base == other.words.base:
                    continue
                points, real = self._streets.crossing(one, other)
                label = f"{_short(one)} & {_short(other)}"
                sure = min(score, other_score) * (0.98 if real else 0.7)
                hits += [self._hit(Place(label, lat, lng, "crossing", 1.0), sure) for lat, lng in points]
        if hits:
            return self._choose(hits)
        if ones and others:  # two streets that never meet: offer them, go nowhere
            return Answer(
                did_you_mean=tuple(_as_place(street, score) for street, score in (ones[0], others[0]))
            )
        return None

    def _address(self, typed: str, area: Place | None) -> Answer | None:
        parts = number_and_rest(typed)
        if parts is None:
            return None
        number, rest = parts
        likely = sorted(self._streets_like(rest), key=lambda pair: SIDES.find(pair[0].words.direction))
        hits = [hit for street, score in likely if (hit := self._house(street, number, score))]
        if area is not None:
            hits.sort(key=lambda hit: _metres(hit.place, area))
        if (
            area is not None
            and hits
            and not hits[0].outside
            and _metres(hits[0].place, area) <= FAR_FROM_AREA
        ):
            return Answer(hits[0].place)
        return self._choose(hits)

    def _house(self, street: Street, number: int, score: float) -> Hit | None:
        spot = self._streets.house(street, number)
        label = f"{number} {street.name}"
        if spot is None:
            lat, lng = street.middle()
            return self._hit(Place(street.name, lat, lng, "street", 1.0), score * 0.4)
        if spot.off <= 60:
            sure = score * (0.95 if spot.off == 0 else 0.85)
            return self._hit(Place(label, spot.lat, spot.lng, "address", 1.0), sure)
        if (inner := self._streets.on_hundred(street, number)) and self._ours(*inner):
            return self._hit(Place(label, *inner, "address", 1.0), score * 0.6)
        lat, lng = self._streets.beyond(street, number, spot)
        south, west, north, east = self._boundary.bbox
        if number > END_OF_NUMBERS[street.words.direction]:
            return None
        if not (south <= lat <= north and west <= lng <= east):
            return Hit(
                Place(label, round(lat, 5), round(lng, 5), "address", round(score * 0.5, 2)), outside=True
            )
        if spot.off <= 350:
            return self._hit(Place(label, lat, lng, "address", 1.0), score * 0.55)
        return None

    def _street(self, typed: str) -> Answer | None:
        found = [(street, score) for street, score in self._streets_like(typed) if score >= 0.95]
        found.sort(key=lambda pair: SIDES.find(pair[0].words.direction))
        hits = [self._hit(Place(s.name, *s.middle(), "street", 1.0), score * 0.6) for s, score in found]
        return self._choose(hits)

    def _nearly(self, typed: str) -> Answer:
        words = key(typed)
        if len(words) < 5 or not any(c.isalpha() for c in words):
            return NOTHING
        hits: list[tuple[float, Hit]] = []
        asked = [words, _without_rail_words(words)] if _is_rail(words) else [words]
        for query in asked:
            for name, score, _ in process.extract(
                query, self._names, scorer=fuzz.ratio, score_cutoff=SUGGEST_SCORE, limit=6
            ):
                places = [p for p in self._places[name] if query == words or p.kind == "station"]
                hits += [
                    (score, self._hit(place, score / 100 * 0.9)) for place in places if name[0] == query[0]
                ]
        for street, share in self._streets_like(typed):
            hits.append((share * 100, self._hit(_as_place(street, 1.0), share * 0.6)))
        hits.sort(key=lambda pair: -pair[0])
        good = [hit for score, hit in hits if score >= max(83.0, _enough(words))]
        if good:
            return self._choose(good) or NOTHING
        offers = [replace(hit.place, confidence=0.3) for _, hit in hits if not hit.outside]
        return Answer(did_you_mean=tuple(_distinct(offers)[:SUGGESTIONS]))

    def _streets_like(self, text: str) -> list[tuple[Street, float]]:
        """Return streets whose name fits the text, best first, with a score up to 1."""
        readings = street_readings(text) if len(text) <= 60 and key(text) else []
        for reading in readings:
            if found := self._streets.by_base.get(reading.base):
                return _ranked((s, _fit(s, reading)) for s in _on_side(found, reading.direction))
        for reading in readings:
            if len(reading.base) < 5 or any(c.isdigit() for c in reading.base):
                continue
            matches = process.extract(
                reading.base, self._bases, scorer=fuzz.ratio, score_cutoff=_enough(reading.base), limit=3
            )
            likely = [(name, score) for name, score, _ in matches if name[0] == reading.base[0]]
            if likely:
                return _ranked(
                    (s, score / 100 * _fit(s, reading))
                    for name, score in likely
                    for s in _on_side(self._streets.by_base[name], reading.direction)
                )
        return []

    def _hit(self, place: Place, confidence: float) -> Hit:
        outside = not self._ours(place.lat, place.lng)
        rounded = replace(
            place, lat=round(place.lat, 5), lng=round(place.lng, 5), confidence=round(min(confidence, 1.0), 2)
        )
        return Hit(rounded, outside)

    def _choose(self, hits: list[Hit]) -> Answer | None:
        """Take the best place inside; others of nearly its standing become the question "did you mean"."""
        if not hits:
            return None
        ranked = sorted(hits, key=lambda h: (h.outside, -h.place.confidence, ORDER.get(h.place.kind, 0)))
        best = ranked[0]
        if best.outside:
            return Answer(best.place, outside=True)
        rivals = [
            hit.place
            for hit in ranked[1:]
            if not hit.outside
            and _metres(hit.place, best.place) > SAME_PLACE
            and hit.place.confidence >= best.place.confidence - 0.15
        ]
        offers = _distinct(rivals, beside=best.place)[:SUGGESTIONS]
        place = replace(best.place, confidence=min(best.place.confidence, 0.6)) if offers else best.place
        return Answer(place, tuple(offers))

    def _ours(self, lat: float, lng: float) -> bool:
        return self._boundary.contains(lat, lng)


class GazetteerGeocoder(Geocoder):  # type: ignore[misc]  # geopy has no types
    """The same gazetteer behind geopy's interface, for code that speaks geopy."""

    def __init__(self, gazetteer: GazetteerFinder) -> None:
        super().__init__(scheme="https", timeout=1)
        self._gazetteer = gazetteer

    def geocode(
        self, query: str, *, exactly_one: bool = True, timeout: Any = DEFAULT_SENTINEL
    ) -> Location | list[Location] | None:
        """Return the place as a geopy location, or a list of it and its namesakes; None when unknown."""
        answer = self._gazetteer.find(str(query))
        if answer.place is None:
            return None
        found = [_location(place, answer.outside) for place in (answer.place, *answer.did_you_mean)]
        return found[0] if exactly_one else found

    def reverse(
        self, query: Any, *, exactly_one: bool = True, timeout: Any = DEFAULT_SENTINEL
    ) -> Location | list[Location]:
        """Return the nearest address or crossing of a point as a geopy location."""
        try:
            point = GeopyPoint(query)
        except ValueError as unreadable:
            raise GeocoderQueryError("a point is latitude and longitude") from unreadable
        place = self._gazetteer.name_of(point.latitude, point.longitude)
        found = _location(place, outside=False)
        return found if exactly_one else [found]


def _location(place: Place, outside: bool) -> Location:
    raw = {"kind": place.kind, "confidence": place.confidence, "outside": outside}
    return Location(place.label, (place.lat, place.lng), raw)


def _on_side(streets: list[Street], direction: str) -> list[Street]:
    """Keep the streets of the typed direction, where there are any."""
    return [s for s in streets if s.words.direction == direction] or streets if direction else streets


def _fit(street: Street, typed: StreetWords) -> float:
    """Mark a street down where the typed direction or suffix is another one."""
    fit = 1.0
    if typed.direction and typed.direction != street.words.direction:
        fit *= 0.7
    if typed.suffix and typed.suffix != street.words.suffix:
        fit *= 0.85
    minor = street.words.suffix in {"pl", "ct", "ter"}
    if not typed.suffix and (minor or (typed.base[0].isdigit() and street.words.suffix != "st")):
        fit *= 0.8
    return fit if street.words.direction else fit * 0.9


def _ranked(found: Iterable[tuple[Street, float]]) -> list[tuple[Street, float]]:
    return sorted(found, key=lambda pair: (-pair[1], pair[0].name))


def _enough(words: str) -> float:
    """Return the likeness (of 100) from which a typing error is more likely than another name."""
    return next(likeness for length, likeness in ENOUGH if len(words) <= length)


def _is_rail(words: str) -> bool:
    return bool(set(words.split()[1:]) & RAIL_WORDS)


def _without_rail_words(words: str) -> str:
    first, *rest = words.split()
    return " ".join([first, *(word for word in rest if word not in RAIL_WORDS)])


def _short(street: Street) -> str:
    prefix, _, rest = street.name.partition(" ")
    return rest if len(prefix) == 1 else street.name


def _as_place(street: Street, confidence: float) -> Place:
    lat, lng = street.middle()
    return Place(street.name, lat, lng, "street", round(confidence * 0.6, 2))


def _metres(one: Place, other: Place) -> float:
    wide = math.cos(math.radians(one.lat))
    return math.hypot(one.lat - other.lat, (one.lng - other.lng) * wide) * METRES_PER_DEGREE


def _distinct(places: Iterable[Place], beside: Place | None = None) -> list[Place]:
    """Drop places that are within a few blocks of one already kept."""
    kept: list[Place] = [beside] if beside else []
    for place in places:
        if all(_metres(place, other) > SAME_PLACE for other in kept):
            kept.append(place)
    return kept[1:] if beside else kept
