/* The booking form: choosing a cover shows its price lines and puts its total into the button. */

export function start(form) {
  const shown = document.querySelector('[data-total-shown]');
  const show = (radio) => {
    for (const lines of form.querySelectorAll('[data-cover]')) lines.hidden = lines.dataset.cover !== radio.value;
    if (shown) shown.textContent = radio.dataset.total;
  };
  form.addEventListener('change', (event) => {
    if (event.target.name === 'waiver') show(event.target);
  });
  const chosen = form.querySelector('[name=waiver]:checked');
  if (chosen) show(chosen);
}
