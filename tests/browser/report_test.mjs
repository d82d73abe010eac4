// The HTML report in Chromium, opened from the disk and without a network.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {axeSource, launch, openReport, until} from './browser.mjs';
import {hostile, simulatedBatch, withData} from './simulated.mjs';

let browser, batch, file, html;
before(async () => {
  [browser, batch] = await Promise.all([launch(), simulatedBatch()]);
  file = path.join(batch.folder, 'autumn.html');
  html = fs.readFileSync(file, 'utf8');
});
after(async () => {
  await browser?.close();
  batch?.remove();
});

async function close(page) {
  assert.deepEqual(page.troubles, []);
  await page.context().close();
}
const ids = (page) => page.$$eval('#sheet .card .id', (cards) => cards.map((card) => card.textContent));
const count = (page) => page.textContent('#count');

test('shows every task, its picture, and what the batch came to', async () => {
  const page = await openReport(browser, file, {viewport: {width: 1440, height: 4000}});
  assert.equal(await page.title(), 'autumn-films · aigc-batch report');
  assert.match(await page.textContent('#facts'), /^30 tasks · 25 succeeded · 4 failed · 1 skipped/);
  assert.equal(await page.locator('#sheet .card').count(), 30);
  await until(page, () => [...document.querySelectorAll('#sheet img')].every((image) => image.naturalWidth > 0));
  await until(page, () => [...document.querySelectorAll('#sheet video')].every((video) => video.readyState >= 2));
  assert.equal(await page.locator('#sheet img').count(), 3);
  assert.equal(await page.locator('#sheet video').count(), 22);
  await close(page);
});

test('filters and sorts', async () => {
  const page = await openReport(browser, file);
  await page.click('[data-state=failed]');
  assert.equal(await count(page), '4 of 30 tasks');
  assert.deepEqual((await ids(page)).sort(), ['hailuo-glacier', 'hostile', 'kling-glacier', 'poster-1']);
  await page.click('[data-state=skipped]');
  assert.equal(await count(page), '5 of 30 tasks');
  await page.click('#reset');
  await page.selectOption('#model', 'GG/3.0');
  assert.equal(await count(page), '3 of 30 tasks');
  await page.selectOption('#tag', '海报');
  assert.equal(await count(page), '3 of 30 tasks');
  await page.click('#reset');
  await page.fill('#text', 'DAWN harbour');
  await until(page, () => document.getElementById('count').textContent === '3 of 30 tasks');
  await page.fill('#text', 'nothing is called so');
  await page.waitForSelector('#empty:not([hidden])');
  await page.click('#empty-reset');
  assert.equal(await count(page), '30 tasks');
  await page.selectOption('#sort', 'id');
  const sorted = await ids(page);
  assert.equal(sorted[0], 'emblem');
  assert.deepEqual(sorted, [...sorted].sort((a, b) => a.localeCompare(b, undefined, {numeric: true})));
  await close(page);
});

test('a clip plays while it is pointed at, and in the details', async () => {
  const page = await openReport(browser, file);
  await page.hover('#sheet .card:has(video)');
  await until(page, () => document.querySelector('#sheet video').currentTime > 0.3);
  await page.mouse.move(5, 5);
  await until(page, () => document.querySelector('#sheet video').paused);
  await page.click('#sheet .card:has(video)');
  await page.$eval('#details video', (video) => video.play());
  await until(page, () => document.querySelector('#details video').currentTime > 0.3);
  await close(page);
});

test('works by keyboard alone', async () => {
  const page = await openReport(browser, file);
  const focused = () => page.evaluate(() => document.activeElement.querySelector('.id')?.textContent ?? document.activeElement.id);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');  // skip to the tasks
  await page.keyboard.press('Tab');
  const [first, second] = await ids(page);
  assert.equal(await focused(), first);
  await page.keyboard.press('ArrowRight');
  assert.equal(await focused(), second);
  await page.keyboard.press('End');
  assert.equal(await focused(), 'moving');
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#details[open]');
  assert.equal(await page.textContent('#details-title'), first);
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.textContent('#details-title'), second);
  await page.keyboard.press('Escape');
  // A dialog tells that it closed a moment later.
  await until(page, (id) => document.activeElement.querySelector('.id')?.textContent === id, second);
  await page.keyboard.press('/');
  assert.equal(await focused(), 'text');
  await close(page);
});

