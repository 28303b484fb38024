import { isDeepStrictEqual } from 'node:util';
import type { DomainName } from '../../../policy/names.js';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { OperationRequest, OperationStep, OperationView, WireRefusal } from '../../wire/operation.js';
import { incarnationOf, targetOf } from '../toolstack/incarnation.js';
import type { ObservedDomain } from '../observation/observer.js';
import { TEXT_LIMITS } from '../../wire/text-limits.js';
import { presentable } from '../toolstack/reason.js';
import { Admission } from './admission.js';
import type { Admitted, AdmissionParts } from './admission.js';
import { Creation } from './creation.js';
import { Endings } from './endings.js';
import { HaltedError, unlessHalted } from './halt.js';
import { JournalUnwritableError } from './journal.js';
import type { Journal } from './journal.js';
import type { OperationEvent, OperationEnd, Subject } from './journal-record.js';
import type { Operation } from './operation.js';
import { PendingRecords } from './pending-records.js';
import type { OperationRegistry } from './operation-registry.js';
import { isOfThisBoot, SYSRQ_SECONDS, termOf, termOnResume } from './term.js';
import { inDoubt, unread, unwritable } from './unwritable.js';
import type { StepFacts, WorkParts } from './work-parts.js';

export interface OperationsParts
  extends Omit<WorkParts, 'step' | 'lastSteps' | 'noteLate' | 'moved' | 'call'>, AdmissionParts {
  readonly observer: WorkParts['observer'];
  readonly profiles: WorkParts['profiles'];
  readonly disks: WorkParts['disks'];
  readonly check: WorkParts['check'] & AdmissionParts['check'];
  readonly host: WorkParts['host'];
  readonly clock: () => number;
  readonly journal: Journal;
  readonly registry: OperationRegistry;
  /** Called after every change of an operation. */
  readonly changed: (operation: Operation) => void;
}

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
  readonly #endings: Endings;
  readonly #creation: Creation;
  readonly #late: PendingRecords;
  /** Judges one request per domain at a time. */
  readonly #judging = new Map<DomainName, Promise<unknown>>();
  #stopped = false;

  constructor(parts: OperationsParts) {
    this.#parts = parts;
    this.#admission = new Admission(parts);
    this.#late = new PendingRecords({
      note: (event) => this.#note(event),
      written: (event) => {
        if (event.kind === 'ended') this.#clear(event.operation);
      },
      host: parts.host,
      logger: parts.logger,
    });
    const work: WorkParts = {
      ...parts,
      step: (operation, step, seconds, more) => this.#step(operation, step, seconds, more),
      lastSteps: (operation, step, seconds) => this.#lastSteps(operation, step, seconds),
      noteLate: (event) => this.#late.write(event),
      moved: (operation, place) => {
        operation.place = place;
        parts.changed(operation);
      },
      call: (operation, what, timeoutMs) => ({
        timeoutMs,
        transcript: parts.transcripts.transcript(operation.id, what),
      }),
    };
    this.#endings = new Endings(work);
    this.#creation = new Creation(work);
  }

  /** The number of records of past events that could not be written to the journal yet. */
  get unrecorded(): number {
    return this.#late.count;
  }

  /** Resumes what an earlier dom0 left open, unless a later request has closed it. */
  async resume(): Promise<void> {
    const { registry, transcripts, host, clock, logger } = this.#parts;
    const open = registry.open();
    await transcripts.sweep(new Set(open.map(({ id }) => id))).catch((error: unknown) => {
      logger.warn({ err: error }, 'transcripts.not-swept');
    });
    for (const operation of open) {
      operation.limit(termOnResume(operation, host, clock()));
      const isClosed = registry.isClosed(operation);
      this.#launch(operation, (signal) =>
        isClosed ? Promise.reject(new HaltedError('superseded')) : this.#resumed(operation, signal),
      );
    }
  }

  /**
   * Interrupts the open operations; the next dom0 resumes them. Toolstack commands that are running go on.
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#judging.values());
    const open = this.#parts.registry.open();
    open.forEach((operation) => operation.halt?.abort(new HaltedError('stopping')));
    await Promise.all(open.map((operation) => operation.work));
    await this.#late.flush();
    this.#late.stop();
  }

  /** The state of an operation. @returns a refusal where there is none, or where the journal is unread */
  find(id: string): OperationView | Refusal {
    const { registry, journal } = this.#parts;
    return registry.find(id)?.view() ?? (journal.isUnread ? unread() : noSuchOperation());
  }

  current(name: DomainName): OperationView | null {
    return this.#parts.registry.current(name)?.view() ?? null;
  }

  /** Judges a request. An accepted one is on the disk when this resolves. */
  async submit(request: OperationRequest): Promise<OperationAnswer> {
    const before = this.#judging.get(request.domain) ?? Promise.resolve();
    const judged = before.then(() => this.#judge(request));
    const settled = judged.catch(() => undefined);
    this.#judging.set(request.domain, settled);
    try {
      return await judged;
    } finally {
      if (this.#judging.get(request.domain) === settled) this.#judging.delete(request.domain);
    }
  }

  async #judge(request: OperationRequest): Promise<OperationAnswer> {
    const { registry } = this.#parts;
    const known = registry.find(request.id);
    if (known !== undefined) {
      return isSameRequest(known.request, request)
        ? { operation: known.view() }
        : { refused: idTaken(), inTheWay: null };
    }
    if (this.#stopped) {
      const restarting = refusal('host-unreachable', 'The host is being restarted. Try again in a minute.');
      return { refused: restarting, inTheWay: null };
    }
    const verdict = await this.#admission.admit(request);
    if ('refused' in verdict) return { refused: verdict.refused, inTheWay: verdict.inTheWay?.view() ?? null };
    // Another domain's request may have taken the id in the meantime.
    if (registry.find(request.id) !== undefined) return { refused: idTaken(), inTheWay: null };
    return this.#accept(request, verdict);
  }

  async #accept(request: OperationRequest, { seen, isSo, overtaken }: Admitted): Promise<OperationAnswer> {
    const { registry, logger, deadlines, host, journal } = this.#parts;
    const taking = overtaken?.overtake();
    // The overtaken operation has begun to create, or ended, in the meantime.
    if (taking === null) return this.#judge(request);
    try {
      await this.#late.flush();
      const term = termOf(request.verb, deadlines, host);
      await this.#note({ kind: 'requested', request, subject: subjectOf(seen), counts: !isSo, term });
    } catch (error) {
      taking?.settled();
      logger.error({ err: error, operation: request.id }, 'journal.unwritable');
      // The unread journal may hold this very request, from before dom0 was restarted.
      const isInDoubt = journal.isUnread || (error instanceof JournalUnwritableError && error.isInDoubt);
      return { refused: isInDoubt ? inDoubt() : unwritable(), inTheWay: null };
    }
    const operation = registry.find(request.id);
    if (operation === undefined) throw new Error(`operation ${request.id} is not in the book`);
    logger.info(
      { operation: request.id, domain: request.domain, verb: request.verb, claimed: request.actor },
      'operation.requested',
    );
    overtaken?.halt?.abort(new HaltedError('superseded'));
    taking?.settled();
    const follow = isBetween(seen) || overtaken?.step === 'rebooting';
    this.#launch(operation, async (signal) => {
      await overtaken?.work;
      return isSo ? null : this.#work(operation, signal, follow);
    });
    if (isSo && overtaken === null) await operation.work;
    return { operation: operation.view() };
  }

  #launch(operation: Operation, work: (signal: AbortSignal) => Promise<Refusal | null>): void {
    const halt = new AbortController();
    operation.halt = halt;
    operation.work = work(halt.signal)
      .then(
        (refused) => this.#end(operation, refused === null ? 'done' : 'failed', refused),
        (error: unknown) => this.#broken(operation, error),
      )
      .catch((error: unknown) => {
        this.#parts.logger.error({ err: error, operation: operation.id }, 'operation.fault');
      })
      .finally(() => {
        operation.halt = null;
      });
  }

  async #broken(operation: Operation, error: unknown): Promise<void> {
    if (error instanceof HaltedError) {
      if (error.why === 'stopping') return;
      await this.#end(operation, 'superseded', refusal('undone', 'A power-off overtook it.'));
      return;
    }
    if (error instanceof JournalUnwritableError) {
      this.#parts.logger.error({ err: error, operation: operation.id }, 'journal.unwritable');
      await this.#end(operation, 'failed', unwritable());
      return;
    }
    this.#parts.logger.error({ err: error, operation: operation.id }, 'operation.fault');
    await this.#end(
      operation,
      'failed',
      refusal('internal', 'Something went wrong on the host.', String(error)),
    );
  }

  async #end(operation: Operation, phase: OperationEnd, refused: Refusal | null): Promise<void> {
    const failure = refused === null ? null : onWire(refused);
    const { logger, registry, changed, clock } = this.#parts;
    const at = new Date(clock()).toISOString();
    const isWritten = await this.#late.write({ kind: 'ended', operation: operation.id, phase, failure });
    if (!isWritten) {
      registry.endUnwritten(operation, phase, at, failure);
      changed(operation);
    }
    const { domain, verb } = operation.request;
    logger.info({ operation: operation.id, domain, verb, phase, refused, isWritten }, 'operation.ended');
  }

  /**
   * Removes an operation's files, only after its end is in the journal: until then a restart would need them.
   */
  #clear(operation: string): void {
    const { transcripts, logger } = this.#parts;
    transcripts.clear(operation).catch((error: unknown) => {
      logger.warn({ err: error, operation }, 'transcripts.not-removed');
    });
  }

  async #work(operation: Operation, signal: AbortSignal, follow: boolean): Promise<Refusal | null> {
    switch (operation.request.verb) {
      case 'shutdown':
        return this.#endings.shutDown(operation, signal);
      case 'poweroff':
        return this.#endings.powerOff(operation, signal, follow);
      case 'reboot':
        return this.#endings.reboot(operation, signal);
      case 'sysrq':
        return this.#sysrq(operation, signal);
      case 'start':
      case 'rescue':
      case 'normal': {
        if (operation.subject !== null && operation.request.verb !== 'start') {
          const refused = await this.#endings.shutDown(operation, signal);
          if (refused !== null) return refused;
          await this.#step(operation, 'waiting', 0);
        }
        return this.#creation.boot(operation, signal);
      }
    }
  }

  async #resumed(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    const { step, request, term } = operation;
    const { host } = this.#parts;
    this.#parts.logger.info({ operation: operation.id, domain: request.domain, step }, 'operation.resumed');
    if (term === null || !isOfThisBoot(term, host)) {
      return refusal('undone', 'The host was restarted in the middle of this; nothing more was done.');
    }
    if (['creating', 'attaching-console', 'unpausing', 'undoing'].includes(step)) {
      return this.#creation.resume(operation, signal);
    }
    if (step === 'sending-sysrq') {
      return refusal('undone', 'The host was restarted meanwhile: the key may or may not have been sent.');
    }
    if (operation.isLate(host.uptime())) {
      return refusal(
        'undone',
        "The host's Postern was away for too long in the middle of this; nothing more was done.",
      );
    }
    return this.#work(operation, signal, false);
  }

  async #sysrq(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    const { domain, key } = operation.request;
    const { subject } = operation;
    const { toolstack, host } = this.#parts;
    if (subject === null || key === null)
      return refusal('wrong-state', 'It does not run, so it cannot be sent a key.');
    await this.#step(operation, 'sending-sysrq', SYSRQ_SECONDS);
    signal.throwIfAborted();
    if (operation.isLate(host.uptime()))
      return refusal('deadline-passed', 'The key could not be sent in time.');
    const call = { timeoutMs: SYSRQ_SECONDS * 1000 };
    return unlessHalted(toolstack.sysrq(targetOf(domain, subject), key, call), signal);
  }

  async #note(event: OperationEvent): Promise<void> {
    const record = await this.#parts.journal.append(event);
    this.#parts.registry.take(record);
    const id = event.kind === 'requested' ? event.request.id : event.operation;
    const operation = this.#parts.registry.find(id);
    if (operation !== undefined) this.#parts.changed(operation);
  }

  async #step(
    operation: Operation,
    step: OperationStep,
    seconds: number,
    more: StepFacts = {},
  ): Promise<number> {
    const { clock, host, transcripts, logger } = this.#parts;
    const deadlineAt = seconds === 0 ? null : new Date(clock() + seconds * 1000).toISOString();
    const deadline = Math.min(host.uptime() + seconds * 1000, operation.term?.until ?? 0);
    await transcripts.prepare().catch((error: unknown) => {
      logger.warn({ err: error, operation: operation.id }, 'transcript.unwritable');
    });
    await this.#note({ kind: 'step', operation: operation.id, step, deadlineAt, ...more });
    return deadline;
  }

  async #lastSteps(operation: Operation, step: OperationStep, seconds: number): Promise<number> {
    try {
      return await this.#step(operation, step, seconds);
    } catch (error) {
      this.#parts.logger.error({ err: error, operation: operation.id }, 'journal.unwritable');
      operation.step = step;
      this.#parts.changed(operation);
      return this.#parts.host.uptime() + seconds * 1000;
    }
  }
}

