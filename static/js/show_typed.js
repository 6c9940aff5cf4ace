/* Shows what is typed into a password field, and hides it again: <div data-behaviour="show_typed" data-hide="Hide …"> around the
   field and a hidden button. It hides by itself when the form is sent, so that no browser keeps it as plain words. */

export function start(box) {
  const input = box.querySelector('input');
  const button = box.querySelector('button');
  const words = button.querySelector('span');
  const show = words.textContent;
  button.hidden = false;

  button.addEventListener('click', () => turn(input.type === 'password'));
  input.form?.addEventListener('submit', () => turn(false));

  function turn(seen) {
    input.type = seen ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(seen));
    words.textContent = seen ? box.dataset.hide : show;
  }
}
