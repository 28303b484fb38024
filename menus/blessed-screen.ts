import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Readable, Writable } from 'node:stream';
import blessed from 'blessed';
import { HIDE_CURSOR, WIPE, cursorSequence } from './frame-ansi.js';
import { isSameCursor, isSameGround, isSameLine } from './frame.js';
import type { Frame, Run } from './frame.js';
import { depthOf, lookOf } from './palette.js';
import type { Look } from './palette.js';
import { glyphsOf } from './printable-text.js';
import { isNamed, keyName } from './key-names.js';
import type { Keypress } from './key-names.js';

/**
 * The only file that uses blessed (0.1.81). Blessed compares screens, writes the difference, and decodes
 * keys. We keep it from its other habits:
 *
 * - It opens a terminal name with a slash as a file, and reads the server's TERM, TERMCAP and TMUX (with TMUX
 *   it runs `tmux`). Here every screen uses one description, blessed's own xterm-256color. The terminals of the
 *   allow-list differ only in colours, and the palette handles these.
 * - It installs handlers for SIGTERM, SIGINT, SIGQUIT, exit and uncaughtException, and walks through lists of
 *   all screens at each key. Both happen in two functions named `bind`, which do nothing here.
 * - It enters and leaves the alternate screen. `frame-ansi` does that for both painters; here only the output
 *   of `draw` is passed on.
 */

type Cell = [attribute: number, text: string];
type CellLine = Cell[] & { dirty?: boolean };

/** Parts of blessed that we use beyond its published types. */
interface Screen {
  lines: CellLine[];
  olines: CellLine[];
  readonly dattr: number;
  alloc(): void;
  draw(first: number, last: number): void;
}

interface Program extends EventEmitter {
  cols: number;
  rows: number;
  tput: Tput;
  put: unknown;
  _tputSetup: boolean;
  _write(text: string): unknown;
  flush(): void;
}

interface Tput {
  brokenACS: boolean;
  parseTerminfo(data: Buffer, file: string): unknown;
  readonly [capability: string]: unknown;
}

interface Internals {
  Program: { bind: () => void } & (new (options: object) => Program);
  Screen: { bind: () => void } & (new (options: object) => Screen);
  Tput: new (options: object) => Tput;
}

const internals = blessed as unknown as Internals;
internals.Program.bind = () => undefined;
internals.Screen.bind = () => undefined;

/*
 * What blessed itself would load with the first screen and the first key is loaded with this module: an upgrade may
 * replace or remove the files while the gate runs. Node.js remembers a required module by the folder and the words of
 * the request, so the request is blessed's own.
 */
const { resolve } = createRequire(import.meta.url);
const TERMINFO = readFileSync(resolve('blessed/usr/xterm-256color'));
createRequire(resolve('blessed/lib/program.js'))('./keys');

/** Takes the description from memory, where blessed would read a file. */
class Description extends internals.Tput {
  readTerminfo(): unknown {
    return this.parseTerminfo(TERMINFO, 'xterm-256color');
  }
}

let description: Tput | undefined;

/**
 * Compiled once: it is the larger part of a screen's memory. Our text contains the line-drawing characters
 * itself, so no ACS is needed.
 */
function sharedDescription(): Tput {
  if (description === undefined) {
    description = new Description({ terminal: 'xterm-256color', forceUnicode: true });
    description.brokenACS = true;
  }
  return description;
}

/** Variables of the server's own terminal; they do not describe the customer's. */
const FOREIGN = [
  'TMUX',
  'TERM',
  'TERMCAP',
  'TERM_PROGRAM',
  'ITERM_SESSION_ID',
  'COLORTERM',
  'VTE_VERSION',
  'TERMINATOR_UUID',
];

function withoutForeign<T>(build: () => T): T {
  const kept = FOREIGN.map((name) => [name, process.env[name]] as const);
  for (const name of FOREIGN) Reflect.deleteProperty(process.env, name);
  try {
    return build();
  } finally {
    for (const [name, value] of kept) if (value !== undefined) process.env[name] = value;
  }
}

/** Stands in for blessed's terminal: keys come in through events, and the output is collected in a string. */
class Ends extends EventEmitter {
  readonly isTTY = true;
  readonly writable = true;
  isRaw = true;
  columns: number;
  rows: number;
  written = '';

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): boolean {
    this.written += text;
    return true;
  }

  setRawMode(raw: boolean): void {
    this.isRaw = raw;
  }

  resume(): void {
    // Keys come from `key`, one at a time.
  }

  pause(): void {
    // As above.
  }

  take(): string {
    const { written } = this;
    this.written = '';
    return written;
  }
}

/** Paints differences and decodes keys. It holds nothing outside itself, so dropping it destroys it. */
export class BlessedScreen {
  readonly #term: string;
  readonly #ends: Ends;
  readonly #program: Program;
  readonly #screen: Screen;
  readonly #keys: string[] = [];
  #shown: Frame;

