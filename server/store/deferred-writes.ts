import { AuditUnavailableError } from './store-error.js';

interface Waiting<Append> {
  readonly write: (append: Append) => void;
  readonly written: () => void;
  readonly failed: (fault: unknown) => void;
}

/** How long a write may wait that nobody waits for. Milliseconds. */
const LATER_MS = 20;

/** Runs the body in one transaction. */
type Transact<Append> = (body: (append: Append) => void) => void;

/**
 * Writes that may wait for the end of the present turn of the event loop. All of one turn are one transaction, in
 * their order, and so wait for the disk once. A process that is killed before loses them, as if what they tell of had
 * not happened: whoever acts on one waits for its promise.
 */
export class DeferredWrites<Append> {
  readonly #transact: Transact<Append>;
  #waiting: Waiting<Append>[] = [];
  #soon: NodeJS.Immediate | null = null;
  #later: NodeJS.Timeout | null = null;

  constructor(transact: Transact<Append>) {
    this.#transact = transact;
  }

  /** @returns settles when it is on the disk, or could not be written */
  add(write: (append: Append) => void): Promise<void> {
    this.#soon ??= setImmediate(this.#flushDue);
    return this.#add(write);
  }

  /** The same, within 20 ms: it goes with what is written before then. */
  addLater(write: (append: Append) => void): Promise<void> {
    if (this.#soon === null) this.#later ??= setTimeout(this.#flushDue, LATER_MS);
    return this.#add(write);
  }

  /** Writes those that wait, now. A fault belongs to the one whose it is. Without any it does nothing. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    if (this.#soon !== null) clearImmediate(this.#soon);
    if (this.#later !== null) clearTimeout(this.#later);
    this.#soon = this.#later = null;
    const all = this.#waiting;
    this.#waiting = [];
    try {
      this.#transact((append) => {
        for (const { write } of all) write(append);
      });
      for (const { written } of all) written();
    } catch {
      this.#oneByOne(all);
    }
  }

  readonly #flushDue = (): void => {
    this.flush();
  };

  #add(write: (append: Append) => void): Promise<void> {
    return new Promise((written, failed) => {
      this.#waiting.push({ write, written, failed });
    });
  }

  /** One of them must not take the others with it. When the disk takes nothing, the rest is not tried. */
  #oneByOne(all: readonly Waiting<Append>[]): void {
    let unavailable: unknown = null;
    for (const { write, written, failed } of all) {
      if (unavailable !== null) {
        failed(unavailable);
        continue;
      }
      try {
        this.#transact(write);
        written();
      } catch (fault) {
        if (fault instanceof AuditUnavailableError) unavailable = fault;
        failed(fault);
      }
    }
  }
}
