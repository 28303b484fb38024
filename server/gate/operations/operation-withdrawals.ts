import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { AuditEvent, AuditRow } from '../../store/audit-event.js';
import { FaultGuard } from '../../wire/fault-guard.js';
import type { OperationStep, OperationView } from '../../wire/operation.js';
import type { DemandedPermit } from '../access/authorize.js';
import { DueTimer } from '../access/due-timer.js';
import type { HostLink } from '../hosts/host-link.js';
import type { Hosts } from '../hosts/hosts.js';
import type { Unsubscribe } from '../session/terminal.js';
import type { OperationRight } from './operation-right.js';
import { OperationRights } from './operation-rights.js';
import type { OperationRightsParts } from './operation-rights.js';

interface OperationWithdrawalsParts extends OperationRightsParts {
  readonly hosts: Pick<Hosts, 'links' | 'onEvent'>;
  /** The clock for keys. */
  readonly clock?: () => Date;
  /** How often what could not be taken back is tried again. Milliseconds. */
  readonly timings?: { readonly sweep: number };
}

interface Watched {
  readonly operation: string;
  /** Null when it is not known which host has it. */
  readonly host: HostLink | null;
  right: OperationRight;
  isAsking: boolean;
  /** The last time it could not be asked. */
  isMute: boolean;
  /** Hosts that said that it has begun there. */
  readonly begun: Set<HostLink>;
  /** Its right has gone, or could not be asked for: it is tried again. */
  isDue: boolean;
}

/** Only these may concern what waits. */
const CONCERNS: readonly AuditEvent['kind'][] = [
  'customer.suspended',
  'customer.removed',
  'customer.renamed',
  'key.removed',
  'key.expiry.set',
  'role.removed',
  'role.added',
  'authority.removed',
  'domain.retired',
  'domain.adopted',
];

/** At these steps an operation can be taken back. */
const EARLY_STEPS: readonly OperationStep[] = ['waiting', 'checking-image', 'shutting-down', 'rebooting'];

const SWEEP_MS = 5_000;

/**
 * Takes back what waits on a host, when the right to it has gone, or a key that it would let in: a reinstallation
 * may wait for hours, and a rescue for its guest. What has begun to write or to create goes on. It is tried
 * until the host says what became of it; what each operation rests on is kept for the next gate.
 */
export class OperationWithdrawals {
  readonly #parts: OperationWithdrawalsParts;
  readonly #rights: OperationRights;
  readonly #watched = new Map<string, Watched>();
  readonly #unsubscribe: Unsubscribe;
  readonly #guard: FaultGuard;
  readonly #ends: DueTimer;
  #sweeper: NodeJS.Timeout | null = null;
  #isSoon = false;

