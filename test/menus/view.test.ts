import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AnsiPainter, enterScreen } from '../../menus/frame-ansi.js';
import type { Frame } from '../../menus/frame.js';
import { columnsOf } from '../../menus/printable-text.js';
import { view } from '../../menus/view.js';
import { emulated, screenText } from '../support/fake-menu-terminal.js';
import { PLACES, hostilePlaces } from '../support/menu-places.js';

const SIZES = [
  [80, 24],
  [40, 12],
  [200, 60],
] as const;
const CHARSETS = ['utf-8', 'ascii'] as const;
const SCREENS = join(import.meta.dirname, '../../../test/fixtures/menus');
/** Set to write the screens again. Look at the difference before you commit it. */
const WRITE = process.env['POSTERN_WRITE_SCREENS'] === '1';

function textOf(frame: Frame): string[] {
  return frame.lines.map((line) =>
    line
      .map((run) => run.text)
      .join('')
      .trimEnd(),
  );
}

function assertFits(frame: Frame, what: string): void {
  assert.equal(frame.lines.length, frame.rows, what);
  for (const [row, line] of frame.lines.entries()) {
    const columns = line.reduce((sum, run) => sum + columnsOf(run.text), 0);
    assert.equal(columns, frame.columns, `${what}, row ${row}: ${line.map((run) => run.text).join('')}`);
  }
  if (frame.cursor !== null) {
    assert.ok(frame.cursor.column >= 0 && frame.cursor.column < frame.columns, what);
    assert.ok(frame.cursor.row >= 0 && frame.cursor.row < frame.rows, what);
  }
}

describe('view', () => {
  it('says once, and whole, that a host does not answer', () => {
    const shown = textOf(
      view(
        PLACES['domain-unreachable']?.({ columns: 80, rows: 24, charset: 'ascii' }).state ?? assert.fail(),
      ),
    );
    const said = shown.filter((line) => line.includes('does not answer'));
    assert.equal(said.length, 1, shown.join('\n'));
    assert.match(said[0] ?? '', /The host of this server does not answer\. Last seen 1 min ago\./);
    assert.equal(
      shown.filter((line) => /^.{4}[1-8l]  \w.* x not now$/.test(line)).length,
      9,
      shown.join('\n'),
    );
  });

  for (const [name, place] of Object.entries(PLACES)) {
    it(`${name} looks as it did`, () => {
      const screens = CHARSETS.flatMap((charset) =>
        SIZES.map(([columns, rows]) => {
          const frame = view(place({ columns, rows, charset }).state);
          assertFits(frame, `${name} ${columns}×${rows} ${charset}`);
          const text = textOf(frame);
          if (charset === 'ascii') for (const line of text) assert.match(line, /^[\x20-\x7e]*$/);
          for (const line of text) assert.doesNotMatch(line, /\w×|\by yes [cn] /, 'signs stand apart');
          return `==== ${columns}x${rows} ${charset}\n${text.join('\n')}\n`;
        }),
      ).join('');
      const file = join(SCREENS, `${name}.txt`);
      if (WRITE) {
        mkdirSync(SCREENS, { recursive: true });
        writeFileSync(file, screens);
      }
      assert.equal(screens, readFileSync(file, 'utf8'));
    });
  }

  it('fits windows of every size', () => {
    for (const [name, place] of Object.entries(PLACES)) {
      for (const [columns, rows] of [
        [20, 5],
        [39, 24],
        [80, 11],
        [40, 13],
        [63, 21],
        [64, 22],
        [101, 30],
        [300, 100],
      ] as const) {
        const driver = place({ columns, rows, charset: 'utf-8' });
        assertFits(view(driver.state), `${name} ${columns}×${rows}`);
      }
    }
  });

  it('is a sentence in a window that is too small', () => {
    const frame = view(PLACES['domain']!({ columns: 39, rows: 24, charset: 'utf-8' }).state);
    assert.match(textOf(frame).join(' '), /This window is 39×24\. Please make it 40×12 or larger\./);
  });

  it('says what the states are and what is refused without any colour', () => {
    const text = textOf(view(PLACES['list']!({ columns: 80, rows: 24, charset: 'ascii' }).state)).join('\n');
    for (const word of [
      'running',
      'crashed',
      'off',
      'rebooting',
      'paused',
      '...',
      'no answer',
      '12 s ago',
      '> 2',
    ]) {
      assert.ok(text.includes(word), word);
    }
    const page = textOf(
      view(PLACES['domain-watcher']!({ columns: 80, rows: 24, charset: 'ascii' }).state),
    ).join('\n');
    assert.match(page, /Power off {6}x You may only watch this server\./);
  });

  it('never reads off of a server that is being rebooted', () => {
    for (const columns of [40, 80]) {
      const frame = view(PLACES['domain-rebooting']!({ columns, rows: 24, charset: 'utf-8' }).state);
      const facts = textOf(frame).slice(0, 8).join('\n');
      assert.match(facts, /rebooting/);
      assert.doesNotMatch(facts, /\boff\b(?! now)/);
    }
  });

  it('shows a private key nowhere', () => {
    for (const name of ['key-add-unknown', 'key-add-private']) {
      const text = textOf(view(PLACES[name]!({ columns: 80, rows: 24, charset: 'utf-8' }).state)).join('\n');
      assert.doesNotMatch(text, /b3Blb|BEGIN/);
    }
  });

  it('shows hostile text as harmless text, in its place, whatever field it came in', async () => {
    for (const charset of CHARSETS) {
      for (const [columns, rows] of SIZES) {
        for (const [at, driver] of hostilePlaces({ columns, rows, charset }).entries()) {
          const what = `hostile place ${at}, ${columns}×${rows} ${charset}`;
          const frame = view(driver.state);
          assertFits(frame, what);
          const text = textOf(frame);
          for (const line of text) assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Cs}]/u, what);
          const emulator = await emulated(
            columns,
            rows,
            enterScreen('xterm') + new AnsiPainter('xterm').paint(frame),
          );
          assert.deepEqual(
            screenText(emulator).map((line) => line.normalize('NFC').trimEnd()),
            text,
            what,
          );
          emulator.dispose();
        }
      }
    }
  });
});
