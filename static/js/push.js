/* "Notify me on this device": asks for permission on the tap, never before; subscribes with data-key and sends the form with what
   the browser said. The form is hidden until this runs. Words: data-denied, data-missing, data-failed, data-busy. */

export function start(form) {
  const says = form.querySelector('[data-says]');
  form.hidden = false;

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (!('serviceWorker' in navigator) || !('PushManager' in window) || !('Notification' in window)) return say(form.dataset.missing);
    say(form.dataset.busy);
    if ((await Notification.requestPermission()) !== 'granted') return say(form.dataset.denied);
    try {
      const subscription = await subscribe();
      const { endpoint, keys } = subscription.toJSON();
      form.elements.endpoint.value = endpoint;
      form.elements.p256dh.value = keys.p256dh;
      form.elements.auth.value = keys.auth;
    } catch (error) {
      console.error('No subscription.', error);
      return say(form.dataset.failed);
    }
    say('');
    return form.submit();
  });

  async function subscribe() {
    await navigator.serviceWorker.register(form.dataset.worker, { scope: '/' });
    const { pushManager } = await navigator.serviceWorker.ready;
    const key = bytes(form.dataset.key);
    const before = await pushManager.getSubscription();
    if (before && same(before.options.applicationServerKey, key)) return before;
    if (before) await before.unsubscribe(); // it was made for another key, and nobody can use it any more
    return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  }

  function say(words) {
    says.textContent = words ?? '';
  }
}

function bytes(text) {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
}

function same(buffer, key) {
  const other = new Uint8Array(buffer ?? []);
  return other.length === key.length && other.every((byte, index) => byte === key[index]);
}
