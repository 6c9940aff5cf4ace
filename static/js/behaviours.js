/* Binds behaviour to markup: an element with data-behaviour="once live" gets start(element) of ./once.js and of ./live.js.
   Every page works without any of it. What has started stands in the element's data-bound: keys pressed before are nobody's. */

const bound = new WeakMap();

async function bindOne(element, name) {
  const done = bound.get(element) ?? new Set();
  if (done.has(name)) return;
  bound.set(element, done.add(name));
  try {
    const { start } = await import(`./${name}.js`);
    start(element);
    element.dataset.bound = `${element.dataset.bound ?? ''} ${name}`.trim();
  } catch (error) {
    console.error(`The behaviour ${name} did not start.`, error);
  }
}

/** Bind everything in `root` that is not bound yet; call it again after putting new markup on the page. */
export function bind(root = document) {
  const found = [...root.querySelectorAll('[data-behaviour]')];
  if (root instanceof Element && root.matches('[data-behaviour]')) found.unshift(root);
  for (const element of found) {
    for (const name of element.dataset.behaviour.split(/\s+/).filter(Boolean)) {
      if (/^[a-z_]+$/.test(name)) bindOne(element, name);
    }
  }
}

bind();