  /** @param shown the frame that is on the terminal now; it is not painted again */
  constructor(term: string, shown: Frame) {
    this.#term = term;
    this.#shown = shown;
    this.#ends = new Ends(shown.columns, shown.rows);
    this.#ends.on('keypress', (character: string | undefined, key: Keypress | undefined) => {
      const name = keyName(character, key);
      if (name !== null) this.#keys.push(name);
    });
    const end = this.#ends as unknown as Readable & Writable;
    this.#program = withoutForeign(
      () =>
        new internals.Program({
          input: end,
          output: end,
          tput: false,
          terminal: 'xterm-256color',
          zero: true,
        }),
    );
    this.#describe();
    this.#screen = new internals.Screen({ program: this.#program, fullUnicode: false, forceUnicode: true });
    this.#fill(shown, true);
    for (const line of this.#screen.lines) line.dirty = false;
    this.#swallow();
  }

  get shown(): Frame {
    return this.#shown;
  }

  /** @returns the output that turns the last painted frame into this one; empty when they are equal */
  paint(frame: Frame): string {
    const before = this.#shown;
    this.#shown = frame;
    const anew = !isSameGround(before, frame);
    if (anew) {
      this.#program.cols = frame.columns;
      this.#program.rows = frame.rows;
      this.#screen.alloc();
      this.#swallow();
    }
    const changed = frame.lines.filter((line, row) => {
      if (!anew && isSameLine(line, before.lines[row])) return false;
      this.#setLine(frame, line, row, isWide(line) || isWide(before.lines[row] ?? []));
      return true;
    });
    if (changed.length === 0 && isSameCursor(before, frame)) return '';
    this.#screen.draw(0, frame.rows - 1);
    this.#program.flush();
    return `${HIDE_CURSOR}${anew ? `\x1b[m${WIPE}` : ''}${this.#ends.take()}${cursorSequence(frame)}`;
  }

  /** Decodes one key's bytes. @returns its name as `update` knows it; null for an unknown key */
  key(bytes: Buffer): string | null {
    this.#ends.emit('data', bytes);
    const keys = this.#keys.splice(0);
    // For an unknown sequence blessed gives its characters; for a rare character it gives the two halves.
    if (bytes[0] === ESC) return keys.length === 1 && isNamed(keys[0]) ? (keys[0] ?? null) : null;
    return keys.length === 0 ? null : keys.join('');
  }

  /** Without this, blessed would copy some 500 functions into each program. */
  #describe(): void {
    const tput = sharedDescription();
    const program = this.#program;
    program._tputSetup = true;
    program.tput = tput;
    program.put = new Proxy(
      {},
      {
        get:
          (_, capability) =>
          (...parameters: unknown[]) => {
            const compiled = typeof capability === 'string' ? tput[capability] : undefined;
            return typeof compiled === 'function'
              ? program._write((compiled as (...p: unknown[]) => string).apply(tput, parameters))
              : undefined;
          },
      },
    );
  }

  #swallow(): void {
    this.#program.flush();
    this.#ends.take();
  }

  #fill(frame: Frame, old: boolean): void {
    frame.lines.forEach((line, row) => {
      this.#setLine(frame, line, row, false);
      const cells = this.#screen.lines[row];
      if (old && cells !== undefined) {
        this.#screen.olines[row] = cells.map(([attribute, text]): Cell => [attribute, text]);
      }
    });
  }

  /**
   * A wide character takes a cell with its text and an empty cell. Blessed skips unchanged cells by counting
   * columns, and empty cells would upset the count. So a line with wide characters is written whole.
   */
  #setLine(frame: Frame, line: readonly Run[], row: number, whole: boolean): void {
    const cells = this.#screen.lines[row];
    const old = this.#screen.olines[row];
    if (cells === undefined || old === undefined) return;
    const depth = depthOf(this.#term, frame.colour);
    let column = 0;
    const set = (attribute: number, text: string): void => {
      const cell = cells[column];
      if (cell !== undefined) {
        cell[0] = attribute;
        cell[1] = text;
      }
      column += 1;
    };
    for (const run of line) {
      const attribute = attributeOf(lookOf(run.style, depth), this.#screen.dattr);
      for (const glyph of glyphsOf(run.text)) {
        set(attribute, glyph.text);
        if (glyph.width === 2) set(attribute, '');
      }
    }
    if (whole) for (const cell of old) cell[1] = '\0';
    cells.dirty = true;
  }
}

function isWide(line: readonly Run[]): boolean {
  return line.some(
    (run) => /[^\x20-\u10ff]/u.test(run.text) && glyphsOf(run.text).some((glyph) => glyph.width === 2),
  );
}

const ESC = 0x1b;
const BOLD = 1 << 18;
const INVERSE = 8 << 18;
const DEFAULT = 0x1ff;

/** Blessed's attribute: nine bits of background, nine bits of foreground, then flags. */
function attributeOf(look: Look, plain: number): number {
  if (look.foreground === null && look.background === null && !look.bold && !look.inverse) return plain;
  const flags = (look.bold ? BOLD : 0) | (look.inverse ? INVERSE : 0);
  return flags | ((look.foreground ?? DEFAULT) << 9) | (look.background ?? DEFAULT);
}
