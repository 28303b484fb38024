import type { EscapeKey } from '../../../policy/escape-key.js';

/** What the customer's keys mean. */
export type KeyCommand =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** `rest` followed in the same chunk; it is for the next reader of the terminal. */
  | { readonly kind: 'leave'; readonly rest: Buffer }
  | { readonly kind: 'help' | 'who' | 'takeover' | 'break' | 'escape-itself' }
  /** The escape key and `s`, `r` or `z` were typed: ask the question. */
  | { readonly kind: 'ask-sysrq' | 'ask-reboot' | 'ask-size' }
  | { readonly kind: 'sysrq'; readonly key: string }
  | { readonly kind: 'reboot' | 'size' | 'size-anyway' }
  /** The question got another answer than yes. */
  | { readonly kind: 'cancelled' }
  /** The escape key and a key that means nothing. */
  | { readonly kind: 'unknown-key' };

/** The questions that a yes answers. */
type Asked = 'reboot' | 'size' | 'size-anyway';

type Waiting = 'nothing' | 'command' | 'sysrq-key' | 'dismissed' | Asked;

const LEAVING = '.dD';

const COMMANDS: ReadonlyMap<string, KeyCommand> = new Map<string, KeyCommand>([
  ['?', { kind: 'help' }],
  ['w', { kind: 'who' }],
  ['t', { kind: 'takeover' }],
  ['b', { kind: 'break' }],
  ['s', { kind: 'ask-sysrq' }],
  ['r', { kind: 'ask-reboot' }],
  ['z', { kind: 'ask-size' }],
]);

const AWAITED: ReadonlyMap<KeyCommand['kind'], Waiting> = new Map<KeyCommand['kind'], Waiting>([
  ['ask-sysrq', 'sysrq-key'],
  ['ask-reboot', 'reboot'],
  ['ask-size', 'size'],
]);

/**
 * Separates what goes to the guest from what is meant for us. The state is this attachment's own and survives
 * any cutting of the input. Only where runs of bytes are cut depends on the chunks; the commands depend on
 * the bytes, `askAgain` and `dismiss`.
 */
export class EscapeFilter {
  readonly #escape: number;
  #waiting: Waiting = 'nothing';

  constructor({ byte }: Pick<EscapeKey, 'byte'>) {
    this.#escape = byte;
  }

  /** Whether the next byte is for us. */
  get isPending(): boolean {
    return this.#waiting !== 'nothing';
  }

  /**
   * Asks another question: the next byte answers it, also in the chunk that is being parsed. A yes is
   * `size-anyway`.
   */
  askAgain(): void {
    this.#waiting = 'size-anyway';
  }

  /** There is no question after all: the next byte, whichever it is, is for us and means nothing. */
  dismiss(): void {
    this.#waiting = 'dismissed';
  }

  /**
   * Yields each command before it looks at the bytes behind it. The bytes of a command share memory with the
   * chunk.
   */
  *push(chunk: Buffer): Generator<KeyCommand, void, undefined> {
    let from = 0;
    while (from < chunk.length) {
      if (this.#waiting !== 'nothing') {
        const byte = chunk[from] ?? 0;
        from += 1;
        if (this.#waiting === 'command' && LEAVING.includes(String.fromCharCode(byte))) {
          this.#waiting = 'nothing';
          yield { kind: 'leave', rest: chunk.subarray(from) };
          return;
        }
        yield this.#answer(byte);
        continue;
      }
      const escape = chunk.indexOf(this.#escape, from);
      const end = escape === -1 ? chunk.length : escape;
      if (end > from) yield { kind: 'bytes', bytes: chunk.subarray(from, end) };
      from = end;
      if (escape !== -1) {
        this.#waiting = 'command';
        from += 1;
      }
    }
  }

  #answer(byte: number): KeyCommand {
    const waiting = this.#waiting;
    this.#waiting = 'nothing';
    const key = String.fromCharCode(byte);
    switch (waiting) {
      case 'sysrq-key':
        return /^[a-z0-9]$/.test(key) ? { kind: 'sysrq', key } : { kind: 'cancelled' };
      case 'dismissed':
        return { kind: 'cancelled' };
      case 'reboot':
      case 'size':
      case 'size-anyway':
        return key === 'y' || key === 'Y' ? { kind: waiting } : { kind: 'cancelled' };
      default: {
        if (byte === this.#escape) return { kind: 'escape-itself' };
        const command = COMMANDS.get(key.toLowerCase()) ?? { kind: 'unknown-key' };
        this.#waiting = AWAITED.get(command.kind) ?? 'nothing';
        return command;
      }
    }
  }
}
