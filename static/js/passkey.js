/* A passkey for a form: asks data-options (POST, with the form's token) what to do, lets the browser make (data-passkey="create") or
   use (data-passkey="get") one, puts its answer into the field "answer" and sends the form. The form is hidden until this runs.
   data-again: where to go when the proof of who is there is too old.
   data-offer on a "get" form: also offers passkeys in the field of the address, where the browser can. Words: data-failed. */

export function start(form) {
  if (!window.PublicKeyCredential) return;
  const says = form.querySelector('[data-says]');
  const makes = form.dataset.passkey === 'create';
  let offered = null;
  form.hidden = false;

  form.addEventListener('submit', async (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    offered?.abort();
    says.textContent = '';
    try {
      await send(await (makes ? create() : get({})));
    } catch (error) {
      console.error('No passkey.', error);
      says.textContent = form.dataset.failed;
    }
  });

  if (form.dataset.offer !== undefined) offer();

  async function offer() {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    offered = new AbortController();
    try {
      await send(await get({ mediation: 'conditional', signal: offered.signal }));
    } catch (error) {
      if (error.name !== 'AbortError') console.error('No passkey was offered.', error);
    }
  }

  async function options() {
    const answer = await fetch(form.dataset.options, {
      method: 'POST', credentials: 'same-origin', redirect: 'error',
      body: new URLSearchParams({ csrf_token: form.elements.csrf_token.value }),
    });
    if (answer.status === 403 && form.dataset.again) location.assign(form.dataset.again); // it is too long ago that they proved it
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const told = await answer.json();
    told.challenge = bytes(told.challenge);
    if (told.user) told.user.id = bytes(told.user.id);
    for (const list of [told.allowCredentials, told.excludeCredentials]) for (const one of list ?? []) one.id = bytes(one.id);
    return told;
  }

  async function create() {
    return navigator.credentials.create({ publicKey: await options() });
  }

  async function get(how) {
    return navigator.credentials.get({ publicKey: await options(), ...how });
  }

  async function send(made) {
    const { response } = made;
    const said = { clientDataJSON: text(response.clientDataJSON) };
    if (makes) {
      said.attestationObject = text(response.attestationObject);
    } else {
      said.authenticatorData = text(response.authenticatorData);
      said.signature = text(response.signature);
      said.userHandle = response.userHandle ? text(response.userHandle) : null;
    }
    form.elements.answer.value = JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response: said });
    form.requestSubmit();
  }
}

function bytes(words) {
  return Uint8Array.from(atob(words.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
