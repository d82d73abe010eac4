// A small batch, run against the simulator in a folder of its own: films of three models for the
// same prompts, pictures, and tasks that fail in ways a page has to tell.
import {execFile} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';

const run = promisify(execFile);
const program = path.resolve(process.env.AIGC_BATCH || 'build/dev/aigc-batch');

const kManifest = `
manifest: 1
name: autumn-films
defaults: {duration: 5, resolution: 720P}
limits: {max_in_flight: 6, submit_rate: 20, poll_rate: 100, first_look: 200ms, look_every: 200ms, attempts: 1}
output: {report: autumn.html}
tasks:
SCENES
  - id: poster-\${n}
    matrix: {n: [1, 2, 3]}
    kind: image
    model: GG/3.0
    resolution: 1K
    duration: null
    prompt: 复古旅行海报，海边的灯塔 \${n}
    tags: [poster, 海报]
  - id: emblem
    kind: image
    model: OG/image2_medium
    resolution: 1K
    aspect_ratio: 1:1
    duration: null
    count: 2
    format: png
    prompt: A lighthouse as a round emblem
  - id: hostile
    model: Kling/2.5
    prompt: HOSTILE
    tags: [HOSTILE]
  - id: moving
    model: Kling/2.5
    prompt: The lighthouse begins to turn
    first_frame: task:poster-1
`;

const kScenario = `
limits: {video: 6, image: 4}
times: {speed: 30}
faults:
  - match: {action: create, prompt: glacier, nth: [1, 3]}
    content_refusal: output
  - match: {action: create, prompt: 灯塔 1}
    content_refusal: input
  - match: {action: create, prompt: onerror}
    fail: {err_code: 70000, err_code_ext: InternalError, message: HOSTILE}
`;

// Markup, a closed script, an escape sequence, text from right to left, an emoji.
export const hostile = '</script><script>alert(1)</script>"><img src=x onerror=alert(2)> \u202eمرحبا שלום\u202c 🦊 <!--';

function scenes() {
  const entry = (prefix, model, more) => `  - id: ${prefix}-\${scene}
    matrix: {scene: [harbour, bamboo, market, kite, glacier, lighthouse, dunes, orchard]}
    model: ${model}
    prompt: A slow film of the \${scene} at dawn, soft light
    tags: [film]${more}`;
  return [entry('kling', 'Kling/2.5', ''), entry('kling-old', 'Kling/2.1', ''),
          entry('hailuo', 'Hailuo/2.3', '\n    duration: 6\n    resolution: 768P')].join('\n');
}

// `report(file, ...flags)` writes a report into the folder and returns its path.
export async function simulatedBatch() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aigc-browser-'));
  const quoted = JSON.stringify(hostile);
  fs.writeFileSync(path.join(folder, 'autumn.yaml'),
                   kManifest.replace('SCENES', scenes()).replaceAll('HOSTILE', quoted));
  fs.writeFileSync(path.join(folder, 'scenario.yaml'), kScenario.replaceAll('HOSTILE', quoted));
  const options = {cwd: folder, env: {PATH: process.env.PATH, HOME: folder}, maxBuffer: 1 << 26};
  const done = await run(program, ['run', '--sim', '--scenario', 'scenario.yaml', '--yes', 'autumn.yaml'], options)
      .catch((error) => error);
  if (!fs.existsSync(path.join(folder, 'autumn.html'))) throw new Error(`the run wrote no report: ${done.stderr}`);
  return {
    folder,
    async report(file, ...flags) {
      await run(program, ['report', '--sim', 'autumn-films', '-o', file, ...flags], options);
      return path.join(folder, file);
    },
    remove() {
      fs.rmSync(folder, {recursive: true, force: true});
    },
  };
}

// The page with other data in place of its own: for what no batch of a test could hold.
export function withData(html, blocks) {
  return Object.entries(blocks).reduce((page, [id, data]) => {
    const begin = `<script type="application/json" id="${id}">`;
    const at = page.indexOf(begin) + begin.length;
    const text = id === 'stories' ? data.map((line) => JSON.stringify(line)).join('\n') : JSON.stringify(data);
    return page.slice(0, at) + text.replaceAll('<', '\\u003c') + page.slice(page.indexOf('</script>', at));
  }, html);
}
