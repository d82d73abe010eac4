// The contact sheet: one card for each task.

const kCardWidth = 232;
const kCardText = 102;  // pixels below the picture

function measureSheet(width) {
  const columns = Math.max(width < 700 ? 2 : 1, Math.floor(width / kCardWidth));
  const gap = width < 700 ? 10 : 18;
  return {columns, height: Math.round((width / columns - gap) * 0.5625) + kCardText + gap};
}

function reasonOf(task) {
  return [task.code, task.message].filter(Boolean).join(': ');
}

function makeCard(task, open) {
  const picture = make('div', {class: 'picture'}, showMedia(task, task.outputs[0], false),
                       task.outputs.length > 1 ? make('span', {class: 'badge'}, `${task.outputs.length}`) : '',
                       task.state === 'succeeded' ? '' : stateMark(task.state));
  const bad = reasonOf(task);
  const card = make('button', {type: 'button', class: 'card'}, picture,
                    make('span', {class: 'text'},
                         foreign('span', {class: 'id'}, cut(task.id, 80)),
                         task.state === 'succeeded' ? make('span', {class: 'unseen'}, ' succeeded ') : '',
                         bad && task.state !== 'succeeded' ? foreign('span', {class: 'reason'}, cut(bad, 180)) :
                                                             foreign('span', {class: 'prompt'}, cut(task.prompt || '', 180)),
                         make('span', {class: 'meta'}, [task.model, shapeText(task)].filter(Boolean).join(' · '))));
  card.addEventListener('click', () => open(task));
  card.addEventListener('pointerenter', (event) => event.pointerType === 'mouse' && playIn(card));
  card.addEventListener('pointerleave', () => stopIn(card));
  card.addEventListener('focus', () => card.matches(':focus-visible') && playIn(card));
  card.addEventListener('blur', () => stopIn(card));
  return card;
}

class Sheet {
  constructor(list, open) {
    this.list = list;
    this.focus = 0;  // which card the Tab key goes to
    this.windowed = new Windowed(list, {
      measure: measureSheet,
      build: (task, index) => {
        const card = makeCard(task, open);
        card.tabIndex = index === this.focus ? 0 : -1;
        card.addEventListener('focus', () => this.setFocus(index));
        return make('li', {'aria-setsize': this.windowed.items.length, 'aria-posinset': index + 1}, card);
      },
      release: releaseIn,
    });
    list.addEventListener('keydown', (event) => this.key(event));
  }

  show(tasks) {
    this.focus = 0;
    this.windowed.show(tasks);
  }

  setFocus(index) {
    const before = this.windowed.made.get(this.focus);
    if (before) before.firstChild.tabIndex = -1;
    this.focus = index;
    const now = this.windowed.made.get(index);
    if (now) now.firstChild.tabIndex = 0;
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const {columns, height} = this.windowed;
    const page = columns * Math.max(1, Math.floor(innerHeight / height));
    const steps = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, PageDown: page, PageUp: -page,
                   Home: -Infinity, End: Infinity};
    if (!(event.key in steps)) return;
    event.preventDefault();
    const last = this.windowed.items.length - 1;
    this.focusOn(Math.min(last, Math.max(0, this.focus + steps[event.key])));
  }

  focusOn(index) {
    if (index < 0 || index >= this.windowed.items.length) return;
    const card = this.windowed.reveal(index).firstChild;
    this.setFocus(index);
    card.focus({preventScroll: true});
  }
}