test('tells the story of a task', async () => {
  const page = await openReport(browser, file);
  await page.fill('#text', '灯塔 1');
  await until(page, () => document.querySelectorAll('#sheet .card').length === 1);
  await page.click('#sheet .card');
  const text = await page.textContent('#details');
  assert.match(text, /InvalidParameter\.\w+/);
  assert.match(text, /content policy/);
  assert.match(text, /pending → submitting/);
  await page.click('#details summary:has-text("As in the manifest")');
  assert.match(await page.textContent('#details pre:visible'), /"prompt": "复古旅行海报，海边的灯塔 1"/);
  await close(page);
});

test('compares models by prompt, and draws figures', async () => {
  const page = await openReport(browser, file);
  await page.click('[data-view=compare]');
  assert.equal(await count(page), '8 prompts');
  assert.equal(await page.locator('.models span').count(), 3);
  await page.click('[data-view=figures]');
  assert.equal(await page.locator('figure').count(), 4);
  assert.ok(await page.locator('figure svg path.line').count() === 2);
  await page.click('.reasons li:has-text("ContentModerationFailed") button');
  assert.equal(await count(page), '2 of 30 tasks with ContentModerationFailed');
  await close(page);
});

test('labels of the timeline are whole, also one at its very end', async () => {
  const [whole, json] = html.match(/id="tasks">([\s\S]*?)<\/script>/);
  const tasks = JSON.parse(json);
  const hour = 3600e3;  // ends on the hour, where a label is
  tasks.find((task) => task.finished && task.submitted).finished = Math.ceil(Math.max(...tasks.map((task) => task.finished || 0)) / hour) * hour;
  const other = path.join(batch.folder, 'ends-on-the-hour.html');
  fs.writeFileSync(other, html.replace(whole, () => `id="tasks">${JSON.stringify(tasks).replaceAll('<', '\\u003c')}</script>`));
  const page = await openReport(browser, other);
  await page.click('[data-view=figures]');
  const over = await page.$$eval('figure svg .tick', (ticks) => ticks.map((tick) =>
    tick.getBoundingClientRect().right - tick.ownerSVGElement.getBoundingClientRect().right));
  assert.ok(over.length > 4);
  assert.ok(Math.max(...over) <= 0.5, `${Math.max(...over)} px over the edge`);
  await close(page);
});

test('what users and the service wrote stays text', async () => {
  const page = await openReport(browser, file);
  await page.fill('#text', 'hostile');
  await until(page, () => document.querySelectorAll('#sheet .card').length === 1);
  assert.match(await page.textContent('#sheet .reason'), /<\/script><script>alert\(1\)/);
  await page.click('#sheet .card');
  assert.equal(await page.textContent('#details .full'), hostile);
  await close(page);

  const long = hostile + 'x'.repeat(10000) + '\0';
  const tasks = ['id', 'prompt', 'negative', 'model', 'resolution', 'aspect', 'code', 'message', 'state', 'kind'].map((field, i) => ({
    id: `t${i}`, state: 'failed', kind: 'video', model: 'Kling/2.5', prompt: 'p', attempts: 1, submitted: 1e12, finished: 1e12 + 5000,
    seconds: 5, cost: '1.50', tags: [long], outputs: [{file: long, address: 'out/none.mp4', url: 'javascript:alert(3)', file_id: long}, {url: long}],
    [field]: long}));
  const stories = tasks.map((task) => ({id: task.id, generations: [{generation: 1, current: true, spec: {prompt: long},
    journal: [{at: long, from: long, to: long, why: long}],
    submissions: [{number: 1, outcome: long, task_id: long, sends: [{outcome: long}], request: {Prompt: long}}]}]}));
  const other = path.join(batch.folder, 'hostile.html');
  fs.writeFileSync(other, withData(html, {tasks, stories, advice: {[long]: long}, batch: {name: long, tasks: 10, selection: long, retry: long}}));
  const worst = await openReport(browser, other);
  // Files that are not there are told on the console by the browser itself.
  const own = () => worst.troubles.filter((trouble) => !trouble.includes('ERR_FILE_NOT_FOUND'));
  assert.equal(await worst.locator('#sheet .card').count(), 10);
  await worst.click('#sheet .card');
  for (let i = 0; i < 9; ++i) await worst.keyboard.press('ArrowRight');
  assert.equal(await worst.locator('#details a[href^="javascript"]').count(), 0);
  await worst.keyboard.press('Escape');
  await worst.click('[data-view=figures]');
  assert.equal(await worst.locator('script:not([type]), img[src="x"]').count(), 1, 'one script, our own');
  assert.ok(await worst.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'nothing widens the page');
  assert.deepEqual(own(), []);
  await worst.context().close();
});

