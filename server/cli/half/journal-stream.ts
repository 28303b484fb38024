import { fstatSync } from 'node:fs';
import { pino } from 'pino';

/** pino's levels as syslog's priorities (syslog(3)), which `journalctl -p warning` filters by. */
const PRIORITIES: readonly (readonly [level: number, priority: number])[] = [
  [pino.levels.values['fatal'] ?? 60, 2],
  [pino.levels.values['error'] ?? 50, 3],
  [pino.levels.values['warn'] ?? 40, 4],
  [pino.levels.values['info'] ?? 30, 6],
];
const DEBUG = 7;

/** Makes pino set `lastLevel` before it writes a line. */
const METADATA: unique symbol = Symbol.for('pino.metadata');

/**
 * Whether a descriptor leads to the journal.
 *
 * @param stream `JOURNAL_STREAM` as systemd sets it: device and inode (systemd.exec(5)). Processes inherit it
 * even when their output goes elsewhere.
 */
export function isJournal(descriptor: number, stream: string | undefined): boolean {
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

/** Puts `<N>` before each line. journald removes it and stores it as the priority (sd-daemon(3)). */
export class JournalStream {
  readonly [METADATA] = true;
  /** Set by pino before each line. */
  lastLevel = 0;
  readonly #out: { write(line: string): unknown };

  constructor(out: { write(line: string): unknown }) {
    this.#out = out;
  }

  write(line: string): void {
    const [, priority = DEBUG] = PRIORITIES.find(([level]) => this.lastLevel >= level) ?? [];
    this.#out.write(`<${priority}>${line}`);
  }
}
