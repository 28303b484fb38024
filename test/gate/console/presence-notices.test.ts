import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { CTRL_BRACKET } from '../../../policy/escape-key.js';
import { NORMAL } from '../../../policy/names.js';
import { ConsoleNotice } from '../../../server/gate/console/console-notice.js';
import { consoleWords } from '../../../server/gate/console/console-words.js';
import { Participants } from '../../../server/gate/console/participants.js';
import { PresenceNotices } from '../../../server/gate/console/presence-notices.js';
import { SizeHint } from '../../../server/gate/console/size-hint.js';
import type { ConsoleNews } from '../../../server/gate/hosts/console-stream.js';
import { attachedNote } from '../../support/attached-note.js';
import { domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
/** Long enough for every greeting and every wait, milliseconds. */
const LONG_MS = 10_000;
const ATTACHED: ConsoleNews = attachedNote();

describe('what a customer is told on a console', () => {
  const said: string[] = [];
  let presence: PresenceNotices;

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
    said.length = 0;
    const terminal = {
      hasPty: false,
      term: '',
      columns: 80,
      rows: 24,
      write: () => true,
      writeError: (text: string) => {
        said.push(text);
      },
    };
    const participants = new Participants(true);
    const words = consoleWords(CTRL_BRACKET, () => true);
    presence = new PresenceNotices({
      domain: HORATIO,
      participants,
      notice: new ConsoleNotice(terminal, () => undefined),
      words,
      sizeHint: new SizeHint({ participants, words, terminal }),
      hasPty: true,
      recording: { sentence: null },
      isElsewhere: () => false,
    });
  });

  afterEach(() => {
    presence.dispose();
    mock.timers.reset();
  });

  /** @returns what was said since the last call */
  const heard = (): string => said.splice(0).join('');

  it('does not say that a lost host answers again; who was not greeted yet is greeted when it does', () => {
    presence.heard(ATTACHED);
    presence.lost();
    mock.timers.tick(LONG_MS);
    const lost = heard();
    assert.match(lost, /The host does not answer\./);
    assert.doesNotMatch(lost, /answers again|Console of horatio/);
    presence.heard(ATTACHED);
    mock.timers.tick(LONG_MS);
    assert.match(heard(), /Console of horatio\./);
  });

  it('says once that the host answers again, also when it was lost twice', () => {
    presence.heard(ATTACHED);
    mock.timers.tick(LONG_MS);
    assert.match(heard(), /Console of horatio\./);
    presence.lost();
    presence.heard(ATTACHED);
    presence.lost();
    mock.timers.tick(LONG_MS);
    assert.doesNotMatch(heard(), /answers again/);
    presence.heard(ATTACHED);
    mock.timers.tick(LONG_MS);
    assert.equal(heard().match(/The host answers again\./g)?.length, 1);
  });

  it('does not say what it waits for on a host that was lost meanwhile', () => {
    presence.heard(ATTACHED);
    presence.heard({ note: 'state', console: 'detached', state: 'running', profile: NORMAL });
    mock.timers.tick(500);
    heard();
    presence.lost();
    mock.timers.tick(LONG_MS);
    assert.match(heard(), /^[^\n]*The host does not answer\.[^\n]*\n$/);
  });
});
