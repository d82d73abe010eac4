// One task in full: what was made, what was asked, and how it got there.

class Details {
  // `around(task, step)` → the task before or after in what is shown, if any.
  constructor(dialog, around, closed) {
    this.dialog = dialog;
    this.around = around;
    this.task = null;
    dialog.addEventListener('close', () => {
      releaseIn(dialog);
      dialog.replaceChildren();
      document.documentElement.classList.remove('still');
      closed(this.task);
    });
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
    dialog.addEventListener('keydown', (event) => {
      if (event.target.closest('video, select, input') || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'ArrowRight' || event.key === 'j') this.step(1);
      if (event.key === 'ArrowLeft' || event.key === 'k') this.step(-1);
    });
  }

  open(task) {
    this.task = task;
    releaseIn(this.dialog);
    const previous = this.around(task, -1);
    const next = this.around(task, 1);
    this.dialog.replaceChildren(
        make('div', {class: 'details-head'},
             make('h2', {id: 'details-title', tabindex: '-1'}, foreign('bdi', {}, cut(task.id, 200))), stateMark(task.state),
             make('div', {class: 'details-tools'},
                  make('button', {type: 'button', class: 'quiet', disabled: !previous, 'aria-label': 'Previous task', onclick: () => this.step(-1)}, '←'),
                  make('button', {type: 'button', class: 'quiet', disabled: !next, 'aria-label': 'Next task', onclick: () => this.step(1)}, '→'),
                  make('button', {type: 'button', class: 'quiet', 'aria-label': 'Close', onclick: () => this.dialog.close()}, '✕'))),
        make('div', {class: 'details-body'}, this.outputs(task), make('div', {class: 'told'}, ...this.told(task))));
    document.documentElement.classList.add('still');
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.scrollTop = 0;
    byId('details-title').focus({preventScroll: true});
  }

  step(by) {
    const next = this.around(this.task, by);
    if (next) this.open(next);
  }

  outputs(task) {
    const stage = make('div', {class: 'stage'});
    const about = make('p', {class: 'about-file'});
    const show = (output, buttons) => {
      releaseIn(stage);
      stage.replaceChildren(showMedia(task, output, true));
      about.replaceChildren(...this.aboutFile(output));
      for (const button of buttons) button.setAttribute('aria-pressed', button.output === output);
    };
    const buttons = task.outputs.length < 2 ? [] : task.outputs.map((output, i) => {
      const button = make('button', {type: 'button', class: 'chip'}, `Output ${i + 1}`);
      button.output = output;
      button.addEventListener('click', () => show(output, buttons));
      return button;
    });
    show(task.outputs[0], buttons);
    return make('div', {class: 'outputs'}, stage, buttons.length ? make('div', {class: 'chips'}, buttons) : '', about);
  }

  aboutFile(output) {
    if (!output) return [];
    const parts = [];
    if (output.address) {
      parts.push(make('a', {href: output.address, target: '_blank', rel: 'noopener'}, foreign('bdi', {}, output.file)));
      if (output.bytes !== undefined) parts.push(` ${bytesText(output.bytes)}`);
    } else if (output.url) {
      parts.push(webLink(output.url, 'Link of the service (it expires)'));
    }
    if (output.file_id) parts.push(foreign('span', {class: 'soft'}, ` VOD file ${output.file_id}`));
    return parts;
  }

  told(task) {
    const story = storyOf(task);
    const parts = [];
    const reason = reasonOf(task);
    if (reason && task.state !== 'succeeded') {
      parts.push(make('div', {class: 'trouble'}, foreign('p', {}, reason), advice[task.code] ? make('p', {class: 'soft'}, advice[task.code]) : ''));
    }
    if (task.prompt) parts.push(make('h3', {}, 'Prompt'), foreign('p', {class: 'full'}, task.prompt));
    if (task.negative) parts.push(make('h3', {}, 'Negative prompt'), foreign('p', {class: 'full'}, task.negative));
    parts.push(this.facts(task));
    if (!story) return parts;
    const generations = story.generations || [];
    for (const generation of generations) {
      if (generations.length > 1) {
        parts.push(make('h3', {class: 'generation'}, `Generation ${generation.generation}${generation.current ? '' : ' (earlier)'}`));
      }
      parts.push(...this.generation(generation));
    }
    return parts;
  }

  facts(task) {
    const facts = [
      ['Model', task.model], ['Settings', shapeText(task)], ['Tags', task.tags.join(', ')],
      ['Attempts', String(task.attempts)],
      ['Estimated cost', task.cost === undefined ? '' : amountText(Number(task.cost))],
      ['Submitted', timeText(task.submitted)], ['Finished', timeText(task.finished)],
      ['Generated in', durationText(task.seconds)],
    ];
    return make('dl', {class: 'facts'}, facts.filter(([, value]) => value).map(
        ([name, value]) => make('div', {}, make('dt', {}, name), foreign('dd', {}, value))));
  }

  generation(generation) {
    const parts = [];
    const journal = generation.journal || [];
    if (journal.length) {
      parts.push(make('h3', {}, 'What happened'), make('ol', {class: 'journal'}, journal.map((entry) => make('li', {},
          make('time', {datetime: entry.at || ''}, (entry.at || '').slice(11, 19)), ' ',
          make('span', {}, entry.from && entry.from !== entry.to ? `${stateName(entry.from)} → ${stateName(entry.to)}` : stateName(entry.to || '')),
          entry.why ? foreign('span', {class: 'soft'}, ` ${entry.why}`) : ''))));
    }
    for (const submission of generation.submissions || []) parts.push(this.submission(submission));
    if (generation.spec) parts.push(this.json('As in the manifest', generation.spec));
    return parts;
  }

  submission(submission) {
    const ids = [['Task id', submission.task_id], ['Session id', submission.session_id],
                 ['Error', [submission.error_code, submission.error_message].filter(Boolean).join(': ')],
                 ...(submission.sends || []).map((send, i) => [`Send ${i + 1}`, [send.outcome, send.error_code, send.error_message, send.request_id && `request id ${send.request_id}`].filter(Boolean).join(', ')])];
    return make('details', {}, make('summary', {}, `Submission ${submission.number}: ${submission.outcome}`),
                make('dl', {class: 'facts'}, ids.filter(([, value]) => value).map(
                    ([name, value]) => make('div', {}, make('dt', {}, name), foreign('dd', {}, value)))),
                submission.request ? this.json('Request', submission.request) : '');
  }

  json(title, value) {
    const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
    return make('details', {}, make('summary', {}, title),
                make('pre', {dir: 'ltr', tabindex: '0', role: 'region', 'aria-label': title}, text));
  }
}
