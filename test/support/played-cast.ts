import assert from 'node:assert/strict';
import headless from '@xterm/headless';

type Event = readonly [seconds: number, code: string, data: string];

/** A recording (asciicast v2), played to its end at once on a terminal of its own size. */
export class PlayedCast {
  readonly header: { readonly version: number; readonly width: number; readonly height: number };
  readonly events: readonly Event[];
  /** The text on the screen at the end, without trailing blanks. */
  readonly screen: string;

  /** Use `play`. */
  constructor(header: PlayedCast['header'], events: readonly Event[], screen: string) {
    this.header = header;
    this.events = events;
    this.screen = screen;
  }

  /** Plays a text. Fails when a line is malformed or incomplete. */
  static async play(text: string): Promise<PlayedCast> {
    assert.ok(text.endsWith('\n'), 'the last line is whole');
    const [first = '', ...lines] = text.slice(0, -1).split('\n');
    const header = JSON.parse(first) as PlayedCast['header'];
    assert.equal(header.version, 2);
    const events = lines.map((line) => JSON.parse(line) as Event);
    const { width: cols, height: rows } = header;
    const terminal = new headless.Terminal({ cols, rows, allowProposedApi: true, scrollback: 2000 });
    let last = 0;
    for (const [seconds, code, data] of events) {
      assert.ok(seconds >= last && ['o', 'i', 'r', 'm'].includes(code) && typeof data === 'string');
      last = seconds;
      if (code === 'o') {
        await new Promise<void>((resolve) => {
          terminal.write(data, resolve);
        });
      }
      if (code === 'r') {
        const [columns = 0, height = 0] = data.split('x').map(Number);
        terminal.resize(columns, height);
      }
    }
    const { active } = terminal.buffer;
    const shown = Array.from({ length: terminal.rows }, (_, row) =>
      active.getLine(active.baseY + row)?.translateToString(true),
    );
    return new PlayedCast(header, events, shown.join('\n').trimEnd());
  }

  /** The data of all events of one kind, joined. */
  said(code: 'o' | 'i' | 'r' | 'm'): string {
    return this.events.flatMap(([, event, data]) => (event === code ? [data] : [])).join('');
  }
}
