/* List or map on a phone, without a new page: two links of which one shows,
   <a class="chip to-map" href="?view=map" data-behaviour="view_switch" data-view="map" data-of="main"> and its twin .to-list.
   Sets data-view on the element named by data-of; the map wakes when it becomes visible. */

export function start(link) {
  const whole = document.getElementById(link.dataset.of);
  if (!whole) return;

  link.addEventListener('click', (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    show(link.dataset.view);
    history.replaceState(null, '', link.href);
  });

  function show(view) {
    whole.dataset.view = view;
    const twin = document.querySelector(`[data-of="${CSS.escape(link.dataset.of)}"]:not([data-view="${CSS.escape(view)}"])`);
    twin?.focus(); // this link is hidden now
  }
}
