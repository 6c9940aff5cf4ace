/* "Use my location": fills the form's lat and lng, empties the place field (data-locate-clear="near") and sends the form.
   The button is hidden until this runs: <button type="button" data-behaviour="locate" hidden>. Words: data-denied, data-failed,
   data-busy; they are said in the element named by data-says (an id), a role=status paragraph. */

export function start(button) {
  if (!navigator.geolocation) return;
  const form = button.form ?? button.closest('form');
  const says = document.getElementById(button.dataset.says);
  button.hidden = false;

  button.addEventListener('click', () => {
    say(button.dataset.busy);
    button.setAttribute('aria-busy', 'true');
    navigator.geolocation.getCurrentPosition(found, lost, { timeout: 10000, maximumAge: 60000, enableHighAccuracy: true });
  });

  function found({ coords }) {
    button.removeAttribute('aria-busy');
    field('lat').value = coords.latitude.toFixed(5);
    field('lng').value = coords.longitude.toFixed(5);
    const place = form.elements[button.dataset.locateClear || 'near'];
    if (place) {
      place.value = '';
      place.required = false;
    }
    say('');
    form.requestSubmit();
  }

  function lost(error) {
    button.removeAttribute('aria-busy');
    say(error.code === error.PERMISSION_DENIED ? button.dataset.denied : button.dataset.failed);
    form.elements[button.dataset.locateClear || 'near']?.focus();
  }

  function field(name) {
    if (form.elements[name]) return form.elements[name];
    const input = Object.assign(document.createElement('input'), { type: 'hidden', name });
    form.append(input);
    return input;
  }

  function say(words) {
    if (says) says.textContent = words ?? '';
  }
}
