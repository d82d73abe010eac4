// A plain view of /openapi.json: every address, what it takes and what it answers.
"use strict";

function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children.filter((child) => child != null));
  return node;
}

function resolve(api, value) {
  if (!value || !value.$ref) return value;
  return value.$ref.slice(2).split("/").reduce((at, part) => at[part], api);
}

function typeText(api, schema) {
  const at = resolve(api, schema);
  if (!at) return "";
  if (at.enum) return at.enum.join(" | ");
  if (at.type === "array") return "list of " + typeText(api, at.items);
  return [].concat(at.type || "object").join(" | ") + (at.default !== undefined ? ", default " + at.default : "");
}

function fields(api, schema) {
  const at = resolve(api, schema);
  const table = el("table");
  for (const [name, property] of Object.entries((at && at.properties) || {})) {
    const about = resolve(api, property);
    table.append(el("tr", {}, el("th", { scope: "row" }, name + ((at.required || []).includes(name) ? " (needed)" : "")),
      el("td", {}, typeText(api, property)), el("td", {}, about.description || "")));
  }
  return table.rows.length ? el("div", { class: "scroll" }, table) : null;
}

async function show() {
  const api = await (await fetch("/openapi.json")).json();
  const main = document.getElementById("main");
  main.replaceChildren(el("p", {}, api.info.description));
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of ["get", "post"]) {
      const operation = item[method];
      if (!operation) continue;
      const card = el("section", { class: "card" }, el("h2", {}, method.toUpperCase() + " " + path), el("p", {}, operation.summary),
        operation.description ? el("p", { class: "counts" }, operation.description) : null);
      const parameters = [...(item.parameters || []), ...(operation.parameters || [])].map((one) => resolve(api, one));
      if (parameters.length) {
        card.append(fields(api, { properties: Object.fromEntries(parameters.map((one) =>
          [one.name, { ...resolve(api, one.schema), description: "(" + one.in + ") " + (one.description || "") }])) }));
      }
      const body = operation.requestBody && operation.requestBody.content["application/json"].schema;
      if (body) card.append(...[fields(api, body)].filter(Boolean));
      const answers = el("ul");
      for (const [status, answer] of Object.entries(operation.responses)) {
        answers.append(el("li", {}, status + ": " + resolve(api, answer).description));
      }
      card.append(answers);
      main.append(card);
    }
  }
}
show();