test('its policy stops scripts, handlers and everything foreign', async () => {
  const page = await openReport(browser, file);
  const harmed = await page.evaluate(async () => {
    const script = document.createElement('script');
    script.textContent = 'window.harmed = "script"';
    document.body.append(script);
    const holder = document.createElement('div');
    holder.innerHTML = '<img src="data:," onerror="window.harmed = \'handler\'">';
    document.body.append(holder);
    const reached = await fetch('https://example.com/').then(() => true, () => false);
    await new Promise((done) => setTimeout(done, 100));
    return window.harmed ?? reached;
  });
  assert.equal(harmed, false);
  assert.ok(page.troubles.some((trouble) => trouble.includes('Content Security Policy')));
  await page.context().close();
});

test('with --embed it shows its results wherever it is', async () => {
  const made = await batch.report('embedded.html', '--embed', '--filter', 'id=emblem,kling-harbour,moving');
  const alone = fs.mkdtempSync(path.join(batch.folder, 'alone-'));
  fs.copyFileSync(made, path.join(alone, 'page.html'));
  const page = await openReport(browser, path.join(alone, 'page.html'));
  assert.match(await page.textContent('#foot'), /Shown: --filter id=emblem,kling-harbour,moving/);
  await until(page, () => document.querySelector('#sheet img')?.naturalWidth > 0);
  await page.hover('#sheet .card:has(video)');
  await until(page, () => document.querySelector('#sheet video').currentTime > 0.2);
  await close(page);
});

// Interactive: the page is parsed and its script has run. The best of a few, since other work on the
// machine counts too.
test('5,000 tasks are interactive within a second, and few are in the document', async () => {
  const seed = JSON.parse(html.match(/id="tasks">([\s\S]*?)<\/script>/)[1]);
  const tasks = Array.from({length: 5000}, (_, i) => ({...seed[i % 24], id: `task-${i}`}));
  const stories = tasks.map(({id}) => ({id, generations: [{generation: 1, journal: [], submissions: [], spec: {prompt: 'x'.repeat(900)}}]}));
  const other = path.join(batch.folder, 'many.html');
  fs.writeFileSync(other, withData(html, {tasks, stories}));
  let best = Infinity;
  let search = Infinity;
  for (let i = 0; i < 5 && (best > 1000 || search > 1000); ++i) {
    const page = await openReport(browser, other);
    best = Math.min(best, await page.evaluate(() => performance.getEntriesByType('navigation')[0].domInteractive));
    const cards = await page.locator('#sheet .card').count();
    assert.ok(cards > 20 && cards < 120, `${cards} cards`);
    search = Math.min(search, await page.evaluate(() => {
      const from = performance.now();
      document.querySelector('[data-state=succeeded]').click();
      document.getElementById('sort').value = 'id';
      document.getElementById('sort').dispatchEvent(new Event('change'));
      return performance.now() - from;
    }));
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await until(page, () => [...document.querySelectorAll('#sheet .id')].some((id) => id.textContent === 'task-4989'));
    await close(page);
  }
  console.log(`5,000 tasks: interactive after ${best.toFixed(0)} ms, filter and sort ${search.toFixed(0)} ms`);
  assert.ok(best <= 1000, `${best} ms`);
  assert.ok(search <= 1000, `${search} ms`);
});

test('prints cards in the flow', async () => {
  const page = await openReport(browser, file, {colorScheme: 'dark'});
  const pdf = await page.pdf();
  assert.ok(pdf.length > 20000);
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  await page.emulateMedia({media: 'print'});
  assert.equal(await page.locator('.paper .card:visible').count(), 30);
  assert.equal(await page.locator('#filters:visible').count(), 0);
  const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(paper, 'rgb(250, 249, 246)', 'light, whatever the screen is');
  await close(page);
});

for (const [device, width, height] of [['phone', 390, 844], ['desktop', 1440, 900]]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing serious: ${device}, ${colorScheme}`, async () => {
      const page = await openReport(browser, file, {viewport: {width, height}, colorScheme, bypassCSP: true});
      await page.addScriptTag({path: axeSource});
      const look = async (where) => {
        assert.ok(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), `${where} is too wide`);
        const found = await page.evaluate(() => window.axe.run(document, {resultTypes: ['violations']}));
        const serious = found.violations.filter((finding) => ['serious', 'critical'].includes(finding.impact))
            .map((finding) => `${finding.id}: ${finding.nodes[0].html.slice(0, 200)} ${finding.nodes[0].failureSummary}`);
        assert.deepEqual(serious, [], where);
      };
      await look('sheet');
      await page.click('#sheet .card >> nth=4');
      await page.click('#details summary >> nth=0');
      await look('details');
      await page.keyboard.press('Escape');
      for (const view of ['compare', 'figures']) {
        await page.click(`[data-view=${view}]`);
        await look(view);
      }
      await close(page);
    });
  }
}
