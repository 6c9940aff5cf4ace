"""Reads vector tiles and turns their features into shapes in degrees, each cut to its own tile."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mapbox_vector_tile
from shapely.affinity import translate
from shapely.geometry import box, shape
from shapely.geometry.base import BaseGeometry

EXTENT = 4096


@dataclass(frozen=True, slots=True)
class Tile:
    """One source tile: its address in the pyramid and its bytes as they came."""

    z: int
    x: int
    y: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature; its shape counts tile units from the north-west corner of the whole set, y down."""

    layer: str
    properties: dict[str, Any]
    shape: BaseGeometry


def read_tiles(folder: Path) -> list[Tile]:
    """Read every tile of the folder, sorted by address so that every build sees the same order."""
    tiles = []
    for path in folder.glob("*.mvt"):
        z, x, y = (int(part) for part in path.stem.split("-"))
        tiles.append(Tile(z, x, y, path.read_bytes()))
    return sorted(tiles, key=lambda t: (t.z, t.x, t.y))


class Sheet:
    """All tiles laid side by side: converts between pyramid units and degrees."""

    def __init__(self, tiles: list[Tile]) -> None:
        self.tiles = tiles
        self.z = tiles[0].z
        self.west, self.east = min(t.x for t in tiles), max(t.x for t in tiles) + 1
        self.north, self.south = min(t.y for t in tiles), max(t.y for t in tiles) + 1

    def degrees(self, x: float, y: float) -> tuple[float, float]:
        """Return longitude and latitude of a point in sheet units."""
        across = (self.west + x / EXTENT) / 2**self.z
        down = (self.north + y / EXTENT) / 2**self.z
        return across * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * down))))

    def outline(self) -> BaseGeometry:
        """Return the rectangle that the tiles cover, in sheet units."""
        return box(0, 0, (self.east - self.west) * EXTENT, (self.south - self.north) * EXTENT)

    def features(self, *layers: str) -> Iterator[Feature]:
        """Yield the features of the named layers, without what hangs over a tile's edge."""
        for tile in self.tiles:
            left, top = (tile.x - self.west) * EXTENT, (tile.y - self.north) * EXTENT
            frame = box(left, top, left + EXTENT, top + EXTENT)
            decoded = mapbox_vector_tile.decode(tile.data, default_options={"y_coord_down": True})
            for layer in layers:
                for raw in decoded.get(layer, {}).get("features", []):
                    geometry = translate(shape(raw["geometry"]), left, top)
                    if geometry.geom_type.endswith("Polygon"):
                        geometry = geometry.buffer(0)
                    cut = geometry.intersection(frame)
                    if not cut.is_empty:
                        yield Feature(layer, raw["properties"], cut)
