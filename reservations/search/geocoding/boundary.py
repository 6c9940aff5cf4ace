"""The edge of the service area: is this point ours?"""

import json
from pathlib import Path
from typing import Any

Ring = tuple[tuple[float, float], ...]


class Boundary:
    """Polygons with holes, in degrees; read once, never changed."""

    def __init__(self, geojson: dict[str, Any]) -> None:
        self.geojson = geojson
        self._polygons = [
            [tuple((float(lng), float(lat)) for lng, lat, *_ in ring) for ring in polygon]
            for polygon in _polygons(geojson)
        ]
        corners = [point for polygon in self._polygons for point in polygon[0]]
        lngs, lats = [lng for lng, _ in corners], [lat for _, lat in corners]
        self.bbox = (min(lats), min(lngs), max(lats), max(lngs))  # south, west, north, east

    @classmethod
    def load(cls, path: Path) -> "Boundary":
        """Read a GeoJSON file that holds one Polygon or MultiPolygon."""
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def contains(self, lat: float, lng: float) -> bool:
        """Say whether the point lies inside an outer ring and in none of its holes."""
        south, west, north, east = self.bbox
        if not (south <= lat <= north and west <= lng <= east):
            return False
        return any(
            _inside(polygon[0], lat, lng) and not any(_inside(hole, lat, lng) for hole in polygon[1:])
            for polygon in self._polygons
        )


def _polygons(geojson: dict[str, Any]) -> list[Any]:
    if geojson["type"] == "FeatureCollection":
        return [polygon for feature in geojson["features"] for polygon in _polygons(feature)]
    if geojson["type"] == "Feature":
        return _polygons(geojson["geometry"])
    return [geojson["coordinates"]] if geojson["type"] == "Polygon" else list(geojson["coordinates"])


def _inside(ring: Ring, lat: float, lng: float) -> bool:
    """Count how often a ray to the east crosses the ring: an odd number means inside."""
    inside = False
    before_lng, before_lat = ring[-1]
    for here_lng, here_lat in ring:
        if (here_lat > lat) != (before_lat > lat):
            meets = before_lng + (here_lng - before_lng) * (lat - before_lat) / (here_lat - before_lat)
            inside ^= lng < meets
        before_lng, before_lat = here_lng, here_lat
    return inside
