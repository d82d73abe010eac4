// The view of charts, with what failed and what to do about it.

function failureGroups() {
  const groups = new Map();
  for (const task of tasks) {
    if (!['failed', 'lost', 'skipped'].includes(task.state)) continue;
    const key = `${task.state}\n${task.code || ''}`;
    if (!groups.has(key)) groups.set(key, {state: task.state, code: task.code || '', message: task.message || '', count: 0});
    ++groups.get(key).count;
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

function figure(title, chart, note, ...more) {
  const legend = chart.legend ? make('p', {class: 'legend', 'aria-hidden': 'true'}, chart.legend.map(
      ([tone, text]) => make('span', {}, make('i', {class: `dot ${tone}`}), text))) : '';
  return make('figure', {class: chart.wide ? 'wide' : undefined}, make('figcaption', {}, make('h2', {}, title), note ? make('p', {class: 'soft'}, note) : ''),
              legend, chart.svg, ...more);
}

function failuresFigure(width, only) {
  const groups = failureGroups();
  if (!groups.length) return '';
  const rows = groups.slice(0, 12).map((group) => ({
    name: group.code || group.state, value: group.count, parts: [[group.state === 'skipped' ? 'off' : 'bad', group.count]],
    text: plural(group.count, 'task') + (group.state === 'failed' ? '' : ` ${group.state}`)}));
  const chart = {wide: true, ...barChart(rows, width, rows.map((row) => `${row.name}: ${row.text}`).join('; '))};
  const list = make('ul', {class: 'reasons'}, groups.slice(0, 12).map((group) => make('li', {},
      make('p', {}, foreign('strong', {}, group.code || group.state), ' ', foreign('span', {}, cut(group.message, 300))),
      advice[group.code] ? make('p', {class: 'soft'}, advice[group.code]) : '',
      make('button', {type: 'button', class: 'quiet', onclick: () => only(group)}, `Show ${plural(group.count, 'task')}`))));
  return figure('What failed, and why', chart, batch.retry ? `${batch.retry} puts what failed back in the queue.` : '', list);
}

function showFigures(section, only) {
  const width = Math.max(300, Math.min(section.clientWidth, 1400));
  section.classList.toggle('two', width >= 900);
  const half = width >= 900 ? Math.floor((width - 24) / 2) - 42 : width - 42;
  const timeline = timelineChart(width - 42);
  const generation = generationChart(half);
  const cost = costChart(half);
  const money = batch.money;
  const costNote = money ? [`${money.currency} ${money.spent} spent`, Number(money.reserved) ? `${money.reserved} reserved` : '',
                            money.budget ? `of a budget of ${money.budget}` : '',
                            money.verified ? 'estimated' : 'estimated with unverified prices'].filter(Boolean).join(', ') + '.' : '';
  const parts = [
    timeline ? figure('Submitted and finished', timeline, timeline.label) : '',
    generation ? figure('Time to generate', generation, 'Line: all tasks; bar: the middle 80 %; mark: the median.') : '',
    cost ? figure('Estimated cost', cost, costNote) : '',
    failuresFigure(width - 42, only),
  ].filter(Boolean);
  section.replaceChildren(...(parts.length ? parts : [make('p', {class: 'note'}, 'Nothing has been submitted yet.')]));
}
