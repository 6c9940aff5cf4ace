/* Times picked on a day's chart: a tap takes the wished length from there, a drag takes what it covers. The form is filled in and
   sent; the links below the chart do the same without scripts and for the keyboard.
   <div data-behaviour="pick_times" data-day="2026-11-28" data-minutes="180" data-form="when"> around a time chart. */

const QUARTERS = 96;

export function start(box) {
  const chart = box.querySelector('.tc');
  const form = document.getElementById(box.dataset.form);
  if (!chart || !form) return;
  const wished = Math.max(2, Math.round(Number(box.dataset.minutes) / 15));
  let from = null;
  let picked = null;
  box.dataset.ready = '';

  box.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    from = quarterAt(event);
    box.setPointerCapture(event.pointerId);
    show(from, from + wished);
  });
  box.addEventListener('pointermove', (event) => {
    if (from === null) return;
    const to = quarterAt(event);
    if (to !== from || picked.dragged) show(Math.min(from, to), Math.max(from, to) + 1, true);
  });
  box.addEventListener('pointercancel', () => {
    from = null;
    box.querySelector('.picked')?.remove();
  });
  box.addEventListener('pointerup', () => {
    if (from === null) return;
    from = null;
    form.elements.start.value = local(picked.start);
    form.elements.end.value = local(picked.end);
    form.requestSubmit();
  });

  function quarterAt(event) {
    const { left, width } = chart.getBoundingClientRect();
    return Math.min(QUARTERS - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * QUARTERS)));
  }

  function show(first, last, dragged = false) {
    picked = { start: first, end: Math.max(last, first + 2), dragged };
    const bar = box.querySelector('.picked') ?? chart.appendChild(document.createElement('li'));
    bar.className = `me picked s${picked.start} e${Math.min(picked.end, QUARTERS)}`;
  }

  function local(quarter) {
    const [year, month, day] = box.dataset.day.split('-').map(Number);
    const at = new Date(Date.UTC(year, month - 1, day, 0, quarter * 15));  // only to carry over midnight: no zone is meant
    return at.toISOString().slice(0, 16);
  }
}
