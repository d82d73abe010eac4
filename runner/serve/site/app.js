// The dashboard. Everything that comes from a state is put in as text, never as markup.
"use strict";

const KIND = {
  succeeded: "good", failed: "bad", lost: "bad", skipped: "bad", cancelled: "wait",
  submitting: "busy", running: "busy", downloading: "busy", pending: "wait", blocked: "wait", waiting_retry: "wait",
};
const ORDER = ["succeeded", "downloading", "running", "submitting", "waiting_retry", "pending", "blocked",
  "failed", "lost", "skipped", "cancelled"];
const PAGE = 60;
const main = document.getElementById("main");
let batches = [];
let shown = { name: null, tasks: new Map(), next: 0, filter: {}, counts: "" };
let source = null;

// --- building blocks ---
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

function note(text) {
  const box = document.getElementById("note");
  box.textContent = text;
  clearTimeout(note.timer);
  note.timer = setTimeout(() => { box.textContent = ""; }, 8000);
}

class Refused extends Error {
  constructor(status, error) { super(error.message); this.status = status; this.hint = error.hint || ""; }
}

async function ask(path, body) {
  const answer = await fetch(path, body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  const json = await answer.json();
  if (answer.ok) return json;
  if (answer.status === 401 && path !== "/sign-in") signIn();
  throw new Refused(answer.status, json.error || { message: "the server answered " + answer.status });
}

const batchPath = (name) => "/api/v1/batches/" + encodeURIComponent(name);
const taskPath = (name, id) => batchPath(name) + "/tasks/" + encodeURIComponent(id);

function countsText(counts) {
  return ORDER.filter((state) => counts[state]).map((state) => counts[state] + " " + state.replace("_", " ")).join(", ")
    || "no tasks";
}

function bar(counts, total) {
  const node = el("div", { class: "bar", role: "img", "aria-label": countsText(counts) });
  for (const state of ORDER) {
    if (!counts[state]) continue;
    const part = el("span", { class: KIND[state], title: counts[state] + " " + state });
    part.style.flexGrow = counts[state] / total;
    node.append(part);
  }
  return node;
}

function money(cost) {
  if (!cost) return null;
  let text = `${cost.currency} ${cost.spent} spent`;
  if (cost.reserved) text += `, ${cost.reserved} reserved`;
  if (cost.budget !== undefined) text += ` of ${cost.budget}`;
  return el("p", { class: "counts" }, text + (cost.verified ? " (estimated)" : " (estimated, unverified prices)"));
}

// --- all batches ---
function showBatches() {
  const list = el("ul", { class: "batches" });
  for (const batch of batches) {
    list.append(el("li", { class: "card" },
      el("h2", {}, el("a", { href: "#/batch/" + encodeURIComponent(batch.name) }, batch.name)),
      batch.problem ? el("p", {}, batch.problem) : bar(batch.counts, batch.tasks || 1),
      batch.problem ? null : el("p", { class: "counts" }, countsText(batch.counts)),
      money(batch.cost),
      el("p", { class: "counts" }, batch.running ? "a run goes on" : "no run goes on")));
  }
  main.replaceChildren(el("h2", {}, "Batches"),
    batches.length ? list : el("p", {}, "There is no batch in this state folder yet."));
}

// --- one batch ---
function openBatch(name) {
  shown = { name, tasks: new Map(), next: 0, filter: {}, counts: "" };
  const states = el("select", { id: "state", onchange: refilter }, el("option", { value: "" }, "every state"));
  for (const state of ORDER) states.append(el("option", { value: state }, state.replace("_", " ")));
  main.replaceChildren(
    el("h2", {}, name),
    el("div", { id: "summary" }),
    el("div", { class: "tools" },
      el("label", {}, "Find", el("input", { id: "text", type: "search", placeholder: "id or prompt", oninput: later(refilter, 300) })),
      el("label", {}, "State", states),
      el("label", {}, "Model", el("select", { id: "model", onchange: refilter }, el("option", { value: "" }, "every model"))),
      el("button", { onclick: () => command("retry", { all: true }, "Retry every failed task of " + name + "?") }, "Retry failed"),
      el("button", { onclick: () => command("cancel", { all: true }, "Cancel every task of " + name + " that is not done?") }, "Cancel all")),
    el("p", { id: "empty", hidden: true }, "No task like that."),
    el("ul", { class: "sheet", id: "sheet" }),
    el("p", {}, el("button", { id: "more", hidden: true, onclick: () => load() }, "Show more")));
  refreshSummary();
  load();
}

function later(action, millis) {
  let timer;
  return () => { clearTimeout(timer); timer = setTimeout(action, millis); };
}

function query(after, limit) {
  const parameters = new URLSearchParams({ after, limit });
  for (const id of ["text", "state", "model"]) {
    const value = document.getElementById(id).value;
    if (value) parameters.set(id, value);
  }
  return batchPath(shown.name) + "/tasks?" + parameters;
}

function refilter() {
  shown.tasks.clear();
  shown.next = 0;
  document.getElementById("sheet").replaceChildren();
  load();
}

async function load() {
  const of = shown;
  const turn = of.turn = (of.turn || 0) + 1;
  try {
    const page = await ask(query(of.next || 0, PAGE));
    if (of !== shown || turn !== of.turn) return;
    of.next = page.next;
    for (const task of page.tasks) put(task);
    document.getElementById("more").hidden = page.next === null;
    document.getElementById("empty").hidden = of.tasks.size > 0;
  } catch (error) { note(error.message); }
}

// What is on the page, as it is now.
async function refreshTasks() {
  const of = shown;
  if (!of.tasks.size) return load();
  try {
    const page = await ask(query(0, Math.min(1000, Math.max(PAGE, of.tasks.size))));
    if (of !== shown) return;
    for (const task of page.tasks) put(task);
  } catch (error) { note(error.message); }
}

async function refreshSummary() {
  const of = shown;
  try {
    const summary = await ask(batchPath(of.name));
    if (of !== shown) return;
    const models = document.getElementById("model");
    if (models.options.length === 1) {
      for (const model of summary.models) {
        const value = model.model + "/" + model.version;
        models.append(el("option", { value }, value));
      }
    }
    const failures = el("table", {}, el("caption", {}, "Failures"));
    for (const failure of summary.failures) {
      failures.append(el("tr", {}, el("td", {}, String(failure.count)), el("td", {}, failure.code || failure.state),
        el("td", {}, failure.message + (failure.hint ? " — " + failure.hint : ""))));
    }
    document.getElementById("summary").replaceChildren(
      bar(summary.counts, summary.tasks || 1), el("p", { class: "counts" }, countsText(summary.counts)),
      ...[money(summary.cost), el("p", { class: "counts" }, summary.running ? "a run goes on" : "no run goes on"),
        summary.failures.length ? el("div", { class: "scroll" }, failures) : null].filter(Boolean));
  } catch (error) { note(error.message); }
}

function media(task, number, output, controls) {
  const url = taskPath(shown.name, task.id) + "/outputs/" + number;
  if (/\.(mp4|webm|mov)$/i.test(output.file)) {
    const video = el("video", { src: url, preload: controls ? "auto" : "metadata", muted: true, loop: true, playsinline: true,
      controls: controls || false, "aria-label": "video of " + task.id });
    video.muted = !controls;
    if (!controls) {
      video.addEventListener("mouseenter", () => video.play().catch(() => {}));
      video.addEventListener("mouseleave", () => video.pause());
    }
    return video;
  }
  if (/\.(png|jpe?g|webp|gif)$/i.test(output.file)) {
    return el("img", { src: url, loading: "lazy", alt: "picture of " + task.id });
  }
  return el("a", { href: url }, output.file.split("/").pop());
}

function firstFile(task) {
  const at = (task.outputs || []).findIndex((output) => output.file);
  return at < 0 ? null : { number: at + 1, output: task.outputs[at] };
}

function put(task) {
  const key = JSON.stringify([task.state, task.outputs, task.error_message, task.generation]);
  const before = shown.tasks.get(task.id);
  if (before && before.key === key) return;
  const file = firstFile(task);
  const node = el("li", { class: "tile" },
    el("div", { class: "look" }, file ? media(task, file.number, file.output, false) : task.state.replace("_", " ")),
    el("button", { onclick: () => openTask(task.id) },
      el("b", {}, task.id),
      el("span", { class: "state s-" + KIND[task.state] }, task.state.replace("_", " ")),
      el("span", { class: "prompt", dir: "auto" }, task.error_message || task.prompt || "")));
  if (before) before.node.replaceWith(node);
  else document.getElementById("sheet").append(node);
  shown.tasks.set(task.id, { key, node });
}

async function openTask(id) {
  const name = shown.name;
  try {
    const story = await ask(taskPath(name, id));
    const now = story.generations.find((one) => one.current) || story.generations[0];
    const list = el("dl");
    for (const [key, value] of Object.entries(now)) {
      if (value === null || typeof value === "object") continue;
      list.append(el("dt", {}, key.replaceAll("_", " ")), el("dd", { dir: "auto" }, String(value)));
    }
    const prompt = (now.spec && now.spec.prompt) || "";
    const looks = now.outputs.map((output) => output.file ? media({ id }, output.number, output, true) : null);
    document.getElementById("details-title").textContent = id;
    document.getElementById("details-body").replaceChildren(...[
      ...looks,
      prompt ? el("p", { dir: "auto" }, prompt) : null,
      el("div", { class: "tools" },
        el("button", { onclick: () => command("retry", { tasks: [id] }, "") }, "Retry if failed"),
        el("button", { onclick: () => command("retry", { tasks: [id], again: true }, "Make it again? It is paid for again.") }, "Make again"),
        el("button", { onclick: () => command("cancel", { tasks: [id] }, "Cancel this task?") }, "Cancel")),
      list, el("details", {}, el("summary", {}, "Its whole story"), el("pre", {}, JSON.stringify(story, null, 2))),
    ].filter(Boolean));
    document.getElementById("details").showModal();
  } catch (error) { note(error.message); }
}

async function command(action, body, question) {
  if (question && !confirm(question)) return;
  try {
    let done;
    try {
      done = await ask(batchPath(shown.name) + "/" + action, body);
    } catch (error) {
      if (error.status !== 409 || !confirm(error.message + ". Go on?")) throw error;
      done = await ask(batchPath(shown.name) + "/" + action, { ...body, confirm: true });
    }
    note(done.taken_up === "waiting" ? "the run has not taken it up yet" : done.text);
    refreshSummary();
    refreshTasks();
  } catch (error) { note(error.message + (error.hint ? " — " + error.hint : "")); }
}

// --- signing in ---
function signIn() {
  if (document.getElementById("token")) return;
  if (source) source.close();
  const field = el("input", { id: "token", type: "password", autocomplete: "current-password", required: true });
  main.replaceChildren(el("h2", {}, "Sign in"), el("form", {
    class: "tools",
    onsubmit: async (event) => {
      event.preventDefault();
      try {
        await ask("/sign-in", { token: field.value });
        field.remove();
        watch();
        route();
      } catch (error) { note(error.message); }
    },
  }, el("label", {}, "The server's token", field), el("button", {}, "Sign in")));
}

// --- live ---
function watch() {
  if (source) source.close();
  source = new EventSource("/api/v1/events");
  const live = document.getElementById("live");
  source.onopen = () => { live.textContent = "live"; };
  source.onerror = () => {
    live.textContent = "not connected";
    if (source.readyState === EventSource.CLOSED) ask("/api/v1/batches").then(() => setTimeout(watch, 3000)).catch(() => {});
  };
  source.addEventListener("batches", (event) => {
    batches = JSON.parse(event.data).batches;
    if (!shown.name) return showBatches();
    const mine = batches.find((batch) => batch.name === shown.name);
    const counts = JSON.stringify(mine);
    if (!mine || counts === shown.counts) return;
    const first = !shown.counts;
    shown.counts = counts;
    if (first) return;
    refreshSummary();
    refreshTasks();
  });
}

async function route() {
  const place = location.hash.match(/^#\/batch\/(.+)$/);
  if (place) return openBatch(decodeURIComponent(place[1]));
  shown = { name: null, tasks: new Map() };
  try {
    batches = (await ask("/api/v1/batches")).batches;
    showBatches();
  } catch (error) { if (error.status !== 401) note(error.message); }
}

addEventListener("hashchange", () => { route(); main.focus(); });
watch();
route();
