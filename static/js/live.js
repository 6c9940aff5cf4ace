/* A part of the page that keeps itself true: asks data-live-url every data-live-seconds (default 5) with the ETag it has.
   The answer is the inner HTML. Not swapped while one types in it; asked no more when the answer holds [data-live-stop],
   and sooner while it holds [data-live-soon]: somebody stands there waiting. An answer with data-live-go="/address" moves
   the page there, one with data-live-title="…" names its tab. Rests while the page is hidden. For what must be read aloud, the part holds a role=status element. Event: live:swapped. */

import { bind } from './behaviours.js';

const SOON = 0.7; // seconds

export function start(element) {
  const url = element.dataset.liveUrl;
  const seconds = Math.max(1, Number(element.dataset.liveSeconds) || 5);
  let etag = null;
  let shown = null;
  let timer = null;
  let wait = seconds;
  let stopped = element.querySelector('[data-live-stop]') !== null;

  function later() {
    clearTimeout(timer);
    const soon = wait === seconds && element.querySelector('[data-live-soon]');
    if (!stopped && !document.hidden) timer = setTimeout(ask, (soon ? SOON : wait) * 1000);
  }

  async function ask() {
    try {
      const headers = { 'X-Requested-With': 'live' };
      if (etag) headers['If-None-Match'] = etag;
      const answer = await fetch(url, { headers, credentials: 'same-origin', cache: 'no-store' });
      if (answer.redirected || answer.status === 401 || answer.status === 403 || answer.status === 404 || answer.status === 410) {
        stopped = true; // signed out, or the thing is gone: the next press will say so
      } else if (answer.status === 200) {
        const html = await answer.text();
        if (swap(html)) etag = answer.headers.get('ETag');
      }
      wait = answer.status >= 429 ? Math.min(wait * 2, 60) : seconds;
    } catch {
      wait = Math.min(wait * 2, 60); // no line just now
    }
    if (element.isConnected) later();
  }

  function typing() {
    const on = document.activeElement;
    return element.contains(on) && on.matches('input:not([type=radio], [type=checkbox]), textarea, select');
  }

  /* True when the page now shows this answer. */
  function swap(html) {
    if (typing() || element.querySelector('dialog[open]')) return false;
    const fresh = Object.assign(document.createElement('template'), { innerHTML: html });
    if (shown === html || fresh.innerHTML === element.innerHTML) return true;
    const focused = element.contains(document.activeElement) ? document.activeElement : null;
    const opened = [...element.querySelectorAll('details[open][id]')].map((each) => each.id);
    element.replaceChildren(fresh.content);
    shown = html;
    for (const id of opened) element.querySelector(`#${CSS.escape(id)}`)?.setAttribute('open', '');
    if (focused) {
      const again = focused.id && element.querySelector(`#${CSS.escape(focused.id)}`);
      if (!again) element.tabIndex = -1;
      (again || element).focus({ preventScroll: true });
    }
    bind(element);
    element.dispatchEvent(new CustomEvent('live:swapped', { bubbles: true }));
    const title = element.querySelector('[data-live-title]')?.dataset.liveTitle;
    if (title) document.title = `${title} · ${document.title.split(' · ').pop()}`;
    const go = element.querySelector('[data-live-go]')?.dataset.liveGo;
    if (go && new URL(go, location.href).origin === location.origin) location.assign(go);
    stopped = element.querySelector('[data-live-stop]') !== null;
    return true;
  }

  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (!document.hidden && !stopped) ask();
  });
  later();
}
