"""Finds places through Nominatim or Photon: asked once, briefly, and at a polite pace."""

import re
import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import Any, Protocol

from flask_babel import lazy_gettext as _l
from geopy.exc import GeopyError
from geopy.geocoders import Nominatim, Photon
from geopy.location import Location
from geopy.point import Point

from core.refusal import Refusal
from reservations.search.geocoding.boundary import Boundary
from reservations.search.geocoding.port import MAX_TEXT, NOTHING, Answer, Kind, Place
from reservations.search.geocoding.wording import plain, position

TIMEOUT = 5  # seconds
PATIENCE = 3.0  # seconds that a question may wait for its turn
OFFERS = 5  # places asked for: the best and four more
NET_ADDRESS = re.compile(  # no place is written like this, and it may be a secret
    r"://|\bwww\.|\d{1,3}(?:\.\d{1,3}){3}|::|\S@\S|\blocalhost\b"
    r"|\.(?:com|org|net|io|dev|app|gov|edu|info|internal|local)\b"
)
KINDS: dict[str, Kind] = {
    "house": "address", "building": "address", "place": "address", "road": "street", "street": "street",
    "postcode": "zip", "railway": "station", "station": "station", "public_transport": "station",
    "neighbourhood": "neighbourhood", "suburb": "neighbourhood", "quarter": "neighbourhood",
    "district": "neighbourhood", "city_district": "neighbourhood", "locality": "neighbourhood",
    "city": "neighbourhood", "town": "neighbourhood", "village": "neighbourhood", "county": "neighbourhood",
    "state": "neighbourhood", "administrative": "neighbourhood",
}  # fmt: skip
SURE: dict[Kind, float] = {"address": 0.95, "crossing": 0.9, "station": 0.9, "street": 0.6}


class PlaceFinderDown(Refusal):
    """The outside service does not answer, or not in time."""

    code, status = "place_finder_down", 503
    says = _l("We cannot look up addresses at the moment.")
    remedy = _l("Choose a neighborhood from the list, or move the map to where you are.")


class AnswerCache(Protocol):
    """Remembers answers, so that nobody is asked the same thing twice."""

    def get(self, text: str) -> Answer | None:
        """Return what was answered to this text, or None."""

    def put(self, text: str, answer: Answer) -> None:
        """Remember the answer."""


class MemoryCache:
    """Remembers the latest answers in this process."""

    def __init__(self, size: int = 1_000) -> None:
        self._size = size
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._lock = Lock()

    def get(self, text: str) -> Answer | None:
        """Return what was answered to this text, or None."""
        with self._lock:
            if text in self._answers:
                self._answers.move_to_end(text)
            return self._answers.get(text)

    def put(self, text: str, answer: Answer) -> None:
        """Remember the answer and forget the one not asked for longest."""
        with self._lock:
            self._answers[text] = answer
            self._answers.move_to_end(text)
            while len(self._answers) > self._size:
                self._answers.popitem(last=False)


class Pace:
    """Lets one question through every so many seconds; who would wait too long is turned away."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0
        self._lock = Lock()

    def wait(self) -> None:
        """Wait for the next turn. Raises `PlaceFinderDown` when the queue is longer than `PATIENCE`."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            if turn - now > PATIENCE:
                raise PlaceFinderDown(reason="queue")
            self._next = turn + self._seconds
        time.sleep(turn - now)


class OnlineFinder(ABC):
    """What both services share: what may be asked, memory, pace, and what an answer means."""

    def __init__(self, boundary: Boundary, *, cache: AnswerCache | None, pace: float) -> None:
        self._boundary = boundary
        self._cache = cache or MemoryCache()
        self._pace = Pace(pace)

    def find(self, text: str) -> Answer:
        """Ask the service, unless the text is a position, was asked before, or is nobody's business."""
        typed = " ".join("".join(c if c.isprintable() else " " for c in text[:MAX_TEXT]).casefold().split())
        if spot := position(plain(typed)):
            return self._position(*spot)
        if not re.search(r"[^\W\d_]{2}|\d{5}", typed) or NET_ADDRESS.search(typed):
            return NOTHING
        known = self._cache.get(typed)
        if known is None:
            known = self._answer(self._asked(typed))
            self._cache.put(typed, known)
        return known

    def name_of(self, lat: float, lng: float) -> Place:
        """Return the nearest address; the bare position when the service is down or knows nothing there."""
        bare = Place(f"{lat:.4f}, {lng:.4f}", lat, lng, "position", 1.0)
        try:
            self._pace.wait()
            found = self._reverse(Point(lat, lng))
            return replace(self._place(found), lat=lat, lng=lng) if found else bare
        except (PlaceFinderDown, GeopyError, ValueError, KeyError, TypeError, AttributeError):
            return bare

    def _asked(self, typed: str) -> list[Location]:
        self._pace.wait()
        try:
            return self._search(typed) or []
        except (GeopyError, KeyError, TypeError, ValueError, AttributeError) as broken:
            raise PlaceFinderDown(reason=type(broken).__name__) from broken

    def _answer(self, found: list[Location]) -> Answer:
        places = [self._place(location) for location in found]
        ours = [place for place in places if self._boundary.contains(place.lat, place.lng)]
        if ours:
            others = [place for place in ours[1:] if place.label != ours[0].label]
            return Answer(ours[0], tuple(others[: OFFERS - 1]))
        return Answer(places[0], outside=True) if places else NOTHING

    def _place(self, found: Location) -> Place:
        kind = self._kind(found.raw)
        return Place(
            self._label(found), round(found.latitude, 5), round(found.longitude, 5), kind, SURE.get(kind, 0.8)
        )

    def _position(self, lat: float, lng: float) -> Answer:
        if abs(lat) > 90 or abs(lng) > 180:
            return NOTHING
        place = Place(f"{lat:.5f}, {lng:.5f}", lat, lng, "position", 1.0)
        return Answer(place, outside=not self._boundary.contains(lat, lng))

    @abstractmethod
    def _search(self, typed: str) -> list[Location] | None: ...

    @abstractmethod
    def _reverse(self, point: Point) -> Location | None: ...

    @abstractmethod
    def _kind(self, raw: dict[str, Any]) -> Kind: ...

    @abstractmethod
    def _label(self, found: Location) -> str: ...


