import type { Terminal, Unsubscribe } from '../../server/gate/session/terminal.js';

export interface FakeTerminalOptions {
  readonly hasPty?: boolean;
  readonly term?: string;
  readonly columns?: number;
  readonly rows?: number;
}

/** A customer's terminal that records its output and types what a test says. */
export class FakeTerminal implements Terminal {
  readonly hasPty: boolean;
  readonly term: string;
  readonly utf8 = true;
  columns: number;
  rows: number;
  isOpen = true;
  /** Bytes that the client has not taken. Over 64 KiB a source should wait. */
  pendingBytes = 0;
  output = '';
  errors = '';
  status: number | null = null;
  /** Whether the client takes nothing. */
  stuck = false;
  readonly #drain = new Set<() => void>();
  readonly #input: ((data: Buffer) => void)[] = [];
  readonly #end = new Set<() => void>();
  readonly #resize = new Set<(columns: number, rows: number) => void>();
  readonly #break = new Set<(milliseconds: number) => void>();
  readonly #close = new Set<() => void>();
  #held: Buffer[] = [];

  constructor({
    hasPty = true,
    term = hasPty ? 'xterm' : 'dumb',
    columns = 80,
    rows = 24,
  }: FakeTerminalOptions = {}) {
    this.hasPty = hasPty;
    this.term = term;
    this.columns = columns;
    this.rows = rows;
  }

  /** How many listeners are left: there must be none after a session. */
  get listeners(): number {
    return this.#drain.size + this.#input.length + this.#end.size + this.#resize.size + this.#break.size;
  }

  write(data: string | Uint8Array): boolean {
    const text = typeof data === 'string' ? data : Buffer.from(data).toString('latin1');
    if (!this.isOpen) return true;
    this.output += text;
    if (!this.stuck) return true;
    this.pendingBytes += text.length;
    return this.pendingBytes <= 64 * 1024;
  }

  writeError(text: string): void {
    if (this.hasPty) this.write(text);
    else if (this.isOpen) this.errors += text;
  }

  onDrain(listener: () => void): Unsubscribe {
    return added(this.#drain, listener);
  }

  onInput(listener: (data: Buffer) => void): Unsubscribe {
    const entry = (data: Buffer): void => {
      listener(data);
    };
    this.#input.push(entry);
    for (const data of this.#held.splice(0)) entry(data);
    return () => {
      const at = this.#input.indexOf(entry);
      if (at !== -1) this.#input.splice(at, 1);
    };
  }

  onEnd(listener: () => void): Unsubscribe {
    return added(this.#end, listener);
  }

  onResize(listener: (columns: number, rows: number) => void): Unsubscribe {
    return added(this.#resize, listener);
  }

  onBreak(listener: (milliseconds: number) => void): Unsubscribe {
    return added(this.#break, listener);
  }

  onClose(listener: () => void): Unsubscribe {
    return added(this.#close, listener);
  }

  exit(status: number): void {
    this.status ??= status;
    this.hangUp();
  }

  type(text: string): void {
    const data = Buffer.from(text, 'latin1');
    const listener = this.#input.at(-1);
    if (listener === undefined) this.#held.push(data);
    else listener(data);
  }

  sendEnd(): void {
    for (const listener of [...this.#end]) listener();
  }

  /** Sends a break, as `~B` of OpenSSH does. */
  sendBreak(): void {
    for (const listener of [...this.#break]) listener(1000);
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    for (const listener of [...this.#resize]) listener(columns, rows);
  }

  drain(): void {
    this.stuck = false;
    this.pendingBytes = 0;
    for (const listener of [...this.#drain]) listener();
  }

  /** Closes the client. */
  hangUp(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    for (const listener of [...this.#close]) listener();
    this.#close.clear();
  }
}

function added<T>(listeners: Set<T>, listener: T): Unsubscribe {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
