// The dashboard in Chromium: draws, updates, filters, and nothing from a state is ever markup.
// usage: AIGC_BROWSER_MODULES=node_modules AIGC_BATCH=build/dev/aigc-batch node --test tests/serve/dashboard.mjs
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

const require = createRequire(path.join(path.resolve(process.env.AIGC_BROWSER_MODULES), "index.js"));
const { chromium } = require("playwright-core");
const program = path.resolve(process.env.AIGC_BATCH);
const HOSTILE = "\"><img src=x onerror=alert(1)><script>alert(2)</script> \u202e RTL 😀 " + "long ".repeat(2000);

let browser, folder, server, base;

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "aigc-dashboard-"));
  const tasks = Array.from({ length: 100 }, (_, i) => ({ id: `clip-${String(i + 1).padStart(3, "0")}`,
    prompt: i === 1 ? HOSTILE : `A lighthouse in the rain, shot ${i + 1}` }));
  fs.writeFileSync(path.join(folder, "spring.yaml"), JSON.stringify({ manifest: 1, name: "spring",
    defaults: { model: "Hailuo/2.3", duration: 6, resolution: "768P" },
    limits: { max_in_flight: 50, submit_rate: 20, poll_rate: 100, first_look: "200ms", look_every: "200ms" }, tasks }));
  const environment = { PATH: process.env.PATH, HOME: folder };
  execFileSync(program, ["run", "--sim", "--task", "clip-00*", "spring.yaml"], { cwd: folder, env: environment, stdio: "ignore" });
  server = spawn(program, ["serve", "--sim", "--port", "0", "--json"], { cwd: folder, env: environment, stdio: ["ignore", "pipe", "ignore"] });
  const [line] = await new Promise((resolve) => createInterface(server.stdout).once("line", (text) => resolve([text])));
  base = JSON.parse(line).url;
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });
});

after(async () => {
  await browser?.close();
  server?.kill();
  if (folder) fs.rmSync(folder, { recursive: true });
});

async function open(hash, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.troubles = [];
  page.on("console", (message) => { if (message.type() === "error") page.troubles.push(message.text()); });
  page.on("pageerror", (error) => page.troubles.push(error.message));
  page.on("request", (request) => { if (!request.url().startsWith(base) && !request.url().startsWith("data:")) page.troubles.push(request.url()); });
  await page.goto(base + hash);
  return page;
}

async function close(page) {
  assert.deepEqual(page.troubles, []);
  await page.context().close();
}

// Not waitForFunction(), which needs the eval() that the page's policy forbids.
async function until(page, look) {
  for (let i = 0; i < 400; ++i) {
    if (await page.evaluate(look)) return;
    await page.waitForTimeout(50);
  }
  assert.fail("it never came to be: " + look);
}

const ids = (page) => page.$$eval(".tile b", (all) => all.map((one) => one.textContent));

test("lists batches and opens one by keyboard alone", async () => {
  const page = await open("");
  await page.waitForSelector(".batches a");
  assert.match(await page.textContent(".batches"), /9 succeeded, 91 pending/);
  await page.focus(".batches a");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".tile");
  assert.equal((await ids(page)).length, 60);
  await page.click("#more");
  await until(page, () => document.querySelectorAll(".tile").length === 100);
  assert.equal(await page.isHidden("#more"), true);
  await close(page);
});

test("filters by text and state", async () => {
  const page = await open("#/batch/spring");
  await page.waitForSelector(".tile");
  await page.fill("#text", "shot 77");
  await until(page, () => document.querySelectorAll(".tile").length === 1);
  assert.deepEqual(await ids(page), ["clip-077"]);
  await page.fill("#text", "");
  await page.selectOption("#state", "succeeded");
  await until(page, () => document.querySelectorAll(".tile").length === 9);
  await close(page);
});

test("shows hostile prompts as text, and a task with its video", async () => {
  let dialogs = 0;
  const page = await open("#/batch/spring");
  page.on("dialog", (dialog) => { ++dialogs; dialog.dismiss(); });
  await page.waitForSelector(".tile");
  assert.ok((await page.textContent(".tile:nth-child(2)")).includes("<script>alert(2)</script>"));
  await page.click(".tile:nth-child(2) button");
  await page.waitForSelector("dialog[open] video");
  await until(page, () => document.querySelector("dialog video").readyState >= 2);
  assert.equal(await page.locator("main img, dialog script").count(), 0);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("dialog[open]").count(), 0);
  assert.equal(dialogs, 0);
  await close(page);
});

test("cancels a task and shows it live, on a page that was open before", async () => {
  const watching = await open("");
  await watching.waitForSelector(".batches a");
  const page = await open("#/batch/spring");
  page.on("dialog", (dialog) => dialog.accept());
  await page.fill("#text", "clip-100");
  await until(page, () => document.querySelectorAll(".tile").length === 1);
  await page.click(".tile button");
  await page.click("dialog button:text-is('Cancel')");
  await until(page, () => document.getElementById("note").textContent.includes("1 task cancelled"));
  await until(watching, () => document.querySelector(".batches").textContent.includes("1 cancelled"));
  await close(page);
  await close(watching);
});

for (const [colorScheme, viewport] of [["light", { width: 1280, height: 900 }], ["dark", { width: 390, height: 844 }]]) {
  test(`has no serious finding of axe, ${colorScheme}, ${viewport.width} wide`, async () => {
    const page = await open("#/batch/spring", { colorScheme, viewport });
    await page.waitForSelector(".tile");
    await page.evaluate(fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
    const found = await page.evaluate(async () => (await axe.run()).violations.filter((one) => ["serious", "critical"].includes(one.impact)));
    assert.deepEqual(found.map((one) => [one.id, one.nodes[0].html]), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing is cut off at the right");
    await close(page);
  });
}
