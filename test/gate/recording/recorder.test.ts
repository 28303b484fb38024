import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import fc from 'fast-check';
import { headerLine } from '../../../server/gate/recording/asciicast.js';
import { CastFile } from '../../../server/gate/recording/cast-file.js';
import { Recorder } from '../../../server/gate/recording/recorder.js';
import { WriteQueue } from '../../../server/gate/recording/write-queue.js';
import { eventually } from '../../support/eventually.js';
import { anyText } from '../../support/any-text.js';
import { propertyRuns } from '../../support/property-runs.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const HEADER = headerLine({ columns: 80, rows: 24, begunAt: new Date(0), title: 't', term: 'xterm' });
const MIB = 1024 * 1024;

type Event = readonly [seconds: number, code: string, data: string];

describe('gate: a recorder', () => {
  let directory: TemporaryDirectory;
  let turns: WriteQueue;
  let files = 0;
  let full = 0;
  let faults: Error[];

  beforeEach(() => {
    directory = new TemporaryDirectory();
    turns = new WriteQueue();
    full = 0;
    faults = [];
  });
  afterEach(() => {
    directory.dispose();
  });

  async function begin({ typing = true, limit = 16 * MIB } = {}): Promise<[Recorder, string]> {
    const path = directory.file(`${(files += 1)}.cast`);
    const file = await CastFile.create(path, HEADER, turns, (error) => faults.push(error));
    const callbacks = { full: () => (full += 1), grew: () => undefined };
    return [new Recorder(file, typing, limit, callbacks), path];
  }

  function events(path: string): Event[] {
    const [header = '', ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
    assert.equal(`${header}\n`, HEADER);
    return lines.map((line) => JSON.parse(line) as Event);
  }

  const said = (path: string, code: string): string =>
    events(path)
      .filter((event) => event[1] === code)
      .map((event) => event[2])
      .join('');

  /** Blocks the disk. @returns a function that releases it */
  function hang(): () => void {
    let go = (): void => undefined;
    const awaited = new Promise<void>((resolve) => (go = resolve));
    void turns.take(() => awaited);
    return go;
  }

  it('writes what is shown, typed and resized, in order, into a file of its owner’s alone', async () => {
    const [recorder, path] = await begin();
    recorder.shown(Buffer.from('login: '));
    recorder.typed(Buffer.from('root\r'));
    recorder.resized(132, 50);
    recorder.shown(Buffer.from('Password: '));
    assert.deepEqual(
      readdirSync(directory.path).map((name) => [name, statSync(directory.file(name)).mode & 0o777]),
      [[`${files}.cast.running`, 0o600]],
    );
    await recorder.end();
    const found = events(path);
    assert.deepEqual(
      found.map(([, code, data]) => [code, data]),
      [
        ['o', 'login: '],
        ['i', 'root\r'],
        ['r', '132x50'],
        ['o', 'Password: '],
      ],
    );
    const times = found.map(([seconds]) => seconds);
    assert.deepEqual(
      times,
      [...times].sort((one, other) => one - other),
    );
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('writes nothing that is typed unless it is asked for', async () => {
    const [recorder, path] = await begin({ typing: false });
    recorder.typed(Buffer.from('secret\r'));
    recorder.shown(Buffer.from('ok'));
    await recorder.end();
    assert.deepEqual(
      events(path).map(([, code]) => code),
      ['o'],
    );
  });

  it('understands UTF-8 cut anywhere, each way for itself', async () => {
    const text = '\ufeffa\u00e9\u20ac\u{1f600}\u0000z';
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const [recorder, path] = await begin();
      recorder.shown(bytes.subarray(0, cut));
      recorder.typed(bytes.subarray(0, bytes.length - cut));
      recorder.shown(bytes.subarray(cut));
      recorder.typed(bytes.subarray(bytes.length - cut));
      await recorder.end();
      assert.deepEqual([said(path, 'o'), said(path, 'i')], [text, text], `cut at ${cut}`);
    }
  });

  it('makes of any bytes, cut in any way, what they are in one piece; what is no UTF-8 is U+FFFD', async () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      anyText(4).map((text) => new Uint8Array(Buffer.from(text))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 20 }), async (pieces) => {
        const [recorder, path] = await begin();
        for (const bytes of pieces) recorder.shown(bytes);
        await recorder.end();
        assert.equal(said(path, 'o'), Buffer.concat(pieces).toString('utf8'));
      }),
      propertyRuns('bytes of a console', 100, 5_000),
    );
  });

  it('writes while it goes on: whole lines, soon', async () => {
    const [recorder, path] = await begin();
    recorder.shown(Buffer.from('one'));
    await eventually('the first', () => readFileSync(`${path}.running`, 'utf8').endsWith(',"o","one"]\n'));
    recorder.shown(Buffer.from('two'));
    await eventually('the second', () => readFileSync(`${path}.running`, 'utf8').endsWith(',"o","two"]\n'));
    await recorder.end();
  });

  it('has an end in a flood, says so in the file, and takes nothing more', async () => {
    const [recorder, path] = await begin({ limit: MIB });
    for (let times = 0; times < 100; times += 1) recorder.shown(Buffer.alloc(32 * 1024, 'y\n'));
    assert.equal(full, 1);
    recorder.shown(Buffer.from('later'));
    await recorder.end();
    assert.ok(statSync(path).size <= MIB && statSync(path).size > MIB / 2);
    assert.match(events(path).at(-1)?.[2] ?? '', /^the recording is full at \d(\.\d)? MiB: what follows/);
    assert.equal(events(path).at(-1)?.[1], 'm');
  });

  it('never waits for a disk: what it does not take in time is missed, and the place is marked', async () => {
    const [recorder, path] = await begin();
    const go = hang();
    recorder.shown(Buffer.from('before'));
    const flood = Buffer.alloc(64 * 1024, 'x');
    for (let times = 0; times < 200; times += 1) recorder.shown(flood);
    assert.ok(turns.waiting <= 2 * MIB, 'what waits is bounded');
    assert.ok(recorder.missed > 0 && recorder.missed % flood.length === 0);
    go();
    await eventually('the disk to catch up', () => turns.waiting === 0);
    recorder.shown(Buffer.from('after'));
    await recorder.end();
    const found = events(path);
    assert.deepEqual(found.at(0)?.[2], 'before');
    assert.deepEqual(
      found.slice(-2).map(([, code, data]) => [code, data]),
      [
        ['m', `${recorder.missed} bytes were not recorded: the disk was too slow`],
        ['o', 'after'],
      ],
    );
    const kept = said(path, 'o').length - 'beforeafter'.length;
    assert.equal(kept + recorder.missed, 200 * flood.length, 'no byte is neither there nor counted');
  });

  it('marks what was missed last as well, and loses no change of the size', async () => {
    const [recorder, path] = await begin();
    const go = hang();
    const flood = (): void => {
      for (let times = 0; times < 40; times += 1) recorder.shown(Buffer.alloc(64 * 1024, 'x'));
    };
    flood();
    recorder.resized(100, 30);
    flood();
    const ended = recorder.end();
    go();
    await ended;
    assert.deepEqual(
      events(path)
        .slice(-3)
        .map(([, code]) => code),
      ['m', 'r', 'm'],
    );
  });

  it('all together keep no more waiting than there is room', async () => {
    const go = hang();
    const opening = Promise.all(Array.from({ length: 60 }, () => begin()));
    go();
    const recorders = (await opening).map(([recorder]) => recorder);
    const goOn = hang();
    for (const recorder of recorders)
      for (let times = 0; times < 20; times += 1) recorder.shown(Buffer.alloc(64 * 1024, 'x'));
    assert.ok(turns.waiting <= 32 * MIB, `${turns.waiting}`);
    assert.ok(recorders.at(-1)!.missed > recorders[0]!.missed);
    goOn();
    await Promise.all(recorders.map((recorder) => recorder.end()));
    assert.equal(turns.waiting, 0);
  });

  it('says once that the disk is full, keeps nothing waiting, and ends', async () => {
    const handle = await open('/dev/full', 'a');
    const file = new CastFile(directory.file('full.cast'), handle, turns, (error) => faults.push(error));
    const recorder = new Recorder(file, false, MIB, { full: () => undefined, grew: () => undefined });
    recorder.shown(Buffer.from('lost'));
    await eventually('the fault', () => faults.length === 1);
    assert.match(faults[0]?.message ?? '', /ENOSPC/);
    for (let times = 0; times < 100; times += 1) recorder.shown(Buffer.alloc(64 * 1024, 'x'));
    assert.equal(turns.waiting, 0);
    await recorder.end();
    assert.equal(faults.length, 1);
  });

  it('that is discarded was never there', async () => {
    const [recorder] = await begin();
    recorder.shown(Buffer.from('nothing'));
    await recorder.discard();
    assert.deepEqual(readdirSync(directory.path), []);
  });
});
