import type { Terminal } from '../session/terminal.js';

/** How long a notice stands. Milliseconds. */
const STANDS = 5_000;

/**
 * How long an announcement stands. Typing takes it away, but only after the time of a notice. Milliseconds.
 */
const ANNOUNCED = 20_000;

type NoticeTerminal = Pick<Terminal, 'hasPty' | 'term' | 'columns' | 'rows' | 'write' | 'writeError'>;

/**
 * Says something to a customer on a console without disturbing what the guest has painted. It stands on the
 * last lines of the screen, and goes after a while when the guest's screen is painted again. Without a pty it
 * is a line on stderr.
 */
export class ConsoleNotice {
  readonly #terminal: NoticeTerminal;
  readonly #repaint: () => void;
  /** How many of our lines are on the screen. */
  #shown = 0;
  #passing: readonly string[] = [];
  #standing: string | null = null;
  #hidesCursor = false;
  #timer: NodeJS.Timeout | null = null;
  #announced: { readonly line: string; readonly at: number; readonly timer: NodeJS.Timeout } | null = null;
  #over = false;

  /** @param repaint paints the guest's screen as it is now */
  constructor(terminal: NoticeTerminal, repaint: () => void) {
    this.#terminal = terminal;
    this.#repaint = repaint;
  }

  /** @param stays for a question: until the next notice or `clear` */
  show(lines: string | readonly string[], { stays = false } = {}): void {
    if (this.#over) return;
    const text = typeof lines === 'string' ? [lines] : lines;
    if (this.#told(text)) return;
    this.#passing = text;
    this.#paint();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = stays
      ? null
      : setTimeout(() => {
          this.clear();
        }, STANDS);
  }

  /** Shows a line for everybody, above all that comes and goes, and for longer. */
  announce(line: string): void {
    if (this.#over || this.#told([line])) return;
    this.#unannounce();
    const timer = setTimeout(() => {
      this.#unannounce();
      this.#change();
    }, ANNOUNCED);
    this.#announced = { line, at: Date.now(), timer };
    this.#change();
  }

  /** Whether a notice can be taken away again. */
  get isPassing(): boolean {
    return this.#terminal.hasPty && this.#terminal.term !== 'dumb';
  }

  /**
   * Shows what holds for now. It stands below all that comes and goes, until null takes it away.
   *
   * @param hidesCursor while nothing listens where the guest's cursor is
   */
  stand(line: string | null, { hidesCursor = false } = {}): void {
    if (this.#over || line === this.#standing) return;
    this.#standing = line;
    this.#hidesCursor = hidesCursor && line !== null;
    if (this.isPassing) this.#change();
    else if (line !== null) this.#told([line]);
  }

  /** Call it when the guest's screen was painted anew, over what is shown. */
  painted(): void {
    if (this.#shown > 0) this.#paint();
  }

  /**
   * Takes away what the customer has read: a notice, unless it stays, and an announcement that stood for the
   * time of a notice.
   */
  readAway(): void {
    const read = this.#announced !== null && Date.now() - this.#announced.at >= STANDS;
    if (read) this.#unannounce();
    if (this.#timer !== null && this.#passing.length > 0) this.clear();
    else if (read) this.#change();
  }

  /** Takes away the notice; an announcement and the standing line stay. */
  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#passing.length === 0) return;
    this.#passing = [];
    this.#change();
  }

  /** Nothing more will be shown, and nothing taken away. */
  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#unannounce();
    this.#shown = 0;
    this.#over = true;
  }

  #unannounce(): void {
    if (this.#announced !== null) clearTimeout(this.#announced.timer);
    this.#announced = null;
  }

  /** Writes the text where nothing can be taken back. @returns whether that is so */
  #told(text: readonly string[]): boolean {
    if (this.isPassing) return false;
    if (this.#terminal.hasPty) this.#terminal.write(text.map((line) => `\r\n[postern] ${line}\r\n`).join(''));
    else for (const line of text) this.#terminal.writeError(`[postern] ${line}\n`);
    return true;
  }

  /** The lines have changed: shows again what is under them. */
  #change(): void {
    if (this.#shown > 0) {
      this.#wipe();
      this.#repaint();
    }
    this.#paint();
  }

  #paint(): void {
    const { columns, rows } = this.#terminal;
    const width = columns - 1;
    const above = this.#announced === null ? [] : [this.#announced.line];
    const below = this.#standing === null ? [] : [this.#standing];
    const text = [...above, ...this.#passing, ...below];
    const lines = text.flatMap((line) => wrapped(line, width)).slice(0, rows - 1);
    if (this.#shown > lines.length) this.#wipe();
    if (lines.length === 0) return;
    const from = rows - lines.length + 1;
    const painted = lines.map(
      (line, at) => `\x1b[${from + at};1H\x1b[0;7m${line.padEnd(width)}\x1b[0m\x1b[K`,
    );
    // In one piece with the lines. The repaint that takes them away shows the cursor again, where the guest
    // does.
    this.#terminal.write(`${aside(painted.join(''))}${this.#hidesCursor ? '\x1b[?25l' : ''}`);
    this.#shown = lines.length;
  }

  #wipe(): void {
    const { rows } = this.#terminal;
    const from = Math.max(1, rows - this.#shown + 1);
    this.#terminal.write(aside(`\x1b[${from};1H\x1b[0m\x1b[J`));
    this.#shown = 0;
  }
}

/**
 * DECSC and DECRC keep the guest's cursor, attributes, charset and origin mode meanwhile. CAN comes first,
 * because the guest may be half-way through an escape sequence; the repaint mends what that breaks.
 */
function aside(painting: string): string {
  return `\x18\x1b7\x1b[?6l\x0f\x1b(B${painting}\x1b8`;
}

function wrapped(line: string, width: number): string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const blank = rest.lastIndexOf(' ', width);
    const cut = blank > width / 2 ? blank : width;
    lines.push(rest.slice(0, cut));
    rest = rest.slice(cut).trimStart();
  }
  return [...lines, rest];
}