class NominatimFinder(OnlineFinder):
    """Asks a Nominatim server; the public one wants an own user agent and at most one question a second."""

    def __init__(
        self,
        boundary: Boundary,
        *,
        user_agent: str,
        domain: str | None = None,
        cache: AnswerCache | None = None,
        pace: float = 1.0,
    ) -> None:
        super().__init__(boundary, cache=cache, pace=pace)
        self._service = Nominatim(
            user_agent=_required(user_agent),
            timeout=TIMEOUT,
            **_server(domain, "nominatim.openstreetmap.org"),
        )
        south, west, north, east = boundary.bbox
        self._viewbox = (Point(south, west), Point(north, east))

    def _search(self, typed: str) -> list[Location] | None:
        found: list[Location] | None = self._service.geocode(
            typed, exactly_one=False, limit=OFFERS, viewbox=self._viewbox, addressdetails=True
        )
        return found

    def _reverse(self, point: Point) -> Location | None:
        return self._service.reverse(point, zoom=18)

    def _kind(self, raw: dict[str, Any]) -> Kind:
        if raw.get("class") == "railway":
            return "station"
        if (raw.get("address") or {}).get("house_number"):
            return "address" if not raw.get("name") else "landmark"
        return KINDS.get(raw.get("addresstype") or raw.get("type") or "", "landmark")

    def _label(self, found: Location) -> str:
        address = found.raw.get("address") or {}
        if not found.raw.get("name") and address.get("house_number") and address.get("road"):
            return f"{address['house_number']} {address['road']}"
        return str(found.address).split(",")[0].strip()


class PhotonFinder(OnlineFinder):
    """Asks a Photon server, which also understands half-typed names."""

    def __init__(
        self,
        boundary: Boundary,
        *,
        user_agent: str,
        domain: str | None = None,
        cache: AnswerCache | None = None,
        pace: float = 0.25,
    ) -> None:
        super().__init__(boundary, cache=cache, pace=pace)
        self._service = Photon(
            user_agent=_required(user_agent), timeout=TIMEOUT, **_server(domain, "photon.komoot.io")
        )
        south, west, north, east = boundary.bbox
        self._middle = Point((south + north) / 2, (west + east) / 2)

    def _search(self, typed: str) -> list[Location] | None:
        found: list[Location] | None = self._service.geocode(
            typed, exactly_one=False, limit=OFFERS, location_bias=self._middle
        )
        return found

    def _reverse(self, point: Point) -> Location | None:
        return self._service.reverse(point)

    def _kind(self, raw: dict[str, Any]) -> Kind:
        facts = raw["properties"]
        if facts.get("osm_key") in {"railway", "public_transport"}:
            return "station"
        if facts.get("name") and facts.get("osm_key") not in {"place", "highway", "boundary"}:
            return "landmark"
        return KINDS.get(facts.get("type") or facts.get("osm_value") or "", "landmark")

    def _label(self, found: Location) -> str:
        facts = found.raw["properties"]
        if not facts.get("name") and facts.get("housenumber") and facts.get("street"):
            return f"{facts['housenumber']} {facts['street']}"
        return str(facts.get("name") or facts.get("street") or str(found.address).split(",")[0])


def _required(user_agent: str) -> str:
    if not user_agent.strip():
        raise ValueError("an online place finder needs a user agent: name your site and a contact")
    return user_agent


def _server(domain: str | None, usual: str) -> dict[str, str]:
    """Return geopy's server settings; a domain may carry its scheme, for a server of one's own."""
    scheme, parted, host = (domain or usual).rpartition("://")
    return {"domain": host.strip("/"), "scheme": scheme if parted else "https"}
