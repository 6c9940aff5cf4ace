/* Web vitals, fields that stopped someone, back-tracks, rage clicks, our scripts' errors; never what was typed.
   <body data-beacon="the signed page" data-step="…">: told to us alone, when the page is left. */

export function start(body) {
  if (navigator.globalPrivacyControl || navigator.doNotTrack === '1') return;
  const { beacon: page, step } = body.dataset;
  const on = (type, act) => addEventListener(type, act, true);
  const clock = () => Math.round(performance.now());
  let waiting = [];
  const tell = (kind, facts) => waiting.length < 20 && waiting.push({ id: uuid(), kind, at: clock(), facts });

  // Vitals, told once, when the page is first hidden.
  let vitals = {};
  const [opened] = performance.getEntriesByType('navigation');
  if (opened) vitals.ttfb_ms = Math.round(opened.responseStart);
  const watch = (type, each) => PerformanceObserver.supportedEntryTypes.includes(type)
    && new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
  watch('largest-contentful-paint', (paint) => vitals && (vitals.lcp_ms = Math.round(paint.startTime)));
  const shift = { sum: 0, first: 0, last: -1e4 };
  watch('layout-shift', ({ startTime: at, value, hadRecentInput }) => {
    if (hadRecentInput || !vitals) return;
    if (at - shift.last > 1000 || at - shift.first > 5000) Object.assign(shift, { sum: 0, first: at });
    shift.sum += value;
    shift.last = at;
    vitals.cls_milli = Math.max(vitals.cls_milli ?? 0, Math.round(shift.sum * 1000));
  });
  const taps = new Map();
  watch('event', ({ interactionId: id, duration }) => id && taps.set(id, Math.max(taps.get(id) ?? 0, duration)));

  // Fields that the browser stopped, and those that came back from us.
  const field = ({ name }, why) => /^[a-z][a-z0-9_]{0,39}$/.test(name) && tell('field_error', { field: name, why });
  on('invalid', ({ target }) => {
    for (const why in target.validity) if (target.validity[why]) return field(target, why);
  });
  document.querySelectorAll('[name][aria-invalid=true]').forEach((input) => field(input, 'refused'));

  // Back or forward to a page of the same step.
  function arrive(again) {
    const here = window.navigation?.currentEntry?.index;
    const [before, there] = JSON.parse(sessionStorage.beacon ?? '[]');
    if (again && before === step) tell('back_track', { way: here < there ? 'back' : here > there ? 'forward' : 'unknown' });
    sessionStorage.beacon = JSON.stringify([step, here]);
  }
  arrive(opened?.type === 'back_forward');
  on('pageshow', ({ persisted }) => persisted && arrive(true));

  // Rage: three clicks in a second within 30 px, and no response.
  let clicks = [];
  let answered = 0;
  let judging = false;
  const answer = () => { answered = clock(); };
  new MutationObserver(answer).observe(body, { subtree: true, childList: true, attributes: true, characterData: true });
  ['input', 'submit', 'scroll', 'pagehide'].forEach((type) => on(type, answer));
  on('selectionchange', () => getSelection().isCollapsed || answer());
  on('click', ({ target, detail, clientX: x, clientY: y }) => {
    if (!detail || target.closest('[type^=date], [type=time], [data-picker]')) return;
    clicks = [...clicks.filter((one) => clock() - one.at < 1000), { at: clock(), x, y }];
    const near = clicks.filter((one) => Math.hypot(one.x - x, one.y - y) <= 30);
    if (near.length < 3 || judging) return;
    judging = true;
    const { at } = near[0];
    setTimeout(() => {
      judging = false;
      const hit = target.closest('button, summary, a, label, input, select')?.localName;
      if (answered < at) tell('rage_click', { clicks: clicks.length, on: hit ?? 'other' });
    }, at + 1000 - clock());
  });

  // Errors of our scripts, not of extensions.
  function broke(error, where) {
    const [, file, line] = /\/assets\/\w+\/([\w/.-]+):(\d+)/.exec(where) ?? [];
    const name = /^(Type|Reference|Range|Syntax|URI)?Error$/.test(error?.name) ? error.name : 'other';
    if (file && where.includes(location.origin)) tell('script_error', { error: name, file, line: +line });
  }
  on('error', ({ error, filename, lineno }) => broke(error, `${filename}:${lineno}`));
  on('unhandledrejection', ({ reason }) => broke(reason, `${reason?.stack}`));

  function send() {
    const slowest = [...taps.values()].sort((a, b) => b - a)[Math.floor(taps.size / 50)];
    if (vitals && slowest) vitals.inp_ms = Math.round(slowest);
    if (vitals) tell('vitals', vitals);
    vitals = null;
    const said = { page, sent: clock(), clock: Date.now(), events: waiting };
    if (waiting.length) navigator.sendBeacon('/beacon', JSON.stringify(said));
    waiting = [];
  }
  on('visibilitychange', () => document.hidden && send());
  on('pagehide', send);
}

function uuid() {
  const random = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...random].map((byte) => (byte + 256).toString(16).slice(1)).join('');
  return hex.replace(/(.{8})(.{4}).(.{3}).(.{3})/, '$1-$2-4$3-8$4-');
}
