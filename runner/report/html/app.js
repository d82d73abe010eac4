// Puts the page together: header, views, filters, and what the keyboard does.

let view = 'sheet';
let shown = tasks;
let rows = [];
const kViews = {sheet: 'Contact sheet', compare: 'Compare models', figures: 'Figures'};
const canCompare = modelCounts.size > 1 && comparisons(tasks).length > 0;

const details = new Details(byId('details'), (task, step) => around(task, step), (task) => {
  if (view === 'sheet') sheet.focusOn(shown.indexOf(task));
});
const sheet = new Sheet(byId('sheet'), (task) => details.open(task));
const compare = new Compare(byId('compare'), (task) => details.open(task));

function around(task, step) {
  const list = view === 'compare' ? rows.flatMap((row) => [...row.cells.values()].flat()) : shown;
  return list[list.indexOf(task) + step];
}

function showHeader() {
  const finished = tasks.map((task) => task.finished).filter(Boolean);
  const submitted = tasks.map((task) => task.submitted).filter(Boolean);
  const span = submitted.length && finished.length ?
      (finished.reduce((a, b) => Math.max(a, b)) - submitted.reduce((a, b) => Math.min(a, b))) / 1000 : undefined;
  const order = Object.keys(kStates).filter((state) => stateCounts.has(state));
  const counts = order.map((state) => `${stateCounts.get(state).toLocaleString('en')} ${stateName(state)}`);
  byId('facts').append([plural(tasks.length, 'task'), ...counts, batch.money && `${batch.money.currency} ${batch.money.spent} spent`,
                        span > 0 && durationText(span)].filter(Boolean).join(' · '));
  const bar = byId('bar');
  bar.setAttribute('aria-label', counts.join(', ') || 'no tasks');
  for (const state of order) {
    const part = make('span', {class: `slice ${kStates[state].tone}`, title: `${stateCounts.get(state)} ${stateName(state)}`});
    part.style.flexGrow = stateCounts.get(state);
    bar.append(part);
  }
  byId('foot').append([batch.selection && `Shown: ${batch.selection}`, `Reported ${timeText(batch.reported)}`].filter(Boolean).join(' · '));
}

function showTheme() {
  const button = byId('theme');
  const root = document.documentElement;
  const dark = () => root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  const name = () => { button.textContent = dark() ? 'Light' : 'Dark'; button.setAttribute('aria-label', dark() ? 'Light colours' : 'Dark colours'); };
  button.addEventListener('click', () => { root.dataset.theme = dark() ? 'light' : 'dark'; name(); });
  name();
}

function makeControls() {
  const names = Object.keys(kViews).filter((name) => name !== 'compare' || canCompare);
  byId('views').replaceChildren(...names.map((name) => make('button', {type: 'button', 'data-view': name, onclick: () => show(name)}, kViews[name])));
  const states = Object.keys(kStates).filter((state) => stateCounts.has(state));
  byId('states').replaceChildren(...states.map((state) => {
    const chip = make('button', {type: 'button', class: 'chip', 'aria-pressed': 'false', 'data-state': state}, stateMark(state),
                      make('span', {class: 'number'}, ` ${stateCounts.get(state).toLocaleString('en')}`));
    chip.addEventListener('click', () => {
      if (!filters.states.delete(state)) filters.states.add(state);
      filters.code = '';
      update();
    });
    return chip;
  }));
  const pick = (id, all, counts, key) => {
    const values = [...counts.keys()].sort((a, b) => a.localeCompare(b));
    byId(id).replaceChildren(option('', all, ''), ...values.map((value) => option(value, `${cut(value, 60)} (${counts.get(value)})`, '')));
    byId(id).addEventListener('change', (event) => { filters[key] = event.target.value; update(); });
  };
  pick('model', 'All', modelCounts, 'model');
  pick('tag', 'All', tagCounts, 'tag');
  byId('tag-label').hidden = tagCounts.size === 0;
  byId('sort').replaceChildren(...Object.entries(kSorts).map(([name, [text]]) => option(name, text, 'manifest')));
  byId('sort').addEventListener('change', (event) => { filters.sort = event.target.value; update(); });
  let waiting = 0;
  byId('text').addEventListener('input', (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { filters.text = event.target.value; update(); }, 80);
  });
  byId('filters').addEventListener('submit', (event) => event.preventDefault());
  byId('reset').addEventListener('click', clearFilters);
  byId('empty-reset').addEventListener('click', clearFilters);
}

function clearFilters() {
  Object.assign(filters, {text: '', model: '', tag: '', code: ''});
  filters.states.clear();
  for (const id of ['text', 'model', 'tag']) byId(id).value = '';
  update();
  byId('text').focus();
}

function update() {
  shown = shownTasks();
  for (const chip of byId('states').children) chip.setAttribute('aria-pressed', filters.states.has(chip.dataset.state));
  byId('reset').hidden = !isFiltered();
  const toCompare = view === 'compare';
  if (toCompare) rows = comparisons(shown);
  const none = view !== 'figures' && (toCompare ? rows : shown).length === 0;
  byId('count').textContent = view === 'figures' ? '' : toCompare ? plural(rows.length, 'prompt') :
      (isFiltered() ? `${shown.length.toLocaleString('en')} of ` : '') + plural(tasks.length, 'task') + (filters.code ? ` with ${filters.code}` : '');
  byId('count').hidden = view === 'figures';
  byId('empty').hidden = !none;
  byId('sheet-view').hidden = view !== 'sheet' || none;
  byId('compare-view').hidden = !toCompare || none;
  byId('figures-view').hidden = view !== 'figures';
  sheet.show(view === 'sheet' ? shown : []);
  compare.show(toCompare ? rows : []);
  if (view === 'figures') showFigures(byId('figures-view'), only);
}

function only(group) {
  Object.assign(filters, {text: '', model: '', tag: '', code: group.code, states: new Set([group.state])});
  for (const id of ['text', 'model', 'tag']) byId(id).value = '';
  show('sheet');
  sheet.focusOn(0);
}

function show(name) {
  view = name;
  for (const button of byId('views').children) button.setAttribute('aria-current', button.dataset.view === name);
  byId('filters').hidden = name === 'figures';
  update();
}

// On paper there is no window: cards stand in the flow, as many as make sense.
const kMostPrinted = 300;
function print() {
  if (view !== 'sheet') return;
  const paper = make('ul', {class: 'sheet paper', id: 'paper'}, shown.slice(0, kMostPrinted).map((task) => make('li', {}, makeCard(task, () => {}))));
  byId('sheet').after(paper);
  if (shown.length > kMostPrinted) paper.after(make('p', {class: 'paper-note', id: 'paper-note'}, `The first ${kMostPrinted} of ${shown.length} tasks.`));
}
addEventListener('beforeprint', print);
addEventListener('afterprint', () => {
  const paper = byId('paper');
  if (paper) {
    releaseIn(paper);
    paper.remove();
  }
  byId('paper-note')?.remove();
});

addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || byId('details').open || view === 'figures') return;
  if (event.target.closest('input, select, textarea')) return;
  event.preventDefault();
  byId('text').focus();
});
let resized = 0;
addEventListener('resize', () => {
  if (view !== 'figures') return;
  cancelAnimationFrame(resized);
  resized = requestAnimationFrame(() => showFigures(byId('figures-view'), only));
});

showHeader();
showTheme();
makeControls();
byId('views').hidden = false;
show('sheet');
document.documentElement.dataset.ready = 'true';
