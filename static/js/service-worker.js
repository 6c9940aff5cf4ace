/* Shows our notifications and opens what they are about. It keeps no pages and answers no requests. */

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('push', (event) => {
  let said;
  try {
    said = event.data.json();
  } catch {
    said = {};
  }
  // A second one under the same tag takes the place of the first without a sound: what was sent again is shown once.
  const shown = self.registration.showNotification(said.title || 'Roundtrip', {
    tag: said.tag || 'roundtrip', data: { url: said.url || '/inbox' }, icon: '/favicon.ico',
  });
  event.waitUntil(shown);
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const url = new URL(event.notification.data.url, self.location.origin);
  if (url.origin !== self.location.origin) return; // only ever our own pages
  event.waitUntil(open(url.href));
});

async function open(href) {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const here = windows.find((each) => each.url === href);
  if (here) return here.focus();
  return self.clients.openWindow(href);
}
