/** Ctrl-], which `xl console` takes as its own end: a lone one must never reach the pty. */
export const ESCAPE = 0x1d;

/** What the customer means by their keys. */
export type Intention =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** What follows in the same chunk is for whoever has the terminal next. */
  | { readonly kind: 'leave'; readonly rest: Buffer }
  | { readonly kind: 'help' | 'who' | 'takeover' | 'break' | 'escape-itself' }
  /** `Ctrl-] s` or `Ctrl-] r` was typed: say what is awaited. */
  | { readonly kind: 'ask-sysrq' | 'ask-reboot' }
  | { readonly kind: 'sysrq'; readonly key: string }
  | { readonly kind: 'reboot' }
  /** The question was not answered with a yes. */
  | { readonly kind: 'cancelled' }
  /** Ctrl-] and a key that means nothing. */
  | { readonly kind: 'unknown-key' };

type Waiting = 'nothing' | 'command' | 'sysrq-key' | 'reboot-answer';

const LEAVING = '.dD';

const COMMANDS: ReadonlyMap<string, Intention> = new Map<string, Intention>([
  ['?', { kind: 'help' }],
  ['w', { kind: 'who' }],
  ['t', { kind: 'takeover' }],
  ['b', { kind: 'break' }],
  ['s', { kind: 'ask-sysrq' }],
  ['r', { kind: 'ask-reboot' }],
]);

/**
 * Parts what goes to the guest from what is meant for us. The state is this attachment's own and survives any cutting
 * of the input: the intentions depend on the bytes alone, but for where runs of bytes are cut.
 */
export class EscapeFilter {
  #waiting: Waiting = 'nothing';

  /** Whether the next byte is for us. */
  get pending(): boolean {
    return this.#waiting !== 'nothing';
  }

  /** The bytes of an intention share memory with the chunk. */
  push(chunk: Buffer): Intention[] {
    const intentions: Intention[] = [];
    let from = 0;
    while (from < chunk.length) {
      if (this.#waiting !== 'nothing') {
        const byte = chunk[from] ?? 0;
        from += 1;
        if (this.#waiting === 'command' && LEAVING.includes(String.fromCharCode(byte))) {
          this.#waiting = 'nothing';
          return [...intentions, { kind: 'leave', rest: chunk.subarray(from) }];
        }
        intentions.push(this.#answer(byte));
        continue;
      }
      const escape = chunk.indexOf(ESCAPE, from);
      const end = escape === -1 ? chunk.length : escape;
      if (end > from) intentions.push({ kind: 'bytes', bytes: chunk.subarray(from, end) });
      from = end;
      if (escape !== -1) {
        this.#waiting = 'command';
        from += 1;
      }
    }
    return intentions;
  }

  #answer(byte: number): Intention {
    const waiting = this.#waiting;
    this.#waiting = 'nothing';
    const key = String.fromCharCode(byte);
    if (waiting === 'sysrq-key')
      return /^[a-z0-9]$/.test(key) ? { kind: 'sysrq', key } : { kind: 'cancelled' };
    if (waiting === 'reboot-answer')
      return key === 'y' || key === 'Y' ? { kind: 'reboot' } : { kind: 'cancelled' };
    if (byte === ESCAPE) return { kind: 'escape-itself' };
    const command = COMMANDS.get(key.toLowerCase()) ?? { kind: 'unknown-key' };
    if (command.kind === 'ask-sysrq') this.#waiting = 'sysrq-key';
    if (command.kind === 'ask-reboot') this.#waiting = 'reboot-answer';
    return command;
  }
}
