"""Nominatim and Photon against a local server that answers in their shapes; and what all finders share."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core.refusal import Refusal
from reservations.search.geocoding import online
from reservations.search.geocoding.boundary import Boundary
from reservations.search.geocoding.gazetteer import GazetteerFinder
from reservations.search.geocoding.online import (
    MemoryCache,
    NominatimFinder,
    Pace,
    PhotonFinder,
    PlaceFinderDown,
)
from reservations.search.geocoding.port import Answer, Place, PlaceFinder

CITY = Path(__file__).parents[4] / "cities" / "chicago"
AGENT = "roundtrip-tests (tests@example.com)"


@dataclass
class MapServer:
    """What the pretended service knows, and what it was asked."""

    domain: str = ""
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    status: int = 200
    body: str | None = None
    delay: float = 0.0

    def answer(self, path: str, asked: dict[str, str]) -> Any:
        if "reverse" in path:
            return self._reverse(path)
        known = [spot for spot in SPOTS if spot["words"] in asked["q"]]
        return [_nominatim(s) for s in known] if path == "/search" else _photon(known)

    def _reverse(self, path: str) -> Any:
        nominatim = path == "/reverse" and self.asked[-1][1].get("format") == "json"
        return _nominatim(SPOTS[0]) if nominatim else _photon(SPOTS[:1])


SPOTS = [
    {
        "words": "damen",
        "lat": 41.90905,
        "lng": -87.67757,
        "number": "1520",
        "road": "North Damen Avenue",
        "name": "",
    },
    {"words": "logan", "lat": 41.92857, "lng": -87.7068, "number": "", "road": "", "name": "Logan Square"},
    {"words": "evanston", "lat": 42.0451, "lng": -87.6877, "number": "", "road": "", "name": "Evanston"},
]


def _nominatim(spot: dict[str, Any]) -> dict[str, Any]:
    house = bool(spot["number"])
    first = f"{spot['number']}, {spot['road']}" if house else spot["name"]
    return {
        "place_id": 1,
        "lat": str(spot["lat"]),
        "lon": str(spot["lng"]),
        "class": "place",
        "type": "house" if house else "suburb",
        "addresstype": "place" if house else "suburb",
        "importance": 0.4,
        "name": spot["name"],
        "display_name": f"{first}, Chicago, Cook County, Illinois, United States",
        "address": {"house_number": spot["number"], "road": spot["road"]}
        if house
        else {"suburb": spot["name"]},
    }


def _photon(spots: list[dict[str, Any]]) -> dict[str, Any]:
    features = []
    for spot in spots:
        house = bool(spot["number"])
        facts = {"osm_key": "place", "osm_value": "house" if house else "suburb", "country": "United States"}
        facts |= {"housenumber": spot["number"], "street": spot["road"]} if house else {"name": spot["name"]}
        facts["type"] = "house" if house else "district"
        geometry = {"type": "Point", "coordinates": [spot["lng"], spot["lat"]]}
        features.append({"type": "Feature", "geometry": geometry, "properties": facts})
    return {"type": "FeatureCollection", "features": features}


@pytest.fixture
def service() -> Iterator[MapServer]:
    known = MapServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
            known.asked.append((parts.path, asked, self.headers["User-Agent"]))
            time.sleep(known.delay)
            body = known.body if known.body is not None else json.dumps(known.answer(parts.path, asked))
            self.send_response(known.status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    known.domain = f"http://127.0.0.1:{server.server_port}"
    yield known
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def boundary() -> Boundary:
    return Boundary.load(CITY / "boundary.geojson")


@pytest.fixture(params=[NominatimFinder, PhotonFinder])
def ask(
    request: pytest.FixtureRequest, service: MapServer, boundary: Boundary
) -> NominatimFinder | PhotonFinder:
    return request.param(boundary, user_agent=AGENT, domain=service.domain, pace=0.0)


@pytest.fixture(params=["gazetteer", "nominatim", "photon"])
def finder(request: pytest.FixtureRequest, service: MapServer, boundary: Boundary) -> PlaceFinder:
    if request.param == "gazetteer":
        return GazetteerFinder.load(CITY)
    kind: Callable[..., PlaceFinder] = NominatimFinder if request.param == "nominatim" else PhotonFinder
    return kind(boundary, user_agent=AGENT, domain=service.domain, pace=0.0)


def test_every_finder_finds_an_address_inside(finder):
    answer = finder.find("1520 N Damen Ave")
    assert not answer.outside
    assert answer.place.kind == "address"
    assert "1520" in answer.place.label
    assert "Damen" in answer.place.label
    assert answer.place.lat == pytest.approx(41.9090, abs=0.001)
    assert answer.place.lng == pytest.approx(-87.6775, abs=0.001)
    assert 0 < answer.place.confidence <= 1


def test_every_finder_finds_a_neighbourhood(finder):
    place = finder.find("Logan Square").place
    assert (place.label, place.kind) == ("Logan Square", "neighbourhood")


def test_every_finder_says_what_lies_outside(finder):
    answer = finder.find("Evanston")
    assert answer.outside
    assert answer.place.label == "Evanston"


def test_every_finder_reads_a_position(finder):
    inside, outside = finder.find("41.90905, -87.67757"), finder.find("40.7128,-74.0060")
    assert (inside.place.kind, inside.outside) == ("position", False)
    assert (outside.place.kind, outside.outside) == ("position", True)
    assert finder.find("95,-200") == Answer()


@pytest.mark.parametrize("text", ["", "   ", "!!!", "🚗", "xqzzy", "&", "\x00", "x" * 4000])
def test_every_finder_has_nothing_for_nonsense(finder, text):
    assert finder.find(text) == Answer()


def test_every_finder_names_a_position_and_keeps_where_it_was(finder):
    place = finder.name_of(41.9089, -87.6774)
    assert "Damen" in place.label
    assert (place.lat, place.lng) == (41.9089, -87.6774)


@pytest.mark.parametrize(
    "text",
    [
        "http://example.com/secret",
        "www.example.com",
        "example.com",
        "ftp://files",
        "10.0.0.1",
        "host 192.168.1.20 port 80",
        "fe80::1",
        "member@example.com",
        "localhost admin",
        "metadata.google.internal",
    ],
)
@pytest.mark.check("ssrf")
def test_net_addresses_are_never_sent(ask, service, text):
    assert ask.find(text) == Answer()
    assert service.asked == []


def test_a_position_is_never_sent_to_be_found(ask, service):
    ask.find("41.9,-87.6")
    assert service.asked == []


def test_the_same_text_is_asked_once(ask, service):
    first, again = ask.find("1520 N Damen Ave"), ask.find("  1520 n DAMEN ave ")
    assert first == again
    assert len(service.asked) == 1


def test_a_cache_of_the_apps_own_is_read_and_filled(service, boundary):
    kept = MemoryCache()
    known = Answer(Place("Here", 41.9, -87.65, "landmark", 0.9))
    kept.put("here", known)
    finder = NominatimFinder(boundary, user_agent=AGENT, domain=service.domain, cache=kept, pace=0.0)
    assert finder.find("Here") == known
    assert service.asked == []
    assert kept.get("logan square") is None
    finder.find("Logan Square")
    assert kept.get("logan square").place.label == "Logan Square"


def test_the_memory_forgets_what_was_not_asked_for_longest():
    cache = MemoryCache(size=2)
    for text in ("a", "b"):
        cache.put(text, Answer())
    cache.get("a")
    cache.put("c", Answer())
    assert cache.get("b") is None
    assert cache.get("a") == Answer()


def test_the_service_is_told_who_asks_and_where_to_look(ask, service):
    ask.find("1520 N Damen Ave")
    path, asked, agent = service.asked[0]
    assert agent == AGENT
    assert asked["limit"] == "5"
    assert "viewbox" in asked if path == "/search" else asked["lat"].startswith("41.")


def test_no_more_than_two_hundred_characters_are_sent(ask, service):
    ask.find("damen " * 1000)
    assert len(service.asked[0][1]["q"]) <= 200


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_service_that_refuses_is_down_and_asked_only_once(ask, service, status):
    service.status = status
    with pytest.raises(PlaceFinderDown):
        ask.find("Logan Square")
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "body", ["", "<html>busy</html>", '{"error": "busy"}', "[[1]]", '[{"lat": "x", "lon": "y"}]', "7"]
)
def test_an_answer_in_no_known_shape_counts_as_down(ask, service, body):
    service.body = body
    with pytest.raises(PlaceFinderDown):
        ask.find("Logan Square")


def test_a_slow_service_is_given_up(service, boundary, monkeypatch):
    monkeypatch.setattr(online, "TIMEOUT", 0.2)
    service.delay = 1.0
    finder = PhotonFinder(boundary, user_agent=AGENT, domain=service.domain, pace=0.0)
    begun = time.perf_counter()
    with pytest.raises(PlaceFinderDown):
        finder.find("Logan Square")
    assert time.perf_counter() - begun < 0.9


def test_a_failure_is_not_remembered(ask, service):
    service.status = 500
    with pytest.raises(PlaceFinderDown):
        ask.find("Logan Square")
    service.status = 200
    assert ask.find("Logan Square").place.label == "Logan Square"


def test_naming_a_position_never_fails(ask, service):
    service.status = 500
    assert ask.name_of(41.9, -87.65).kind == "position"
    service.status, service.body = 200, "7"
    assert ask.name_of(41.9, -87.65).kind == "position"
    assert ask.name_of(float("nan"), 400.0).kind == "position"


def test_being_down_is_a_refusal_with_a_remedy():
    assert issubclass(PlaceFinderDown, Refusal)
    assert PlaceFinderDown.status == 503
    assert "list" in str(PlaceFinderDown.remedy)


def test_questions_keep_their_distance_and_a_long_queue_is_turned_away(monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    monkeypatch.setattr(time, "sleep", slept.append)
    pace = Pace(1.0)
    for _ in range(4):
        pace.wait()
    assert slept == [0.0, 1.0, 2.0, 3.0]
    with pytest.raises(PlaceFinderDown):
        pace.wait()


@pytest.mark.parametrize("kind", [NominatimFinder, PhotonFinder])
def test_a_finder_without_a_user_agent_does_not_start(boundary, kind):
    with pytest.raises(ValueError, match="user agent"):
        kind(boundary, user_agent=" ")


@pytest.mark.parametrize(("kind", "host"), [(NominatimFinder, "nominatim"), (PhotonFinder, "photon")])
def test_the_public_service_is_asked_over_https(boundary, kind, host):
    finder = kind(boundary, user_agent=AGENT)
    assert finder._service.api.startswith(f"https://{host}.")
    assert finder._service.timeout <= 8
