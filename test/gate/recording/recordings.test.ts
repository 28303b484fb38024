import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { headerLine, eventLine } from '../../../server/gate/recording/asciicast.js';
import { Recordings } from '../../../server/gate/recording/recordings.js';
import type { RecordingSettings, RecordingContext } from '../../../server/gate/recording/recordings.js';
import type { AuditEvent } from '../../../server/store/audit-event.js';
import { AuditUnavailableError } from '../../../server/store/store-error.js';
import { eventually } from '../../support/eventually.js';
import { silentLogger } from '../../support/silent-logger.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';
import { customerName, domainName } from '../../support/temporary-store.js';

const SCENE: RecordingContext = {
  customer: customerName('alice'),
  domain: domainName('horatio'),
  record: 'output',
  columns: 80,
  rows: 24,
  term: 'xterm',
};
const DEAF = { full: () => undefined, failed: () => undefined };
const HEADER = headerLine({ columns: 80, rows: 24, begunAt: new Date(0), title: 't', term: 'xterm' });
const DAY = 86_400_000;

describe('gate: the recordings', () => {
  let temporary: TemporaryDirectory;
  let directory: string;
  let recordings: Recordings;
  let events: AuditEvent[];
  let unwritable: boolean;

  beforeEach(() => {
    temporary = new TemporaryDirectory();
    directory = temporary.file('recordings');
    events = [];
    unwritable = false;
    recordings = made({});
  });
  afterEach(async () => {
    await recordings.close();
    temporary.dispose();
  });

  function made(settings: Partial<RecordingSettings>, fill?: (recording: string) => void): Recordings {
    const audit = {
      append: (event: AuditEvent): void => {
        if (unwritable) throw new AuditUnavailableError('full');
        events.push(event);
      },
    };
    const all = { directory, days: 30, totalMiB: 16, perRecordingMiB: 1, required: false, ...settings };
    return new Recordings({
      settings: all,
      audit,
      log: silentLogger,
      ...(fill === undefined ? {} : { fill }),
    });
  }

  /** A file left by an earlier gate. @returns its name */
  function left(id: string, content: string, { days = 0, customer = 'alice', suffix = '' } = {}): string {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const at = new Date(Date.now() - days * DAY);
    const name = `${at.toISOString().replace(/[:.]/g, '-')},${customer},horatio,${id},output.cast${suffix}`;
    writeFileSync(join(directory, name), content);
    utimesSync(join(directory, name), at, at);
    return name;
  }

  const ids = async (): Promise<string[]> => (await recordings.recordingStore.list()).map(({ id }) => id);

  it('make their directory with the first one, for their owner alone; without one there is nothing', async () => {
    recordings.start();
    assert.deepEqual(await recordings.recordingStore.list(), []);
    assert.ok(!existsSync(directory));
    const running = await recordings.begin(SCENE, DEAF);
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    const [during] = await recordings.recordingStore.list();
    assert.equal(during?.endedAt, null);
    await recordings.end(running);
    const [after] = await recordings.recordingStore.list();
    assert.ok(after?.endedAt !== null);
    const { id, customer, domain, record } = after!;
    assert.deepEqual(
      { id, customer, domain, record },
      { id: running.id, customer: 'alice', domain: 'horatio', record: 'output' },
    );
    const header = JSON.parse(readFileSync(after!.file, 'utf8').split('\n')[0] ?? '') as object;
    const { timestamp, ...rest } = header as { timestamp: number };
    assert.ok(Math.abs(timestamp * 1000 - Date.now()) < 60_000);
    assert.deepEqual(rest, {
      version: 2,
      width: 80,
      height: 24,
      title: 'alice on horatio',
      env: { TERM: 'xterm' },
    });
  });

  it('of a gate that was killed are mended at the next start; those under way are left alone', async () => {
    const line = eventLine(1, 'o', 'whole');
    left('aaaaaaaaaaaa', `${HEADER}${line}[2,"o","tor`, { suffix: '.running', days: 3 });
    left('bbbbbbbbbbbb', '{"version":2,"wid', { suffix: '.running' });
    left('cccccccccccc', `${HEADER}${line}`);
    left('dddddddddddd', `${HEADER}${line}`, { suffix: '.running' });
    const running = await recordings.begin(SCENE, DEAF);
    recordings.start();
    await eventually('them to be mended', async () => {
      const found = await recordings.recordingStore.list();
      return found.length === 4 && found.filter(({ endedAt }) => endedAt === null).length === 1;
    });
    const all = await recordings.recordingStore.list();
    assert.deepEqual(
      all.filter(({ endedAt }) => endedAt === null).map(({ id }) => id),
      [running.id],
    );
    for (const { id, file } of all)
      if (id !== running.id) assert.equal(readFileSync(file, 'utf8'), `${HEADER}${line}`);
    const torn = all.find(({ id }) => id === 'aaaaaaaaaaaa');
    assert.equal(torn?.endedAt, torn?.begunAt, 'it ended when it was written last');
  });

  it('go when they are too old: said in the audit log, and also when that cannot be written', async () => {
    left('aaaaaaaaaaaa', HEADER, { days: 31 });
    left('bbbbbbbbbbbb', HEADER, { days: 29 });
    recordings.start();
    await eventually('the old one to be gone', async () => (await ids()).join() === 'bbbbbbbbbbbb');
    assert.deepEqual(events, [
      {
        kind: 'recording.removed',
        actor: null,
        customer: 'alice',
        domain: 'horatio',
        recording: 'aaaaaaaaaaaa',
        reason: 'age',
      },
    ]);
    await recordings.close();
    unwritable = true;
    left('cccccccccccc', HEADER, { days: 31 });
    recordings = made({});
    recordings.start();
    await eventually('this one too', async () => (await ids()).join() === 'bbbbbbbbbbbb');
  });

  it('go, oldest first, when what is written makes all too large', async () => {
    await recordings.close();
    recordings = made({ totalMiB: 1 });
    const line = eventLine(1, 'o', 'x'.repeat(400 * 1024));
    left('aaaaaaaaaaaa', HEADER + line, { days: 2 });
    left('bbbbbbbbbbbb', HEADER + line, { days: 1 });
    recordings.start();
    const running = await recordings.begin(SCENE, DEAF);
    running.recorder.shown(Buffer.alloc(500 * 1024, 'y'));
    await eventually(
      'the oldest to be gone',
      async () => (await ids()).join() === `bbbbbbbbbbbb,${running.id}`,
    );
  });

  it('do not fill the disk while they run: the largest ends when there is nothing else to remove', async () => {
    await recordings.close();
    recordings = made({ totalMiB: 1 });
    const full: string[] = [];
    const [small, large] = await Promise.all(
      ['small', 'large'].map((name) => recordings.begin(SCENE, { ...DEAF, full: () => full.push(name) })),
    );
    small!.recorder.shown(Buffer.alloc(300 * 1024, 'x'));
    for (let times = 0; times < 4; times += 1) {
      large!.recorder.shown(Buffer.alloc(200 * 1024, 'x'));
      await eventually('it to be written', async () => {
        const [found] = await recordings.recordingStore.list(({ id }) => id === large!.id);
        return (found?.bytes ?? 0) > (times + 1) * 200 * 1024;
      });
    }
    await eventually('the large one to be full', () => full.length > 0);
    assert.deepEqual(full, ['large']);
  });

  it('of another process count as large as it says, also while less of them is on the disk', async () => {
    await recordings.close();
    const filled: string[] = [];
    recordings = made({ totalMiB: 1 }, (id) => filled.push(id));
    const line = eventLine(1, 'o', 'x'.repeat(600 * 1024));
    const written = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb'].map((id) => ({
      id,
      file: join(directory, left(id, HEADER, { suffix: '.running' })),
    }));
    for (const { id } of written) recordings.grew(id, HEADER.length + line.length);
    await eventually('one to be told to take no more', () => filled.length > 0);
    for (const { id, file } of written) {
      writeFileSync(file, HEADER + line);
      renameSync(file, file.replace('.running', ''));
      recordings.ended(id);
    }
    await eventually('one to be gone', async () => (await ids()).length === 1);
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['recording.removed'],
    );
  });

  it('leave alone what is not theirs', async () => {
    left('aaaaaaaaaaaa', HEADER, { days: 31 });
    for (const name of ['notes.txt', '.hidden', 'x.cast', 'x.cast.running'])
      writeFileSync(join(directory, name), 'x');
    recordings.start();
    await eventually('the old one to be gone', async () => (await ids()).length === 0);
    assert.deepEqual(readdirSync(directory).sort(), ['.hidden', 'notes.txt', 'x.cast', 'x.cast.running']);
  });

  it('are refused with the reason in a directory that cannot be one, or is open to others', async () => {
    writeFileSync(directory, 'a file');
    await assert.rejects(recordings.begin(SCENE, DEAF), /EEXIST|ENOTDIR/);
    await recordings.close();
    directory = temporary.file('open');
    mkdirSync(directory, { mode: 0o755 });
    recordings = made({});
    await assert.rejects(recordings.begin(SCENE, DEAF), /is open to others \(mode 0755\): run `chmod 700/);
    assert.deepEqual(readdirSync(directory), []);
  });

  it('are whole once the gate has stopped', async () => {
    const { recorder } = await recordings.begin(SCENE, DEAF);
    recorder.shown(Buffer.from('last words'));
    await recordings.close();
    const [only] = await recordings.recordingStore.list();
    assert.ok(only?.endedAt !== null && readFileSync(only!.file, 'utf8').includes('last words'));
  });
});
