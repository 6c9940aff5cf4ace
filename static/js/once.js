/* A form that is sent once: its buttons rest after the first submit, until the page is seen again.
   data-once-label on the form or the button: words for the meantime ("Booking"). */

export function start(form) {
  let sent = false;

  form.addEventListener('submit', (event) => {
    if (sent) {
      event.preventDefault();
      return;
    }
    if (event.defaultPrevented) return;
    sent = true;
    const pressed = event.submitter;
    // After this turn, so that the pressed button's own name and value are still sent.
    setTimeout(() => rest(pressed));
  });

  // Back button: the page comes out of the cache as it was left.
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) wake();
  });

  function buttons() {
    const outside = form.id ? document.querySelectorAll(`button[form="${CSS.escape(form.id)}"]`) : [];
    return [...form.querySelectorAll('button, input[type=submit]'), ...outside];
  }

  function rest(pressed) {
    for (const button of buttons()) {
      if (button.disabled) continue;
      button.disabled = true;
      button.dataset.rested = '';
    }
    const words = pressed?.dataset.onceLabel ?? form.dataset.onceLabel;
    const place = pressed?.querySelector('span');
    if (!pressed) return;
    pressed.setAttribute('aria-busy', 'true');
    if (words && place) {
      place.dataset.was = place.textContent;
      place.textContent = words;
    }
  }

  function wake() {
    sent = false;
    for (const button of buttons()) {
      if (!('rested' in button.dataset)) continue;
      button.disabled = false;
      delete button.dataset.rested;
      button.removeAttribute('aria-busy');
      const place = button.querySelector('span[data-was]');
      if (place) place.textContent = place.dataset.was;
    }
  }
}
