/* A toast goes after twelve seconds, not while it is pointed at or holds the focus, or when its button is pressed. */

const SECONDS = 12;

export function start(toast) {
  let timer;
  const go = () => toast.remove();
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(go, SECONDS * 1000);
  };
  const hold = () => clearTimeout(timer);

  toast.querySelector('button')?.addEventListener('click', go);
  toast.addEventListener('pointerenter', hold);
  toast.addEventListener('pointerleave', wait);
  toast.addEventListener('focusin', hold);
  toast.addEventListener('focusout', wait);
  wait();
}
