/* Keys on a desk table: j and k walk the rows, Enter opens (the row's first link), x ticks the row's box, / goes to the find field
   (data-find="#q"), ? shows the keys. They rest while one types, and for good on a device whose box [data-keys-on] is cleared. */

const STORE = 'roundtrip.keys';

export function start(table) {
  const keys = document.querySelector('details.keys');
  const box = document.querySelector('[data-keys-on]');
  const allowed = () => box?.checked ?? true;

  if (box) {
    box.checked = read() !== 'off';
    box.addEventListener('change', () => write(box.checked ? 'on' : 'off'));
  }

  const rows = () => [...table.tBodies[0].rows];
  const current = () => rows().find((row) => row.getAttribute('aria-selected') === 'true')
    ?? rows().find((row) => row === document.activeElement?.closest('tr')); // a live part was swapped under the focus

  function choose(row) {
    if (!row) return;
    current()?.removeAttribute('aria-selected');
    row.setAttribute('aria-selected', 'true');
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: 'nearest' });
  }

  function step(by) {
    const all = rows();
    const at = all.indexOf(current());
    choose(all[Math.min(all.length - 1, Math.max(0, at < 0 && by > 0 ? 0 : at + by))]);
  }

  const deeds = {
    j: () => step(1),
    k: () => step(-1),
    x: () => current()?.querySelector('input[type=checkbox]')?.click(),
    Enter: () => current()?.querySelector('a[href]')?.click(),
    '/': () => document.querySelector(table.dataset.find ?? '[type=search]')?.focus(),
    '?': () => {
      if (!keys) return;
      keys.open = !keys.open;
      keys.querySelector('summary').focus();
    },
  };

  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !allowed()) return;
    const on = event.target;
    if (on.closest?.('input:not([type=checkbox], [type=radio]), textarea, select, dialog, [contenteditable]')) return;
    if (event.key === 'Enter' && on.closest?.('a, button, summary, input')) return;
    const deed = deeds[event.key];
    if (!deed) return;
    event.preventDefault();
    deed();
  });

  table.tBodies[0].addEventListener('click', (event) => {
    if (event.target.closest('a, button, input, label')) return;
    choose(event.target.closest('tr'));
  });
}

function read() {
  try { return localStorage.getItem(STORE); } catch { return null; }
}

function write(value) {
  try { localStorage.setItem(STORE, value); } catch { /* private window: for this page only */ }
}
