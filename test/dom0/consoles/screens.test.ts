import assert from 'node:assert/strict';
import { RawRing, RING_BYTES } from '../../../server/dom0/consoles/raw-ring.js';
import { ScreenEmulator } from '../../../server/dom0/consoles/screen-emulator.js';
import { Screens } from '../../../server/dom0/consoles/screens.js';
import type { ScreensTiming } from '../../../server/dom0/consoles/screens.js';
import { eventually } from '../../support/eventually.js';

/** Dear to show: each of these is a hundred scrolled lines. */
const DEAR = Buffer.from('\x1b[100S\x1b[100T'.repeat(12_000));

describe('Screens', () => {
  let screens: Screens;
  let lost = 0;

  const start = (timing: Partial<ScreensTiming> = {}): void => {
    const count = (): void => {
      lost += 1;
    };
    screens = new Screens(
      { debug: count, info: count, warn: count },
      { job: 30_000, paint: 30_000, ...timing },
    );
  };

  const pictureOf = (emulator: ScreenEmulator): string =>
    (emulator.answer({ ask: 'picture', view: null }) as Buffer).toString();

  /** What an emulator that saw all of it at once paints. */
  const picture = async (text: string | Buffer, size = { cols: 80, rows: 24 }): Promise<string> => {
    const emulator = new ScreenEmulator(size);
    await emulator.write(Buffer.from(text));
    const painted = pictureOf(emulator);
    emulator.dispose();
    return painted;
  };

  beforeEach(() => {
    lost = 0;
  });

  afterEach(async () => {
    await screens.dispose();
  });

  it('paints the screen after exactly the bytes that had come when it was asked', async () => {
    start({ feed: 1 });
    const ring = new RawRing();
    const screen = screens.open(ring);
    const paints: Promise<Buffer | null>[] = [];
    let said = '';
    const wanted: string[] = [];
    for (let i = 0; i < 40; i++) {
      const word = `\x1b[${30 + (i % 8)}mword ${i}${i % 5 === 0 ? '\r\n' : ''}`;
      ring.push(Buffer.from(word), i);
      said += word;
      screens.touched(screen);
      if (i % 3 === 0) await new Promise(setImmediate);
      paints.push(screens.paint(screen));
      wanted.push(said);
    }
    const painted = await Promise.all(paints);
    for (const [i, one] of painted.entries()) assert.equal(one?.toString(), await picture(wanted[i]!));
  });

  it('takes on a new size between the bytes before and after it', async () => {
    start();
    const ring = new RawRing();
    const screen = screens.open(ring);
    ring.push(Buffer.from('a'.repeat(100)), 1);
    screen.resize({ cols: 40, rows: 10 });
    ring.push(Buffer.from('b'.repeat(50)), 2);
    const emulator = new ScreenEmulator({ cols: 80, rows: 24 });
    await emulator.write(Buffer.from('a'.repeat(100)));
    emulator.resize({ cols: 40, rows: 10 });
    await emulator.write(Buffer.from('b'.repeat(50)));
    assert.equal((await screens.paint(screen))?.toString(), pictureOf(emulator));
  });

  it('goes on with the newest bytes after a flood, and with the modes from before it', async () => {
    start({ feed: 60_000 });
    const ring = new RawRing();
    const screen = screens.open(ring);
    ring.push(Buffer.from('\x1b[?1049h\x1b[?25l'), 1);
    assert.ok(await screens.paint(screen));
    for (let i = 0; i < 64; i++) ring.push(Buffer.alloc(RING_BYTES / 16, `flood ${i}\r\n`), i);
    const end = '\x1b[2J\x1b[Hthe end';
    ring.push(Buffer.from(end), 99);
    assert.equal((await screens.paint(screen))?.toString(), await picture(`\x1b[?1049h\x1b[?25l${end}`));
    assert.equal(lost, 0);
  });

  it('paints of a time only what was said since', async () => {
    start();
    const ring = new RawRing();
    const screen = screens.open(ring);
    ring.push(Buffer.from('SECRET of the owner before\r\n'), 1_000);
    ring.push(Buffer.from('mine'), 2_000);
    const painted = await screens.paint(screen, null, ring.positionSince(1_500));
    assert.equal(painted?.toString(), await picture('mine'));
    assert.match((await screens.paint(screen))!.toString(), /SECRET/);
  });

  it('loses a worker that does not answer, answers null meanwhile, and goes on with a new one', async () => {
    start({ job: 700, restart: 1 });
    const hostile = new RawRing();
    const honest = new RawRing();
    const hostileScreen = screens.open(hostile);
    const honestScreen = screens.open(honest);
    honest.push(Buffer.from('I was here before'), 1);
    assert.ok(await screens.paint(honestScreen));
    hostile.push(DEAR, 1);
    const both = [screens.paint(hostileScreen), screens.paint(honestScreen)];
    assert.deepEqual(await Promise.all(both), [null, null]);
    assert.equal(lost, 1);
    const again = await eventually('a new worker', () => screens.paint(honestScreen));
    assert.equal(again.toString(), await picture('I was here before'));
    assert.equal(await screens.paint(hostileScreen), null, 'who ended the worker is left alone');
    assert.equal(lost, 1);
  });

  it('gives who is dear to show a small share', async () => {
    start();
    const ring = new RawRing();
    const screen = screens.open(ring);
    ring.push(DEAR.subarray(0, DEAR.length / 12), 1);
    assert.ok(await screens.paint(screen));
    assert.equal(await screens.paint(screen), null);
    const other = screens.open(new RawRing());
    assert.ok(await screens.paint(other));
  });

  it('answers null when it is late', async () => {
    start({ paint: 0 });
    const screen = screens.open(new RawRing());
    assert.equal(await screens.paint(screen), null);
  });

  it('bears what a hostile guest asks for', async () => {
    start();
    for (const final of [
      'b',
      'S',
      'T',
      'L',
      'M',
      '@',
      'P',
      'X',
      'I',
      'Z',
      'A',
      ' @',
      ' A',
      "'}",
      "'~",
      'r',
      'd',
      't',
    ]) {
      const ring = new RawRing();
      const screen = screens.open(ring);
      ring.push(Buffer.from(`x\x1b[2147483647${final}\x1b[999999999999;1${final}`), 1);
      ring.push(Buffer.from(`\x1b]8;;http://a/\x07\x1b]0;${'t'.repeat(70_000)}\x1b[2J\x1b[Hok`), 2);
      ring.push(Buffer.from('\x1b\\\x1b[2J\x1b[r\x1b[Hok'), 2);
      const painted = await screens.paint(screen);
      assert.match(painted?.toString() ?? '', /ok/, final);
      screens.close(screen);
    }
    assert.equal(lost, 0);
  });
});
