// Charts as SVG, drawn from numbers. Colours come from the style sheet.

const kNice = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400];

function ticksOf(most, count) {
  const rough = most / count;
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  const step = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough));
  const ticks = [];
  for (let value = 0; value <= most; value += step) ticks.push(value);
  return ticks;
}

function timeTicks(from, to, count) {
  const seconds = (to - from) / 1000;
  const step = (kNice.find((nice) => seconds / nice <= count) || Math.ceil(seconds / count / 86400) * 86400) * 1000;
  const ticks = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push([at, step]);
  return ticks;
}

function tickText(at, step) {
  const iso = new Date(at).toISOString();
  if (step >= 86400e3) return iso.slice(5, 10);
  return step >= 60e3 ? iso.slice(11, 16) : iso.slice(11, 19);
}

// A step line through [time, value] pairs as the points of an SVG path.
function stepPath(points, x, y) {
  let path = '';
  let before = null;
  for (const [at, value] of points) {
    path += before === null ? `M${x(at).toFixed(1)},${y(value).toFixed(1)}` : `H${x(at).toFixed(1)}V${y(value).toFixed(1)}`;
    before = value;
  }
  return path;
}

// How many of [from, to] are open at each moment where that changes.
function openOver(spans) {
  const changes = new Map();
  for (const [from, to] of spans) {
    changes.set(from, (changes.get(from) || 0) + 1);
    changes.set(to, (changes.get(to) || 0) - 1);
  }
  let open = 0;
  return [...changes].sort((a, b) => a[0] - b[0]).map(([at, change]) => [at, open += change]);
}

function timelineChart(width) {
  const submitted = tasks.map((task) => task.submitted).filter(Boolean).sort((a, b) => a - b);
  if (!submitted.length) return null;
  const done = tasks.filter((task) => task.submitted && task.finished);
  const finished = done.map((task) => task.finished).sort((a, b) => a - b);
  const from = submitted[0];
  const to = Math.max(finished.at(-1) || from, submitted.at(-1), from + 1000);
  const slots = openOver(tasks.filter((task) => task.submitted).map((task) => [task.submitted, Math.max(task.submitted, task.finished || to)]));
  const most = slots.reduce((high, [, open]) => Math.max(high, open), 1);
  const [left, right, high, low, gap] = [44, 12, 150, 84, 30];
  const height = high + gap + low + 34;
  // The service counts in whole seconds: something may seem to end before it began.
  const x = (at) => left + Math.max(0, at - from) / (to - from) * (width - left - right);
  const total = submitted.length;
  const y = (value) => 8 + high * (1 - value / total);
  const y2 = (value) => high + gap + 8 + low * (1 - value / most);
  const climb = (times) => [[from, 0], ...times.map((at, i) => [at, i + 1]), [to, times.length]];
  const area = stepPath([[from, 0], ...slots, [to, 0]], x, y2);
  const grid = (values, scale) => values.map((value) => [
    draw('line', {class: 'grid', x1: left, x2: width - right, y1: scale(value), y2: scale(value)}),
    draw('text', {class: 'tick', x: left - 8, y: scale(value) + 4, 'text-anchor': 'end'}, value.toLocaleString('en'))]);
  const label = `${plural(total, 'task')} submitted and ${finished.length} finished between ${timeText(from)} and ${timeText(to)}; at most ${most} at once.`;
  // Of a label's width, and a little more: the last one stays whole.
  const half = (step) => tickText(from, step).length * 4;
  const svg = draw('svg', {viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label, class: 'chart'},
                   grid(ticksOf(total, 4), y), grid(ticksOf(most, 2), y2),
                   timeTicks(from, to, Math.max(2, Math.floor(width / 110))).map(([at, step]) => [
                     draw('line', {class: 'grid', x1: x(at), x2: x(at), y1: 8, y2: high + gap + low + 8}),
                     draw('text', {class: 'tick', x: Math.min(x(at), width - half(step)), y: height - 6, 'text-anchor': 'middle'}, tickText(at, step))]),
                   draw('path', {class: 'area', d: `${area}V${y2(0)}H${x(from)}Z`}),
                   draw('path', {class: 'line one', d: stepPath(climb(submitted), x, y)}),
                   draw('path', {class: 'line two', d: stepPath(climb(finished), x, y)}));
  return {svg, label, wide: true, legend: [['one', 'submitted'], ['two', 'finished'], ['slots', 'slots in use (below)']]};
}

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

