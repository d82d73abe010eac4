// Elements. Foreign text only ever becomes a text node or an attribute that nothing executes.

const kSvg = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else {
      element.setAttribute(name, value === true ? '' : value);
    }
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== '') element.append(child);
  }
  return element;
}
function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}
function draw(name, attributes = {}, ...children) {
  return fill(document.createElementNS(kSvg, name), attributes, children);
}

function byId(id) {
  return document.getElementById(id);
}

// Text of users and of the service may run either way.
function foreign(name, attributes, text) {
  return make(name, {dir: 'auto', ...attributes}, text);
}

// Long texts are cut on a card; the details show them whole.
function cut(text, most) {
  return text.length <= most ? text : [...text.slice(0, most * 2)].slice(0, most).join('') + '…';
}

function stateMark(state) {
  const known = kStates[state] || {tone: 'off', mark: '·'};
  return make('span', {class: `state ${known.tone}`}, make('span', {'aria-hidden': 'true', class: 'mark'}, known.mark),
              ' ' + stateName(state));
}

// A link of the service is only that when it is one.
function webLink(url, text) {
  if (!/^https?:\/\//i.test(url)) return foreign('span', {}, url);
  return make('a', {href: url, rel: 'noopener noreferrer', target: '_blank'}, text);
}

function option(value, text, chosen) {
  return make('option', {value, selected: value === chosen}, text);
}
