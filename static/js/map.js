/* The map beside a list (ui/map.html). Loads MapLibre when its place on the page is seen: at once on wide screens, on a phone
   when the map is opened. The cars come from the list's own elements. Without WebGL, or when loading fails, it says so. */

const asset = (path) => new URL(`../${path}`, import.meta.url).href;
const SVG = 'http://www.w3.org/2000/svg';
const FAR = 12.6; // below this zoom pins show the price only

export function start(section) {
  const words = JSON.parse(section.dataset.words);
  const note = section.querySelector('.map-note');
  note.textContent = '';

  const seen = new IntersectionObserver(async (entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    note.textContent = words.loading;
    try {
      await idle();
      await draw(section, words);
      note.textContent = '';
      section.closest('.find')?.classList.add('has-map');
    } catch (error) {
      console.warn('The map did not load.', error);
      note.textContent = words.failed;
    }
  });
  seen.observe(section);
}

function idle() {
  return new Promise((resolve) => {
    if ('requestIdleCallback' in window) requestIdleCallback(resolve, { timeout: 800 });
    else setTimeout(resolve, 200);
  });
}

function script(url) {
  return new Promise((resolve, reject) => {
    document.head.append(Object.assign(document.createElement('script'), { src: url, onload: resolve, onerror: reject }));
  });
}

function sheet(url) {
  return new Promise((resolve, reject) => {
    document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: url, onload: resolve, onerror: reject }));
  });
}


const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

async function draw(section, words) {
  const given = section.dataset;
  const [gl, { style }] = await Promise.all([
    import(asset('vendor/maplibre/maplibre-gl.js')),
    import(asset('map/style.js')),
    sheet(asset('vendor/maplibre/maplibre-gl.css')),
    script(asset('vendor/pmtiles/pmtiles.js')),
    document.fonts.load('700 16px "Overpass RT"').catch(() => null),
  ]);
  gl.setWorkerUrl(asset('vendor/maplibre/maplibre-gl-worker.js'));
  const tiles = new window.pmtiles.PMTiles(new URL(given.tilesUrl, location.href).href);
  const protocol = new window.pmtiles.Protocol();
  protocol.add(tiles);
  gl.addProtocol('pmtiles', protocol.tile);

  const chosen = () => given.styleUrl || style({ tiles: tiles.source.getKey(), credit: words.credit });
  const boundary = given.boundaryUrl ? await geojson(given.boundaryUrl) : null;
  const centre = [Number(given.lng), Number(given.lat)];
  const map = new gl.Map({
    container: section.querySelector('.map-canvas'),
    style: chosen(),
    center: centre,
    zoom: Number(given.zoom) || 14,
    minZoom: 10,
    maxZoom: 18,
    maxBounds: given.styleUrl ? null : await edges(tiles),
    cooperativeGestures: true,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 200,
    attributionControl: { compact: false },
    locale: {
      'Map.Title': words.title,
      'NavigationControl.ZoomIn': words.zoom_in,
      'NavigationControl.ZoomOut': words.zoom_out,
      'CooperativeGesturesHandler.WindowsHelpText': words.wheel,
      'CooperativeGesturesHandler.MacHelpText': words.wheel_mac,
      'CooperativeGesturesHandler.MobileHelpText': words.fingers,
    },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new gl.NavigationControl({ showCompass: false }), 'top-right');

  const list = document.querySelector(given.cards);
  if (list) import('./select_cards.js').then(({ start: listen }) => listen(list));
  const cars = [...document.querySelectorAll(`${given.cards} [data-lat][data-lng]`)].filter((card) => card.dataset.lat);
  const pins = new Pins(map, gl, cars, words);
  if (given.place) markPlace(map, gl, centre, fill(words.place, { place: given.place }));
  frame(map, gl, cars, given.place || !cars.length ? centre : null);

  const zoomed = () => section.classList.toggle('far', map.getZoom() < FAR);
  map.on('zoom', zoomed);
  zoomed();

  map.on('style.load', () => outline(map, boundary));
  const repaint = () => { if (!given.styleUrl) map.setStyle(chosen()); };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);
  new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ['data-scheme'] });
  document.addEventListener('live:swapped', () => pins.refresh([...document.querySelectorAll(`${given.cards} [data-lat][data-lng]`)]));

  await new Promise((resolve, reject) => {
    map.once('load', resolve);
    map.once('error', ({ error }) => reject(error));
  });
}

/* Where the map ends: beyond is nothing to see. */
async function edges(tiles) {
  const { minLon, minLat, maxLon, maxLat } = await tiles.getHeader();
  return [[minLon, minLat], [maxLon, maxLat]];
}

async function geojson(url) {
  try {
    const answer = await fetch(url, { credentials: 'same-origin' });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null; // the map is useful without the line
  }
}

