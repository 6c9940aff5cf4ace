/* One question, one tap: sends the answer without leaving the page and says thanks in its place (data-thanks).
   When the line is down it says so (data-failed) and the buttons work again. */

export function start(form) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const body = new FormData(form);
    const pressed = event.submitter;
    if (pressed?.name) body.set(pressed.name, pressed.value);
    lock(true);
    try {
      const answer = await fetch(form.action, {
        method: 'POST', body, credentials: 'same-origin', headers: { 'X-Requested-With': 'steps' },
      });
      if (!answer.ok) throw new Error(answer.status);
      form.replaceChildren();
      say(form.dataset.thanks);
    } catch {
      lock(false);
      say(form.dataset.failed);
      pressed?.focus();
    }
  });

  function lock(on) {
    form.querySelectorAll('button').forEach((button) => { button.disabled = on; });
  }

  function say(words) {
    let place = form.querySelector('[role=status]');
    if (!place) {
      place = Object.assign(document.createElement('p'), { tabIndex: -1 });
      place.setAttribute('role', 'status');
      form.append(place);
    }
    place.textContent = words ?? '';
    if (words === form.dataset.thanks) place.focus({ preventScroll: true });
  }
}
