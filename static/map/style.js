/* Our map: ink on paper, streets as white lines, in the colours of tokens.css as they are on the page just now (so also dark).
   The layers and classes are those of the bundled tiles (Mapbox-Streets-like). No glyphs address: letters are drawn from the
   page's own font. */

/* MapLibre reads the weight from the first name and hands all names to the browser as a font list. */
const LETTERS = ['Bold', 'Overpass RT', 'Overpass', 'system-ui'];

export function style({ tiles, credit }) {
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const land = token('map-land');
  const road = token('map-road');
  const rail = token('map-rail');
  const ink2 = token('ink-2');
  const casing = token('map-block');

  const source = 'city';
  const is = (...classes) => ['match', ['get', 'class'], classes, true, false];
  const grow = (...stops) => ['interpolate', ['exponential', 1.6], ['zoom'], ...stops];
  const letters = (field, size, more = {}) => ({ 'text-field': field, 'text-font': LETTERS, 'text-size': size, 'text-max-width': 7, ...more });
  const halo = (color) => ({ 'text-color': color, 'text-halo-color': land, 'text-halo-width': 1.6 });
  const line = (id, filter, color, width, more = {}) => ({
    id, type: 'line', source, 'source-layer': 'road', filter: ['all', ['match', ['geometry-type'], ['LineString', 'MultiLineString'], true, false], filter],
    layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': color, 'line-width': width, ...more },
  });

  const minor = is('street', 'street_limited', 'link');
  const middle = is('tertiary', 'secondary');
  const main = is('primary', 'trunk');
  const fast = is('motorway', 'motorway_link');

  return {
    version: 8,
    sources: { [source]: { type: 'vector', url: `pmtiles://${tiles}`, attribution: credit } },
    layers: [
      { id: 'land', type: 'background', paint: { 'background-color': land } },
      { id: 'green', type: 'fill', source, 'source-layer': 'landuse', filter: is('park', 'grass', 'wood', 'cemetery', 'pitch', 'scrub', 'agriculture'), paint: { 'fill-color': token('map-park') } },
      { id: 'grounds', type: 'fill', source, 'source-layer': 'landuse', filter: is('school', 'hospital', 'industrial'), paint: { 'fill-color': casing } },
      { id: 'water', type: 'fill', source, 'source-layer': 'water', paint: { 'fill-color': token('map-water') } },
      { id: 'river', type: 'line', source, 'source-layer': 'waterway', paint: { 'line-color': token('map-water'), 'line-width': grow(10, 1, 16, 6) } },
      { id: 'building', type: 'fill', source, 'source-layer': 'building', minzoom: 13, paint: { 'fill-color': casing } },

      line('path', is('pedestrian', 'path'), road, grow(13, .5, 18, 4), { 'line-dasharray': [2, 1.5] }),
      line('service', is('service', 'track'), road, grow(12, .3, 18, 6)),
      line('street', minor, road, grow(10, .3, 13, 2, 16, 8, 18, 22)),
      line('road', middle, road, grow(10, .8, 13, 4, 16, 13, 18, 32)),
      line('main-edge', main, casing, grow(10, 2, 13, 7, 16, 19, 18, 42)),
      line('main', main, road, grow(10, 1.4, 13, 5.5, 16, 16, 18, 38)),
      line('fast-edge', fast, rail, grow(10, 2.4, 13, 7, 16, 15, 18, 30)),
      line('fast', fast, road, grow(10, 1.2, 13, 4.5, 16, 12, 18, 26)),
      line('rail', is('major_rail', 'minor_rail'), rail, grow(10, .6, 13, 1.6, 16, 3), { 'line-dasharray': [4, 1.6] }),

      { id: 'street-name', type: 'symbol', source, 'source-layer': 'road_label', minzoom: 14, filter: is('street', 'street_limited', 'tertiary'), layout: letters(['get', 'name'], grow(14, 11, 18, 15), { 'symbol-placement': 'line', 'text-max-width': 99 }), paint: { ...halo(ink2), 'text-halo-color': road } },
      { id: 'road-name', type: 'symbol', source, 'source-layer': 'road_label', minzoom: 12, filter: is('secondary', 'primary', 'trunk'), layout: letters(['get', 'name'], grow(12, 11, 18, 17), { 'symbol-placement': 'line', 'text-max-width': 99 }), paint: { ...halo(ink2), 'text-halo-color': road } },
      { id: 'water-name', type: 'symbol', source, 'source-layer': 'waterway_label', minzoom: 13, layout: letters(['get', 'name'], 12, { 'symbol-placement': 'line', 'text-max-width': 99 }), paint: { 'text-color': ink2 } },
      { id: 'park-name', type: 'symbol', source, 'source-layer': 'poi_label', minzoom: 14, filter: ['match', ['get', 'maki'], ['park', 'museum', 'college', 'stadium', 'hospital'], true, false], layout: letters(['get', 'name'], 12), paint: halo(ink2) },
      { id: 'station', type: 'symbol', source, 'source-layer': 'rail_station_label', minzoom: 13, layout: letters(['get', 'name'], grow(13, 11, 18, 15), { 'text-padding': 6 }), paint: halo(token('ink')) },
      { id: 'place', type: 'symbol', source, 'source-layer': 'place_label', maxzoom: 15.5, layout: letters(['get', 'name'], grow(10, 12, 15, 17), { 'text-padding': 8 }), paint: halo(token('ink')) },
    ],
  };
}
