import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ConsoleTerms } from '../../../policy/policy.js';
import type { Recorded } from '../../../policy/recorded.js';
import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { ConsoleEnding } from '../../../server/gate/console/console-departure.js';
import { ConsoleSession } from '../../../server/gate/console/console-session.js';
import { AttachmentRecording } from '../../../server/gate/recording/attachment-recording.js';
import type { Recording } from '../../../server/gate/recording/recording-store.js';
import { attachedNote } from '../../support/attached-note.js';
import type { StandInConsole } from '../../support/dom0-stand-in.js';
import { wireRefusal } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { ALLOW_ALL, GateInside } from '../../support/gate-inside.js';

describe('the recording of a visit', () => {
  let gate: GateInside;
  let terminal: FakeTerminal;
  let ending: Promise<ConsoleEnding | Refusal>;

  beforeEach(async () => {
    gate = new GateInside();
    await gate.start();
    terminal = new FakeTerminal();
  });
  afterEach(async () => {
    terminal.hangUp();
    await gate.stop();
  });

  function enforce(record: Recorded): void {
    const terms: ConsoleTerms = {
      subjects: { customers: [], groups: [], roles: [] },
      domains: { names: [], tags: [] },
      idle: null,
      logOut: null,
      record,
      place: { file: 'x', line: 1, column: 1 },
    };
    gate.enforce({ ...ALLOW_ALL, consoleTerms: [terms] });
  }

  function visit(): void {
    ending = new ConsoleSession(gate.core.console, gate.alice, terminal, 'horatio', 'write').run();
  }

  async function open(): Promise<StandInConsole> {
    visit();
    const console = await eventually('an attachment', () => gate.dom0.consoles[0]);
    console.note(attachedNote());
    console.bytes('login: ');
    await shows(/helps\./);
    return console;
  }

  const shows = (text: string | RegExp): Promise<unknown> =>
    eventually(`to show ${String(text)}`, () =>
      typeof text === 'string' ? terminal.output.includes(text) : text.test(terminal.output),
    );
  async function leave(): Promise<ConsoleEnding> {
    terminal.type('\x1d.');
    const result = await ending;
    assert.ok(!isRefusal(result));
    return result;
  }
  const all = (): Promise<Recording[]> => gate.core.recordings.recordingStore.list();
  /** The text of these events, from the recordings that have ended. */
  async function said(code: string, count = 1): Promise<string[]> {
    const ended = await eventually('the recordings to end', async () => {
      const found = await all();
      return found.length === count && found.every(({ endedAt }) => endedAt !== null) ? found : undefined;
    });
    return ended.map(({ file }) =>
      readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => JSON.parse(line) as [number, string, string])
        .flatMap(([, event, text]) => (event === code ? [text] : []))
        .join(''),
    );
  }
  /** Sends more than a recording may hold. */
  function flood(console: StandInConsole): void {
    for (let times = 0; times < 17; times += 1) console.bytes(Buffer.alloc(64 * 1024, 'y'));
  }
  /** Puts a file in the place of the directory. */
  const block = (): void => {
    rmSync(gate.recordingSettings.directory, { recursive: true, force: true });
    writeFileSync(gate.recordingSettings.directory, '');
  };

  it('is not there by default: nothing is said and nothing written', async () => {
    await open();
    terminal.type('root\r');
    await leave();
    assert.doesNotMatch(terminal.output, /recorded/);
    assert.ok(!existsSync(gate.recordingSettings.directory));
    assert.deepEqual(gate.events('recording.began'), []);
  });

  it('is told at attach, holds byte for byte what was shown, with our own words, and no key', async () => {
    enforce('output');
    const console = await open();
    await shows(/This visit is recorded: the screen, not your keys\. ID [0-9a-f]{12}\./);
    terminal.type('s3cret\r');
    console.bytes(Buffer.from('Gr\u00fc\u00dfe'));
    terminal.resize(100, 30);
    await shows(Buffer.from('Gr\u00fc\u00dfe').toString('latin1'));
    await leave();
    assert.deepEqual(await said('o'), [Buffer.from(terminal.output, 'latin1').toString()]);
    assert.deepEqual([await said('i'), await said('r')], [[''], ['100x30']]);
    const [began] = gate.events('recording.began');
    const [ended] = gate.events('recording.ended');
    const [only] = await all();
    assert.deepEqual(
      [began?.recording, began?.record, began?.domain, began?.actor.customer],
      [only?.id, 'output', 'horatio', 'alice'],
    );
    assert.equal(began?.operation, gate.events('operation.ended')[0]?.operation);
    assert.deepEqual(
      [ended?.recording, ended?.reason, ended?.bytes, ended?.missed],
      [only?.id, 'left', only?.bytes, 0],
    );
  });

  it('has what is typed only where policy says input, and says that passwords are in it', async () => {
    enforce('input');
    await open();
    await shows(/This visit is recorded: all you see and type, passwords too\. ID [0-9a-f]{12}\./);
    terminal.type('s3cret\r');
    await leave();
    assert.deepEqual(await said('i'), ['s3cret\r\x1d.']);
  });

  it('begins and ends at once when a new policy says so, told each time', async () => {
    const console = await open();
    console.bytes('before ');
    await shows('before ');
    enforce('output');
    await shows('This visit is recorded');
    await eventually('the screen to be asked for anew', () => console.count('repaint') > 0);
    console.bytes('during ');
    await shows('during ');
    enforce('off');
    await shows('This visit is no longer recorded.');
    console.bytes('after ');
    await shows('after ');
    assert.match((await said('o'))[0] ?? '', /during /);
    assert.doesNotMatch((await said('o'))[0] ?? '', /before |after /);
    enforce('input');
    await shows('passwords too');
    await leave();
    await said('i', 2);
    assert.deepEqual(
      gate.events('recording.ended').map(({ reason }) => reason),
      ['policy', 'left'],
    );
  });

  it('leaves nothing of a visit that the host refused', async () => {
    enforce('output');
    gate.dom0.refuseConsole = wireRefusal('console-taken', 'taken');
    visit();
    assert.ok(isRefusal(await ending));
    await eventually('nothing to be there', async () => (await all()).length === 0);
    assert.deepEqual([gate.events('recording.began'), gate.events('recording.ended')], [[], []]);
  });

  it('that cannot be written keeps nobody from the console: it is told, recorded and logged', async () => {
    enforce('output');
    block();
    const console = await open();
    await shows('This visit cannot be recorded just now. It goes on without a recording.');
    terminal.type('x');
    await eventually('it to be typed', () => console.typed === 'x');
    const [failed] = gate.events('recording.failed');
    assert.match(failed?.detail ?? '', /EEXIST|ENOTDIR/);
    await leave();
    assert.deepEqual(gate.events('recording.began'), []);
  });

  it('that must be and cannot be written refuses the visit', async () => {
    enforce('output');
    gate.recordingSettings.required = true;
    block();
    visit();
    const refused = await ending;
    assert.ok(isRefusal(refused));
    assert.equal(refused.code, 'recording-unavailable');
    assert.match(
      refused.message,
      /^Visits to the console of horatio must be recorded, and that is not possible/,
    );
    assert.deepEqual(gate.dom0.consoles, [], 'the host was not asked');
    assert.equal(gate.events('operation.ended')[0]?.code, 'recording-unavailable');
    enforce('off');
    await open();
    enforce('output');
    const { message } = (await ending) as ConsoleEnding;
    assert.match(message ?? '', /^The console of horatio was left: the visit must be recorded/);
  });

  it('that must be, and ended while the host was asked, ends the visit at once', async () => {
    enforce('output');
    gate.recordingSettings.required = true;
    const permit = gate.core.authorizer.authorize(gate.alice, {
      action: 'watch',
      domain: 'horatio',
      profile: null,
    });
    assert.ok(!isRefusal(permit));
    const recording = new AttachmentRecording(gate.core.console, permit.consume('watch'), terminal);
    assert.equal(await recording.begin(), null);
    for (let times = 0; times < 17; times += 1) recording.terminal.write(Buffer.alloc(64 * 1024, 'y'));
    const ends: string[] = [];
    recording.attach({ tell: () => undefined, repaint: () => undefined, end: (said) => ends.push(said) });
    recording.dispose();
    assert.equal(ends.length, 1);
    assert.match(ends[0] ?? '', /^The console of horatio was left: the visit must be recorded/);
  });

  it('that is full is said to be, and ends the visit where there must be one', async () => {
    enforce('output');
    const console = await open();
    flood(console);
    await shows('The recording of this visit is full. The rest is not recorded.');
    await leave();
    assert.equal(gate.events('recording.ended')[0]?.reason, 'full');
    gate.dom0.consoles.length = 0;
    terminal = new FakeTerminal();
    gate.recordingSettings.required = true;
    const again = await open();
    flood(again);
    const { message } = (await ending) as ConsoleEnding;
    assert.match(message ?? '', /its recording is full\. Come again for a new one\.$/);
  });
});
