import { NORMAL } from '../../../policy/names.js';
import type { BootProfileName } from '../../../policy/names.js';
import type { Verb } from '../../wire/contract.js';
import type {
  OperationPhase,
  OperationRequest,
  OperationStep,
  OperationView,
  WireRefusal,
  WritingProgress,
} from '../../wire/operation.js';
import type { HostIncarnation, Incarnation } from '../toolstack/incarnation.js';
import type { Ending, JournalRecord, OperationEnd, Term } from './journal-record.js';

/** Whether a verb makes a new incarnation. */
export function createsDomain(verb: Verb): boolean {
  return ['start', 'rescue', 'normal', 'reinstall'].includes(verb);
}

/** At these steps nothing is written or created yet. */
const EARLY_STEPS: readonly OperationStep[] = ['waiting', 'checking-image', 'shutting-down', 'rebooting'];

/** Why the work on an operation is interrupted from outside. */
export type HaltReason = 'superseded' | 'stopping' | 'withdrawn';

/**
 * The UUID identifies what our create makes. It is null where the file has one, or where none can be given.
 */
export interface Making {
  readonly uuid: string | null;
}

/** One durable change of a domain: what the journal says of it, and whether work on it is running. */
export class Operation {
  readonly request: OperationRequest;
  readonly startedAt: string;
  /** Set when this half asked for it by itself, to end a rescue. */
  readonly ending: Ending | null;
  phase: OperationPhase = 'queued';
  step: OperationStep = 'waiting';
  place = 0;
  /** At the step `writing`, and while an image is checked. */
  progress: WritingProgress | null = null;
  /** Its image is on the disk, whole. */
  hasWritten = false;
  deadlineAt: string | null = null;
  endedAt: string | null = null;
  failure: WireRefusal | null = null;
  /** It has ended, but its end cannot be written to the journal yet. */
  unrecorded = false;
  /** Set once it has begun to create. */
  making: Making | null = null;
  /** It was taken back when it had begun to create: where nothing came of that, it does not begin anew. */
  isWithdrawn = false;
  /** Set while work on it is running. */
  halt: AbortController | null = null;
  /** Resolves when the work on it has ended. */
  work: Promise<void> = Promise.resolve();
  #term: Term | null;
  #subject: Incarnation | null;
  #created: (Incarnation & { readonly boot: string | null }) | null = null;
  #committed = false;
  #overtaking: Promise<void> | null = null;

  constructor(
    record: Pick<JournalRecord, 'at'>,
    request: OperationRequest,
    subject: Incarnation | null,
    term: Term | null = null,
    ending: Ending | null = null,
  ) {
    this.request = request;
    this.ending = ending;
    this.#subject = subject;
    this.startedAt = record.at;
    this.#term = term;
  }

  get id(): string {
    return this.request.id;
  }

  get isOpen(): boolean {
    return this.phase === 'queued' || this.phase === 'running';
  }

  /** Null for an operation from before terms were introduced. */
  get term(): Term | null {
    return this.#term;
  }

  /** Sets a term where there is none, or a shorter one. */
  limit(term: Term): void {
    this.#term = term;
  }

  /** The incarnation that it acts on, and no other; null when there was none. */
  get subject(): HostIncarnation | null {
    return this.#subject === null ? null : { ...this.#subject, boot: this.#term?.boot ?? UNKNOWN_BOOT };
  }

  /** For a rebooting domain that is powered off: it has become another incarnation. */
  follow(subject: Incarnation): void {
    this.#subject = { uuid: subject.uuid, domid: subject.domid };
  }

  /** The incarnation that this operation created, once it is known. */
  get created(): HostIncarnation | null {
    if (this.#created === null) return null;
    const { uuid, domid, boot } = this.#created;
    return { uuid, domid, boot: boot ?? this.#term?.boot ?? UNKNOWN_BOOT };
  }

  /** @param boot null in records from before they held it */
  made(created: Incarnation, boot: string | null): void {
    this.#created = { uuid: created.uuid, domid: created.domid, boot };
  }

  /** Whether its term is over, so that it must not act any more. */
  isLate(uptime: number): boolean {
    return this.#term === null || uptime >= this.#term.until;
  }

  /** The profile to boot the domain with. */
  get profile(): BootProfileName {
    return this.request.profile ?? NORMAL;
  }

  /** Whether it makes a new incarnation. */
  get creates(): boolean {
    return createsDomain(this.request.verb);
  }

  /** Whether it has begun to write or to create. Then it can no longer be taken back. */
  get hasBegun(): boolean {
    return this.#committed || !EARLY_STEPS.includes(this.step);
  }

  /** A power-off overtakes an operation that has not begun to create, one at a time. */
  get canBeOvertaken(): boolean {
    return this.isOpen && !this.hasBegun && this.#overtaking === null;
  }

  /**
   * Blocks it while a power-off is being written to the journal: it does not begin to create until `settled`
   * is called.
   *
   * @returns null when it can no longer be overtaken
   */
  overtake(): { readonly settled: () => void } | null {
    if (!this.canBeOvertaken) return null;
    let settle: () => void = () => undefined;
    this.#overtaking = new Promise((resolve) => (settle = resolve));
    return {
      settled: () => {
        this.#overtaking = null;
        settle();
      },
    };
  }

  /**
   * After this resolves, nothing can overtake it. A power-off that is being written comes first: check
   * afterwards whether this operation was interrupted.
   */
  async commit(): Promise<void> {
    while (this.#overtaking !== null) await this.#overtaking;
    this.#committed = true;
  }

  end(phase: OperationEnd, at: string, failure: WireRefusal | null): void {
    this.phase = phase;
    this.endedAt ??= at;
    this.failure = failure;
    this.deadlineAt = null;
    this.progress = null;
    this.place = 0;
  }

  view(): OperationView {
    const { id, domain, verb, profile, image, actor } = this.request;
    const { phase, step, place, startedAt, deadlineAt, endedAt, failure, unrecorded, progress } = this;
    return {
      id,
      domain,
      verb,
      profile,
      phase,
      step,
      place,
      startedAt,
      deadlineAt,
      endedAt,
      failure,
      by: actor.customer,
      ...(image === undefined ? {} : { image }),
      ...(progress === null ? {} : { progress }),
      ...(unrecorded ? { unrecorded } : {}),
      ...(this.ending === null ? {} : { cause: 'rescue-end' as const }),
    };
  }
}

/** No host has this boot: an incarnation of an unknown boot never equals a present one. */
const UNKNOWN_BOOT = 'unknown';
