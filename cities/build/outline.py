"""Draws the service boundary: the land that the tiles cover, a little inside their edge."""

import json
from pathlib import Path

from shapely.geometry import MultiPolygon, Polygon, mapping
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from cities.build.tiles import Sheet

UNITS_PER_METRE = 4096 / 3640  # a z13 tile is about 3.64 km wide at this latitude
INSET_METRES = 30
CLOSE_METRES = 260  # rivers, harbours and the strip beside piers count as land
SHORE_METRES = 60
SIMPLIFY_METRES = 25


def boundary_of(sheet: Sheet) -> Polygon:
    """Return the boundary in longitude and latitude, five decimals."""
    metre = UNITS_PER_METRE
    water = unary_union([feature.shape for feature in sheet.features("water")])
    land = sheet.outline().difference(water)
    closed = land.buffer(CLOSE_METRES * metre).buffer(-(CLOSE_METRES - SHORE_METRES) * metre)
    inside = closed.intersection(sheet.outline().buffer(-INSET_METRES * metre, join_style="mitre"))
    simple = _largest(inside).simplify(SIMPLIFY_METRES * metre)
    ring = [sheet.degrees(x, y) for x, y in Polygon(simple.exterior).exterior.coords]
    return Polygon([(round(lng, 5), round(lat, 5)) for lng, lat in ring])


def _largest(shape: BaseGeometry) -> Polygon:
    parts = shape.geoms if isinstance(shape, MultiPolygon) else [shape]
    return max(parts, key=lambda part: part.area)


def write_boundary(boundary: Polygon, path: Path) -> None:
    """Write the boundary as one GeoJSON feature."""
    feature = {
        "type": "Feature",
        "properties": {"name": "Roundtrip Chicago", "attribution": "© OpenStreetMap contributors"},
        "geometry": mapping(boundary),
    }
    path.write_text(json.dumps(feature, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
