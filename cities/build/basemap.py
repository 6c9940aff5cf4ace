"""Repacks the source tiles into one PMTiles file and makes the coarser zooms out of them."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import mapbox_vector_tile
from mapbox_vector_tile.Mapbox import vector_tile_pb2
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from shapely.affinity import affine_transform
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry
from shapely.ops import linemerge, unary_union

from cities.build.tiles import EXTENT, Feature, Sheet

ATTRIBUTION = "© OpenStreetMap contributors"
DROPPED_LAYERS = {"barrier_line", "motorway_junction"}
KEPT_ATTRIBUTES = {
    "landuse": {"class"},
    "landuse_overlay": {"class"},
    "waterway": {"class"},
    "water": set(),
    "aeroway": {"type"},
    "building": {"height"},
    "road": {"class", "structure", "oneway"},
    "road_label": {"class", "name", "ref", "shield"},
    "place_label": {"name", "type", "localrank"},
    "rail_station_label": {"name", "network"},
    "poi_label": {"name", "maki", "scalerank", "localrank"},
    "airport_label": {"name", "ref"},
    "waterway_label": {"name"},
}
FIRST_ZOOM = {
    **dict.fromkeys(("landuse", "water", "road", "place_label", "airport_label"), 10),
    **dict.fromkeys(("road_label", "waterway"), 11),
    **dict.fromkeys(("rail_station_label", "aeroway", "waterway_label", "poi_label"), 12),
    **dict.fromkeys(("landuse_overlay", "building"), 13),
}
BIG_ROADS = {"motorway", "trunk", "primary", "secondary", "motorway_link", "major_rail"}
ROADS = {
    10: BIG_ROADS - {"motorway_link"},
    11: BIG_ROADS | {"tertiary"},
    12: BIG_ROADS | {"tertiary", "link", "street"},
}
LANDUSE = {"park", "cemetery", "wood", "sand", "hospital", "school"}
SMALLEST_AREA = 90.0  # square tile units of the coarse tile; smaller patches would be specks
SHORTEST_LINE = 6.0  # tile units
OVERHANG = 64  # tile units drawn past the edge, so that line ends do not show


def write_basemap(sheet: Sheet, path: Path) -> None:
    """Write zooms 10 to 13 as gzipped vector tiles; the same input gives the same bytes."""
    packed = [(zxy_to_tileid(t.z, t.x, t.y), _trimmed(t.data)) for t in sheet.tiles]
    features = list(sheet.features(*KEPT_ATTRIBUTES))
    for zoom in (10, 11, 12):
        packed += [(zxy_to_tileid(zoom, x, y), data) for x, y, data in _coarse(sheet, features, zoom)]
    lng_west, lat_north = sheet.degrees(0, 0)
    lng_east, lat_south = sheet.degrees(
        (sheet.east - sheet.west) * EXTENT, (sheet.south - sheet.north) * EXTENT
    )
    header = {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_zoom": 10,
        "max_zoom": sheet.z,
        "min_lon_e7": round(lng_west * 1e7),
        "min_lat_e7": round(lat_south * 1e7),
        "max_lon_e7": round(lng_east * 1e7),
        "max_lat_e7": round(lat_north * 1e7),
        "center_zoom": 12,
        "center_lon_e7": round(-87.65 * 1e7),
        "center_lat_e7": round(41.89 * 1e7),
    }
    with path.open("wb") as file:
        writer = Writer(file)
        for tile_id, data in sorted(packed):
            writer.write_tile(tile_id, gzip.compress(data, compresslevel=9, mtime=0))
        writer.finalize(header, _metadata(features))


def _metadata(features: Iterable[Feature]) -> dict[str, Any]:
    kinds: dict[str, dict[str, str]] = {layer: {} for layer in KEPT_ATTRIBUTES}
    for feature in features:
        for name, value in _kept(feature.layer, feature.properties).items():
            kinds[feature.layer][name] = "String" if isinstance(value, str) else "Number"
    return {
        "name": "Central Chicago",
        "attribution": ATTRIBUTION,
        "type": "baselayer",
        "vector_layers": [
            {
                "id": layer,
                "fields": dict(sorted(fields.items())),
                "minzoom": FIRST_ZOOM[layer],
                "maxzoom": 13,
            }
            for layer, fields in sorted(kinds.items())
        ],
    }


def _kept(layer: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in properties.items() if k in KEPT_ATTRIBUTES[layer] and v != ""}


def _trimmed(data: bytes) -> bytes:
    """Drop layers and attributes that no style uses; the geometry stays byte for byte."""
    source = vector_tile_pb2.tile()
    source.ParseFromString(data)
    target = vector_tile_pb2.tile()
    for layer in source.layers:
        if layer.name in DROPPED_LAYERS:
            continue
        kept = target.layers.add(name=layer.name, version=layer.version, extent=layer.extent)
        keys: dict[str, int] = {}
        values: dict[bytes, int] = {}
        for feature in layer.features:
            copy = kept.features.add(type=feature.type)
            copy.geometry.extend(feature.geometry)
            for name, value in zip(feature.tags[::2], feature.tags[1::2], strict=True):
                word, packed = layer.keys[name], layer.values[value].SerializeToString(deterministic=True)
                if word in KEPT_ATTRIBUTES[layer.name]:
                    copy.tags.extend(
                        [keys.setdefault(word, len(keys)), values.setdefault(packed, len(values))]
                    )
        kept.keys.extend(keys)
        for packed in values:
            kept.values.add().ParseFromString(packed)
    return target.SerializeToString(deterministic=True)


def _coarse(sheet: Sheet, features: list[Feature], zoom: int) -> Iterable[tuple[int, int, bytes]]:
    """Yield the tiles of one coarser zoom: like things merged, small ones left out."""
    shrink = 2 ** (sheet.z - zoom)
    groups: dict[tuple[str, str], list[BaseGeometry]] = defaultdict(list)
    for feature in features:
        if _wanted(feature, zoom):
            kept = json.dumps(_coarse_attributes(feature), sort_keys=True)
            groups[feature.layer, kept].append(feature.shape)
    merged = [
        (layer, json.loads(kept), part)
        for (layer, kept), shapes in sorted(groups.items())
        for part in _simplified(shapes, shrink)
    ]
    for x in range(sheet.west // shrink, (sheet.east - 1) // shrink + 1):
        for y in range(sheet.north // shrink, (sheet.south - 1) // shrink + 1):
            left, top = (x * shrink - sheet.west) * EXTENT, (y * shrink - sheet.north) * EXTENT
            side, hang = EXTENT * shrink, OVERHANG * shrink
            frame = box(left - hang, top - hang, left + side + hang, top + side + hang)
            layers: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for layer, attributes, shape in merged:
                cut = shape.intersection(frame) if shape.intersects(frame) else None
                if cut is not None and not cut.is_empty:
                    placed = affine_transform(
                        cut, [1 / shrink, 0, 0, 1 / shrink, -left / shrink, -top / shrink]
                    )
                    layers[layer].append({"geometry": placed, "properties": attributes})
            if layers:
                encoded = mapbox_vector_tile.encode(
                    [{"name": name, "features": layers[name]} for name in sorted(layers)],
                    default_options={"y_coord_down": True, "extents": EXTENT},
                )
                yield x, y, encoded


def _wanted(feature: Feature, zoom: int) -> bool:
    kind = feature.properties.get("class", "")
    match feature.layer:
        case "road":
            return kind in ROADS[zoom] and "Line" in feature.shape.geom_type
        case "road_label":
            return kind in ROADS[zoom] - {"street"} and zoom >= 11
        case "landuse":
            return kind in LANDUSE and (zoom == 12 or kind in {"park", "cemetery", "wood"})
        case "place_label":
            return zoom == 12 or feature.properties.get("localrank", 9) <= zoom - 9
        case "water" | "airport_label":
            return True
        case "waterway":
            return zoom >= 11 and kind in {"river", "canal"}
        case "rail_station_label" | "aeroway" | "waterway_label":
            return zoom == 12
        case "poi_label":
            return zoom == 12 and feature.properties.get("scalerank", 9) <= 2
    return False


def _coarse_attributes(feature: Feature) -> dict[str, Any]:
    kept = _kept(feature.layer, feature.properties)
    if feature.layer == "road":
        kept = {"class": kept["class"], "structure": "none"}
    if feature.layer == "road_label":
        kept.pop("ref", None)
        kept.pop("shield", None)
    return kept


def _simplified(shapes: list[BaseGeometry], shrink: int) -> list[BaseGeometry]:
    """Merge shapes of one look, and drop detail finer than a unit of the coarse tile."""
    if shapes[0].geom_type in {"Point", "MultiPoint"}:
        return shapes
    union = unary_union(shapes)
    if union.geom_type == "MultiLineString":
        union = linemerge(union)
    simple = union.simplify(1.2 * shrink)
    parts = list(getattr(simple, "geoms", [simple]))
    if "Polygon" in union.geom_type:
        return [part for part in parts if part.area >= SMALLEST_AREA * shrink**2]
    return [part for part in parts if part.length >= SHORTEST_LINE * shrink]
