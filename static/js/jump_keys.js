/* Single keys that go to a form or follow a link: an element with data-key="r" is opened when it is a details, and its first field
   gets the focus; a link is followed. They rest while one types, and on a device whose box [data-keys-on] is cleared (see table_keys.js). */

const STORE = 'roundtrip.keys';
let listening = false;

export function start() {
  if (listening) return;
  listening = true;
  const box = document.querySelector('[data-keys-on]');
  if (box && !box.dataset.kept) {
    box.dataset.kept = 'yes';
    box.checked = read() !== 'off';
    box.addEventListener('change', () => write(box.checked ? 'on' : 'off'));
  }
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !(box?.checked ?? read() !== 'off')) return;
    if (event.target.closest?.('input:not([type=checkbox], [type=radio]), textarea, select, dialog, [contenteditable]')) return;
    const goal = [...document.querySelectorAll('[data-key]')].find((one) => one.dataset.key === event.key);
    if (!goal) return;
    event.preventDefault();
    go(goal);
  });
}

function go(goal) {
  if (goal.matches('a[href]')) {
    goal.click();
    return;
  }
  if (goal.matches('details')) goal.open = true;
  const field = goal.querySelector('textarea, select, input:not([type=hidden]), button');
  field?.focus();
  goal.scrollIntoView({ block: 'nearest' });
}

function read() {
  try { return localStorage.getItem(STORE); } catch { return null; }
}

function write(value) {
  try { localStorage.setItem(STORE, value); } catch { /* private window: for this page only */ }
}
