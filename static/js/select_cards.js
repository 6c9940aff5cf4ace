/* The list's half of "a pin and its card are one": says which card is looked at, and shows the card whose pin was pressed.
   Started by map.js once there is a map. Both halves speak by the event car:select on document, detail {slug, from}. */

export function start(list) {
  if (list.dataset.listens) return;
  list.dataset.listens = 'yes';
  const card = (slug) => list.querySelector(`[data-slug="${CSS.escape(slug)}"]`);

  function tell(event) {
    const slug = event.target.closest?.('[data-slug]')?.dataset.slug;
    if (slug) document.dispatchEvent(new CustomEvent('car:select', { detail: { slug, from: 'card' } }));
  }

  list.addEventListener('focusin', tell);
  list.addEventListener('pointerover', (event) => {
    if (event.pointerType === 'mouse') tell(event);
  });

  document.addEventListener('car:select', ({ detail }) => {
    const chosen = card(detail.slug);
    if (!chosen) return;
    for (const each of list.querySelectorAll('[aria-current]')) {
      if (each !== chosen && 'slug' in each.dataset) each.removeAttribute('aria-current');
    }
    chosen.setAttribute('aria-current', 'true');
    if (detail.from === 'pin') chosen.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
  });
}
