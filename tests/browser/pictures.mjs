// pictures.mjs FOLDER: the report of a simulated run as small WebP pictures.
import fs from 'node:fs';
import path from 'node:path';
import {launch, openReport, until} from './browser.mjs';
import {simulatedBatch} from './simulated.mjs';

const folder = path.resolve(process.argv[2]);
fs.mkdirSync(folder, {recursive: true});
const [browser, batch] = await Promise.all([launch(), simulatedBatch()]);

// Chromium is the one that can make WebP here.
async function save(page, name) {
  const png = (await page.screenshot()).toString('base64');
  const maker = await browser.newPage();
  const webp = await maker.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), {width: image.width, height: image.height});
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.86).split(',')[1];
  }, png);
  await maker.close();
  const file = path.join(folder, `${name}.webp`);
  fs.writeFileSync(file, Buffer.from(webp, 'base64'));
  console.log(`${file} (${fs.statSync(file).size} bytes)`);
}

try {
  for (const [device, width, height, colorScheme] of [['desktop', 1280, 800, 'light'], ['desktop', 1280, 800, 'dark'],
                                                      ['phone', 390, 844, 'light'], ['phone', 390, 844, 'dark']]) {
    // Without what only tests hold against the page.
    const page = await openReport(browser, await batch.report('pictures.html', '--filter', 'id=kling*,hailuo*,poster*,emblem,moving'),
                                  {viewport: {width, height}, colorScheme});
    await until(page, () => [...document.querySelectorAll('#sheet video')].every((video) => video.readyState >= 2));
    await save(page, `report-${device}-${colorScheme}`);
    if (device === 'desktop') {
      for (const view of ['compare', 'figures']) {
        await page.click(`[data-view=${view}]`);
        await until(page, () => [...document.querySelectorAll('#compare video')].every((video) => video.readyState >= 2));
        await save(page, `report-${view}-${colorScheme}`);
      }
    }
    await page.context().close();
  }
} finally {
  await browser.close();
  batch.remove();
}