  constructor(parts: OperationWithdrawalsParts) {
    const { hosts, log, clock = () => new Date() } = parts;
    this.#parts = parts;
    this.#rights = new OperationRights(parts);
    this.#guard = new FaultGuard(log);
    this.#ends = new DueTimer(
      () => clock().getTime(),
      () => {
        this.review();
      },
      log,
    );
    this.#unsubscribe = hosts.onEvent(({ host, event }) => {
      if (event.event === 'operation') this.#heardOf(event.operation, host);
      if (event.event !== 'reachable') return;
      // It could not be asked before, or is another process now and has not begun anything.
      for (const { begun } of this.#watched.values()) begun.delete(host);
      this.review();
    });
  }

  /**
   * Watches a request that is sent next, with these lines for its seed disk. Call it before each try: the keys of
   * all tries are looked after. One that lets nobody in and erases nothing is not watched.
   *
   * @returns a refusal when that cannot be kept for the next gate: then it may not be sent
   */
  watch(demanded: DemandedPermit, host: HostLink, lines: readonly string[] | null): Refusal | null {
    if (demanded.action !== 'reinstall' && (lines ?? []).length === 0) return null;
    const right = this.#rights.ofPermit(demanded, host.contract, lines ?? []);
    if (isRefusal(right)) return right;
    const watched = this.#watched.get(demanded.operation);
    if (watched === undefined) this.#add(newlyWatched(demanded.operation, host, right));
    else watched.right = right;
    return null;
  }

  /**
   * Watches what an earlier gate asked for, or a worker that has died.
   *
   * @param areAll whether nothing else is under way
   */
  adopt(intents: readonly AuditRow[], areAll: boolean): void {
    for (const [operation, right] of this.#rights.ofIntents(intents, areAll))
      this.#add(newlyWatched(operation, null, right));
  }

  /** A host has taken it up, so that it can be taken back. */
  taken(operation: string): void {
    const watched = this.#watched.get(operation);
    if (watched !== undefined) this.#look(watched);
  }

  /** Nothing is under way any more: it has ended, was refused, or no host knows it. */
  forget(operation: string): void {
    if (this.#watched.delete(operation)) this.#rights.drop(operation);
  }

  /** For the audit log's `onAppend`. */
  heard({ event }: AuditRow): void {
    if (this.#watched.size === 0 || !CONCERNS.includes(event.kind)) return;
    if (event.kind === 'customer.renamed')
      for (const { right } of this.#watched.values()) right.renamed(event.customer, event.to);
    if (this.#isSoon) return;
    this.#isSoon = true;
    // Let the other rows of the transaction be heard first.
    queueMicrotask(
      this.#guard.on('withdrawals', () => {
        this.#isSoon = false;
        this.review();
      }),
    );
  }

  /** Looks at all of them, as after a change of the policy. */
  review(): void {
    for (const watched of [...this.#watched.values()]) this.#look(watched);
  }

  /** What they rest on is kept for the next gate. Twice is harmless. */
  close(): void {
    this.#unsubscribe();
    this.#ends.close();
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    this.#sweeper = null;
    this.#watched.clear();
  }

  #add(watched: Watched): void {
    this.#watched.set(watched.operation, watched);
    // It may have gone between the decision and now.
    this.#look(watched);
  }

  #heardOf(operation: OperationView, host: HostLink): void {
    const watched = this.#watched.get(operation.id);
    if (watched === undefined) return;
    if (isOver(operation)) this.forget(operation.id);
    else {
      // A half that was killed may have begun it anew.
      if (EARLY_STEPS.includes(operation.step)) watched.begun.delete(host);
      this.#look(watched);
    }
  }

  #look(watched: Watched): void {
    let lost: string | null;
    try {
      const holding = watched.right.holds();
      lost = holding.lost;
      if (holding.lost === null && holding.until !== null) this.#ends.at(holding.until);
    } catch (fault) {
      this.#parts.log.error({ err: fault, operation: watched.operation }, 'right.not-checked');
      this.#sweepLater(watched);
      return;
    }
    watched.isDue = lost !== null;
    if (lost === null) return;
    this.#sweepLater(watched);
    if (!watched.isAsking) void this.#withdraw(watched, lost);
  }

  async #withdraw(watched: Watched, why: string): Promise<void> {
    const { operation, host, begun } = watched;
    const { hosts, log } = this.#parts;
    watched.isAsking = true;
    for (const link of host === null ? hosts.links : [host]) {
      if (!link.reachable || link.contract?.withdrawals !== true || begun.has(link)) continue;
      const fields = { operation, host: link.name, why };
      try {
        const answer = await link.operations.withdraw(operation);
        watched.isMute = false;
        if (answer === 'unknown') continue;
        if (answer === 'begun') {
          begun.add(link);
          log.warn(fields, 'withdrawal.too-late');
        } else this.#ended(answer, fields);
        break;
      } catch (fault) {
        // It is asked every few seconds for as long as it cannot say.
        if (watched.isMute) log.debug({ ...fields, err: fault }, 'withdrawal.not-yet');
        else log.warn({ ...fields, err: fault }, 'withdrawal.not-yet');
        watched.isMute = true;
      }
    }
    watched.isAsking = false;
  }

  #ended(operation: OperationView, fields: { readonly host: string; readonly why: string }): void {
    const { phase, failure } = operation;
    const isTaken = phase === 'failed' && failure?.code === 'undone';
    this.#parts.log.info(
      { ...fields, operation: operation.id, phase, code: failure?.code ?? null },
      isTaken ? 'withdrawal.done' : 'withdrawal.void',
    );
    if (isOver(operation)) this.forget(operation.id);
  }

  /** A host may be lost just now, or not know it yet, or be unable to tell. */
  #sweepLater(watched: Watched): void {
    watched.isDue = true;
    const sweep = this.#guard.on('withdrawals', () => {
      const due = [...this.#watched.values()].filter(({ isDue }) => isDue);
      for (const each of due) this.#look(each);
      if (due.length > 0 || this.#sweeper === null) return;
      clearInterval(this.#sweeper);
      this.#sweeper = null;
    });
    this.#sweeper ??= setInterval(sweep, this.#parts.timings?.sweep ?? SWEEP_MS).unref();
  }
}

function newlyWatched(operation: string, host: HostLink | null, right: OperationRight): Watched {
  return { operation, host, right, isAsking: false, isMute: false, isDue: false, begun: new Set() };
}

/** An end that is not in the host's journal is none yet: a half that is restarted would go on. */
function isOver({ phase, unrecorded = false }: OperationView): boolean {
  return phase !== 'queued' && phase !== 'running' && !unrecorded;
}
