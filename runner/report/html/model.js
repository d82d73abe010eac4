// What the page knows: the batch, its tasks, and which of them are shown.

function dataOf(id) {
  const element = document.getElementById(id);
  return element ? element.textContent : '';
}

const batch = JSON.parse(dataOf('batch'));
const tasks = JSON.parse(dataOf('tasks'));
const advice = JSON.parse(dataOf('advice') || '{}');
tasks.forEach((task, index) => {
  task.index = index;
  task.outputs = task.outputs || [];
  task.tags = task.tags || [];
});

// In the order of a task's life; `tone` is a colour of the style sheet, `mark` tells states apart
// without colour.
const kStates = {
  succeeded: {tone: 'good', mark: '✓'},
  downloading: {tone: 'busy', mark: '↓'},
  running: {tone: 'busy', mark: '▸'},
  submitting: {tone: 'busy', mark: '↑'},
  waiting_retry: {tone: 'wait', mark: '↻'},
  blocked: {tone: 'wait', mark: '‖'},
  pending: {tone: 'wait', mark: '·'},
  failed: {tone: 'bad', mark: '✕'},
  lost: {tone: 'bad', mark: '?'},
  skipped: {tone: 'off', mark: '–'},
  cancelled: {tone: 'off', mark: '⊘'},
};
function stateName(state) {
  return state === 'waiting_retry' ? 'waiting to retry' : state;
}

function countBy(list, key) {
  const counts = new Map();
  for (const item of list) {
    const keys = key(item);
    for (const value of Array.isArray(keys) ? keys : [keys]) counts.set(value, (counts.get(value) || 0) + 1);
  }
  return counts;
}

const stateCounts = countBy(tasks, (task) => task.state);
const modelCounts = countBy(tasks, (task) => task.model);
const tagCounts = countBy(tasks, (task) => task.tags);

const filters = {text: '', states: new Set(), model: '', tag: '', code: '', sort: 'manifest'};

const kByNumber = (key, last) => (a, b) => (key(a) ?? last) - (key(b) ?? last) || a.index - b.index;
const kSorts = {
  manifest: ['Manifest order', (a, b) => a.index - b.index],
  newest: ['Newest first', kByNumber((task) => task.finished && -task.finished, Infinity)],
  slowest: ['Slowest first', kByNumber((task) => task.seconds !== undefined ? -task.seconds : undefined, Infinity)],
  dearest: ['Dearest first', kByNumber((task) => task.cost !== undefined ? -Number(task.cost) : undefined, Infinity)],
  state: ['State', kByNumber((task) => Object.keys(kStates).indexOf(task.state), 99)],
  id: ['Id', (a, b) => a.id.localeCompare(b.id, undefined, {numeric: true})],
};

// Everything of a task that a search looks at, made when it is first asked for.
function haystack(task) {
  task.words ??= [task.id, task.prompt, task.negative, task.model, task.code, task.message, ...task.tags]
      .filter(Boolean).join('\n').toLowerCase();
  return task.words;
}

function shownTasks() {
  const words = filters.text.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = tasks.filter((task) =>
    (filters.states.size === 0 || filters.states.has(task.state)) &&
    (!filters.model || task.model === filters.model) &&
    (!filters.tag || task.tags.includes(filters.tag)) &&
    (!filters.code || (task.code || '') === filters.code) &&
    words.every((word) => haystack(task).includes(word)));
  return filters.sort === 'manifest' ? shown : shown.sort(kSorts[filters.sort][1]);
}

function isFiltered() {
  return Boolean(filters.text || filters.states.size || filters.model || filters.tag || filters.code);
}

// The stories lie in the page as one line of JSON for each task, and are read when one is opened.
let storyLines = null;
function storyOf(task) {
  storyLines ??= dataOf('stories').split('\n');
  const read = (line) => {
    try {
      return line ? JSON.parse(line) : null;
    } catch {
      return null;
    }
  };
  const here = read(storyLines[task.index]);
  if (here && here.id === task.id) return here;
  // A task that was gone when the stories were written has moved the others up.
  for (let i = Math.min(task.index, storyLines.length) - 1; i >= 0; --i) {
    const story = read(storyLines[i]);
    if (story && story.id === task.id) return story;
  }
  return null;
}

function plural(count, one, many = one + 's') {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

function durationText(seconds) {
  if (seconds === undefined || !Number.isFinite(seconds)) return '';
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

function timeText(millis) {
  return millis === undefined ? '' : new Date(millis).toISOString().replace('T', ' ').slice(0, 19) + ' UTC';
}

function bytesText(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(0)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function amountText(number) {
  const text = number.toFixed(2);
  return batch.money ? `${batch.money.currency} ${text}` : text;
}

function shapeText(task) {
  return [task.duration === undefined ? '' : `${task.duration} s`, task.resolution, task.aspect].filter(Boolean).join(' · ');
}