/** Whether it is rebooting and between two incarnations. One that is just being created has no next one. */
function isBetween({ listed, observation }: ObservedDomain): boolean {
  if (listed === null) return observation.state === 'rebooting';
  const { shutdown, dying } = listed.flags;
  return observation.state === 'rebooting' && (shutdown !== null || dying);
}

function subjectOf({ listed }: ObservedDomain): Subject | null {
  if (listed === null) return null;
  const { uuid, domid } = incarnationOf(listed, '');
  return { uuid, domid };
}

function isSameRequest(a: OperationRequest, b: OperationRequest): boolean {
  const same = (key: 'domain' | 'verb' | 'profile' | 'key'): boolean => a[key] === b[key];
  return (
    same('domain') &&
    same('verb') &&
    same('profile') &&
    same('key') &&
    isDeepStrictEqual(a.parameters ?? {}, b.parameters ?? {})
  );
}

function noSuchOperation(): Refusal {
  return refusal('usage', 'There is no such operation.');
}

function idTaken(): Refusal {
  return refusal('usage', 'This operation id was given to something else before.');
}

/** A refusal as it crosses the socket: printable and without paths, whatever the toolstack printed. */
export function onWire(refused: Refusal, inTheWay: OperationView | null = null): WireRefusal {
  return {
    code: refused.code,
    message: presentable(refused.message),
    detail: presentable(refused.detail, TEXT_LIMITS.detail),
    operation: inTheWay,
  };
}
