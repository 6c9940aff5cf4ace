/* The estimator answers while one types: asks the form's own address for the result alone, shows it in the element named by
   data-result, and keeps the page's address true. What does not hold yet changes nothing; the button says what is wrong. */

const PAUSE = 400; // milliseconds without a key

export function start(form) {
  const result = document.getElementById(form.dataset.result);
  let timer = null;
  let asked = 0;

  async function ask() {
    const mine = ++asked;
    const address = `${form.action}?${new URLSearchParams(new FormData(form))}`;
    try {
      const answer = await fetch(address, { headers: { 'X-Requested-With': 'live' }, credentials: 'same-origin' });
      if (answer.status !== 200 || mine !== asked) return;
      const opened = [...result.querySelectorAll('details[open][id]')].map((each) => each.id);
      result.innerHTML = await answer.text();
      for (const id of opened) document.getElementById(id)?.setAttribute('open', '');
      history.replaceState(null, '', address);
    } catch {
      // No line just now: the button works when there is one again.
    }
  }

  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
}
