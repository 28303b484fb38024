import xterm from '@xterm/headless';
import type { Terminal } from '@xterm/headless';
import { looksOf } from './terminal-looks.js';

/**
 * A terminal that takes bytes cut anywhere. Its emulator gets only complete characters, because it misreads
 * some halves.
 */
export class OracleTerminal {
  readonly terminal: Terminal;
  #held: Buffer = Buffer.alloc(0);

  constructor(cols: number, rows: number) {
    this.terminal = new xterm.Terminal({
      cols,
      rows,
      scrollback: 0,
      allowProposedApi: true,
      logLevel: 'off',
    });
    // Links cost the emulator memory, and are not visible.
    this.terminal.parser.registerOscHandler(8, () => true);
  }

  /** Resolves when the bytes are shown. */
  async told(bytes: Buffer | string): Promise<void> {
    const all = Buffer.concat([this.#held, Buffer.from(bytes)]);
    const end = endOfCharacters(all);
    this.#held = Buffer.from(all.subarray(end));
    await new Promise<void>((resolve) => {
      this.terminal.write(all.subarray(0, end), resolve);
    });
  }

  get looks(): unknown {
    return looksOf(this.terminal);
  }

  dispose(): void {
    this.terminal.dispose();
  }
}

/** The position before an incomplete character at the end. */
function endOfCharacters(bytes: Buffer): number {
  for (let at = bytes.length - 1; at >= Math.max(0, bytes.length - 3); at -= 1) {
    const byte = bytes[at] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return at + length > bytes.length ? at : bytes.length;
  }
  return bytes.length;
}
