import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { BlessedScreen } from '../../menus/blessed-screen.js';
import { Canvas } from '../../menus/canvas.js';
import { AnsiPainter, enterScreen } from '../../menus/frame-ansi.js';
import type { Frame } from '../../menus/frame.js';
import { NAMED_KEYS } from '../../menus/state.js';
import { view } from '../../menus/view.js';
import { emulated, screenCells, screenText, show } from '../support/fake-menu-terminal.js';
import { PLACES, hostilePlaces } from '../support/menu-places.js';

const SIZE = { columns: 80, rows: 24, charset: 'utf-8' } as const;
const LIST = view(PLACES['list']!(SIZE).state);
const DOMAIN = view(PLACES['domain']!(SIZE).state);

function frames(): Frame[] {
  const places = Object.values(PLACES).map((place) => place(SIZE));
  return [...places, ...hostilePlaces(SIZE)].map((driver) => view(driver.state));
}

/** One screen for all tests: decoding a key leaves nothing behind for the next. */
const decoder = new BlessedScreen('xterm', LIST);

function keyOf(bytes: string): string | null {
  return decoder.key(Buffer.from(bytes, 'utf8'));
}

describe('blessed screen', () => {
  it('writes nothing for the frame that stands there, nor for one that is the same', () => {
    const screen = new BlessedScreen('xterm-256color', LIST);
    assert.equal(screen.paint(LIST), '');
    assert.equal(screen.paint(view(PLACES['list']!(SIZE).state)), '');
    assert.notEqual(screen.paint(DOMAIN), '');
    assert.equal(screen.paint(DOMAIN), '');
  });

  for (const term of ['xterm-256color', 'xterm', 'vt100']) {
    it(`shows on ${term}, cell by cell, what the plain painter shows`, async () => {
      const screen = new BlessedScreen(term, LIST);
      const byBlessed = await emulated(80, 24, enterScreen(term) + new AnsiPainter(term).paint(LIST));
      for (const [at, frame] of frames().entries()) {
        await show(byBlessed, screen.paint(frame));
        const plainly = await emulated(80, 24, enterScreen(term) + new AnsiPainter(term).paint(frame));
        const what = `frame ${at}: ${screenText(plainly).join('\n')}`;
        assert.deepEqual(screenCells(byBlessed), screenCells(plainly), what);
        const { cursorX, cursorY } = byBlessed.buffer.active;
        if (frame.cursor !== null) {
          assert.deepEqual([cursorX, cursorY], [frame.cursor.column, frame.cursor.row], what);
        }
        plainly.dispose();
      }
      byBlessed.dispose();
    });
  }

  it('the plain painter, from frame to frame, shows the same as anew', async () => {
    const painter = new AnsiPainter('xterm');
    const stepwise = await emulated(80, 24, enterScreen('xterm'));
    for (const frame of frames()) {
      await show(stepwise, painter.paint(frame));
      const anew = await emulated(80, 24, enterScreen('xterm') + new AnsiPainter('xterm').paint(frame));
      assert.deepEqual(screenCells(stepwise), screenCells(anew));
      anew.dispose();
    }
    stepwise.dispose();
    assert.equal(painter.paint(frames().at(-1)!), '');
  });

  it('follows the window to another size', async () => {
    const screen = new BlessedScreen('xterm', LIST);
    const small = view(PLACES['domain']!({ columns: 40, rows: 12, charset: 'utf-8' }).state);
    const emulator = await emulated(40, 12, screen.paint(small));
    const plainly = await emulated(40, 12, new AnsiPainter('xterm').paint(small));
    assert.deepEqual(screenCells(emulator), screenCells(plainly));
  });

  it('repaints every cell when asked to', () => {
    const screen = new BlessedScreen('xterm', LIST);
    const output = screen.paint({ ...LIST, generation: LIST.generation + 1 });
    assert.match(output, /horatio[^]*ophelia[^]*yorick/);
  });

  const KEYS: readonly (readonly [bytes: string, key: string | null])[] = [
    ['a', 'a'],
    ['G', 'G'],
    ['1', '1'],
    [' ', ' '],
    ['?', '?'],
    ['é', 'é'],
    ['漢', '漢'],
    ['𠀀', '𠀀'],
    ['\r', 'enter'],
    ['\n', 'enter'],
    ['\x7f', 'backspace'],
    ['\b', 'backspace'],
    ['\x1b', 'escape'],
    ['\x1b[A', 'up'],
    ['\x1bOB', 'down'],
    ['\x1b[C', 'right'],
    ['\x1bOD', 'left'],
    ['\x1b[H', 'home'],
    ['\x1b[1~', 'home'],
    ['\x1b[4~', 'end'],
    ['\x1bOF', 'end'],
    ['\x1b[5~', 'pageup'],
    ['\x1b[6~', 'pagedown'],
    ['\x03', 'interrupt'],
    ['\x04', 'eof'],
    ['\x0c', 'repaint'],
    ['\x15', 'clear'],
    // Keys that the menu does not know.
    ['\t', null],
    ['\0', null],
    ['\x01', null],
    ['\x1ba', null],
    ['\x1b[11~', null],
    ['\x1b[2~', null],
    ['\x1b[99;99z', null],
    ['\x1b[M', null],
    ['\x1b[I', null],
    ['\x1d', null],
  ];
  for (const [bytes, key] of KEYS) {
    it(`decodes ${JSON.stringify(bytes)}`, () => {
      assert.equal(keyOf(bytes), key);
    });
  }

  it('gives no key a name that the menu does not know', () => {
    for (let byte = 0; byte < 128; byte++) {
      for (const bytes of [
        String.fromCharCode(byte),
        `\x1b${String.fromCharCode(byte)}`,
        `\x1b[${String.fromCharCode(byte)}`,
      ]) {
        const key = keyOf(bytes);
        assert.ok(
          key === null || (NAMED_KEYS as readonly string[]).includes(key) || /^[^\p{Cc}]$/u.test(key),
          JSON.stringify([bytes, key]),
        );
      }
    }
  });

  it('changes lines with wide characters as if they were painted anew', async () => {
    const line = fc.string({ unit: fc.constantFrom('漢', 'a', 'b', ' ', 'é', '한'), maxLength: 24 });
    const frame = (text: string): Frame => {
      const canvas = new Canvas(20, 3, 'utf-8');
      canvas.put(0, 0, text, 'plain');
      canvas.put(1, 1, text, 'error');
      canvas.put(19, 2, text);
      return canvas.frame(true, 0);
    };
    const screen = new BlessedScreen('xterm', frame(''));
    const stepwise = await emulated(20, 3, new AnsiPainter('xterm').paint(frame('')));
    for (const text of ['漢字ab', '漢字ac', 'a字ac', '漢b', ...fc.sample(line, 150)]) {
      await show(stepwise, screen.paint(frame(text)));
      const anew = await emulated(20, 3, new AnsiPainter('xterm').paint(frame(text)));
      assert.deepEqual(screenCells(stepwise), screenCells(anew), text);
      anew.dispose();
    }
    stepwise.dispose();
  });

  it("does not touch the process: no handlers, no program, no file of the server's own terminal", () => {
    const events = ['exit', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'uncaughtException'];
    const counts = (): number[] => events.map((event) => process.listenerCount(event));
    const before = counts();
    const directory = mkdtempSync(join(tmpdir(), 'postern-menu-'));
    const ran = join(directory, 'ran');
    writeFileSync(join(directory, 'tmux'), `#!/bin/sh\n: > ${ran}\n`, { mode: 0o755 });
    // With TMUX set, blessed runs `tmux -V`. With a file name as TERM, it reads the file.
    const variables = { TMUX: '/tmp/nowhere,1,0', TERM: '/dev/zero', TERMCAP: 'broken:', PATH: directory };
    const kept = Object.keys(variables).map((name) => [name, process.env[name]] as const);
    Object.assign(process.env, variables);
    try {
      const screen = new BlessedScreen('/dev/zero', LIST);
      assert.notEqual(screen.paint(DOMAIN), '');
      assert.equal(process.env['TMUX'], '/tmp/nowhere,1,0', 'the environment is as it was');
      assert.equal(existsSync(ran), false, 'no tmux was run');
    } finally {
      for (const [name, value] of kept) {
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      }
      rmSync(directory, { recursive: true });
    }
    assert.deepEqual(counts(), before);
  });

  it('leaves nothing behind when it is dropped', async () => {
    const cycles = process.env['POSTERN_TEST_LONG'] === '1' ? 2000 : 80;
    const script = join(import.meta.dirname, '../support/menu-heap.js');
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, `${cycles}`], {
      timeout: 300_000,
    });
    const { grownKiB } = JSON.parse(stdout) as { grownKiB: number };
    // One screen takes some 300 KiB. If a tenth of each stayed, it would be 2,400.
    assert.ok(grownKiB < 1500, `${cycles} cycles left ${grownKiB} KiB`);
  });
});
