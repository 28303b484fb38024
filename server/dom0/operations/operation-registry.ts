import type { DomainName } from '../../../policy/names.js';
import type { Expectations, LastBoot } from '../observation/expectations.js';
import type { StartPhase } from '../observation/observed-state.js';
import type { IncompleteDisk } from '../../wire/domain.js';
import type { WireRefusal } from '../../wire/operation.js';
import type { JournalRecord, OperationEnd } from './journal-record.js';
import { LimitCounts } from './limit-counts.js';
import type { LimitSettings } from './limit-counts.js';
import { Operation } from './operation.js';
import { TimedRescues } from './timed-rescues.js';

/** Remembers this many operations, for a repeated id and for gates that ask how one went. */
const REMEMBERED = 5_000;
/** For callers that need no limits: remembers next to nothing for them. */
const NO_LIMITS: LimitSettings = { createsPerDomain: { count: 1, windowSeconds: 1 }, powerOffsPerMinute: 1 };
const RISING_STEPS = ['creating', 'attaching-console', 'unpausing', 'undoing'];

/**
 * All operations, as the journal's records tell them. It is the only memory of them: built from the journal
 * at start, then kept up to date.
 */
export class OperationRegistry implements Expectations {
  /** What counts for the host's limits. */
  readonly counts: LimitCounts;
  /** The rescues that end. */
  readonly rescues = new TimedRescues();
  readonly #operations = new Map<string, Operation>();
  readonly #open = new Set<Operation>();
  /** The latest request of each domain. */
  readonly #latest = new Map<DomainName, Operation>();
  /** The latest operation of each domain by which a rescue ended. */
  readonly #endings = new Map<DomainName, Operation>();
  /** The disks that are incomplete. */
  readonly #incomplete = new Map<
    DomainName,
    { disk: IncompleteDisk & { readonly operation: string }; record: JournalRecord }
  >();
  readonly #boots = new Map<DomainName, { boot: LastBoot; record: JournalRecord }>();

  /** @param limits they decide how much must be remembered for them */
  constructor(limits: LimitSettings = NO_LIMITS) {
    this.counts = new LimitCounts(limits);
  }

  /** Takes a record, in the journal's order. */
  take(record: JournalRecord): void {
    this.counts.take(record);
    this.rescues.take(record);
    this.#take(record);
  }

