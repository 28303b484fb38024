import assert from 'node:assert/strict';
import type { KeptScreen } from '../../../server/dom0/screens/kept-screen.js';
import { RawRing, RING_BYTES } from '../../../server/dom0/screens/raw-ring.js';
import { ScreenEmulator } from '../../../server/dom0/screens/screen-emulator.js';
import { Screens } from '../../../server/dom0/screens/screens.js';
import type { ScreensTiming } from '../../../server/dom0/screens/screens-timing.js';
import { eventually } from '../../support/eventually.js';

/** Expensive to show: each piece is a hundred scrolled lines. */
const DEAR = Buffer.from('\x1b[100S\x1b[100T'.repeat(12_000));

describe('Screens', () => {
  let screens: Screens;
  let lost = 0;

  const start = (timing: Partial<ScreensTiming> = {}): void => {
    const count = (): void => {
      lost += 1;
    };
    screens = new Screens(
      { debug: count, info: count, warn: count, error: count },
      { job: 30_000, paint: 30_000, replay: 30_000, ...timing },
    );
  };

  const pictureOf = (emulator: ScreenEmulator): string =>
    (emulator.answer({ ask: 'picture', view: null }) as Buffer).toString();

  /** The picture of an emulator that received everything at once. */
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

  it('shows each window what a terminal of its size shows that saw everything, and the others what they saw', async () => {
    start();
    const ring = new RawRing();
    const screen = screens.open(ring);
    let said = '';
    const say = (text: string): void => {
      ring.push(Buffer.from(text), 1);
      said += text;
    };
    const shows = async (cols: number, rows: number): Promise<void> => {
      const painted = await screens.paint(screen, { cols, rows });
      assert.equal(painted?.toString(), await picture(said, { cols, rows }), `${cols}x${rows}`);
    };
    say(`\x1b[2J\x1b[24;1H${'a'.repeat(100)}\x1b[3;7r\x1b[7;1H`);
    for (const [cols, rows] of [
      [40, 10],
      [132, 50],
      [80, 24],
      [2, 1],
      [300, 100],
      [60, 18],
      [81, 24],
    ] as const) {
      await shows(cols, rows);
      say(`${'b'.repeat(50)}\r\n`);
    }
    for (const [cols, rows] of [
      [80, 24],
      [40, 10],
      [132, 50],
    ] as const)
      await shows(cols, rows);
  });

  it('speaks for the size that the guest was told, from then on and as far back as the ring goes', async () => {
    start();
    const ring = new RawRing();
    const screen = screens.open(ring);
    const before = `$ ${'x'.repeat(100)}\r\n`;
    const after = `\x1b[50;132Hz`;
    ring.push(Buffer.from(before), 1);
    screens.tell(screen, { cols: 132, rows: 50 });
    ring.push(Buffer.from(after), 2);
    const size = { cols: 132, rows: 50 };
    assert.equal((await screens.paint(screen))?.toString(), await picture(before + after, size));
    const first = { cols: 80, rows: 24 };
    assert.equal((await screens.paint(screen, first))?.toString(), await picture(before + after, first));
    screens.tell(screen, first);
    assert.equal((await screens.paint(screen))?.toString(), await picture(before + after, first));
  });

  it('keeps what was told beyond the ring, and gives other sizes the picture of that', async () => {
    start({ feed: 1 });
    const ring = new RawRing();
    const screen = screens.open(ring);
    screens.tell(screen, { cols: 132, rows: 50 });
    let said = '\x1b[?1049h\x1b[2J\x1b[50;1Hits last line\x1b[10;1Htenth';
    ring.push(Buffer.from(said), 1);
    for (let i = 0; i < 20; i++) {
      const more = `\x1b[${3 + i};100Hright\x1b[1;1H${`\x1b[1;1H${i}`.repeat(3_000)}`;
      ring.push(Buffer.from(more), i);
      said += more;
      await eventually('a screen that may rest on a busy machine', () => screens.paint(screen));
    }
    assert.ok(ring.start > 0);
    for (const size of [
      { cols: 132, rows: 50 },
      { cols: 140, rows: 52 },
    ]) {
      const painted = await eventually('the picture', () => screens.paint(screen, size));
      assert.equal(painted.toString(), await picture(said, size));
    }
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
    ring.push(DEAR.subarray(0, DEAR.length / 4), 1);
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

  it('gives a flood that many windows look at a share of the worker, and right pictures in the end', async () => {
    start({ feed: 20 });
    const flooded = new RawRing();
    const quiet = new RawRing();
    const floodedScreen = screens.open(flooded);
    const quietScreen = screens.open(quiet);
    quiet.push(Buffer.from('quiet'), 1);
    const sizes = Array.from({ length: 30 }, (_, at) => ({ cols: 40 + at, rows: 10 + at }));
    screens.retain(floodedScreen, sizes);
    let said = '';
    let isFirst = false;
    const asked: Promise<Buffer | null>[] = [];
    for (let turn = 0; turn < 8; turn += 1) {
      const more = `line ${turn} of the flood, and more of it\r\n`.repeat(1_500);
      flooded.push(Buffer.from(more), turn);
      said += more;
      screens.touched(floodedScreen);
      asked.push(...sizes.map((size) => screens.paint(floodedScreen, size)));
      // A visitor of another console does not wait for them.
      const before = asked.length;
      const done = { count: 0 };
      for (const each of asked) void each.then(() => (done.count += 1));
      await eventually('the quiet one', () => screens.paint(quietScreen, { cols: 100, rows: 30 }));
      isFirst ||= done.count < before;
    }
    assert.ok(isFirst, 'it came before what the flood’s windows wait for');
    const pictures = await Promise.all(asked);
    assert.ok(pictures.includes(null), 'more than can be made are not waited for');
    const tail = said.slice(-100_000);
    for (const size of sizes.slice(0, 8)) {
      const painted = await eventually('the picture', () => screens.paint(floodedScreen, size));
      assert.equal(painted.toString(), await picture(tail, size));
    }
    assert.equal(lost, 0);
  });

  describe('while replays rest', () => {
    const size = { cols: 100, rows: 30 };
    const lines = (word: string, bytes: number): string =>
      `${word} and more of it\r\n`.repeat(bytes / (word.length + 17));
    const early = lines('early', RING_BYTES / 8);
    const late = lines('late', (RING_BYTES * 5) / 8);
    let ring: RawRing;
    let screen: KeptScreen;

    beforeEach(async () => {
      start({ feed: 1 });
      const other = new RawRing();
      other.push(DEAR.subarray(0, DEAR.length / 40), 1);
      ring = new RawRing();
      screen = screens.open(ring);
      ring.push(Buffer.from(early), 2);
      // All replays rest after this one, for twice the time that it took.
      await screens.paint(screens.open(other), size);
    });

    it('feeds a window that lags its bytes in order', async () => {
      screens.retain(screen, [size]);
      const asked = screens.paint(screen, size);
      // It lags so much now that it is fed without being asked.
      ring.push(Buffer.from(late), 3);
      screens.touched(screen);
      assert.equal((await asked)?.toString(), await picture(early, size));
      const painted = await eventually('the picture', () => screens.paint(screen, size));
      assert.equal(painted.toString(), await picture(early + late, size));
    });

    it('paints the size that the guest was told just now in the order of the bytes', async () => {
      screens.tell(screen, size);
      const asked = screens.paint(screen, size);
      ring.push(Buffer.from('later\r\n'), 3);
      const again = screens.paint(screen, size);
      assert.equal((await asked)?.toString(), await picture(early, size));
      assert.equal((await again)?.toString(), await picture(`${early}later\r\n`, size));
    });

    afterEach(() => {
      assert.equal(lost, 0);
    });
  });

  it('gives up a replay that takes too long, and nothing else', async () => {
    start({ job: 60_000 });
    const hostile = new RawRing();
    const hostileScreen = screens.open(hostile);
    const honest = new RawRing();
    const honestScreen = screens.open(honest);
    honest.push(Buffer.from('honest'), 1);
    // Cheap on the guest's own screen, but ten times as expensive on one with sixteen times the cells.
    for (let i = 0; i < 5; i += 1) hostile.push(Buffer.from('\x1b[2J'.repeat(12_000)), i);
    assert.equal(await screens.paint(hostileScreen, { cols: 300, rows: 100 }), null);
    assert.ok(await screens.paint(honestScreen, { cols: 300, rows: 100 }));
    assert.equal(lost, 0);
  });

  it('makes windows’ screens anew as well when the worker is lost', async () => {
    start({ job: 1_000 });
    const ring = new RawRing();
    const screen = screens.open(ring);
    ring.push(Buffer.from(`${'x'.repeat(100)}\x1b[31m`), 1);
    screens.tell(screen, { cols: 132, rows: 50 });
    const sizes = [
      { cols: 132, rows: 50 },
      { cols: 40, rows: 10 },
      { cols: 80, rows: 24 },
    ];
    const all = async (): Promise<void> => {
      const said = ring.range(0);
      for (const size of sizes) {
        const painted = await eventually('the picture', () => screens.paint(screen, size));
        assert.equal(painted.toString(), await picture(said, size));
      }
    };
    await all();
    const evil = new RawRing();
    evil.push(Buffer.concat([DEAR, DEAR.subarray(0, 90_000)]), 1);
    assert.equal(await screens.paint(screens.open(evil)), null);
    assert.ok(lost > 0);
    ring.push(Buffer.from('after the loss'), 2);
    await all();
  });

  it('shows nothing to a window of any size that was said before its time', async () => {
    start();
    const ring = new RawRing();
    const screen = screens.open(ring);
    ring.push(Buffer.from('secret\x1b[1;30H'), 1);
    const position = ring.end;
    ring.push(Buffer.from('public'), 2);
    for (const size of [
      { cols: 80, rows: 24 },
      { cols: 20, rows: 5 },
    ]) {
      const painted = await screens.paint(screen, size, position);
      assert.equal(painted?.toString(), await picture('public', size));
    }
  });
});
