// A long list of which only what is near the window is in the document: rows of equal height, each
// with one or more items.

const kAhead = 1.0;  // windows of items made before and after the visible ones

class Windowed {
  // `measure(width)` → {columns, height}; `build(item, index)` → element; `release(element)`.
  constructor(list, {measure, build, release}) {
    this.list = list;
    this.measure = measure;
    this.build = build;
    this.release = release;
    this.items = [];
    this.made = new Map();  // index → element
    this.all = false;
    this.frame = 0;
    const soon = () => this.soon();
    addEventListener('scroll', soon, {passive: true});
    addEventListener('resize', soon, {passive: true});
  }

  soon() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.refresh();
    });
  }

  show(items) {
    for (const index of [...this.made.keys()]) this.drop(index);
    this.items = items;
    this.refresh();
  }

  drop(index) {
    const element = this.made.get(index);
    this.release(element);
    element.remove();
    this.made.delete(index);
  }

  refresh() {
    const width = this.list.clientWidth;
    if (width === 0) return;  // not shown
    const {columns, height} = this.measure(width);
    if (this.columns !== columns || this.height !== height || this.width !== width) {
      Object.assign(this, {columns, height, width});
      this.list.style.setProperty('--columns', columns);
      for (const [index, element] of this.made) this.place(element, index);
    }
    const rows = Math.ceil(this.items.length / columns);
    this.list.style.height = `${rows * height}px`;
    const top = -this.list.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor((top - innerHeight * kAhead) / height)) * columns;
    const last = Math.min(this.items.length, Math.ceil((top + innerHeight * (1 + kAhead)) / height) * columns);
    for (const index of [...this.made.keys()]) {
      // The focused one stays, so that the keyboard does not lose its place.
      if ((index < first || index >= last) && !this.made.get(index).contains(document.activeElement)) this.drop(index);
    }
    for (let index = first; index < last; ++index) this.at(index);
  }

  // The element of an item, made now if it was not.
  at(index) {
    let element = this.made.get(index);
    if (element) return element;
    element = this.build(this.items[index], index);
    this.made.set(index, element);
    this.place(element, index);
    // In the order of the items, for readers that go by the document.
    let next = null;
    for (let i = index + 1; i <= index + 2 * this.columns && !next; ++i) next = this.made.get(i);
    this.list.insertBefore(element, next ?? this.after(index));
    return element;
  }

  after(index) {
    let best = null;
    let bestIndex = Infinity;
    for (const [other, element] of this.made) {
      if (other > index && other < bestIndex && element.parentNode === this.list) {
        best = element;
        bestIndex = other;
      }
    }
    return best;
  }

  place(element, index) {
    const column = index % this.columns;
    const row = Math.floor(index / this.columns);
    element.style.width = `${this.width / this.columns}px`;
    element.style.height = `${this.height}px`;
    element.style.transform = `translate(${(this.width / this.columns) * column}px, ${row * this.height}px)`;
  }

  // Brings an item into the window and returns its element.
  reveal(index) {
    const top = this.list.getBoundingClientRect().top + scrollY + Math.floor(index / this.columns) * this.height;
    const margin = byId('filters').offsetHeight + 16;
    if (top < scrollY + margin) scrollTo({top: top - margin});
    if (top + this.height > scrollY + innerHeight) scrollTo({top: top + this.height - innerHeight + 16});
    this.refresh();
    return this.at(index);
  }
}
