// Pictures and clips. On the sheet they are small, silent and play while pointed at; in the details
// they have controls.

const embedded = new Map();
for (const script of document.querySelectorAll('script[data-of]')) embedded.set(script.dataset.of, script);

function sourceOf(output) {
  const inside = embedded.get(output.address);
  return inside ? inside.textContent : output.address;
}

function mediaKind(output) {
  if (!output || !output.address) return '';
  const suffix = output.file.slice(output.file.lastIndexOf('.') + 1).toLowerCase();
  if (['mp4', 'webm', 'mov', 'm4v'].includes(suffix)) return 'video';
  return ['png', 'jpg', 'jpeg', 'webp', 'gif', 'avif'].includes(suffix) ? 'image' : '';
}

function missing(task, output, say) {
  const known = kStates[task.state];
  const word = task.state === 'succeeded' ? (output && output.address ? 'The file is not here' : 'Not downloaded') : '';
  return make('div', {class: `blank ${known ? known.tone : ''}`},
              make('span', {class: 'big', 'aria-hidden': 'true'}, known ? known.mark : '·'),
              say && word ? make('span', {}, word) : '');
}

// `big`: with controls. What cannot be shown turns into a sign that says so.
function showMedia(task, output, big) {
  const kind = mediaKind(output);
  if (!kind) return missing(task, output, true);
  const source = sourceOf(output);
  const fail = (element) => element.replaceWith(missing(task, output, true));
  if (kind === 'image') {
    const image = make('img', {alt: big ? cut(task.prompt || task.id, 200) : '', decoding: 'async', draggable: 'false'});
    image.addEventListener('error', () => fail(image), {once: true});
    image.src = source;
    return image;
  }
  // The fragment makes browsers show the first picture rather than nothing.
  const video = make('video', {
    preload: 'metadata', loop: !big, playsinline: true, controls: big,
    tabindex: big ? '0' : '-1', 'aria-label': big ? `Video of ${task.id}` : undefined, 'aria-hidden': big ? undefined : 'true',
  });
  video.muted = !big;
  video.addEventListener('error', () => fail(video), {once: true});
  video.src = source.startsWith('data:') ? source : source + '#t=0.05';
  return video;
}

function playIn(element) {
  const video = element.querySelector('video');
  // Pausing before it could start rejects the promise, which is no error.
  if (video) video.play().catch(() => {});
}
function stopIn(element) {
  const video = element.querySelector('video');
  if (!video) return;
  video.pause();
  if (video.readyState > 0) video.currentTime = 0.05;
}
// Gives back decoder and memory at once, rather than with the next garbage collection.
function releaseIn(element) {
  for (const video of element.querySelectorAll('video')) {
    video.removeAttribute('src');
    video.load();
  }
}
