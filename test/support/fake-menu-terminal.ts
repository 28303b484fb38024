import xterm from '@xterm/headless';
import type { Terminal as Emulator } from '@xterm/headless';
import type { MenuTerminal } from '../../menus/port.js';

/** A terminal in memory. It keeps the menu's output, and can show it as an xterm does. */
export class FakeMenuTerminal implements MenuTerminal {
  readonly term: string;
  columns: number;
  rows: number;
  readonly written: string[] = [];
  readonly #input = new Set<(data: Buffer) => void>();
  readonly #resize = new Set<(columns: number, rows: number) => void>();
  readonly #end = new Set<() => void>();

  constructor(columns = 80, rows = 24, term = 'xterm-256color') {
    this.columns = columns;
    this.rows = rows;
    this.term = term;
  }

  get listening(): boolean {
    return this.#input.size > 0;
  }

  get text(): string {
    return this.written.join('');
  }

  write(data: string | Uint8Array): void {
    this.written.push(typeof data === 'string' ? data : Buffer.from(data).toString('utf8'));
  }

  onInput(listener: (data: Buffer) => void): () => void {
    this.#input.add(listener);
    return () => this.#input.delete(listener);
  }

  onResize(listener: (columns: number, rows: number) => void): () => void {
    this.#resize.add(listener);
    return () => this.#resize.delete(listener);
  }

  onEnd(listener: () => void): () => void {
    this.#end.add(listener);
    return () => this.#end.delete(listener);
  }

  type(data: string | Buffer): void {
    for (const listener of [...this.#input]) listener(Buffer.from(data));
  }

  end(): void {
    for (const listener of [...this.#end]) listener();
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    for (const listener of [...this.#resize]) listener(columns, rows);
  }

  /** The output since the last call. */
  take(): string {
    return this.written.splice(0).join('');
  }
}

/** An xterm of this size after these bytes. The caller must dispose of it. */
export async function emulated(columns: number, rows: number, output: string): Promise<Emulator> {
  const emulator = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
  await show(emulator, output);
  return emulator;
}

/** Writes bytes to an emulator, and waits until it has processed them. */
export async function show(emulator: Emulator, output: string): Promise<void> {
  await new Promise<void>((done) => {
    emulator.write(output, done);
  });
}

/** The lines on an emulator's screen, without trailing blanks. */
export function screenText(emulator: Emulator): string[] {
  const { active } = emulator.buffer;
  return Array.from(
    { length: emulator.rows },
    (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '',
  );
}

/** Every cell with everything visible of it, as one string for each cell. */
export function screenCells(emulator: Emulator): string[][] {
  const { active } = emulator.buffer;
  return Array.from({ length: emulator.rows }, (_, row) => {
    const line = active.getLine(active.baseY + row);
    return Array.from({ length: emulator.cols }, (__, column) => {
      const cell = line?.getCell(column);
      if (cell === undefined) return '';
      const look = [
        cell.isBold(),
        cell.isInverse(),
        cell.getFgColorMode(),
        cell.getFgColor(),
        cell.getBgColorMode(),
        cell.getBgColor(),
      ];
      return `${cell.getChars() || (cell.getWidth() === 0 ? '' : ' ')}/${look.map(Number).join(',')}`;
    });
  });
}