function generationChart(width) {
  const models = new Map();
  for (const task of tasks) {
    if (task.seconds === undefined || task.state !== 'succeeded') continue;
    if (!models.has(task.model)) models.set(task.model, []);
    models.get(task.model).push(task.seconds);
  }
  if (!models.size) return null;
  const rows = [...models].map(([model, seconds]) => ({model, sorted: seconds.sort((a, b) => a - b)}))
      .sort((a, b) => quantile(b.sorted, 0.5) - quantile(a.sorted, 0.5));
  const most = Math.max(...rows.map((row) => row.sorted.at(-1)), 0.001);
  const x = (seconds) => 6 + seconds / most * (width - 12);
  const height = rows.length * 46 + 6;
  const label = rows.map((row) => `${row.model}: median ${durationText(quantile(row.sorted, 0.5))} of ${plural(row.sorted.length, 'task')}`).join('; ');
  const svg = draw('svg', {viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label, class: 'chart'}, rows.map((row, i) => {
    const y = i * 46 + 34;
    const [low, middle, high] = [0.1, 0.5, 0.9].map((share) => quantile(row.sorted, share));
    return [
      draw('text', {class: 'name', x: 6, y: y - 16}, row.model),
      draw('text', {class: 'tick', x: width - 6, y: y - 16, 'text-anchor': 'end'}, `${durationText(middle)} · ${plural(row.sorted.length, 'task')}`),
      draw('line', {class: 'whisker', x1: x(row.sorted[0]), x2: x(row.sorted.at(-1)), y1: y, y2: y}),
      draw('rect', {class: 'box', x: x(low), y: y - 6, width: Math.max(2, x(high) - x(low)), height: 12, rx: 3}),
      draw('rect', {class: 'median', x: x(middle) - 1.5, y: y - 8, width: 3, height: 16, rx: 1.5}),
    ];
  }));
  return {svg, label};
}

// [{name, value, text, parts: [[class, value]]}], one bar each.
function barChart(rows, width, label) {
  const most = Math.max(...rows.map((row) => row.value)) || 1;
  const svg = draw('svg', {viewBox: `0 0 ${width} ${rows.length * 42 + 4}`, role: 'img', 'aria-label': label, class: 'chart'}, rows.map((row, i) => {
    let x = 6;
    return [
      draw('text', {class: 'name', x: 6, y: i * 42 + 16}, cut(row.name, Math.floor(width / 11))),
      draw('text', {class: 'tick', x: width - 6, y: i * 42 + 16, 'text-anchor': 'end'}, row.text),
      draw('rect', {class: 'rail', x: 6, y: i * 42 + 24, width: width - 12, height: 8, rx: 4}),
      row.parts.filter(([, value]) => value > 0).map(([tone, value]) => {
        const length = Math.max(3, value / most * (width - 12));
        const bar = draw('rect', {class: `part ${tone}`, x, y: i * 42 + 24, width: length, height: 8, rx: 3});
        x += length;
        return bar;
      }),
    ];
  }));
  return {svg, label};
}

function costChart(width) {
  const rows = new Map();
  for (const task of tasks) {
    if (task.cost === undefined) continue;
    if (!rows.has(task.model)) rows.set(task.model, {good: 0, bad: 0, wait: 0});
    const tone = task.state === 'succeeded' ? 'good' : ['failed', 'lost', 'skipped', 'cancelled'].includes(task.state) ? 'bad' : 'wait';
    rows.get(task.model)[tone] += Number(task.cost);
  }
  const list = [...rows].map(([name, sums]) => ({name, value: sums.good + sums.bad + sums.wait, parts: Object.entries(sums)}))
      .filter((row) => row.value > 0).sort((a, b) => b.value - a.value);
  if (!list.length) return null;
  for (const row of list) row.text = amountText(row.value);
  const chart = barChart(list, width, list.map((row) => `${row.name}: ${row.text}`).join('; '));
  const open = list.some((row) => rows.get(row.name).wait > 0);
  const bad = list.some((row) => rows.get(row.name).bad > 0);
  return {...chart, legend: [['good', 'succeeded'], ...(bad ? [['bad', 'not made']] : []), ...(open ? [['wait', 'not ended']] : [])]};
}
