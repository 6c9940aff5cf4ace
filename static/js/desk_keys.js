/* Keys on a desk's page: an element with data-key="r" is reached by r - a field takes the focus, a button or link is pressed, a
   <summary> opens. Ctrl+Enter in a field sends its form by the button [data-send], with Shift by [data-send-too]. Single keys rest
   while one types, and on a device whose box [data-keys-on] is cleared (the same choice as in table_keys.js). */

const STORE = 'roundtrip.keys';

export function start(area) {
  const keys = document.querySelector('details.keys');
  const box = document.querySelector('[data-keys-on]');
  if (box) {
    box.checked = read() !== 'off';
    box.addEventListener('change', () => write(box.checked ? 'on' : 'off'));
  }

  function reach(element) {
    if (element.matches('textarea, select, input')) {
      element.focus();
      element.scrollIntoView({ block: 'nearest' });
    } else {
      element.click();
      if (element.matches('summary')) element.parentElement.querySelector('select, textarea, input:not([type=hidden])')?.focus();
    }
  }

  document.addEventListener('keydown', (event) => {
    const on = event.target;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && on.form && area.contains(on)) {
      const button = on.form.querySelector(event.shiftKey ? '[data-send-too]' : '[data-send]') ?? on.form.querySelector('button:not([name=insert])');
      event.preventDefault();
      on.form.requestSubmit(button);
      return;
    }
    if (event.key === 'Escape' && on.matches?.('textarea, select')) {
      on.blur();
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !(box?.checked ?? true)) return;
    if (on.closest?.('input:not([type=checkbox], [type=radio]), textarea, select, dialog, [contenteditable]')) return;
    if (event.key === '?' && keys) {
      event.preventDefault();
      keys.open = !keys.open;
      keys.querySelector('summary').focus();
      return;
    }
    const found = /^[a-z]$/.test(event.key) && document.querySelector(`[data-key="${event.key}"]`);
    if (!found) return;
    event.preventDefault();
    reach(found);
  });
}

function read() {
  try { return localStorage.getItem(STORE); } catch { return null; }
}

function write(value) {
  try { localStorage.setItem(STORE, value); } catch { /* private window: for this page only */ }
}