function outline(map, boundary) {
  if (!boundary || map.getSource('boundary')) return;
  const ink = getComputedStyle(document.documentElement).getPropertyValue('--ink').trim();
  map.addSource('boundary', { type: 'geojson', data: boundary });
  map.addLayer({ id: 'boundary', type: 'line', source: 'boundary', paint: { 'line-color': ink, 'line-width': 2.5, 'line-dasharray': [3, 2] } });
}

function frame(map, gl, cars, centre) {
  const bounds = new gl.LngLatBounds();
  for (const { dataset } of cars.slice(0, 12)) bounds.extend([Number(dataset.lng), Number(dataset.lat)]);
  if (centre) bounds.extend(centre);
  const { clientWidth: wide, clientHeight: high } = map.getContainer();
  const sides = Math.min(65, wide * 0.12); // a narrow map keeps most of itself for the city
  if (cars.length) map.fitBounds(bounds, { padding: { top: Math.min(96, high * 0.2), bottom: Math.min(40, high * 0.1), left: sides, right: sides }, maxZoom: 15, animate: false });
}

function markPlace(map, gl, centre, label) {
  const dot = Object.assign(document.createElement('div'), { className: 'point' });
  const mark = dot.appendChild(Object.assign(document.createElement('div'), { className: 'place-dot' }));
  mark.setAttribute('role', 'img');
  mark.setAttribute('aria-label', label);
  new gl.Marker({ element: dot }).setLngLat(centre).addTo(map);
  dot.removeAttribute('aria-label');
  dot.removeAttribute('role');
  dot.removeAttribute('tabindex');
}

/* One pin a place. Where several cars stand together the pin shows one of them and how many more; each press shows the next. */
class Pins {
  constructor(map, gl, cars, words) {
    Object.assign(this, { map, gl, words, places: [] });
    this.refresh(cars);
    document.addEventListener('car:select', ({ detail }) => this.pick(detail.slug, detail.from));
  }

  refresh(cars) {
    for (const place of this.places) place.marker.remove();
    const groups = Map.groupBy
      ? Map.groupBy(cars, ({ dataset }) => `${dataset.lat},${dataset.lng}`)
      : cars.reduce((all, car) => {
        const key = `${car.dataset.lat},${car.dataset.lng}`;
        return all.set(key, [...(all.get(key) ?? []), car]);
      }, new Map());
    this.places = [...groups.values()].map((group) => this.pin(group));
    const current = cars.find((car) => car.hasAttribute('aria-current'));
    if (current) this.pick(current.dataset.slug, 'card');
  }

  pin(group) {
    const holder = document.createElement('div');
    const button = holder.appendChild(Object.assign(document.createElement('button'), { type: 'button' }));
    const { lat, lng } = group[0].dataset;
    const marker = new this.gl.Marker({ element: holder, anchor: 'bottom' }).setLngLat([Number(lng), Number(lat)]).addTo(this.map);
    for (const name of ['aria-label', 'role', 'tabindex']) holder.removeAttribute(name);
    const place = { group, at: 0, holder, button, marker };
    button.addEventListener('click', (event) => {
      event.stopPropagation();
      if (button.getAttribute('aria-pressed') === 'true') place.at = (place.at + 1) % group.length;
      this.tell(place);
    });
    this.paint(place, false);
    return place;
  }

  tell(place) {
    const { slug } = place.group[place.at].dataset;
    document.dispatchEvent(new CustomEvent('car:select', { detail: { slug, from: 'pin' } }));
  }

  pick(slug, from) {
    for (const place of this.places) {
      const at = place.group.findIndex(({ dataset }) => dataset.slug === slug);
      if (at >= 0) place.at = at;
      this.paint(place, at >= 0);
      if (at >= 0 && from === 'card') this.show(place);
    }
  }

  show({ marker }) {
    if (!this.map.getBounds().contains(marker.getLngLat())) this.map.easeTo({ center: marker.getLngLat(), duration: 300 });
  }

  paint({ group, at, holder, button }, picked) {
    const car = group[at].dataset;
    holder.classList.toggle('is-picked', picked);
    button.className = `pin pin-${car.state ?? 'free'}`;
    button.setAttribute('aria-pressed', String(picked));
    const said = fill(this.words.pin, { name: car.name, price: car.price, state: car.stateWords ?? '' }).replace(/(, )+$/, '').replace(', ,', ',');
    button.setAttribute('aria-label', group.length > 1 ? fill(this.words.more, { pin: said, count: group.length - 1 }) : said);
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('class', `car pincar paint-${car.paint}`);
    svg.setAttribute('viewBox', '0 0 320 140');
    svg.setAttribute('aria-hidden', 'true');
    svg.appendChild(document.createElementNS(SVG, 'use')).setAttribute('href', `#car-${car.body}`);
    const text = Object.assign(document.createElement('span'), { textContent: car.price || car.name });
    button.replaceChildren(svg, text);
    if (group.length > 1) button.append(Object.assign(document.createElement('span'), { className: 'more', textContent: `+${group.length - 1}` }));
  }
}