  #take(record: JournalRecord): void {
    const { event } = record;
    switch (event.kind) {
      case 'requested': {
        const { request, subject, term, ending = null } = event;
        const operation = new Operation(record, request, subject, term, ending);
        if (ending !== null) this.#endings.set(request.domain, operation);
        this.#latest.set(request.domain, operation);
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
        if (event.uuid !== undefined) operation.making = { uuid: event.uuid };
        if (event.subject !== undefined) operation.follow(event.subject);
        break;
      }
      case 'booted': {
        const { uuid, domid, profile, boot, domain, guest = null, host = null } = event;
        this.#boots.set(domain, { boot: { uuid, domid, profile, boot, guest, host }, record });
        this.#operations.get(event.operation)?.made({ uuid, domid }, host);
        break;
      }
      case 'disk': {
        const { domain, vdev, image, isWhole } = event;
        if (isWhole) this.#incomplete.delete(domain);
        else
          this.#incomplete.set(domain, {
            disk: { vdev, image, since: record.at, operation: event.operation },
            record,
          });
        const operation = this.#operations.get(event.operation);
        if (operation !== undefined) operation.hasWritten = isWhole;
        break;
      }
      case 'ended': {
        const operation = this.#operations.get(event.operation);
        if (operation === undefined) break;
        operation.end(event.phase, record.at, event.failure);
        operation.unrecorded = false;
        this.#open.delete(operation);
        break;
      }
      case 'admin':
      case 'counted':
      case 'extended':
      case 'end-void':
        break;
      case 'checkpoint':
        event.records.forEach((earlier) => {
          this.#take(earlier);
        });
        break;
    }
  }

  /**
   * The records that a new journal file must begin with: open and recently ended operations, the last boots,
   * and the counts for the host's limits.
   */
  static condense(
    records: readonly JournalRecord[],
    limits: LimitSettings = NO_LIMITS,
  ): readonly JournalRecord[] {
    const all = records.flatMap((record) =>
      record.event.kind === 'checkpoint' ? record.event.records : [record],
    );
    const registry = new OperationRegistry(limits);
    all.forEach((record) => {
      registry.take(record);
    });
    const kept = new Set([...registry.#operations.values()].slice(-REMEMBERED / 5).map(({ id }) => id));
    for (const operation of registry.open()) {
      kept.add(operation.id);
      const latest = registry.#latest.get(operation.request.domain);
      if (latest !== undefined) kept.add(latest.id);
    }
    for (const { id } of registry.#endings.values()) kept.add(id);
    const boots = new Set([...registry.#boots.values()].map(({ record }) => record.seq));
    const incomplete = new Set([...registry.#incomplete.values()].map(({ record }) => record.seq));
    const latest = all.at(-1);
    const counted = latest === undefined ? [] : [registry.counts.record(latest)];
    const rest = all.filter(({ seq, event }) => {
      if (event.kind === 'requested') return kept.has(event.request.id);
      if (event.kind === 'step') return registry.find(event.operation)?.isOpen === true;
      if (event.kind === 'booted') return boots.has(seq) || registry.find(event.operation)?.isOpen === true;
      if (event.kind === 'extended' || event.kind === 'end-void') return registry.rescues.needs(seq);
      if (event.kind === 'disk')
        return incomplete.has(seq) || registry.find(event.operation)?.isOpen === true;
      return event.kind === 'ended' && kept.has(event.operation);
    });
    return [...counted, ...rest];
  }

  /**
   * Ends an operation whose end cannot be written to the journal yet. Until it can, the operation blocks
   * nobody.
   */
  endUnwritten(operation: Operation, phase: OperationEnd, at: string, failure: WireRefusal | null): void {
    operation.end(phase, at, failure);
    operation.unrecorded = true;
    this.#open.delete(operation);
  }

  /** Whether a later request for its domain was accepted. Then it is closed, even if its end was lost. */
  isClosed(operation: Operation): boolean {
    return this.#latest.get(operation.request.domain) !== operation;
  }

  find(id: string): Operation | undefined {
    return this.#operations.get(id);
  }

  /** Oldest first. */
  open(): readonly Operation[] {
    return [...this.#open];
  }

  /** The operation under way on a domain; the latest one while a power-off overtakes another. */
  current(name: DomainName): Operation | null {
    return this.open().findLast((operation) => operation.request.domain === name) ?? null;
  }

  /** The latest operation by which a rescue of the domain ended. */
  lastEnding(name: DomainName): Operation | null {
    return this.#endings.get(name) ?? null;
  }

  /** The latest request for the domain. */
  latest(name: DomainName): Operation | null {
    return this.#latest.get(name) ?? null;
  }

  /** The disk of a domain that a reinstallation did not finish; null when there is none. */
  incompleteDisk(name: DomainName): (IncompleteDisk & { readonly operation: string }) | null {
    return this.#incomplete.get(name)?.disk ?? null;
  }

  lastBoot(name: DomainName): LastBoot | null {
    return this.#boots.get(name)?.boot ?? null;
  }

  isUnderWay(name: DomainName): boolean {
    return this.current(name) !== null;
  }

  startPhase(name: DomainName): StartPhase {
    const operation = this.current(name);
    if (operation?.creates !== true || operation.phase !== 'running') return 'no';
    const hadOne = operation.subject !== null;
    if (RISING_STEPS.includes(operation.step)) return hadOne ? 'between' : 'building';
    return hadOne && operation.step === 'waiting' ? 'between' : 'no';
  }

  isFalling(name: DomainName): boolean {
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
