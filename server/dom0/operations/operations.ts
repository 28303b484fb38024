import type { DomainName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { OperationRequest, OperationView } from '../../wire/operation.js';
import type { ObservedDomain } from '../observation/observed-domain.js';
import { Turns } from '../scheduling/turns.js';
import { Acceptance } from './acceptance.js';
import { Admission, busy } from './admission.js';
import type { Admitted, AdmissionParts } from './admission.js';
import { HaltedError } from './halt.js';
import { JournalUnwritableError } from './journal.js';
import type { Journal } from './journal.js';
import { knownOperation } from './known-operation.js';
import type { Ending, OperationEvent } from './journal-record.js';
import type { Operation } from './operation.js';
import { OperationRecords } from './operation-records.js';
import type { OperationRegistry } from './operation-registry.js';
import { OperationRuns } from './operation-runs.js';
import type { OperationRunsParts } from './operation-runs.js';
import { OperationWork } from './operation-work.js';
import { idTaken, isSameRequest } from './same-request.js';
import { termOf, termOnResume } from './term.js';
import { inDoubt, unread, unwritable } from './unwritable.js';
import type { Incarnation } from '../toolstack/incarnation.js';
import { Withdrawals } from './withdrawals.js';
import type { WorkParts } from './work-parts.js';

type OperationsParts = Omit<WorkParts, 'records'> &
  Omit<OperationRunsParts, 'records'> &
  AdmissionParts & {
    readonly journal: Journal;
    readonly registry: OperationRegistry;
  };

/** The answer to a request: the operation, or the refusal with the operation that is in its way. */
export type OperationAnswer =
  | { readonly operation: OperationView }
  | { readonly refused: Refusal; readonly inTheWay: OperationView | null };

/**
 * Makes every change of a domain. It judges a request by state, table and limits, writes it to the journal,
 * then works on it. Each domain has one operation at a time, but a power-off overtakes one that has not begun
 * to create.
 */
export class Operations {
  readonly #parts: OperationsParts;
  readonly #admission: Admission;
  readonly #records: OperationRecords;
  readonly #acceptance: Acceptance;
  readonly #work: OperationWork;
  readonly #runs: OperationRuns;
  readonly #withdrawals: Withdrawals;
  /** Judges one request per domain at a time. */
  readonly #judging = new Turns<DomainName>();
  /** Requests accepted before `resume`: their work runs already. Null from then on. */
  #early: Set<string> | null = new Set();
  /** The requests that are being judged. */
  readonly #asked = new Set<string>();
  #stopped = false;

  constructor(parts: OperationsParts) {
    this.#parts = parts;
    this.#admission = new Admission(parts);
    this.#records = new OperationRecords(parts);
    this.#acceptance = new Acceptance(this.#records);
    this.#work = new OperationWork({ ...parts, records: this.#records });
    this.#runs = new OperationRuns({ ...parts, records: this.#records });
    this.#withdrawals = new Withdrawals(parts, (operation) => {
      this.#halt(operation);
    });
  }

  /** The number of records of past events that could not be written to the journal yet. */
  get unrecorded(): number {
    return this.#records.pending;
  }

  /**
   * Resumes what an earlier dom0 left open, unless a later request has closed it. Where files or the journal
   * are read late, requests are accepted before this.
   */
  async resume(): Promise<void> {
    const { registry, transcripts, host, clock, logger } = this.#parts;
    const isOpen = (id: string): boolean => registry.find(id)?.isOpen === true;
    await transcripts.sweep(isOpen).catch((error: unknown) => {
      logger.warn({ err: error }, 'transcripts.not-swept');
    });
    if (this.#stopped) return;
    const early = this.#early;
    this.#early = null;
    for (const operation of registry.open()) {
      if (early?.has(operation.id) === true) continue;
      operation.limit(termOnResume(operation, host, clock()));
      const isClosed = registry.isClosed(operation);
      this.#runs.launch(operation, (signal) =>
        isClosed ? Promise.reject(new HaltedError('superseded')) : this.#work.resume(operation, signal),
      );
    }
  }

  /**
   * Interrupts the open operations; the next dom0 resumes them. Toolstack commands that are running go on.
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#judging.settled();
    const open = this.#parts.registry.open();
    open.forEach((operation) => operation.halt?.abort(new HaltedError('stopping')));
    await Promise.all(open.map((operation) => operation.work));
    await this.#records.flush();
    this.#records.stop();
  }

  /** The state of an operation. @returns a refusal where there is none, or where the journal is unread */
  find(id: string): OperationView | Refusal {
    const operation = knownOperation(this.#parts, id);
    return isRefusal(operation) ? operation : operation.view();
  }

  /**
   * Ends an operation that has not begun to write or to create, because the right to it has gone. One that has
   * ended stays as it is. Before `resume` it ends what an earlier dom0 left, which then is not resumed.
   *
   * @returns a refusal `busy` when it has begun, `usage` when there is none, `audit-unavailable` when this half
   *   cannot tell: ask again
   */
  withdraw(id: string): Promise<OperationView | Refusal> {
    return this.#withdrawals.withdraw(id);
  }

  /** The ids of all operations that are asked for or under way. */
  underWay(): readonly string[] {
    return [...this.#asked, ...this.#parts.registry.open().map(({ id }) => id)];
  }

  current(name: DomainName): OperationView | null {
    return this.#parts.registry.current(name)?.view() ?? null;
  }

  /** The last operation by which a rescue of the domain ended. */
  lastEnding(name: DomainName): OperationView | null {
    return this.#parts.registry.lastEnding(name)?.view() ?? null;
  }

  /** Judges a request. An accepted one is on the disk when this resolves. */
  async submit(request: OperationRequest): Promise<OperationAnswer> {
    const { id, domain } = request;
    this.#asked.add(id);
    try {
      return await this.#judging.run(domain, () => this.#judge(request));
    } finally {
      this.#asked.delete(id);
    }
  }

  /**
   * Asks by itself for the operation that ends a rescue.
   *
   * @param isDue asked when the turn comes: the rescue may have become another, or later, meanwhile
   * @returns how it ended, once it has ended
   */
  async end(request: OperationRequest, ending: Ending, isDue: () => boolean): Promise<OperationAnswer> {
    const answer = await this.#judging.run(request.domain, () =>
      isDue()
        ? this.#judge(request, ending)
        : Promise.resolve({ refused: refusal('busy', 'The rescue does not end now.'), inTheWay: null }),
    );
    const operation = this.#parts.registry.find(request.id);
    if ('refused' in answer || operation === undefined) return answer;
    await operation.work;
    return { operation: operation.view() };
  }

  /**
   * Records a change of the rescue that a domain runs, when no operation is under way.
   *
   * @param change called when the turn comes. @returns the record, or null when there is nothing to change
   */
  async note(name: DomainName, change: () => OperationEvent | Refusal | null): Promise<Refusal | null> {
    return this.#judging.run(name, async () => {
      const { registry, limits, clock, logger, journal } = this.#parts;
      if (journal.isUnread) return unread();
      const current = registry.current(name);
      if (current !== null) return busy(current);
      const event = change();
      if (event === null || isRefusal(event)) return event;
      try {
        return await this.#acceptance.write(
          () => limits.checkAll(clock()),
          () => event,
        );
      } catch (error) {
        logger.error({ err: error, domain: name }, 'journal.unwritable');
        return unwritable();
      }
    });
  }

  /** Records what has happened already, now or as soon as possible. */
  async noteLate(event: OperationEvent): Promise<void> {
    await this.#records.noteLate(event);
  }

  async #judge(request: OperationRequest, ending: Ending | null = null): Promise<OperationAnswer> {
    const { registry } = this.#parts;
    const known = registry.find(request.id);
    if (known !== undefined) {
      return isSameRequest(known.request, request)
        ? { operation: known.view() }
        : { refused: idTaken(), inTheWay: null };
    }
    if (this.#stopped) {
      const restarting = refusal(
        'host-unreachable',
        'Postern is being restarted on its host. Try again in a minute.',
      );
      return { refused: restarting, inTheWay: null };
    }
    const verdict = await this.#admission.admit(request, ending !== null);
    if ('refused' in verdict) return { refused: verdict.refused, inTheWay: verdict.inTheWay?.view() ?? null };
    return this.#accept(request, verdict, ending);
  }

  async #accept(
    request: OperationRequest,
    { seen, isSo, overtaken }: Admitted,
    ending: Ending | null,
  ): Promise<OperationAnswer> {
    const { registry, logger, deadlines, host, journal } = this.#parts;
    const taking = overtaken?.overtake();
    // The overtaken operation has begun to create, or ended, in the meantime.
    if (taking === null) return this.#judge(request, ending);
    const subject = seen.incarnation === null ? null : subjectOf(seen.incarnation);
    try {
      const refused = await this.#acceptance.write(
        () => {
          if (registry.find(request.id) !== undefined) return idTaken();
          return ending === null ? this.#admission.limit(request, isSo) : null;
        },
        () => {
          this.#early?.add(request.id);
          const term = termOf(request.verb, deadlines, host, ending);
          if (ending !== null) return { kind: 'requested', request, subject, counts: false, term, ending };
          return { kind: 'requested', request, subject, counts: !isSo, term };
        },
      );
      if (refused !== null) taking?.settled();
      if (refused !== null) return { refused, inTheWay: null };
    } catch (error) {
      if (registry.find(request.id) === undefined) this.#early?.delete(request.id);
      taking?.settled();
      logger.error({ err: error, operation: request.id }, 'journal.unwritable');
      // The unread journal may hold this very request, from before dom0 was restarted.
      const isInDoubt = journal.isUnread || (error instanceof JournalUnwritableError && error.isInDoubt);
      return { refused: isInDoubt ? inDoubt() : unwritable(), inTheWay: null };
    }
    const operation = registry.find(request.id);
    if (operation === undefined) throw new Error(`operation ${request.id} is not in the book`);
    logger.info(
      {
        operation: request.id,
        domain: request.domain,
        verb: request.verb,
        ...(ending === null ? { claimed: request.actor } : { ending }),
      },
      'operation.requested',
    );
    overtaken?.halt?.abort(new HaltedError('superseded'));
    taking?.settled();
    const follow = isBetween(seen) || overtaken?.step === 'rebooting';
    this.#runs.launch(operation, async (signal) => {
      await overtaken?.work;
      return isSo ? null : this.#work.run(operation, signal, follow);
    });
    if (isSo && overtaken === null) await operation.work;
    return { operation: operation.view() };
  }

  /** Ends one that has not begun, also where no work on it runs yet. */
  #halt(operation: Operation): void {
    const why = new HaltedError('withdrawn');
    if (operation.halt !== null) operation.halt.abort(why);
    else if (this.#early !== null && !this.#stopped) {
      this.#early.add(operation.id);
      this.#runs.launch(operation, () => Promise.reject(why));
    }
  }
}

/** What the journal keeps of an incarnation. */
function subjectOf({ uuid, domid }: Incarnation): Incarnation {
  return { uuid, domid };
}

/** Whether it is rebooting and between two incarnations. One that is just being created has no next one. */
function isBetween({ listed, observation }: ObservedDomain): boolean {
  if (listed === null) return observation.state === 'rebooting';
  const { shutdown, dying } = listed.flags;
  return observation.state === 'rebooting' && (shutdown !== null || dying);
}
