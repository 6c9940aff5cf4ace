/* Opening a message marks it read: sends the form once, quietly. Without this, its button does the same. */

export async function start(form) {
  const answer = await fetch(form.action, { method: 'POST', body: new FormData(form), credentials: 'same-origin', redirect: 'manual' });
  if (answer.ok || answer.type === 'opaqueredirect') form.hidden = true;
}
