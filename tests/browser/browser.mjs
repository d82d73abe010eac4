// Chromium over playwright-core, and the page of a report in it. The modules lie in build/browser
// (`./dev deps --browser`), and are found through AIGC_BROWSER_MODULES.
import {createRequire} from 'node:module';
import path from 'node:path';
import {pathToFileURL} from 'node:url';

const modules = process.env.AIGC_BROWSER_MODULES;
if (!modules) throw new Error('AIGC_BROWSER_MODULES is not set; ./dev test --browser sets it');
const require = createRequire(path.join(path.resolve(modules), 'index.js'));
export const axeSource = require.resolve('axe-core/axe.min.js');
const {chromium} = require('playwright-core');

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    // A container gives Chromium no user namespaces and little shared memory.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
}

// Opens the file and writes down everything that should not be: console errors, uncaught errors,
// breaches of the policy, and requests to anything but local files.
export async function openReport(browser, file, options = {}) {
  const context = await browser.newContext({
    viewport: {width: 1440, height: 900}, offline: true, reducedMotion: 'no-preference', ...options});
  const page = await context.newPage();
  page.troubles = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) page.troubles.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => page.troubles.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    page.troubles.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) page.troubles.push(`request: ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector('html[data-ready]');
  return page;
}

// Waits until `look` (a function, run in the page) gives something true. Not waitForFunction(): it needs the eval() that
// the report's policy forbids, and so passes only where it need not wait.
export async function until(page, look, argument) {
  for (let i = 0; i < 400; ++i) {
    if (await page.evaluate(look, argument)) return;
    await page.waitForTimeout(25);
  }
  throw new Error('it never came to be: ' + look);
}
