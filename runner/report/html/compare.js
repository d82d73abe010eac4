// Prompts by models: what a matrix over models made, one row for each prompt.

const kRowText = 118;  // pixels of the prompt above, the text below, and the gap

// Rows of prompts that at least two models were given; empty when there is nothing to compare.
function comparisons(shown) {
  const rows = new Map();
  for (const task of shown) {
    if (!task.prompt) continue;
    const key = `${task.kind}\n${task.prompt}`;
    if (!rows.has(key)) rows.set(key, {prompt: task.prompt, cells: new Map()});
    const cells = rows.get(key).cells;
    if (!cells.has(task.model)) cells.set(task.model, []);
    cells.get(task.model).push(task);
  }
  return [...rows.values()].filter((row) => row.cells.size > 1);
}

class Compare {
  constructor(list, open) {
    this.models = [];
    this.head = make('div', {class: 'models', 'aria-hidden': 'true'});
    this.rows = make('div', {class: 'rows'});
    list.append(this.head, this.rows);
    this.windowed = new Windowed(this.rows, {
      measure: (width) => ({columns: 1, height: Math.round((width / this.models.length - 12) * 0.5625) + kRowText}),
      build: (row) => make('section', {class: 'row'},
                           make('h2', {class: 'row-prompt', title: cut(row.prompt, 1000)}, foreign('span', {}, cut(row.prompt, 300))),
                           make('ul', {class: 'cells'}, this.models.map((model) => this.cell(row, model, open)))),
      release: releaseIn,
    });
  }

  cell(row, model, open) {
    const made = row.cells.get(model);
    if (!made) return make('li', {class: 'hole'}, make('span', {class: 'unseen'}, `${model}: no task`));
    const best = made.find((task) => task.state === 'succeeded') || made[0];
    const card = makeCard(best, open);
    if (made.length > 1) card.querySelector('.picture').append(make('span', {class: 'badge'}, `${made.length} tasks`));
    return make('li', {}, card);
  }

  show(rows) {
    this.models = [...new Set(rows.flatMap((row) => [...row.cells.keys()]))].sort();
    this.head.replaceChildren(...this.models.map((model) => make('span', {}, model)));
    const least = Math.max(320, this.models.length * 168);
    this.head.parentNode.style.setProperty('--models', this.models.length);
    this.head.style.minWidth = this.rows.style.minWidth = `${least}px`;
    this.windowed.columns = 0;  // measure anew
    this.windowed.show(rows);
  }
}
