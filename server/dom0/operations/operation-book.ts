import type { DomainName } from '../../../policy/names.js';
import type { Expectations, LastBoot } from '../expectations.js';
import type { Rising } from '../observed-state.js';
import type { WireRefusal } from '../../wire/operation.js';
import type { JournalRecord, OperationEnd } from './journal-record.js';
import { Operation } from './operation.js';

/** So many ended operations are remembered, for the same id asked twice and for gates that ask how it went. */
const REMEMBERED = 5_000;
const RISING_STEPS = ['creating', 'attaching-console', 'unpausing', 'undoing'];

/** What the journal's records come to. The one memory of operations: built from the journal at start, and as it grows. */
export class OperationBook implements Expectations {
  readonly #operations = new Map<string, Operation>();
  readonly #open = new Set<Operation>();
  readonly #boots = new Map<DomainName, { boot: LastBoot; record: JournalRecord }>();

  /** Takes a record in. Records come in the journal's order. */
  take(record: JournalRecord): void {
    const { event } = record;
    switch (event.kind) {
      case 'requested': {
        const operation = new Operation(record, event.request, event.subject, event.counts);
        this.#operations.set(operation.id, operation);
        this.#open.add(operation);
        this.#forgetOldest();
        break;
      }
      case 'step': {
        const operation = this.#operations.get(event.operation);
        if (operation === undefined) break;
        operation.phase = event.step === 'waiting' && operation.step === 'waiting' ? 'queued' : 'running';
        operation.step = event.step;
        operation.deadlineAt = event.deadlineAt;
        break;
      }
      case 'booted': {
        const { uuid, domid, profile, boot, domain } = event;
        this.#boots.set(domain, { boot: { uuid, domid, profile, boot }, record });
        const operation = this.#operations.get(event.operation);
        if (operation !== undefined) operation.created = { uuid, domid };
        break;
      }
      case 'ended': {
        const operation = this.#operations.get(event.operation);
        if (operation === undefined) break;
        operation.end(event.phase, record.at, event.failure);
        this.#open.delete(operation);
        break;
      }
      case 'admin':
        break;
      case 'checkpoint':
        event.records.forEach((earlier) => {
          this.take(earlier);
        });
        break;
    }
  }

  /** The records that a new journal file must begin with: of open and of lately ended operations, and the last boots. */
  static condense(records: readonly JournalRecord[]): readonly JournalRecord[] {
    const all = records.flatMap((record) =>
      record.event.kind === 'checkpoint' ? record.event.records : [record],
    );
    const book = new OperationBook();
    all.forEach((record) => {
      book.take(record);
    });
    const kept = new Set([...book.#operations.values()].slice(-REMEMBERED / 5).map(({ id }) => id));
    for (const operation of book.open()) kept.add(operation.id);
    const boots = new Set([...book.#boots.values()].map(({ record }) => record.seq));
    return all.filter(({ seq, event }) => {
      if (event.kind === 'requested') return kept.has(event.request.id);
      if (event.kind === 'step') return book.find(event.operation)?.isOpen === true;
      if (event.kind === 'booted') return boots.has(seq) || book.find(event.operation)?.isOpen === true;
      return event.kind === 'ended' && kept.has(event.operation);
    });
  }

  /** An operation that ended although the journal could not be written: a restart will look at it again. */
  endUnwritten(operation: Operation, phase: OperationEnd, at: string, failure: WireRefusal | null): void {
    operation.end(phase, at, failure);
    this.#open.delete(operation);
  }

  find(id: string): Operation | undefined {
    return this.#operations.get(id);
  }

  /** Oldest first. */
  open(): readonly Operation[] {
    return [...this.#open];
  }

  /** The operation under way on a domain; the latest, where a power-off is just overtaking another. */
  current(name: DomainName): Operation | null {
    return this.open().findLast((operation) => operation.request.domain === name) ?? null;
  }

  /** How many requests were accepted since a time in milliseconds. */
  requestedSince(since: number): number {
    let count = 0;
    for (const operation of this.#operations.values()) {
      if (Date.parse(operation.startedAt) >= since) count += 1;
    }
    return count;
  }

  /** The operations that count for limits, since a time in milliseconds. */
  countedSince(since: number): readonly Operation[] {
    return [...this.#operations.values()].filter(
      (operation) => operation.counts && Date.parse(operation.startedAt) >= since,
    );
  }

  lastBoot(name: DomainName): LastBoot | null {
    return this.#boots.get(name)?.boot ?? null;
  }

  rising(name: DomainName): Rising {
    const operation = this.current(name);
    if (operation?.creates !== true || operation.phase !== 'running') return 'no';
    const hadOne = operation.subject !== null;
    if (RISING_STEPS.includes(operation.step)) return hadOne ? 'between' : 'building';
    return hadOne && operation.step === 'waiting' ? 'between' : 'no';
  }

  falling(name: DomainName): boolean {
    const verb = this.current(name)?.request.verb;
    return verb === 'shutdown' || verb === 'poweroff';
  }

  #forgetOldest(): void {
    if (this.#operations.size <= REMEMBERED) return;
    for (const [id, operation] of this.#operations) {
      if (operation.isOpen) continue;
      this.#operations.delete(id);
      return;
    }
  }
}
